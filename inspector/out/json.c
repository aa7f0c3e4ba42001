#include "inspector/out/json.h"

#include <inttypes.h>
#include <string.h>

#include "inspector/model/text.h"

void json_begin(struct json *json, FILE *to)
{
    *json = (struct json){to, 0, ",\n "};
    fputc('{', to);
}

void json_begin_line(struct json *json, FILE *to)
{
    *json = (struct json){to, 0, ", "};
    fputc('{', to);
}

static void put_key(struct json *json, const char *key)
{
    fprintf(json->to, "%s\"%s\": ", json->members++ ? json->between : "", key);
}

/* NULL, which jansson gives for what it cannot make, is a null. */
static void dump(struct json *json, json_t *value)
{
    value = value ? value : json_null();
    json_dumpf(value, json->to, JSON_ENCODE_ANY);
    json_decref(value);
}

/* Sources promise valid UTF-8; where one fails, its bytes are escaped rather than left out. */
json_t *json_utf8(const char *text)
{
    struct str escaped = STR_INIT;
    json_t *value = text ? json_string(text) : json_null();

    if (value)
        return value;
    text_escape(&escaped, text, strlen(text), 0);
    value = json_string(escaped.text);
    str_deinit(&escaped);
    return value;
}

void json_put(struct json *json, const char *key, json_t *value)
{
    put_key(json, key);
    dump(json, value);
}

json_t *json_address(uint64_t address)
{
    char text[24];

    snprintf(text, sizeof text, "0x%" PRIx64, address);
    return json_string(text);
}

json_t *json_us(uint64_t ns)
{
    return json_integer((json_int_t)(ns / 1000));
}

json_t *json_cell(const struct column *column, const struct cell *cell)
{
    if (cell->state != CELL_VALUE)
        return json_null();
    switch (column->kind) {
    case COL_TEXT:
    case COL_TYPE:
        return json_utf8(cell->text);
    case COL_ADDRESS:
        return json_address((uint64_t)cell->num);
    case COL_BOOL:
        return json_boolean(cell->num);
    case COL_GENERATION:
        return cell->text ? json_utf8(cell->text) : json_integer(cell->num);
    case COL_SHARE:
        return json_real((double)cell->num / 10);
    case COL_COUNT:
    case COL_BYTES:
    case COL_COUNT_DELTA:
    case COL_BYTES_DELTA:
    case COL_DURATION_US:
    case COL_ID:
        break;
    }
    return json_integer(cell->num);
}

static json_t *row_json(const struct rows *rows, size_t i)
{
    json_t *row = json_object();

    for (unsigned col = 0; col < rows->n_columns; col++) {
        struct cell cell;
        if (rows->columns[col].flags & COL_F_NO_JSON)
            continue;
        rows_cell(rows, i, col, &cell);
        json_object_set_new(row, rows->columns[col].key, json_cell(&rows->columns[col], &cell));
    }
    return row;
}

json_t *json_rows(const struct rows *rows, size_t limit)
{
    size_t n = rows_count(rows);
    json_t *array = json_array();

    for (size_t i = 0; i < n && (!limit || i < limit); i++)
        json_array_append_new(array, row_json(rows, i));
    return array;
}

/* Row by row: a table may be larger than one wants to have in memory. */
void json_put_rows(struct json *json, const char *key, const struct rows *rows, size_t limit)
{
    size_t n = rows_count(rows);

    put_key(json, key);
    fputc('[', json->to);
    for (size_t i = 0; i < n && (!limit || i < limit); i++) {
        fputs(i ? ",\n  " : "\n  ", json->to);
        dump(json, row_json(rows, i));
    }
    fputc(']', json->to);
}

void json_end(struct json *json)
{
    fputs("}\n", json->to);
}

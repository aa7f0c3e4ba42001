/*
 * JSON output, one object, streamed: members appear as they are given, tables row by row, so that a million rows need no
 * memory. Values are built with jansson. The keys are those of docs/cli-json.md.
 *
 *      struct json json;
 *      json_begin(&json, stdout);
 *      json_put(&json, "schema", json_integer(1));
 *      json_put_rows(&json, "rows", rows, limit);
 *      json_end(&json);
 *
 * Write errors are sticky: ask the stream at the end. One thread.
 */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "inspector/rows/rows.h"

struct json {
    FILE *to;
    int members;
    const char *between; /* of two members */
};

void json_begin(struct json *json, FILE *to);
/* The same in one line, for objects that follow each other. */
void json_begin_line(struct json *json, FILE *to);
/* A member; takes `value` over. */
void json_put(struct json *json, const char *key, json_t *value);
/* A member that is an array of the first `limit` shown rows (0: all), an object each: every column but those with
 * COL_F_NO_JSON. */
void json_put_rows(struct json *json, const char *key, const struct rows *rows, size_t limit);
/* The same as a value, for tables inside of other things. */
json_t *json_rows(const struct rows *rows, size_t limit);
void json_end(struct json *json);

/* A cell as a JSON value: null, integer, boolean, string; addresses as "0x…". */
json_t *json_cell(const struct column *column, const struct cell *cell);
/* A text; bytes that are no UTF-8 escaped. */
json_t *json_utf8(const char *text);
json_t *json_address(uint64_t address);
/* Nanoseconds as whole microseconds. */
json_t *json_us(uint64_t ns);

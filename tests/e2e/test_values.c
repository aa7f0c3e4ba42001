/*
 * The previews that a frozen copy gives of values say what Python's repr() or str() says, as far as they
 * go, for every kind of value; and nothing in the target was run for it.
 */
#include <stdlib.h>

#include "tests/support/ouro_cli.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

enum { SAMPLES_MIN = 130 };

static const char *text_at(const json_t *row, size_t i)
{
    return json_string_value(json_array_get(row, i));
}

/* The values of all objects by their address. */
static json_t *values_of_all(const struct target *target)
{
    json_t *answer = ouro_json("objects", target_pid(target), "--limit", "0", NULL);
    json_t *values = json_object(), *row;
    size_t i;

    json_array_foreach(json_object_get(answer, "rows"), i, row)
    {
        json_t *value = json_object_get(row, "value");
        json_object_set(values, json_text(row, "address"), value);
    }
    json_decref(answer);
    return values;
}

static const char *value_at(const json_t *values, const json_t *row)
{
    char address[32];

    snprintf(address, sizeof address, "0x%llx",
             (unsigned long long)json_integer_value(json_array_get(row, 1)));
    const json_t *value = json_object_get(values, address);
    if (!value)
        test_fail("there is no object at %s", address);
    return json_is_string(value) ? json_string_value(value) : "";
}

/* What ends in ", " is only the beginning. */
static bool is_as_expected(const char *wanted, const char *got)
{
    size_t n = strlen(wanted);

    if (n > 2 && !strcmp(wanted + n - 2, ", "))
        return !strncmp(wanted, got, n);
    return !strcmp(wanted, got);
}

static void values__are_what_python_shows(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/values.py", NULL);
    json_t *facts = target_json(target);
    unsigned wrong = 0;
    json_t *row;
    size_t i;

    assert_true(json_array_size(facts) >= SAMPLES_MIN);
    json_t *values = values_of_all(target);
    json_array_foreach(facts, i, row)
    {
        const char *got = value_at(values, row);
        if (is_as_expected(text_at(row, 2), got))
            continue;
        wrong++;
        fprintf(stderr, "%s:\n    wanted %s\n    got    %s\n", text_at(row, 0), text_at(row, 2),
                got);
    }
    json_decref(values);
    assert_int_equal(wrong, 0);
    json_t *ran = target_ask_json(target, "ran");
    assert_int_equal(json_array_size(ran), 0);
    json_decref(ran);
    json_decref(facts);
    target_finish(target);
}

static bool has_address(const json_t *rows, json_int_t address)
{
    char text[32];
    json_t *row;
    size_t i;

    snprintf(text, sizeof text, "0x%llx", (unsigned long long)address);
    json_array_foreach(rows, i, row) if (!strcmp(json_text(row, "address"), text)) return true;
    return false;
}

/* What passes a query is what Python chooses with the same condition. */
static void values__queries(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/values.py", NULL);
    json_t *pair, *address;
    size_t i, k;

    json_decref(target_json(target));
    json_t *queries = target_ask_json(target, "where");
    assert_int_equal(json_array_size(queries), 6);
    json_array_foreach(queries, i, pair)
    {
        const json_t *wanted = json_array_get(pair, 1);
        json_t *answer =
            ouro_json("objects", target_pid(target), "--where", text_at(pair, 0), NULL);
        const json_t *rows = json_object_get(answer, "rows");
        if (json_array_size(rows) != json_array_size(wanted))
            test_fail("%s: %zu objects, not %zu", text_at(pair, 0), json_array_size(rows),
                      json_array_size(wanted));
        json_array_foreach(wanted, k, address)
            assert_true(has_address(rows, json_integer_value(address)));
        json_decref(answer);
    }
    json_decref(queries);
    target_finish(target);
}

/* Before anything is attached, and with a caret below what is wrong. */
static void values__wrong_query(void **state)
{
    struct ouro ouro = ouro_run("objects", 1, "--where", "type~x and lem>3", NULL);

    (void)state;
    assert_int_equal(ouro.status, 2);
    assert_non_null(strstr(ouro.err, "type~x and lem>3\n           ^\n"));
    assert_non_null(strstr(ouro.err, "there is no such field at character 12"));
    ouro_deinit(&ouro);
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(values__are_what_python_shows),
        BEHAVIOUR(values__queries),
        BEHAVIOUR_ONCE(values__wrong_query),
    };

    return interp_main("values", behaviours, BEHAVIOURS(behaviours), argc, argv);
}

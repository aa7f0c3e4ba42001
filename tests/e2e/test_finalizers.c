/* `ouro finalizers` says what gc.is_finalized(), weakref.finalize and gc.garbage say. */
#include <stdlib.h>

#include "tests/support/ouro_cli.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

static const char *hex(const json_t *number, char to[32])
{
    snprintf(to, 32, "0x%llx", (unsigned long long)json_integer_value(number));
    return to;
}

/* A row of an array by its address. */
static const json_t *row_at(const json_t *rows, const json_t *address)
{
    char text[32];
    json_t *row;
    size_t i;

    hex(address, text);
    json_array_foreach(rows, i, row) if (!strcmp(json_text(row, "address"), text)) return row;
    test_fail("there is no row with address %s", text);
}

static void check_numbers(const json_t *facts, const json_t *answer, const char *key)
{
    json_t *number;
    const char *type;

    json_object_foreach(json_object_get(facts, key), type, number)
    {
        const json_t *row = json_row(answer, "type", type);
        if (!row || json_long(row, key) != json_integer_value(number))
            test_fail("%s of %s is %lld, not %lld", key, type,
                      row ? (long long)json_long(row, key) : -1,
                      (long long)json_integer_value(number));
        assert_string_equal(json_text(row, "by"), "__del__");
    }
}

static void check_finalize(const json_t *facts, const json_t *answer)
{
    const json_t *rows = json_object_get(answer, "finalize");
    json_t *wanted;
    char text[32];
    size_t i;

    assert_int_equal(json_array_size(json_object_get(facts, "finalize")), 3);
    json_array_foreach(json_object_get(facts, "finalize"), i, wanted)
    {
        const json_t *row = row_at(rows, json_object_get(wanted, "address"));
        assert_int_equal(json_is_true(json_object_get(row, "alive")),
                         json_is_true(json_object_get(wanted, "alive")));
        if (json_is_null(json_object_get(wanted, "object"))) {
            assert_true(json_is_null(json_object_get(row, "object")));
            continue;
        }
        assert_string_equal(json_text(row, "object"), hex(json_object_get(wanted, "object"), text));
        assert_string_equal(json_text(row, "object_type"), "__main__.Plain");
        assert_non_null(strstr(json_text(row, "callback_value"), "goodbye"));
    }
}

static void check_garbage(const json_t *facts, const json_t *answer, bool saved)
{
    const json_t *wanted = json_object_get(facts, "garbage"),
                 *rows = json_at(answer, "garbage.rows");
    json_t *address;
    size_t i;

    assert_int_equal(json_long(answer, "garbage.count"), json_array_size(wanted));
    assert_int_equal(json_array_size(rows), json_array_size(wanted));
    assert_int_equal(json_is_true(json_at(answer, "garbage.save_all")), saved);
    json_array_foreach(wanted, i, address)
    {
        const json_t *why = json_object_get(row_at(rows, address), "put_by");
        if (saved)
            assert_string_equal(json_string_value(why), "DEBUG_SAVEALL");
        else
            assert_true(json_is_null(why));
    }
}

static void check(void **state, const char *argument)
{
    struct target *target = target_start(*state, "tests/e2e/targets/finalizers.py", argument, NULL);
    json_t *facts = target_json(target);
    json_t *answer = ouro_json("finalizers", target_pid(target), NULL);

    check_numbers(facts, answer, "count");
    check_numbers(facts, answer, "in_garbage");
    check_numbers(facts, answer, "finalized");
    const json_t *generators = json_row(answer, "type", "builtins.generator");
    assert_non_null(generators);
    assert_string_equal(json_text(generators, "by"), "C");
    assert_true(json_long(generators, "count") >= json_long(facts, "generators"));
    assert_null(json_row(answer, "type", "__main__.Plain"));
    check_finalize(facts, answer);
    check_garbage(facts, answer, argument != NULL);
    json_decref(answer);
    json_decref(facts);
    target_finish(target);
}

static void finalizers__are_counted(void **state)
{
    check(state, NULL);
}

static void finalizers__of_saved_garbage(void **state)
{
    check(state, "saved");
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(finalizers__are_counted),
        BEHAVIOUR(finalizers__of_saved_garbage),
    };

    return interp_main("finalizers", behaviours, BEHAVIOURS(behaviours), argc, argv);
}

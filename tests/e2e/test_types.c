/* `ouro types` counts every live instance of the program's own classes, wherever it is held. */
#include "tests/support/ouro_cli.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

/* How many instances of a type there are, 0 if it is not listed. */
static int64_t count_of(const json_t *types, const char *name)
{
    const json_t *row = json_row(types, "type", name);

    return row ? json_long(row, "count") : 0;
}

static void types__counts_own_classes(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/own_classes.py", NULL);
    json_t *expected = target_json(target);
    json_t *types = ouro_json("types", target_pid(target), NULL);
    const char *name;
    json_t *count;

    assert_true(json_object_size(expected) > 15);
    json_object_foreach(expected, name, count)
    {
        if (count_of(types, name) != json_integer_value(count))
            test_fail("%s: %lld instances, listed are %lld", name,
                      (long long)json_integer_value(count), (long long)count_of(types, name));
    }
    assert_int_equal(count_of(types, "__main__.Empty"), 0);
    assert_false(json_long(types, "snapshot.partial"));
    json_decref(expected);
    json_decref(types);
    target_finish(target);
}

/* The totals of the table are the totals of the snapshot. */
static void types__rows_add_up(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/own_classes.py", NULL);
    int64_t objects = 0, bytes = 0;
    json_t *row;
    size_t i;

    target_line(target);
    json_t *types = ouro_json("types", target_pid(target), NULL);
    json_array_foreach(json_object_get(types, "rows"), i, row)
    {
        objects += json_long(row, "count");
        bytes += json_long(row, "shallow");
    }
    assert_int_equal(objects, json_long(types, "snapshot.objects"));
    assert_int_equal(bytes, json_long(types, "snapshot.bytes"));
    json_decref(types);
    target_finish(target);
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(types__counts_own_classes),
        BEHAVIOUR(types__rows_add_up),
    };

    return interp_main("types", behaviours, BEHAVIOURS(behaviours), argc, argv);
}

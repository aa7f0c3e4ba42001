/* For a process at rest `ouro objects` lists everything that the collector tracks, where it is. */
#include <stdlib.h>

#include "inspector/base/mem.h"
#include "tests/support/ouro_cli.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

enum { LISTS = 4, PERMANENT = 3, LEFT_OVER_MAX = 8 };

/* Addresses, sorted. */
struct addresses {
    uint64_t *at;
    size_t n, cap;
};

static void add(struct addresses *list, uint64_t address)
{
    assert_ok(grow(&list->at, &list->cap, list->n + 1, sizeof *list->at));
    list->at[list->n++] = address;
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static bool has(const struct addresses *list, uint64_t address)
{
    return list->n && bsearch(&address, list->at, list->n, sizeof address, by_number);
}

static struct addresses from_target(const json_t *array)
{
    struct addresses list = {.at = NULL};
    json_t *number;
    size_t i;

    json_array_foreach(array, i, number) add(&list, (uint64_t)json_integer_value(number));
    qsort(list.at, list.n, sizeof *list.at, by_number);
    return list;
}

/* The tracked objects of a generation that ouro lists. */
static struct addresses from_ouro(const json_t *objects, int generation)
{
    struct addresses list = {.at = NULL};
    json_t *row;
    size_t i;

    json_array_foreach(json_object_get(objects, "rows"), i, row)
    {
        const json_t *value = json_object_get(row, "generation");
        int got = json_is_integer(value)  ? (int)json_integer_value(value)
                  : json_is_string(value) ? PERMANENT
                                          : -1;
        if (got == generation && json_long(row, "tracked"))
            add(&list, strtoull(json_text(row, "address"), NULL, 16));
        else if (got == generation)
            test_fail("%s is in generation %d and not tracked", json_text(row, "address"), got);
    }
    qsort(list.at, list.n, sizeof *list.at, by_number);
    return list;
}

/* Everything of `wanted` is in `got`. */
static void assert_has_all(const struct addresses *got, const struct addresses *wanted,
                           const char *what, int generation)
{
    for (size_t i = 0; i < wanted->n; i++)
        if (!has(got, wanted->at[i]))
            test_fail("0x%llx (%zu of %zu) of generation %d is missing in what %s",
                      (unsigned long long)wanted->at[i], i, wanted->n, generation, what);
}

/* What was there before and after, by the target's own account. */
static struct addresses in_both(const struct addresses *a, const struct addresses *b)
{
    struct addresses both = {.at = NULL};

    for (size_t i = 0; i < a->n; i++)
        if (has(b, a->at[i]))
            add(&both, a->at[i]);
    return both;
}

static void check_generation(const json_t *before, const json_t *after, const json_t *objects,
                             int generation)
{
    struct addresses first = from_target(json_array_get(before, (size_t)generation));
    struct addresses second = from_target(json_array_get(after, (size_t)generation));
    struct addresses listed = from_ouro(objects, generation);
    struct addresses stayed = in_both(&first, &second);
    size_t unknown = 0;

    assert_true(stayed.n > 60);
    assert_has_all(&listed, &stayed, "ouro lists", generation);
    for (size_t i = 0; i < listed.n; i++) /* temporaries of answering and of waiting */
        unknown += !has(&first, listed.at[i]) && !has(&second, listed.at[i]);
    if (unknown > LEFT_OVER_MAX)
        test_fail("%zu objects of generation %d are unknown to the target", unknown, generation);
    free(first.at);
    free(second.at);
    free(listed.at);
    free(stayed.at);
}

static void objects__lists_all_generations(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/quiet.py", NULL);

    target_line(target);
    json_t *before = target_ask_json(target, "list");
    json_t *objects = ouro_json("objects", target_pid(target), "--limit", "0", NULL);
    json_t *after = target_ask_json(target, "list");
    for (int generation = 0; generation < 3; generation++)
        check_generation(before, after, objects, generation);
    json_decref(before);
    json_decref(objects);
    json_decref(after);
    target_finish(target);
}

static void objects__lists_frozen_ones(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/quiet.py", NULL);

    target_line(target);
    json_t *count = target_ask_json(target, "frozen_count");
    json_t *objects = ouro_json("objects", target_pid(target), "--limit", "0", NULL);
    json_t *frozen = target_ask_json(target, "thaw");
    struct addresses wanted = from_target(frozen), listed = from_ouro(objects, PERMANENT);

    assert_true(wanted.n > 1000);
    assert_has_all(&listed, &wanted, "ouro lists", PERMANENT);
    assert_int_equal(listed.n, json_integer_value(count));
    assert_int_equal(listed.n, wanted.n);
    free(wanted.at);
    free(listed.at);
    json_decref(frozen);
    json_decref(count);
    json_decref(objects);
    target_finish(target);
}

/* Every object once, every address one that the interpreter could use. */
static void objects__are_distinct(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/quiet.py", NULL);
    struct addresses all = {.at = NULL};
    json_t *row;
    size_t i;

    target_line(target);
    json_t *objects = ouro_json("objects", target_pid(target), "--limit", "0", NULL);
    json_array_foreach(json_object_get(objects, "rows"), i, row)
        add(&all, strtoull(json_text(row, "address"), NULL, 16));
    assert_int_equal(all.n, json_long(objects, "snapshot.objects"));
    qsort(all.at, all.n, sizeof *all.at, by_number);
    for (i = 1; i < all.n; i++)
        assert_true(all.at[i] > all.at[i - 1] && all.at[i] % 8 == 0);
    free(all.at);
    json_decref(objects);
    target_finish(target);
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(objects__lists_all_generations),
        BEHAVIOUR(objects__lists_frozen_ones),
        BEHAVIOUR(objects__are_distinct),
    };

    return interp_main("objects", behaviours, BEHAVIOURS(behaviours), argc, argv);
}

#include "inspector/analysis/waste.h"

#include <stdlib.h>

#include "inspector/base/str.h"
#include "tests/support/fake_stream.h"
#include "tests/support/test.h"

static const struct waste_row *row_of(const struct waste *waste, enum waste_kind kind)
{
    const struct waste_row *found = NULL;

    for (size_t i = 0; i < waste->n; i++)
        if (waste->row[i].kind == kind && !found)
            found = &waste->row[i];
    return found;
}

static void assert_row(const struct waste *waste, enum waste_kind kind, uint64_t count,
                       uint64_t bytes)
{
    const struct waste_row *row = row_of(waste, kind);

    assert_non_null(row);
    assert_int_equal(row->count, count);
    assert_int_equal(row->bytes, bytes);
}

static void find_containers(const char *graph, struct waste *ret)
{
    struct snapshot *s = fake_snapshot(graph);
    struct entries entries;

    *ret = (struct waste){NULL};
    assert_ok(entries_make(s, &entries));
    assert_ok(waste_of_containers(s, &entries, NULL, ret));
    waste_sort(ret);
    entries_deinit(&entries);
    snapshot_unref(s);
}

/* 56 bytes for an empty list, 8 for a member; 64 for an empty dict, 216 for an empty set. */
static void test_waste__containers(void **state)
{
    struct waste waste;

    (void)state;
    find_containers("a : list size=56, b : list size=120 -> x, c : list size=64 -> x\n"
                    "d : list size=88\n"
                    "e : dict size=64, f : dict size=232, g : dict size=232 -> x -> x\n"
                    "h : dict size=9000 -> x, h -> x, i : dict size=400 -> x, i -> x\n"
                    "j : set size=216 -> x, k : set size=8408, l : set size=8408 -> x\n",
                    &waste);
    assert_row(&waste, WASTE_SLACK, 1, 56);
    assert_row(&waste, WASTE_SPARSE, 1, 9000 - (64 + 40 + 8 + 5 * 24));
    assert_row(&waste, WASTE_EMPTY, 1, 8192); /* the set; dict and list come behind it */
    assert_int_equal(waste.n, 6);
    for (size_t i = 1; i < waste.n; i++)
        assert_true(waste.row[i - 1].bytes >= waste.row[i].bytes);
    waste_deinit(&waste);
}

static void test_waste__tight_containers_are_none(void **state)
{
    struct waste waste;

    (void)state;
    find_containers("a : list size=56, b : list size=72 -> x -> y, b -> y, c : dict size=64\n"
                    "s : dict size=104 -> x\n" /* of an instance: its keys are elsewhere */
                    "d : dict size=232 -> x, d -> y, e : set size=216 -> x, f : app.List size=900",
                    &waste);
    assert_int_equal(waste.n, 0);
    waste_deinit(&waste);
}

/* All but the largest of equal ones; of another type they are others. */
static void test_waste__texts(void **state)
{
    struct snapshot *s = fake_snapshot("a : str size=50, b : str size=60, c : str size=50\n"
                                       "d : str size=90, e : bytes size=40, f : bytes size=40\n"
                                       "g : str size=100, h : str size=100");
    const char *names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    const uint64_t hashes[] = {7, 7, 7, 8, 7, 7, 9, 9};
    struct waste_text texts[8];
    struct waste waste = {NULL};
    uint64_t str_bytes = 0, bytes_bytes = 0;

    (void)state;
    for (int i = 0; i < 8; i++)
        texts[i] = (struct waste_text){hashes[i], fake_object(s, names[i])};
    assert_ok(waste_of_texts(s, texts, 8, &waste));
    waste_sort(&waste);
    for (size_t i = 0; i < waste.n; i++) {
        bool is_str = waste.row[i].type == s->type[fake_object(s, "a")];
        if (waste.row[i].kind == WASTE_DUPLICATES)
            *(is_str ? &str_bytes : &bytes_bytes) += waste.row[i].bytes;
    }
    assert_int_equal(str_bytes, 100 + 100);
    assert_int_equal(bytes_bytes, 40);
    assert_int_equal(waste.n, 2 + 3);
    assert_row(&waste, WASTE_DUPLICATES, 3, 200);
    assert_row(&waste, WASTE_DUPLICATE, 3, 100); /* before that of two: of a smaller number */
    waste_deinit(&waste);
    snapshot_unref(s);
}

/* More different ones than are kept: the worst stay. */
static void test_waste__top_texts(void **state)
{
    struct snapshot *s = fake_snapshot("a : str size=10, b : str size=20, c : str size=30");
    struct waste_text texts[4 * WASTE_TOP];
    struct waste waste = {NULL};
    uint32_t n = 0;

    (void)state;
    for (uint32_t k = 0; k < 2 * WASTE_TOP; k++)
        for (int i = 0; i < 2; i++)
            texts[n++] = (struct waste_text){k, fake_object(s, k % 2 ? "c" : "a")};
    assert_ok(waste_of_texts(s, texts, n, &waste));
    waste_sort(&waste);
    assert_int_equal(waste.n, WASTE_TOP + 1);
    assert_int_equal(waste.row[0].kind, WASTE_DUPLICATES);
    assert_int_equal(waste.row[0].count, 2 * WASTE_TOP);
    for (uint32_t i = 1; i <= WASTE_TOP; i++)
        assert_int_equal(waste.row[i].bytes, 30);
    waste_deinit(&waste);
    snapshot_unref(s);
}

/* Two attributes in the instance, or in a dict that shares its keys. */
static void test_waste__classes(void **state)
{
    struct str graph = STR_INIT;
    struct groups groups;
    struct waste waste = {NULL};
    uint32_t *sample;

    (void)state;
    str_append(&graph, "type app.In class object=in, type app.Shared class object=shared\n");
    for (int i = 0; i < 60; i++)
        str_printf(&graph, "i%d : app.In size=104 -> x, i%d -> y, i%d -> in\n", i, i, i);
    for (int i = 0; i < 60; i++)
        str_printf(&graph,
                   "s%d : app.Shared size=48 -> d%d : dict size=104 -> x, d%d -> y\n"
                   "s%d -> shared\n",
                   i, i, i, i);
    struct snapshot *s = fake_snapshot(graph.text);
    assert_ok(groups_make(s, &groups));
    const struct waste_class classes[] = {
        {groups_find(&groups, "app.In"), UINT32_MAX, 2},
        {groups_find(&groups, "app.Shared"), 0, 1},
    };
    assert_ok(waste_candidates(s, &groups, &sample));
    assert_int_equal(sample[classes[0].group], SNAPSHOT_NONE); /* fewer than a hundred */
    assert_ok(waste_of_classes(s, &groups, classes, 2, &waste));
    waste_sort(&waste);
    assert_int_equal(waste.n, 2);
    assert_row(&waste, WASTE_DICT, 60, 60 * (48 + 104 - (32 + 2 * 8)));
    assert_int_equal(waste.row[1].bytes, 60 * (104 - (32 + 2 * 8)));
    assert_int_equal(waste.row[0].attributes, 2);
    assert_int_equal(waste.row[1].attributes, 2);
    free(sample);
    waste_deinit(&waste);
    groups_deinit(&groups);
    snapshot_unref(s);
    str_deinit(&graph);
}

/* A hundred instances make a candidate, unless a base is written in C. */
static void test_waste__candidates(void **state)
{
    struct str graph = STR_INIT;
    struct groups groups;
    uint32_t *sample;

    (void)state;
    str_append(&graph, "type app.In class object=in, type app.Error class object=error\n"
                       "type Exception object=exc, type type metatype object=typ\n"
                       "type object object=object, object : type -> typ, exc : type -> object\n"
                       "in : type -> object, in -> typ, error : type -> exc, typ : type\n"
                       "e : Exception, o : object\n");
    for (int i = 0; i < WASTE_INSTANCES_MIN; i++)
        str_printf(&graph, "i%d : app.In, e%d : app.Error\n", i, i);
    struct snapshot *s = fake_snapshot(graph.text);
    assert_ok(groups_make(s, &groups));
    assert_ok(waste_candidates(s, &groups, &sample));
    assert_int_equal(sample[groups_find(&groups, "app.In")], fake_object(s, "i0"));
    assert_int_equal(sample[groups_find(&groups, "app.Error")], SNAPSHOT_NONE);
    free(sample);
    groups_deinit(&groups);
    snapshot_unref(s);
    str_deinit(&graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_waste__containers), TEST(test_waste__tight_containers_are_none),
        TEST(test_waste__texts),      TEST(test_waste__top_texts),
        TEST(test_waste__classes),    TEST(test_waste__candidates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

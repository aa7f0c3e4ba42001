/*
 * `ouro object` says of every kind of object what Python itself says: type, refcount, size, who it
 * refers to, who refers to it; and names the references.
 */
#include <stdlib.h>

#include "tests/support/ouro_cli.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

enum { KINDS_MIN = 150, SHARED_SLACK = 400, SIZES_MIN = 20000 };

/* Kinds that have references for which nothing better than "?" is known: they are kept in state of C
 * code that has no names for it. */
static const char *const nameless[] = {"ctypes thunk", "HAMT", "module with state in C"};

static bool may_be_nameless(const char *kind)
{
    for (size_t i = 0; i < sizeof nameless / sizeof *nameless; i++)
        if (!strcmp(kind, nameless[i]))
            return true;
    return false;
}

static uint64_t address_of(const json_t *edge)
{
    return strtoull(json_text(edge, "address"), NULL, 16);
}

/* How many edges of a table go to `address` (0: any) under `name` (NULL: any). */
static unsigned count_edges(const json_t *edges, uint64_t address, const char *name)
{
    unsigned n = 0;
    json_t *edge;
    size_t i;

    json_array_foreach(edges, i, edge) if (!strcmp(json_text(edge, "strength"), "strong") &&
                                           (!address || address_of(edge) == address) &&
                                           (!name || !strcmp(json_text(edge, "edge"), name))) n++;
    return n;
}

static unsigned count_numbers(const json_t *array, json_int_t number)
{
    unsigned n = 0;
    json_t *entry;
    size_t i;

    json_array_foreach(array, i, entry) n += json_integer_value(entry) == number;
    return n;
}

/* Everything that went wrong with one kind is said before the test fails. */
static unsigned complaints;

static void __attribute__((format(printf, 2, 3))) complain(const char *kind, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fprintf(stderr, "%s: ", kind);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    complaints++;
}

static void check_number(const char *kind, const char *what, int64_t wanted, int64_t got,
                         int64_t slack)
{
    if (llabs(wanted - got) > slack)
        complain(kind, "%s is %lld, not %lld", what, (long long)got, (long long)wanted);
}

static void check_numbers(const char *kind, const json_t *facts, const json_t *object)
{
    check_number(kind, "refcount", json_long(facts, "refcount"), json_long(object, "refcount"),
                 json_long(facts, "shared") ? SHARED_SLACK : 0);
    check_number(kind, "getsizeof", json_long(facts, "getsizeof"), json_long(object, "getsizeof"),
                 0);
    check_number(kind, "shallow",
                 json_long(object, "getsizeof") + json_long(object, "inline_values"),
                 json_long(object, "shallow"), 0);
    check_number(kind, "tracked", json_long(facts, "tracked"), json_long(object, "tracked"), 0);
    check_number(kind, "finalized", json_long(facts, "finalized"), json_long(object, "finalized"),
                 0);
    if (json_is_integer(json_at(facts, "weakrefs")))
        check_number(kind, "weakrefs", json_long(facts, "weakrefs"),
                     json_long(object, "weakref_count"), 0);
    if (strcmp(json_text(facts, "type"), json_text(object, "type")) != 0)
        complain(kind, "its type is %s, not %s", json_text(object, "type"),
                 json_text(facts, "type"));
}

/* Referents as often as Python says, referrers at least once. */
static void check_edges(const char *kind, const json_t *facts, const json_t *answer)
{
    const json_t *referents = json_object_get(answer, "referents");
    const json_t *referrers = json_object_get(answer, "referrers");
    const json_t *wanted = json_object_get(facts, "referents");
    json_t *entry;
    size_t i;

    json_array_foreach(wanted, i, entry)
    {
        unsigned n = count_numbers(wanted, json_integer_value(entry));
        unsigned got = count_edges(referents, (uint64_t)json_integer_value(entry), NULL);
        if (got < n)
            complain(kind, "it refers to 0x%llx %u times, not %u times",
                     (unsigned long long)json_integer_value(entry), got, n);
    }
    json_array_foreach(
        json_object_get(facts, "referrers"), i,
        entry) if (!count_edges(referrers, (uint64_t)json_integer_value(entry), NULL))
        complain(kind, "0x%llx is no referrer", (unsigned long long)json_integer_value(entry));
}

static void check_names(const char *kind, const json_t *facts, const json_t *answer)
{
    const json_t *referents = json_object_get(answer, "referents");
    json_t *pair, *edge;
    size_t i;

    if (!count_edges(json_object_get(answer, "referrers"), (uint64_t)json_long(facts, "held_by"),
                     json_text(facts, "position")))
        complain(kind, "the list of all kinds does not hold it at %s",
                 json_text(facts, "position"));
    json_array_foreach(json_object_get(facts, "names"), i, pair)
    {
        uint64_t address = (uint64_t)json_integer_value(json_array_get(pair, 0));
        const char *name = json_string_value(json_array_get(pair, 1));
        if (name && !count_edges(referents, address, name))
            complain(kind, "nothing is called %s", name);
    }
    json_array_foreach(referents, i, edge) if (!*json_text(edge, "edge"))
        complain(kind, "a reference has an empty name");
    json_array_foreach(json_object_get(answer, "referrers"), i, edge) if (!*json_text(edge, "edge"))
        complain(kind, "a reference to it has an empty name");
    if (!may_be_nameless(kind) && count_edges(referents, 0, "?"))
        complain(kind, "%u references have no name", count_edges(referents, 0, "?"));
}

static void check_kind(struct target *target, size_t index, const char *kind)
{
    char address[32], question[32];

    snprintf(question, sizeof question, "facts %zu", index);
    json_t *facts = target_ask_json(target, question);
    snprintf(address, sizeof address, "0x%llx", (unsigned long long)json_long(facts, "address"));
    json_t *answer = ouro_json("object", target_pid(target), address, "--limit", "0", NULL);
    if (strcmp(json_text(answer, "object.address"), address) != 0)
        complain(kind, "the answer is about another object");
    check_numbers(kind, facts, json_object_get(answer, "object"));
    check_edges(kind, facts, answer);
    check_names(kind, facts, answer);
    json_decref(facts);
    json_decref(answer);
}

static void object__tells_what_python_tells(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/kinds.py", NULL);
    json_t *kinds = target_json(target);

    complaints = 0;
    assert_true(json_array_size(kinds) >= KINDS_MIN);
    for (size_t i = 0; i < json_array_size(kinds); i++)
        check_kind(target, i, json_string_value(json_array_get(kinds, i)));
    json_decref(kinds);
    assert_int_equal(complaints, 0);
    target_finish(target);
}

/* ---- sizes of everything ---- */

struct size {
    uint64_t address;
    int64_t bytes;
};

static int by_address(const void *a, const void *b)
{
    const struct size *x = a, *y = b;

    return (x->address > y->address) - (x->address < y->address);
}

static struct size *read_sizes(const json_t *pairs)
{
    struct size *sizes = calloc(json_array_size(pairs) + 1, sizeof *sizes);
    json_t *pair;
    size_t i;

    assert_non_null(sizes);
    json_array_foreach(pairs, i, pair) sizes[i] =
        (struct size){(uint64_t)json_integer_value(json_array_get(pair, 0)),
                      json_integer_value(json_array_get(pair, 1))};
    qsort(sizes, json_array_size(pairs), sizeof *sizes, by_address);
    return sizes;
}

/* The shallow size of every object that can be reached is what sys.getsizeof() says. */
static void objects__have_their_sizes(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/kinds.py", NULL);
    size_t i, known = 0, wrong = 0;
    json_t *row;

    json_decref(target_json(target));
    json_t *pairs = target_ask_json(target, "sizes");
    json_t *objects = ouro_json("objects", target_pid(target), "--limit", "0", NULL);
    struct size *sizes = read_sizes(pairs);
    json_array_foreach(json_object_get(objects, "rows"), i, row)
    {
        struct size key = {.address = address_of(row)};
        const struct size *found =
            bsearch(&key, sizes, json_array_size(pairs), sizeof *sizes, by_address);
        if (!found)
            continue;
        known++;
        if (found->bytes != json_long(row, "shallow") && wrong++ < 10)
            fprintf(stderr, "%s at 0x%llx: %lld bytes, not %lld\n", json_text(row, "type"),
                    (unsigned long long)found->address, (long long)json_long(row, "shallow"),
                    (long long)found->bytes);
    }
    free(sizes);
    json_decref(pairs);
    json_decref(objects);
    assert_true(known > SIZES_MIN);
    assert_int_equal(wrong, 0);
    target_finish(target);
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(object__tells_what_python_tells),
        BEHAVIOUR(objects__have_their_sizes),
    };

    return interp_main("kinds", behaviours, BEHAVIOURS(behaviours), argc, argv);
}

/*
 * What is computed about a heap is what the interpreter does: retained sizes are what cutting an object
 * loose frees, accounts add up, paths lead along the names that the program has, cycles are those it made.
 */
#include <stdlib.h>

#include "tests/support/ouro_cli.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

enum {
    ACCOUNTS = 400,
    UNEXPLAINED_MAX =
        600, /* of an idle interpreter; internals.md counts some two to three hundred */
    CUTS = 12,
};

static struct target *start(const struct interp *interp)
{
    struct target *target = target_start(interp, "tests/e2e/targets/analyses.py", NULL);

    assert_string_equal(target_line(target), "\"ready\"");
    return target;
}

static const char *hex(uint64_t address, char buf[32])
{
    snprintf(buf, 32, "0x%llx", (unsigned long long)address);
    return buf;
}

static uint64_t where(struct target *target, const char *name)
{
    char question[64];

    snprintf(question, sizeof question, "where %s", name);
    json_t *address = target_ask_json(target, question);
    uint64_t ret = (uint64_t)json_integer_value(address);
    json_decref(address);
    return ret;
}

/* ---- accounts ---- */

static void analyses__accounts_add_up(void **state)
{
    struct target *target = start(*state);
    char question[32], address[32];
    json_t *pair;
    size_t i;

    snprintf(question, sizeof question, "accounts %d", ACCOUNTS);
    json_t *pairs = target_ask_json(target, question);
    unsigned checked = 0;
    json_array_foreach(pairs, i, pair)
    {
        if (i % 20) /* each costs an attach */
            continue;
        hex((uint64_t)json_integer_value(json_array_get(pair, 0)), address);
        struct ouro ouro = ouro_run("object", target_pid(target), address, "--json", NULL);
        json_t *answer = ouro.status ? NULL : json_loads(ouro.out, 0, NULL);
        ouro_deinit(&ouro);
        if (!answer) /* it was freed since */
            continue;
        int64_t refcount = json_long(answer, "object.refcount");
        int64_t sum = json_long(answer, "object.account.heap") +
                      json_long(answer, "object.account.frames") +
                      json_long(answer, "object.account.other");
        if (!json_is_true(json_at(answer, "object.account.immortal")) && sum != refcount)
            test_fail("the account of %s %s adds up to %lld, its refcount is %lld",
                      json_text(answer, "object.type"), address, (long long)sum,
                      (long long)refcount);
        checked++;
        json_decref(answer);
    }
    assert_true(checked > ACCOUNTS / 40);
    json_decref(pairs);
    target_finish(target);
}

/* What nothing on the heap, no frame and no static data explains is little. */
static void analyses__little_is_unexplained(void **state)
{
    struct target *target = start(*state);
    json_t *answer = ouro_json("retained", target_pid(target), "-n", "1", NULL);

    if (json_long(answer, "unexplained") > UNEXPLAINED_MAX)
        test_fail("%lld references are unexplained", (long long)json_long(answer, "unexplained"));
    json_decref(answer);
    target_finish(target);
}

/* ---- paths ---- */

static void analyses__path_of_a_module_global(void **state)
{
    struct target *target = start(*state);
    char address[32];

    hex(where(target, "leaf"), address);
    json_t *answer = ouro_json("path", target_pid(target), address, "-n", "1", NULL);
    json_t *path = json_at(answer, "paths.0");
    size_t n = json_array_size(path);
    assert_true(n >= 5);
    assert_string_equal(json_text(path, "0.root"), "module __main__");
    assert_string_equal(json_text(path, "0.type"), "builtins.module");
    assert_null(json_string_value(json_at(path, "1.root")));
    assert_string_equal(json_text(path, "1.edge"), ".__dict__");
    assert_string_equal(json_text(path, "2.edge"), "['app']");
    assert_string_equal(json_text(json_array_get(path, n - 2), "edge"), "['items']");
    assert_string_equal(json_text(json_array_get(path, n - 1), "edge"), "[2]");
    assert_string_equal(json_text(json_array_get(path, n - 1), "address"), address);
    json_decref(answer);
    struct ouro ouro = ouro_run("path", target_pid(target), address, "-n", "1", NULL);
    assert_non_null(strstr(ouro.out, "\n__main__.app.cache['k1']['items'][2]\n"));
    ouro_deinit(&ouro);
    target_finish(target);
}

static void analyses__path_of_a_variable(void **state)
{
    struct target *target = start(*state);
    char address[32];

    hex(where(target, "held"), address);
    json_t *answer = ouro_json("path", target_pid(target), address, NULL);
    const char *root = json_text(answer, "paths.0.0.root");
    if (!strstr(root, "thread the keeper, ") || !strstr(root, "keeper() analyses.py:") ||
        !strstr(root, "local 'held'"))
        test_fail("the root is '%s'", root);
    json_decref(answer);
    target_finish(target);
}

/* ---- threads ---- */

/* The keeper's stack with its variable; nobody sees the agent's own thread. */
static void analyses__threads(void **state)
{
    struct target *target = start(*state);
    json_t *answer = ouro_json("threads", target_pid(target), NULL);
    json_t *rows = json_object_get(answer, "rows");
    assert_int_equal(json_array_size(rows), 2);
    const json_t *keeper = json_row(answer, "thread", "the keeper");
    assert_non_null(keeper);
    json_t *frame;
    size_t i;
    bool found = false;
    json_array_foreach(json_object_get(keeper, "frames"), i, frame)
    {
        if (strcmp(json_text(frame, "function"), "keeper") != 0)
            continue;
        assert_non_null(strstr(json_text(frame, "file"), "analyses.py"));
        assert_true(json_long(frame, "line") > 0);
        json_t *local;
        size_t k;
        json_array_foreach(json_object_get(frame, "locals"), k, local) found |=
            !strcmp(json_text(local, "local"), "held");
    }
    assert_true(found);
    assert_non_null(json_row(answer, "thread", "MainThread"));
    json_decref(answer);
    target_finish(target);
}

/* ---- weak references ---- */

static void analyses__weak_references(void **state)
{
    struct target *target = start(*state);
    char address[32];

    hex(where(target, "referred"), address);
    json_t *answer = ouro_json("object", target_pid(target), address, NULL);
    json_t *weakrefs = json_at(answer, "object.weakrefs");
    assert_int_equal(json_array_size(weakrefs), 3);
    assert_int_equal(json_long(answer, "object.weakref_count"), 3);
    json_t *row;
    size_t i;
    unsigned proxies = 0;
    json_array_foreach(weakrefs, i, row)
    {
        bool is_plain =
            !strcmp(json_text(row, "address"), hex(where(target, "weak_plain"), address));
        bool is_proxy = !strcmp(json_text(row, "type"), "weakref.ProxyType") ||
                        !strcmp(json_text(row, "type"), "builtins.weakproxy");
        assert_int_equal(json_is_true(json_object_get(row, "callback")), !is_plain);
        proxies += is_proxy;
    }
    assert_int_equal(proxies, 1);
    json_decref(answer);
    target_finish(target);
}

/* ---- cycles ---- */

static const json_t *cycle_with(const json_t *answer, bool garbage, const char *type)
{
    json_t *row;
    size_t i;

    json_array_foreach(json_object_get(answer, "rows"), i,
                       row) if (json_is_true(json_object_get(row, "garbage")) == garbage &&
                                json_object_get(json_object_get(row, "types"), type)) return row;
    test_fail("there is no %scycle with a %s", garbage ? "garbage " : "", type);
}

static int64_t instances(const json_t *cycle, const char *type)
{
    return json_integer_value(json_object_get(json_object_get(cycle, "types"), type));
}

static void analyses__cycles(void **state)
{
    struct target *target = start(*state);

    json_decref(target_ask_json(target, "cycles"));
    json_t *answer = ouro_json("cycles", target_pid(target), "-n", "0", NULL);
    const json_t *cycle = cycle_with(answer, true, "__main__.Node");
    assert_int_equal(instances(cycle, "__main__.Node"), 2);
    assert_string_equal(json_text(cycle, "make_weak"), "__main__.Node.parent");
    assert_int_equal(json_array_size(json_object_get(cycle, "held_by")), 0);
    cycle = cycle_with(answer, true, "__main__.Slotted");
    assert_int_equal(json_long(cycle, "objects"), 2);
    assert_int_equal(json_long(cycle, "finalizers"), 2);
    assert_int_equal(json_array_size(json_object_get(cycle, "loop")), 2);
    assert_string_equal(json_text(cycle, "loop.0.edge"), "slot other");
    cycle = cycle_with(answer, false, "__main__.Node");
    assert_int_equal(instances(cycle, "__main__.Node"), 11);
    assert_string_equal(json_text(cycle, "make_weak"), "__main__.Node.parent");
    assert_int_equal(json_array_size(json_object_get(cycle, "held_by")), 1);
    assert_string_equal(json_text(cycle, "held_by.0.edge"), "[0]");
    json_decref(answer);
    target_finish(target);
}

/* ---- retained sizes ---- */

static const json_t *row_at(const json_t *answer, uint64_t address)
{
    char text[32];

    return json_row(answer, "address", hex(address, text));
}

static void analyses__retained_is_what_goes(void **state)
{
    struct target *target = start(*state);
    char question[32], address[32];
    json_t *pair;
    size_t i;
    unsigned checked = 0;

    json_t *pairs = target_ask_json(target, "make 7");
    json_array_foreach(pairs, i, pair)
    {
        if (i % (json_array_size(pairs) / CUTS))
            continue;
        hex((uint64_t)json_integer_value(json_array_get(pair, 1)), address);
        json_t *answer = ouro_json("object", target_pid(target), address, NULL);
        int64_t refcount = json_long(answer, "object.refcount");
        int64_t retained = json_long(answer, "object.retained");
        json_decref(answer);
        if (refcount != 1 &&
            refcount != 2) /* others hold it, too: cutting this path frees nothing */
            continue;
        snprintf(question, sizeof question, "drop %lld",
                 (long long)json_integer_value(json_array_get(pair, 0)));
        json_t *freed = target_ask_json(target, question);
        int64_t went = json_integer_value(freed);
        json_decref(freed);
        if (!went) /* held by another structure */
            continue;
        checked++;
        if (llabs(went - retained) > 64 + retained / 50)
            test_fail("%s retained %lld bytes, %lld went", address, (long long)retained,
                      (long long)went);
    }
    assert_true(checked >= CUTS / 4);
    json_decref(pairs);
    target_finish(target);
}

static void analyses__retained_by_level(void **state)
{
    struct target *target = start(*state);
    char address[32];

    hex(where(target, "app"), address);
    json_t *whole = ouro_json("object", target_pid(target), address, NULL);
    json_t *level = ouro_json("retained", target_pid(target), "--under", address, "-n", "0", NULL);
    int64_t sum = json_long(whole, "object.shallow");
    json_t *row;
    size_t i;
    json_array_foreach(json_object_get(level, "rows"), i, row) sum += json_long(row, "retained");
    assert_int_equal(sum, json_long(whole, "object.retained"));
    assert_null(row_at(level, where(target, "app")));
    json_decref(whole);
    json_decref(level);
    target_finish(target);
}

/* What a thread keeps alive is what its variables do; every kind of root that there is has its row. */
static void analyses__retained_by_owner(void **state)
{
    struct target *target = start(*state);
    json_t *threads = ouro_json("retained", target_pid(target), "--by", "thread", NULL);
    json_t *modules = ouro_json("retained", target_pid(target), "--by", "module", "-n", "0", NULL);
    json_t *roots = ouro_json("retained", target_pid(target), "--by", "root", NULL);
    const json_t *keeper = json_row(threads, "owner", "the keeper");
    const json_t *module = json_row(modules, "owner", "__main__");

    assert_int_equal(json_array_size(json_object_get(threads, "rows")), 2);
    assert_non_null(keeper);
    assert_in_range(json_long(keeper, "retained"), 170, 100000); /* the bytes and their list */
    assert_non_null(module);
    assert_true(json_long(module, "retained") > json_long(module, "shallow"));
    assert_non_null(json_row(roots, "owner", "modules"));
    assert_non_null(json_row(roots, "owner", "frames"));
    json_decref(threads);
    json_decref(modules);
    json_decref(roots);
    target_finish(target);
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(analyses__accounts_add_up),
        BEHAVIOUR(analyses__little_is_unexplained),
        BEHAVIOUR(analyses__path_of_a_module_global),
        BEHAVIOUR(analyses__path_of_a_variable),
        BEHAVIOUR(analyses__threads),
        BEHAVIOUR(analyses__weak_references),
        BEHAVIOUR(analyses__cycles),
        BEHAVIOUR(analyses__retained_is_what_goes),
        BEHAVIOUR(analyses__retained_by_level),
        BEHAVIOUR(analyses__retained_by_owner),
    };

    return interp_main("analyses", behaviours, BEHAVIOURS(behaviours), argc, argv);
}

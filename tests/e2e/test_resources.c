/* `ouro resources` knows what a program has opened, who owns it, and what it has leaked. */
#include <stdlib.h>

#include "tests/support/ouro_cli.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

static const json_t *by_number(const json_t *rows, const char *key, json_int_t number)
{
    json_t *row;
    size_t i;

    json_array_foreach(rows, i, row) if (json_long(row, key) == number) return row;
    return NULL;
}

static const json_t *by_text(const json_t *rows, const char *key, const char *text)
{
    json_t *row;
    size_t i;

    json_array_foreach(rows, i, row) if (!strcmp(json_text(row, key), text)) return row;
    return NULL;
}

static const json_t *by_address(const json_t *rows, const json_t *id)
{
    char text[32];

    snprintf(text, sizeof text, "0x%llx", (unsigned long long)json_integer_value(id));
    return by_text(rows, "address", text);
}

static void check_text(json_int_t fd, const json_t *wanted, const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(wanted, key));
    const char *got = json_string_value(json_object_get(row, key));

    if (text && (!got || strcmp(text, got) != 0))
        test_fail("%s of descriptor %lld is %s, not %s", key, (long long)fd, got ? got : "null",
                  text);
}

/* A path inside of another root is seen from ours. */
static void check_what(const struct interp *interp, json_int_t fd, const json_t *wanted,
                       const json_t *row)
{
    const char *text = json_string_value(json_object_get(wanted, "what"));
    char path[512];

    snprintf(path, sizeof path, "%s%s", text && *text == '/' ? interp->root : "", text ? text : "");
    if (text && strcmp(path, json_text(row, "what")) != 0)
        test_fail("descriptor %lld is %s, not %s", (long long)fd, json_text(row, "what"), path);
}

static void check_descriptors(const struct interp *interp, const json_t *facts,
                              const json_t *answer)
{
    const json_t *rows = json_object_get(answer, "descriptors");
    json_t *wanted, *leaked;
    size_t i;

    assert_true(json_array_size(json_object_get(facts, "owned")) == 10);
    json_array_foreach(json_object_get(facts, "owned"), i, wanted)
    {
        json_int_t fd = json_long(wanted, "fd");
        const json_t *row = by_number(rows, "fd", fd);
        assert_non_null(row);
        check_text(fd, wanted, row, "kind");
        check_what(interp, fd, wanted, row);
        check_text(fd, wanted, row, "peer");
        const json_t *owners = json_object_get(row, "owners");
        if (json_array_size(owners) != 1)
            test_fail("descriptor %lld has %zu owners", (long long)fd, json_array_size(owners));
        check_text(fd, wanted, json_array_get(owners, 0), "type");
        const json_t *by = json_object_get(wanted, "by");
        if (json_is_integer(by))
            assert_non_null(by_address(json_at(owners, "0.held_by"), by));
    }
    json_array_foreach(json_object_get(facts, "unowned"), i, leaked)
    {
        const json_t *row = by_number(rows, "fd", json_integer_value(leaked));
        assert_non_null(row);
        assert_int_equal(json_array_size(json_object_get(row, "owners")), 0);
    }
    assert_true(json_long(answer, "unowned") >= 2);
}

static void check_locks(const json_t *facts, const json_t *answer)
{
    const json_t *locks = json_object_get(answer, "locks");

    assert_non_null(by_address(locks, json_object_get(facts, "lock")));
    assert_null(by_address(locks, json_object_get(facts, "free")));
    const json_t *rlock = by_address(locks, json_object_get(facts, "rlock"));
    assert_non_null(rlock);
    assert_int_equal(json_long(rlock, "count"), 2);
}

static void resources__are_told(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/resources.py", NULL);
    json_t *facts = target_json(target);
    json_t *answer = ouro_json("resources", target_pid(target), NULL);
    const json_t *children = json_object_get(answer, "children");
    const json_t *directories = json_object_get(answer, "temporary_directories");

    check_descriptors(*state, facts, answer);
    check_locks(facts, answer);
    assert_int_equal(json_array_size(children), 1);
    assert_int_equal(json_long(children, "0.pid"), json_long(facts, "child"));
    assert_non_null(strstr(json_text(children, "0.args"), "input()"));
    assert_int_equal(json_array_size(directories), 1);
    assert_string_equal(json_text(directories, "0.path"), json_text(facts, "directory"));
    json_decref(answer);
    json_decref(facts);
    target_finish(target);
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(resources__are_told),
    };

    return interp_main("resources", behaviours, BEHAVIOURS(behaviours), argc, argv);
}

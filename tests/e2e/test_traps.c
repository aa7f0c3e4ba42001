/*
 * Traps for who looks at a CPython heap, each of which somebody has fallen into: looking must not make
 * __dict__ objects, static types must not be traversed, 3.13.0 visits the attributes of some dicts
 * nowhere, and a descriptor number that is used again must not bring back an old agent.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspector/base/mem.h"
#include "tests/support/ouro_cli.h"
#include "tests/support/proc_state.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

enum { LEAVING_MS = 2000, ADDRESS_BYTES = 24, BUILD_ID_DIGITS = 16, OTHER_BUILDS = 3 };

static struct target *start(const struct interp *interp)
{
    struct target *target = target_start(interp, "tests/e2e/targets/trapped.py", NULL);

    target_line(target);
    return target;
}

static const char *hex(char buf[ADDRESS_BYTES], int64_t address)
{
    snprintf(buf, ADDRESS_BYTES, "0x%llx", (unsigned long long)address);
    return buf;
}

/* ---- looking makes no __dict__ ---- */

static void traps__no_dict_is_made(void **state)
{
    struct target *target = start(*state);
    pid_t pid = target_pid(target);
    char address[ADDRESS_BYTES];
    json_t *addresses = target_ask_json(target, "addresses");

    json_decref(target_ask_json(target, "materialised"));
    json_t *before = target_ask_json(target, "materialised");
    assert_int_equal(json_long(before, "plain"), 0);
    json_decref(ouro_json("types", pid, NULL));
    json_decref(ouro_json("objects", pid, "--limit", "0", NULL));
    json_decref(ouro_json("objects", pid, "--type", "__main__.Plain", NULL));
    json_decref(ouro_json("object", pid, hex(address, json_long(addresses, "plain")), NULL));
    json_decref(ouro_json("object", pid, hex(address, json_long(addresses, "opened")), NULL));
    json_decref(ouro_json("gc", pid, NULL));
    json_decref(ouro_json("stats", pid, NULL));
    json_t *after = target_ask_json(target, "materialised");
    if (!json_equal(before, after))
        test_fail("before %s, after %s", json_dumps(before, 0), json_dumps(after, 0));
    json_decref(before);
    json_decref(after);
    json_decref(addresses);
    target_finish(target);
}

/* ---- static types ---- */

static bool has_referent(const json_t *object, int64_t address)
{
    char text[ADDRESS_BYTES];
    json_t *edge;
    size_t i;

    hex(text, address);
    json_array_foreach(json_object_get(object, "referents"), i, edge)
    {
        if (!strcmp(json_text(edge, "address"), text))
            return true;
    }
    return false;
}

/* Their tp_traverse ends the process; what they hold is known all the same. */
static void traps__static_types_are_not_traversed(void **state)
{
    struct target *target = start(*state);
    json_t *types = target_ask_json(target, "static_types"), *type, *held;
    char address[ADDRESS_BYTES];
    size_t i, j;

    json_array_foreach(types, i, type)
    {
        /* a type that crashed the copy would be named on the standard error, which must be empty */
        json_t *answer =
            ouro_json("object", target_pid(target), hex(address, json_long(type, "address")), NULL);
        json_array_foreach(json_object_get(type, "referents"), j, held)
        {
            if (!has_referent(answer, json_integer_value(held)))
                test_fail("the type at %s lacks its bases or its mro", address);
        }
        json_decref(answer);
    }
    json_decref(types);
    target_finish(target);
}

/* ---- dicts that nothing visits ---- */

/* Instance, then dict, then values: the object holds its dict, the dict its values. */
static void traps__opened_dicts_are_complete(void **state)
{
    struct target *target = start(*state);
    pid_t pid = target_pid(target);
    json_t *addresses = target_ask_json(target, "addresses");
    char address[ADDRESS_BYTES];

    json_t *object = ouro_json("object", pid, hex(address, json_long(addresses, "opened")), NULL);
    if (!has_referent(object, json_long(addresses, "opened_dict")))
        test_fail("the instance does not hold its __dict__");
    json_decref(object);
    object = ouro_json("object", pid, hex(address, json_long(addresses, "opened_dict")), NULL);
    if (!has_referent(object, json_long(addresses, "held")) ||
        !has_referent(object, json_long(addresses, "other")))
        test_fail("the dict does not hold its values");
    json_decref(object);
    json_decref(addresses);
    target_finish(target);
}

/* ---- descriptor numbers that are used again ---- */

/* The agent builds that are mapped, each once. */
static int count_agents(pid_t pid)
{
    static const char prefix[] = "/memfd:ouro-agent-";
    char *path = xasprintf("/proc/%d/maps", pid), line[4096];
    char seen[OTHER_BUILDS + 2][BUILD_ID_DIGITS + 1] = {""};
    FILE *maps = fopen(path, "re");
    int n = 0;

    assert_non_null(maps);
    free(path);
    while (fgets(line, sizeof line, maps)) {
        const char *at = strstr(line, prefix);
        bool known = !at || n == OTHER_BUILDS + 2;
        for (int i = 0; !known && i < n; i++)
            known = !strncmp(at + strlen(prefix), seen[i], BUILD_ID_DIGITS);
        if (!known)
            memcpy(seen[n++], at + strlen(prefix), BUILD_ID_DIGITS);
    }
    fclose(maps);
    return n;
}

/* The build id of the agent that is mapped. */
static void read_build_id(pid_t pid, char id[BUILD_ID_DIGITS + 1])
{
    char *path = xasprintf("/proc/%d/maps", pid), line[4096];
    FILE *maps = fopen(path, "re");

    assert_non_null(maps);
    id[0] = '\0';
    while (!id[0] && fgets(line, sizeof line, maps))
        if (strstr(line, "/memfd:ouro-agent-"))
            snprintf(id, BUILD_ID_DIGITS + 1, "%s",
                     strstr(line, "/memfd:ouro-agent-") + strlen("/memfd:ouro-agent-"));
    fclose(maps);
    free(path);
    assert_int_equal(strlen(id), BUILD_ID_DIGITS);
}

/* A copy of the program with another build id in it; the path is the caller's. */
static char *make_other_build(const char id[BUILD_ID_DIGITS + 1], char mark)
{
    int from = open(ouro_path(), O_RDONLY | O_CLOEXEC);
    const char *directory = getenv("TEST_TMPDIR");
    char *path = xasprintf("%s/ouro-build-XXXXXX", directory ? directory : "/tmp");
    struct stat stat;
    int patched = 0;

    assert_true(from >= 0 && !fstat(from, &stat));
    char *bytes = mmap(NULL, (size_t)stat.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, from, 0);
    assert_ptr_not_equal(bytes, MAP_FAILED);
    char *end = bytes + stat.st_size;
    for (char *at = bytes; (at = memmem(at, (size_t)(end - at), id, BUILD_ID_DIGITS)); patched++)
        *at = mark;
    assert_true(patched >= 2); /* the inspector's and the agent's */
    int to = mkostemp(path, O_CLOEXEC);
    assert_true(to >= 0);
    assert_int_equal(write(to, bytes, (size_t)stat.st_size), stat.st_size);
    fchmod(to, 0700);
    close(to);
    munmap(bytes, (size_t)stat.st_size);
    close(from);
    return path;
}

/* An agent of another build that was left mapped is not taken for ours. */
static void traps__number_reused_gets_the_new_agent(void **state)
{
    struct target *target = start(*state);
    pid_t pid = target_pid(target);
    char id[BUILD_ID_DIGITS + 1];

    json_decref(ouro_json("types", pid, NULL));
    read_build_id(pid, id);
    assert_int_equal(count_agents(pid), 1);
    for (int i = 0; i < OTHER_BUILDS; i++) {
        assert_string_equal(target_ask(target, "files"), "true");
        proc_assert_clean(pid, LEAVING_MS);
        char *other = make_other_build(id, (char)('x' + i));
        struct ouro ouro = ouro_run_program(other, "types", pid, NULL);
        unlink(other);
        free(other);
        if (ouro.status)
            test_fail("another build: status %d: %s", ouro.status, ouro.err);
        ouro_deinit(&ouro);
        assert_int_equal(count_agents(pid), i + 2);
    }
    proc_assert_clean(pid, LEAVING_MS);
    json_decref(ouro_json("types", pid, NULL)); /* and the first one is used again */
    assert_int_equal(count_agents(pid), OTHER_BUILDS + 1);
    target_finish(target);
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(traps__no_dict_is_made),
        BEHAVIOUR(traps__static_types_are_not_traversed),
        BEHAVIOUR(traps__opened_dicts_are_complete),
        BEHAVIOUR(traps__number_reused_gets_the_new_agent),
    };

    return interp_main("traps", behaviours, BEHAVIOURS(behaviours), argc, argv);
}

/* session/doctor.h: why the kernel refuses, for all the reasons that it has; what /proc/PID/status tells. */
#include "inspector/session/doctor.h"

#include <linux/capability.h>
#include <stdlib.h>
#include <unistd.h>

#include "inspector/session/doctor_private.h"
#include "tests/support/test.h"

enum { USER = 3900000, OTHER = 3900001, PID = 77 };

/* One's own process, refused: the tests change one fact each. */
struct facts {
    struct proc_status target, us;
    struct doctor_access access;
};

static void facts_init(struct facts *facts)
{
    const struct proc_status user = {.uid = USER,
                                     .real_uid = USER,
                                     .saved_uid = USER,
                                     .gid = USER,
                                     .real_gid = USER,
                                     .saved_gid = USER};

    *facts = (struct facts){.target = user, .us = user};
    facts->access = (struct doctor_access){
        .pid = PID, .target = &facts->target, .us = &facts->us, .owner = USER};
}

static void expect(const struct facts *facts, const char *line)
{
    assert_fails(doctor_explain_refusal(&facts->access), ERR_PERMISSION, line);
}

static void test_doctor__other_user(void **state)
{
    struct facts facts;

    (void)state;
    facts_init(&facts);
    facts.target.uid = facts.target.real_uid = facts.target.saved_uid = OTHER;
    facts.access.owner = OTHER;
    facts.access.yama = 1; /* the user comes first: with the right one, Yama may not matter */
    expect(&facts, "process 77 belongs to user 3900001; run as that user, or as root");
}

static void test_doctor__set_user_id(void **state)
{
    struct facts facts;

    (void)state;
    facts_init(&facts);
    facts.target.uid = facts.target.saved_uid = 0;
    facts.access.owner = 0;
    expect(&facts, "process 77 has changed its user or group (set-user-ID); it runs as 'root'");
    facts_init(&facts);
    facts.target.saved_gid = OTHER;
    expect(&facts, "process 77 has changed its user or group");
}

static void test_doctor__not_dumpable(void **state)
{
    struct facts facts;

    (void)state;
    facts_init(&facts);
    facts.access.owner = 0;
    expect(&facts, "process 77 is protected (not dumpable");
}

static void test_doctor__capabilities(void **state)
{
    struct facts facts;

    (void)state;
    facts_init(&facts);
    facts.target.capabilities = 1 << CAP_NET_RAW;
    expect(&facts, "process 77 has capabilities that we do not have; run as root");
}

static void test_doctor__yama(void **state)
{
    static const char *const lines[] = {
        "the kernel does not allow to trace process 77; run as root",
        ("the kernel's ptrace_scope is 1: only a program's parents may trace it; "
         "run as root, or start the program with 'ouro run'"),
        "the kernel's ptrace_scope is 2: only root may trace; run as root",
        ("the kernel's ptrace_scope is 3: nobody may trace, not even root; "
         "boot with kernel.yama.ptrace_scope below 3"),
    };
    struct facts facts;

    (void)state;
    for (int scope = 0; scope <= 3; scope++) {
        facts_init(&facts);
        facts.access.yama = scope;
        expect(&facts, lines[scope]);
    }
    facts.us.uid = facts.us.real_uid = 0; /* scope 3 does not know root */
    facts.us.capabilities = ~0ull;
    expect(&facts, lines[3]);
}

static void test_doctor__root_of_a_container(void **state)
{
    struct facts facts;

    (void)state;
    facts_init(&facts);
    facts.us.uid = facts.us.real_uid = 0;
    expect(&facts, "this root may not trace process 77: it lacks CAP_SYS_PTRACE");
    facts.us.capabilities = 1 << CAP_SYS_PTRACE;
    expect(&facts,
           "a security module, or another user namespace, keeps us from tracing process 77");
}

static void test_doctor__own_process(void **state)
{
    struct proc_status status;

    (void)state;
    assert_ok(proc_status_read(getpid(), &status));
    assert_ok(doctor_check_permission(getpid(), &status));
    assert_ok(doctor_check_tracer(getpid(), &status));
    assert_int_equal(status.parent, getppid());
    assert_int_equal(status.saved_uid, geteuid());
    assert_int_equal(status.saved_gid, getegid());
    assert_true(status.threads >= 1);
}

static void test_doctor__tracer(void **state)
{
    struct proc_status status = {.state = 't', .tracer = getpid()};

    (void)state;
    assert_fails(doctor_check_tracer(PID, &status), ERR_BUSY,
                 "process 77 is already traced by test_doctor (process ");
    status.tracer = 0;
    assert_fails(doctor_check_tracer(PID, &status), ERR_BUSY, "from outside of this container");
}

static void test_doctor__uninterruptible(void **state)
{
    struct proc_status status = {.state = 'D'};
    char *note = NULL;

    (void)state;
    assert_ok(doctor_check_state(PID, &status, &note));
    assert_non_null(strstr(note, "inside the kernel"));
    free(note);
}

/* The verdict is the first failure, and is given away once. */
static void test_doctor__verdict(void **state)
{
    struct doctor doctor;

    (void)state;
    assert_ok(doctor_examine(getpid(), &doctor)); /* no Python */
    assert_int_equal(doctor.checks[DOCTOR_PROCESS].state, DOCTOR_OK);
    assert_int_equal(doctor.checks[DOCTOR_PYTHON].state, DOCTOR_FAILED);
    assert_int_equal(doctor.checks[DOCTOR_LOADER].state, DOCTOR_SKIPPED);
    assert_false(doctor_is_attachable(&doctor));
    assert_string_equal(doctor.python.version, "");
    assert_fails(doctor_verdict(&doctor), ERR_UNSUPPORTED, "it does not run Python");
    doctor_deinit(&doctor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_doctor__other_user),
        TEST(test_doctor__set_user_id),
        TEST(test_doctor__not_dumpable),
        TEST(test_doctor__capabilities),
        TEST(test_doctor__yama),
        TEST(test_doctor__root_of_a_container),
        TEST(test_doctor__own_process),
        TEST(test_doctor__tracer),
        TEST(test_doctor__uninterruptible),
        TEST(test_doctor__verdict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

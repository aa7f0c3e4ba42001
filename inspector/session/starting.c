#include "inspector/session/starting.h"

#include "inspector/base/clock.h"
#include "inspector/session/doctor.h"

enum { POLL_NS = 300 * NS_PER_US };

/*
 * What stands in the way now; NULL: nothing. *wait: it may be different soon.
 */
static struct err *look(pid_t pid, bool *wait)
{
    struct doctor doctor;

    ERR_RETURN(doctor_examine(pid, &doctor));
    bool is_there = doctor.checks[DOCTOR_PROCESS].state == DOCTOR_OK;
    bool is_python = doctor.checks[DOCTOR_PYTHON].state == DOCTOR_OK || *doctor.python.version;
    struct err *err = doctor_verdict(&doctor);
    doctor_deinit(&doctor);
    *wait = err && (err->code == ERR_NOT_YET || (is_there && !is_python));
    if (is_there || *wait || !err)
        return err;
    err_destroy(err);
    return err_new(ERR_TARGET_GONE, NULL, "it ended before it ran any Python");
}

struct err *session_attach_starting(pid_t pid, uint64_t limit_ns, const atomic_bool *cancel,
                                    struct session **ret)
{
    uint64_t deadline = clock_ns() + limit_ns;

    for (;;) {
        bool wait = false;
        struct err *err = look(pid, &wait);
        if (!err) {
            err = session_attach(pid, cancel, ret);
            wait = err && err->code == ERR_NOT_YET;
        }
        if (!err || !wait || clock_ns() > deadline)
            return err;
        err_destroy(err);
        if (atomic_load(cancel))
            return err_new(ERR_CANCELLED, NULL, "cancelled");
        clock_sleep_ns(POLL_NS);
    }
}

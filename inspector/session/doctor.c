#include "inspector/session/doctor.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/base/utf8.h"
#include "inspector/session/doctor_private.h"
#include "inspector/session/evict.h"

const char *doctor_check_name(enum doctor_check_id id)
{
    static const char *const names[DOCTOR_CHECKS] = {
        [DOCTOR_PROCESS] = "process",       [DOCTOR_PYTHON] = "python",
        [DOCTOR_PERMISSION] = "permission", [DOCTOR_TRACER] = "tracer",
        [DOCTOR_STATE] = "state",           [DOCTOR_SECCOMP] = "seccomp",
        [DOCTOR_LOADER] = "loader",         [DOCTOR_INSPECTOR] = "inspector",
    };

    return names[id];
}

const char *doctor_method_name(enum doctor_method method)
{
    return method == DOCTOR_REMOTE_EXEC ? "remote-exec" : "ptrace";
}

/* Notes the outcome of a check; owns `err` and `note`. Whether it is in order. */
static bool conclude(struct doctor *doctor, enum doctor_check_id id, struct err *err, char *note)
{
    if (note)
        utf8_make_safe(note);
    doctor->checks[id] =
        (struct doctor_check){err ? DOCTOR_FAILED : DOCTOR_OK, err, err ? NULL : note};
    if (err)
        free(note);
    return !err;
}

static struct err *check_python(pid_t pid, struct doctor *doctor, char **note)
{
    ERR_RETURN(proc_maps_read(pid, &doctor->maps));
    if (!doctor->maps.n)
        return doctor_in_transit(pid);
    ERR_RETURN(python_find(pid, &doctor->maps, &doctor->python));
    *note = xasprintf("%s, in %s", doctor->python.version, doctor->python.path);
    return NULL;
}

static struct err *check_loader(pid_t pid, struct doctor *doctor, char **note)
{
    ERR_RETURN(target_libs_find(pid, &doctor->maps, &doctor->libs));
    if (doctor->libs.start_function)
        *note = xstrdup("the agent is mapped already, from an earlier attach");
    return NULL;
}

struct err *doctor_other_inspector(pid_t pid, pid_t inspector)
{
    const char *hint = "leave that one first, or make it leave with --steal";

    if (!inspector)
        return err_new(ERR_BUSY, hint, "another ouro is attached to process %d", pid);
    return err_new(ERR_BUSY, hint, "another ouro is attached to process %d: process %d", pid,
                   inspector);
}

static struct err *check_inspector(pid_t pid, const struct doctor *doctor, char **note)
{
    struct evict_found found;

    if (!evict_look(pid, &doctor->maps, &found))
        return NULL;
    if (!found.inspector_lives) {
        *note = xstrdup("an ouro that was attached has ended; what it left is going away");
        return NULL;
    }
    return doctor_other_inspector(pid, found.same_build ? found.inspector : 0);
}

/* Mappings that we may not look at are no reason of their own: the permission that we lack is. */
static void check_program(pid_t pid, struct doctor *doctor)
{
    char *note = NULL;
    struct err *err = check_python(pid, doctor, &note);

    conclude(doctor, DOCTOR_PERMISSION, doctor_check_permission(pid, &doctor->status), NULL);
    if (err && err->code == ERR_PERMISSION && doctor->checks[DOCTOR_PERMISSION].err)
        err_destroy(err);
    else
        conclude(doctor, DOCTOR_PYTHON, err, note);
}

static void check_status(pid_t pid, struct doctor *doctor)
{
    char *state_note = NULL, *seccomp_note = NULL;
    struct err *err = doctor_check_state(pid, &doctor->status, &state_note);

    conclude(doctor, DOCTOR_STATE, err, state_note);
    err = doctor_check_seccomp(pid, &doctor->status, &seccomp_note);
    conclude(doctor, DOCTOR_SECCOMP, err, seccomp_note);
    conclude(doctor, DOCTOR_TRACER, doctor_check_tracer(pid, &doctor->status), NULL);
}

static void check_inside(pid_t pid, struct doctor *doctor)
{
    char *loader_note = NULL, *inspector_note = NULL;
    struct err *err = check_loader(pid, doctor, &loader_note);

    conclude(doctor, DOCTOR_LOADER, err, loader_note);
    err = check_inspector(pid, doctor, &inspector_note);
    conclude(doctor, DOCTOR_INSPECTOR, err, inspector_note);
}

/* Who is traced by another one cannot be traced by us, but may offer another way. */
static void look_for_another_way(pid_t pid, struct doctor *doctor)
{
    struct doctor_check *check = &doctor->checks[DOCTOR_TRACER];

    if (check->state != DOCTOR_FAILED || check->err->code != ERR_BUSY ||
        doctor->checks[DOCTOR_LOADER].state != DOCTOR_OK || doctor_is_held(pid))
        return;
    struct err *err = remote_find(pid, &doctor->maps, &doctor->python, &doctor->remote);
    if (err) {
        err_destroy(err);
        return;
    }
    char *note = xasprintf("%s; its Python is asked to let us in", check->err->message);
    err_destroy(check->err);
    conclude(doctor, DOCTOR_TRACER, NULL, note);
    doctor->method = DOCTOR_REMOTE_EXEC;
}

static bool ran_out_of_memory(const struct doctor *doctor)
{
    for (int i = 0; i < DOCTOR_CHECKS; i++)
        if (doctor->checks[i].err && doctor->checks[i].err->code == ERR_NOMEM)
            return true;
    return false;
}

struct err *doctor_examine(pid_t pid, struct doctor *ret)
{
    struct doctor doctor = {.python.version = ""};
    char *note = NULL;
    struct err *err = proc_status_read(pid, &doctor.status);

    if (!err)
        err = doctor_check_process(pid, &doctor.status, &note);
    if (conclude(&doctor, DOCTOR_PROCESS, err, note)) {
        check_program(pid, &doctor);
        check_status(pid, &doctor);
    }
    if (doctor.checks[DOCTOR_PYTHON].state == DOCTOR_OK &&
        doctor.checks[DOCTOR_PERMISSION].state == DOCTOR_OK)
        check_inside(pid, &doctor);
    look_for_another_way(pid, &doctor);
    if (ran_out_of_memory(&doctor)) {
        doctor_deinit(&doctor);
        return err_nomem();
    }
    *ret = doctor;
    return NULL;
}

void doctor_deinit(struct doctor *doctor)
{
    for (int i = 0; i < DOCTOR_CHECKS; i++) {
        err_destroy(doctor->checks[i].err);
        free(doctor->checks[i].note);
    }
    proc_maps_deinit(&doctor->maps);
    *doctor = (struct doctor){.python.version = ""};
}

bool doctor_is_attachable(const struct doctor *doctor)
{
    for (int i = 0; i < DOCTOR_CHECKS; i++)
        if (doctor->checks[i].state == DOCTOR_FAILED)
            return false;
    return true;
}

struct err *doctor_verdict(struct doctor *doctor)
{
    for (int i = 0; i < DOCTOR_CHECKS; i++)
        if (doctor->checks[i].state == DOCTOR_FAILED)
            return take_ptr(doctor->checks[i].err);
    return NULL;
}

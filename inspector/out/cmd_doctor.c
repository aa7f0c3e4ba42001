#include <stdio.h>

#include "inspector/base/utf8.h"
#include "inspector/out/cmd.h"
#include "inspector/session/doctor.h"

enum { LINE_BYTES = 1024 };

static json_t *check_json(const struct doctor *doctor, enum doctor_check_id id)
{
    const struct doctor_check *check = &doctor->checks[id];
    char why[LINE_BYTES] = "", hint[LINE_BYTES] = "";

    if (check->err) {
        snprintf(why, sizeof why, "%s", check->err->message);
        snprintf(hint, sizeof hint, "%s", check->err->hint ? check->err->hint : "");
        utf8_make_safe(why);
        utf8_make_safe(hint);
    } else if (check->note) {
        snprintf(why, sizeof why, "%s", check->note);
    }
    return json_pack("{s:s, s:o, s:o, s:o}", "check", doctor_check_name(id), "ok",
                     check->state == DOCTOR_SKIPPED ? json_null()
                                                    : json_boolean(check->state == DOCTOR_OK),
                     "why", *why ? json_string(why) : json_null(), "do",
                     *hint ? json_string(hint) : json_null());
}

static struct err *print_json(pid_t pid, const struct doctor *doctor)
{
    bool attachable = doctor_is_attachable(doctor);
    json_t *checks = json_array();
    struct json json;

    for (int id = 0; id < DOCTOR_CHECKS; id++)
        json_array_append_new(checks, check_json(doctor, (enum doctor_check_id)id));
    json_begin(&json, stdout);
    json_put_header(&json, NULL);
    json_put(&json, "pid", json_integer(pid));
    json_put(&json, "attachable", json_boolean(attachable));
    json_put(&json, "method",
             attachable ? json_string(doctor_method_name(doctor->method)) : json_null());
    json_put(&json, "checks", checks);
    return json_finish(&json);
}

static void print_text(pid_t pid, const struct doctor *doctor)
{
    static const char *const words[] = {
        [DOCTOR_SKIPPED] = "-", [DOCTOR_OK] = "ok", [DOCTOR_FAILED] = "no"};
    char line[LINE_BYTES];

    for (int id = 0; id < DOCTOR_CHECKS; id++) {
        const struct doctor_check *check = &doctor->checks[id];
        const char *text = check->state == DOCTOR_SKIPPED ? "not looked at" : "";
        if (check->err)
            text = err_format(check->err, line, sizeof line);
        else if (check->note)
            text = check->note;
        printf("%-2s  %-*s%s%s\n", words[check->state], *text ? 10 : 0,
               doctor_check_name((enum doctor_check_id)id), *text ? "  " : "", text);
    }
    if (doctor_is_attachable(doctor))
        printf("\nouro can attach to process %d, by %s\n", pid, doctor_method_name(doctor->method));
}

struct err *cmd_doctor(int argc, char **argv)
{
    bool json = false, helped;
    const struct opt table[] = {
        OPT_FLAG(0, "json", &json, "print JSON (docs/cli-json.md)"),
        OPT_END,
    };
    struct doctor doctor;
    struct err *err = NULL;
    pid_t pid = 0;

    ERR_RETURN(cmd_options("doctor", table, argc, argv, &helped));
    if (helped)
        return NULL;
    ERR_RETURN(cmd_pid(argv[0], &pid));
    ERR_RETURN(doctor_examine(pid, &doctor));
    if (json)
        err = print_json(pid, &doctor);
    else
        print_text(pid, &doctor);
    if (!err)
        err = err_context(doctor_verdict(&doctor), "cannot attach to '%d'", pid);
    doctor_deinit(&doctor);
    return err;
}

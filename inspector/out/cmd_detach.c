#include <stdio.h>

#include "inspector/out/cmd.h"
#include "inspector/session/evict.h"

struct err *cmd_detach(int argc, char **argv)
{
    bool json = false, helped, was_attached;
    const struct opt table[] = {
        OPT_FLAG(0, "json", &json, "print JSON"),
        OPT_END,
    };
    struct json out;
    pid_t pid = 0;

    ERR_RETURN(cmd_options("detach", table, argc, argv, &helped));
    if (helped)
        return NULL;
    ERR_RETURN(cmd_pid(argv[0], &pid));
    ERR_RETURN(evict_agent(pid, &was_attached));
    if (json) {
        json_begin(&out, stdout);
        json_put_header(&out, NULL);
        json_put(&out, "pid", json_integer(pid));
        json_put(&out, "was_attached", json_boolean(was_attached));
        return json_finish(&out);
    }
    printf(was_attached ? "the agent has left process %d\n" : "no agent is in process %d\n", pid);
    return NULL;
}

#include "agent/ag_remote.h"

#include "agent/ag_session.h"
#include "agent/ag_sys.h"

/* Not zero: it lies in the file. */
struct start_remote ouro_agent_remote = {.nonce = 1};

struct pyobj *PyInit_ouro_agent(void)
{
    uint64_t all = ~0ull, before;

    /* the agent's thread inherits what is blocked: no signal of the program's is for it */
    sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&before, sizeof all);
    ouro_agent_start(&ouro_agent_remote.start);
    sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0, sizeof before);
    return NULL;
}

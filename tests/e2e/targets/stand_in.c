/*
 * Stands in for a CPython 3.11 beside a C library for which there is none here: it has the names by which an interpreter is
 * known and, with STAND_IN_ALL, every other that the agent asks for; but there is no heap behind them.
 */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/ag_api.h"

const unsigned long Py_Version = 0x030b07f0;

int Py_IsInitialized(void)
{
    return 1;
}

const char *Py_GetVersion(void)
{
    return "3.11.7 (a stand-in)";
}

int PyGILState_Ensure(void)
{
    return 0;
}

#ifdef STAND_IN_ALL
#define Py_IsInitialized  left_out_0
#define Py_GetVersion     left_out_1
#define PyGILState_Ensure left_out_2
#define X(name, result, params, since)                                                             \
    result name params                                                                             \
    {                                                                                              \
        return (result)0;                                                                          \
    }
AG_API_FUNCTIONS(X)
#undef X
#define X(name, since) void *name[256];
AG_API_OBJECTS(X)
#undef X
#endif

/* What a thread that the agent started and left would have changed. */
static void *work(void *arg)
{
    return arg;
}

int main(void)
{
    char line[64];
    pthread_t thread;
    int answer = 42;
    void *got = NULL;

    puts("ready");
    fflush(stdout);
    while (read(0, line, sizeof line) > 0) {
        if (pthread_create(&thread, NULL, work, &answer) || pthread_join(thread, &got))
            return 1;
        printf("%d\n", *(int *)got);
        fflush(stdout);
    }
    return 0;
}

/*
 * The sample service of `ouro demo`: inspector/demo.py, run by whatever python3 there is, for as long as we live.
 */
#pragma once

#include <sys/types.h>

#include "inspector/base/err.h"

/*
 * Starts it with `python` (a path, or a name to look for in $PATH) and waits until it runs. It ends when our process ends,
 * however that happens. *ret is its pid: end it with demo_stop().
 */
ERR_CHECK struct err *demo_start(const char *python, pid_t *ret);
void demo_stop(pid_t pid);

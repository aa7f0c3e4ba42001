/*
 * Coming in as an extension module: where a thread of the target runs a line of Python for us (PEP 768, see
 * inspector/session/remote.h) instead of being borrowed.
 */
#pragma once

#include "agent/ag_api.h"

/* Filled in the agent's file before it is loaded; `start` tells the inspector what came of it. */
extern struct start_remote ouro_agent_remote __attribute__((visibility("protected")));

/*
 * Starts the agent and fails: no module is made, the import that called this raises an exception, and nothing is
 * left in sys.modules. Called with the GIL.
 */
struct pyobj *PyInit_ouro_agent(void) __attribute__((visibility("default")));

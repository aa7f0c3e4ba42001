#include "inspector/analysis/leak_patterns.h"

#include <string.h>

#define MIB (1u << 20)

#define CLOSURE_ADVICE                                                                             \
    "delete the variable when the inner function no longer needs it, or unregister the function"
#define COROUTINE_ADVICE "await it, close() it, or drop the variable that holds it"
#define TASK_ADVICE                                                                                \
    "await or gather() tasks, and drop the collection that still lists finished ones"
#define MOCK_ADVICE  "call reset_mock() between uses, or use a plain stub"
#define QUEUE_ADVICE "give it a maxsize, and see why its consumers do not keep up"

const struct leak_pattern leak_patterns[] = {
    {"functools._lru_cache_wrapper", MEASURE_ENTRIES, 1000,
     "remembers the results and the arguments of all those calls",
     "give the cache a maxsize, or call cache_clear(); on methods it also keeps every self"},
    {"logging.Logger", MEASURE_ENTRIES, 20, "calls each of its handlers for every message",
     "add handlers once at start-up, not in each call; removeHandler() what is no longer used"},
    {"logging.RootLogger", MEASURE_ENTRIES, 20, "calls each of its handlers for every message",
     "add handlers once at start-up, not in each call; removeHandler() what is no longer used"},
    {"logging.handlers.MemoryHandler", MEASURE_ENTRIES, 1000, "buffers records that nobody flushes",
     "set its target and a capacity"},
    {"logging.Manager", MEASURE_ENTRIES, 10000, "never forgets a logger that was asked for by name",
     "do not make logger names of data, as getLogger(f'request.{id}') does"},
    {"builtins.traceback", MEASURE_BYTES, MIB,
     "holds the frames of its exception, and with them all their variables",
     "store str(exception), or clear it: exception.__traceback__ = None, traceback.clear_frames()"},
    {"blinker.base.Signal", MEASURE_ENTRIES, 1000, "holds a receiver for each connect()",
     "connect() once, not in each request; disconnect(), or connect weakly"},
    {"blinker.base.NamedSignal", MEASURE_ENTRIES, 1000, "holds a receiver for each connect()",
     "connect() once, not in each request; disconnect(), or connect weakly"},
    {"django.dispatch.dispatcher.*", MEASURE_ENTRIES, 1000, "holds a receiver for each connect()",
     "give receivers a dispatch_uid; connect once, not in each request"},
    {"django.db.backends.*", MEASURE_ENTRIES, 1000, "records every query while DEBUG is on",
     "set DEBUG = False, or call django.db.reset_queries()"},
    {"unittest.mock.*", MEASURE_ENTRIES, 1000, "records every call with its arguments",
     MOCK_ADVICE},
    {"queue.*", MEASURE_ENTRIES, 1000, "holds what nobody has taken out yet", QUEUE_ADVICE},
    {"_queue.SimpleQueue", MEASURE_ENTRIES, 1000, "holds what nobody has taken out yet",
     "use queue.Queue with a maxsize, and see why its consumers do not keep up"},
    {"asyncio.queues.*", MEASURE_ENTRIES, 1000, "holds what nobody has taken out yet",
     QUEUE_ADVICE},
    {"_asyncio.Task", MEASURE_COUNT, 1000,
     "are alive, waiting or finished and still listed somewhere", TASK_ADVICE},
    {"asyncio.tasks.Task", MEASURE_COUNT, 1000,
     "are alive, waiting or finished and still listed somewhere", TASK_ADVICE},
    {"builtins.coroutine", MEASURE_COUNT, 1000, "are alive, waiting or never awaited",
     COROUTINE_ADVICE},
    {"builtins.coroutine", MEASURE_EACH, MIB, "keeps its local variables while it is suspended",
     COROUTINE_ADVICE},
    {"builtins.generator", MEASURE_EACH, MIB, "keeps its local variables while it is suspended",
     "exhaust it, close() it, or drop the variable that holds it"},
    {"builtins.async_generator", MEASURE_EACH, MIB,
     "keeps its local variables while it is suspended",
     "exhaust it, aclose() it, or drop the variable that holds it"},
    {"builtins.cell", MEASURE_EACH, MIB,
     "is a variable of a closure: it lives as long as the function", CLOSURE_ADVICE},
    {"functools.partial", MEASURE_EACH, MIB, "keeps the arguments it was given",
     "pass an identifier instead of the object, or unregister the callback"},
    {"builtins.method", MEASURE_EACH, MIB, "keeps the object that it is a method of",
     "register a weakref.WeakMethod, or unregister the callback"},
    {"_thread._local", MEASURE_EACH, MIB, "keeps a value for every thread that touched it",
     "delete the attribute at the end of the thread's work"},
    {"_thread._localdummy", MEASURE_COUNT, 1000,
     "are alive: one for each thread that touched a local",
     "use a pool of threads instead of a new one for each piece of work"},
    {"threading.Thread", MEASURE_COUNT, 200, "are alive, or ended and still listed somewhere",
     "use a pool; drop the list of threads that were joined"},
    {"weakref.finalize._Info", MEASURE_COUNT, 10000, "are registered and hold their arguments",
     "detach() finalizers that are not needed, and do not let them refer to the object itself"},
    {"contextlib.ExitStack", MEASURE_ENTRIES, 1000, "collects callbacks and is never closed",
     "close() it for each piece of work instead of once for the program"},
    {"sqlalchemy.orm.session.Session", MEASURE_EACH, MIB,
     "keeps every object that was changed or is still referred to until it is closed",
     "close() sessions after each piece of work, or expunge_all()"},
};
const size_t n_leak_patterns = sizeof leak_patterns / sizeof *leak_patterns;

const struct leak_pattern leak_gc_garbage = {"gc.garbage", MEASURE_COUNT, 0,
                                             "were found unreachable and are kept in gc.garbage",
                                             "gc.set_debug(gc.DEBUG_SAVEALL) does that, or a C "
                                             "type with an old finalizer in a cycle; clear it"};

int leak_pattern_matches(const struct leak_pattern *pattern, const char *type)
{
    size_t n = strlen(pattern->type);

    if (pattern->type[n - 1] == '*')
        return !strncmp(pattern->type, type, n - 1);
    return !strcmp(pattern->type, type);
}

#include "agent/ag_api.h"

#include <stddef.h>

#include "agent/ag_sys.h"

/* The target's own; the agent has no undefined symbols. */
typedef void *dlopen_fn(const char *file, int flags);
typedef void *dlsym_fn(void *handle, const char *name);

enum { DL_NOW = 2, DL_NOLOAD = 4, MINOR_MIN = 8, MINOR_MAX = 14, OPTIONAL = 99 };

struct ag_api api;

struct symbol {
    const char *name;
    void **slot;
    unsigned since;
};

/* "3.11.7 (main, …)" -> 0x030b0700; 0 if it does not look like that. */
static unsigned parse_version(const char *text)
{
    unsigned parts[3] = {0, 0, 0};

    for (int i = 0; i < 3; i++) {
        if (*text < '0' || *text > '9')
            return i < 2 ? 0 : parts[0] << 24 | parts[1] << 16;
        while (*text >= '0' && *text <= '9')
            parts[i] = parts[i] * 10 + (unsigned)(*text++ - '0');
        if (*text == '.')
            text++;
    }
    return parts[0] << 24 | parts[1] << 16 | parts[2] << 8;
}

static bool contains(const char *text, const char *part)
{
    size_t n = strlen(part);

    for (; *text; text++)
        if (strlen(text) >= n && !memcmp(text, part, n))
            return true;
    return false;
}

static bool is_finalizing(void)
{
    if (api.Py_IsFinalizing)
        return api.Py_IsFinalizing();
    return api._Py_IsFinalizing && api._Py_IsFinalizing();
}

static enum start_status check(const struct symbol *symbols, size_t n, const char **detail)
{
    if (!api.Py_GetVersion || !api.Py_IsInitialized) {
        *detail = "Py_GetVersion";
        return START_NO_SYMBOL;
    }
    *detail = api.Py_GetVersion();
    api.hex = parse_version(*detail);
    api.minor = api.hex >> 16 & 0xff;
    if (api.hex >> 24 != 3 || api.minor < MINOR_MIN || api.minor > MINOR_MAX)
        return START_VERSION;
    if (contains(*detail, "free-threading"))
        return START_FREE_THREADED;
    for (size_t i = 0; i < n; i++)
        if (!*symbols[i].slot && symbols[i].since <= api.minor) {
            *detail = symbols[i].name;
            return START_NO_SYMBOL;
        }
    api.PyExc_MemoryError = *(struct pyobj **)api.PyExc_MemoryError;
    if (!ag_api_finalizing())
        return START_OK;
    return is_finalizing() ? START_ENDING : START_NOT_READY;
}

enum start_status ag_api_load(const struct start *start, const char **detail)
{
    dlopen_fn *dlopen = (dlopen_fn *)start->dlopen;
    dlsym_fn *dlsym = (dlsym_fn *)start->dlsym;
    const struct symbol symbols[] = {
#define X(name, result, params, since) {#name, (void **)&api.name, since},
        AG_API_FUNCTIONS(X)
#undef X
#define X(name, since) {#name, (void **)&api.name, since},
            AG_API_OBJECTS(X)
#undef X
                {"clock_gettime", (void **)&api.clock_gettime, OPTIONAL},
        {"pthread_create", (void **)&api.pthread_create, MINOR_MIN},
        {"pthread_attr_init", (void **)&api.pthread_attr_init, MINOR_MIN},
        {"pthread_attr_destroy", (void **)&api.pthread_attr_destroy, MINOR_MIN},
        {"pthread_attr_setdetachstate", (void **)&api.pthread_attr_setdetachstate, MINOR_MIN},
        {"pthread_attr_setstacksize", (void **)&api.pthread_attr_setstacksize, MINOR_MIN},
    };
    size_t n = sizeof symbols / sizeof *symbols;
    void *handle = NULL; /* RTLD_DEFAULT */

    if (!dlsym(NULL, "Py_GetVersion") && start->libpython[0])
        handle = dlopen(start->libpython, DL_NOW | DL_NOLOAD);
    for (size_t i = 0; i < n; i++) {
        void *found = dlsym(handle, symbols[i].name);
        *symbols[i].slot = found ? found : dlsym(NULL, symbols[i].name);
    }
    return check(symbols, n, detail);
}

bool ag_api_finalizing(void)
{
    return !api.Py_IsInitialized() || is_finalizing();
}

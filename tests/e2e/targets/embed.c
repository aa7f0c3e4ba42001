/*
 * A program that is no Python and has one inside: linked with libpython, or (compiled with -DBY_DLOPEN) loaded with symbols
 * that nobody else sees.
 *
 * `embed LIBPYTHON`: says "before", "ready" and "after", and waits for a byte of input after each.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char make[] = "class Embedded:\n"
                           "    pass\n"
                           "kept = [Embedded() for i in range(1234)]\n";
static const char look[] = "assert len(kept) == 1234\n";

struct python {
    void (*initialize)(int signals);
    int (*run)(const char *code, void *flags);
    void *(*save_thread)(void);
    void (*restore_thread)(void *thread);
    int (*finalize)(void);
};

#ifdef BY_DLOPEN
static int load(const char *library, struct python *python)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);

    if (!handle) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    *(void **)&python->initialize = dlsym(handle, "Py_InitializeEx");
    *(void **)&python->run = dlsym(handle, "PyRun_SimpleStringFlags");
    *(void **)&python->save_thread = dlsym(handle, "PyEval_SaveThread");
    *(void **)&python->restore_thread = dlsym(handle, "PyEval_RestoreThread");
    *(void **)&python->finalize = dlsym(handle, "Py_FinalizeEx");
    return !python->finalize;
}
#else
void Py_InitializeEx(int signals);
int PyRun_SimpleStringFlags(const char *code, void *flags);
void *PyEval_SaveThread(void);
void PyEval_RestoreThread(void *thread);
int Py_FinalizeEx(void);

static int load(const char *library, struct python *python)
{
    (void)library;
    *python = (struct python){Py_InitializeEx, PyRun_SimpleStringFlags, PyEval_SaveThread,
                              PyEval_RestoreThread, Py_FinalizeEx};
    return 0;
}
#endif

static int wait_after(const char *line)
{
    char byte;

    if (write(1, line, strlen(line)) < 0)
        return 1;
    return read(0, &byte, 1) != 1;
}

int main(int argc, char **argv)
{
    struct python python;

    if (argc != 2 || load(argv[1], &python) || wait_after("before\n"))
        return 1;
    python.initialize(0);
    if (python.run(make, NULL))
        return 2;
    void *thread = python.save_thread();
    if (wait_after("ready\n"))
        return 3;
    python.restore_thread(thread);
    if (python.run(look, NULL))
        return 4;
    if (python.finalize() || wait_after("after\n"))
        return 5;
    return 0;
}

/* See proto/loader.h. Position-independent, no data of its own, no calls but through the addresses
 * it is given. */

#include "proto/loader.h"

#include <linux/memfd.h>
#include <sys/syscall.h>

#include "proto/sys.h"

#ifndef MFD_EXEC
#define MFD_EXEC                                                                                   \
    0x10U /* Linux 6.3: asks for an executable one where sysctl vm.memfd_noexec is set */
#endif

typedef void *dlopen_fn(const char *path, int flags);
typedef void *dlsym_fn(void *handle, const char *name);
typedef char *dlerror_fn(void);
typedef int *errno_location_fn(void);
typedef void start_fn(struct start *start);

/* The entry, at the beginning of the code: the argument is where the first parameter is. */
#if defined(__x86_64__)
__asm__(".section .text.entry, \"ax\"\n"
        "    call loader_main\n"
        "    ud2\n"
        ".text\n");
#endif

static int failed(long ret)
{
    return ret < 0 && ret >= -4095;
}

static int stop_at(struct loader *loader, enum loader_step step, long result)
{
    loader->step = (int32_t)step;
    loader->result = (int32_t)-result;
    return 0;
}

/* Puts the number of `fd` in place of the '#' of the path. */
static void put_fd(char *path, long fd)
{
    char digits[20], tail[LOADER_PATH_BYTES];
    int n = 0, at = 0, rest = 0;

    do
        digits[n++] = (char)('0' + fd % 10);
    while (fd /= 10);
    while (path[at] && path[at] != '#')
        at++;
    if (!path[at])
        return;
    for (int i = at + 1; path[i]; i++)
        tail[rest++] = path[i];
    while (n && at < LOADER_PATH_BYTES - 1)
        path[at++] = digits[--n];
    for (int i = 0; i < rest && at < LOADER_PATH_BYTES - 1; i++)
        path[at++] = tail[i];
    path[at] = '\0';
}

/* The agent's file in a memfd; -1 after noting why not. */
static long make_file(struct loader *loader)
{
    long fd = sys_call2(SYS_memfd_create, (long)loader->memfd_name, MFD_CLOEXEC | MFD_EXEC);

    if (fd == -22 /* EINVAL: an older kernel */)
        fd = sys_call2(SYS_memfd_create, (long)loader->memfd_name, MFD_CLOEXEC);
    if (failed(fd)) {
        stop_at(loader, LOADER_MEMFD, fd);
        return -1;
    }
    for (uint64_t done = 0; done < loader->file_bytes;) {
        long n = sys_call3(SYS_write, fd, (long)(loader->file + done),
                           (long)(loader->file_bytes - done));
        if (failed(n)) {
            stop_at(loader, LOADER_WRITE, n);
            sys_call1(SYS_close, fd);
            return -1;
        }
        done += (uint64_t)n;
    }
    return fd;
}

static start_fn *load(struct loader *loader)
{
    long fd = make_file(loader);

    if (fd < 0)
        return 0;
    put_fd(loader->path, fd);
    void *handle = ((dlopen_fn *)loader->dlopen)(loader->path, loader->dlopen_flags);
    sys_call1(SYS_close, fd);
    if (!handle) {
        char *why = loader->dlerror ? ((dlerror_fn *)loader->dlerror)() : 0;
        for (unsigned i = 0; why && why[i] && i < sizeof loader->text - 1; i++)
            loader->text[i] = why[i];
        stop_at(loader, LOADER_DLOPEN, 0);
        return 0;
    }
    start_fn *start = (start_fn *)((dlsym_fn *)loader->dlsym)(handle, loader->symbol);
    if (!start)
        stop_at(loader, LOADER_DLSYM, 0);
    return start;
}

__attribute__((used)) _Noreturn void loader_main(struct loader *loader);

void loader_main(struct loader *loader)
{
    int *error = loader->errno_location ? ((errno_location_fn *)loader->errno_location)() : 0;
    int error_before = error ? *error : 0;
    start_fn *start = (start_fn *)loader->start_function;

    if (!start)
        start = load(loader);
    if (start) {
        start(&loader->start);
        loader->step = LOADER_DONE;
    }
    if (error)
        *error = error_before;
    for (;;)
        sys_call1(SYS_close, LOADER_END);
}

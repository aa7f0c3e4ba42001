/*
 * libFuzzer target: any file is a program that we can read, or is refused; and what is asked of it then is
 * answered from inside the file.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "inspector/session/elffile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* The input as a file; the descriptor is kept for the next one. */
static int make_file(const uint8_t *data, size_t bytes)
{
    static int fd = -1;

    if (fd < 0)
        fd = memfd_create("fuzz-elf", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data, bytes, 0) != (ssize_t)bytes)
        abort();
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static volatile uint8_t touched; /* so that the bytes are read */

static void ask(const struct elffile *elf)
{
    static const uint8_t code[] = {0x0f, 0x05};
    static const char *const names[] = {"ouro_agent_start", "dlopen", "Py_Version", ""};
    uint8_t sum = 0;
    char version[32];
    uint64_t bias;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t available = 0;
        const uint8_t *at = elffile_bytes(elf, elffile_symbol(elf, names[i]), &available);
        for (size_t k = 0; at && k < available; k++)
            sum += at[k];
    }
    touched = sum;
    elffile_find_code(elf, code, sizeof code);
    elffile_bias(elf, 0x7f0000000000, 0x1000, &bias);
    elffile_bias(elf, UINT64_MAX, UINT64_MAX, &bias);
    if (elffile_version_text(elf, 3, 8, version, sizeof version) && strlen(version) < 5)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct elffile *elf = NULL;
    struct err *err = elffile_open(make_file(data, bytes), "input", &elf);

    if (!err)
        ask(elf);
    else if (elf)
        abort();
    elffile_close(elf);
    err_destroy(err);
    return 0;
}

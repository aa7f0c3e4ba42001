#include "inspector/session/elffile.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/agent_blob.h"
#include "inspector/session/procfs.h"
#include "proto/start.h"
#include "tests/support/test.h"

static const uint8_t syscall_code[] = {0x0f, 0x05};

/* ---- our own C library, as it is mapped ---- */

struct libc {
    void *handle;
    struct proc_maps maps;
    int fd;
    struct elffile *elf;
    uint64_t bias;
};

static int setup(void **state)
{
    struct libc *libc = calloc(1, sizeof *libc);
    const struct proc_map *map;

    assert_ok(proc_maps_read(getpid(), &libc->maps));
    libc->handle =
        dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD); /* a sanitizer has functions of it */
    assert_non_null(libc->handle);
    map = proc_maps_find(&libc->maps, (uint64_t)(uintptr_t)dlsym(libc->handle, "getpid"));
    assert_non_null(map);
    assert_ok(proc_open_mapped(getpid(), map, &libc->fd));
    assert_ok(elffile_open(libc->fd, map->path, &libc->elf));
    assert_true(elffile_bias(libc->elf, map->start, map->offset_bytes, &libc->bias));
    *state = libc;
    return 0;
}

static int teardown(void **state)
{
    struct libc *libc = *state;

    elffile_close(libc->elf);
    dlclose(libc->handle);
    close(libc->fd);
    proc_maps_deinit(&libc->maps);
    free(libc);
    return 0;
}

static void test_elffile__finds_symbols_where_they_are(void **state)
{
    static const char *const names[] = {"getpid", "dlopen", "malloc", "__errno_location"};
    const struct libc *libc = *state;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        uint64_t address = elffile_symbol(libc->elf, names[i]);
        assert_true(address);
        assert_true(libc->bias + address == (uint64_t)(uintptr_t)dlsym(libc->handle, names[i]));
    }
    assert_int_equal(elffile_symbol(libc->elf, "no_such_function"), 0);
    assert_int_equal(elffile_symbol(libc->elf, ""), 0);
    assert_int_equal(elffile_symbol(libc->elf, "getpi"), 0);
}

/* There are two of it: an old one for old programs, and the default. */
static void test_elffile__default_version_of_a_symbol(void **state)
{
    const struct libc *libc = *state;
    void *old = dlvsym(libc->handle, "pthread_cond_wait", "GLIBC_2.2.5");
    void *now = dlvsym(libc->handle, "pthread_cond_wait", "GLIBC_2.3.2");

    if (!old || !now || old == now)
        skip(); /* another architecture, or no glibc */
    uint64_t address = libc->bias + elffile_symbol(libc->elf, "pthread_cond_wait");
    assert_true(address == (uint64_t)(uintptr_t)now);
}

static void test_elffile__bytes_are_those_in_memory(void **state)
{
    const struct libc *libc = *state;
    uint64_t address = elffile_symbol(libc->elf, "getpid");
    size_t available = 0;
    const void *bytes = elffile_bytes(libc->elf, address, &available);

    assert_non_null(bytes);
    assert_true(available >= 16);
    assert_memory_equal(bytes, (void *)(uintptr_t)(libc->bias + address), 16);
    assert_null(elffile_bytes(libc->elf, UINT64_MAX, &available));
    assert_null(elffile_bytes(libc->elf, 1ull << 40, &available));
}

static void test_elffile__finds_code(void **state)
{
    const struct libc *libc = *state;
    uint64_t at = elffile_find_code(libc->elf, syscall_code, sizeof syscall_code);
    const struct proc_map *map;

    assert_true(at);
    map = proc_maps_find(&libc->maps, libc->bias + at);
    assert_true(map && map->exec);
    assert_memory_equal((void *)(uintptr_t)(libc->bias + at), syscall_code, sizeof syscall_code);
    assert_int_equal(elffile_find_code(libc->elf, "no such code in here", 20), 0);
}

/* Segments are searched in pieces; what lies across two of them is found, and where it begins. */
static void test_elffile__finds_code_across_pieces(void **state)
{
    enum { BYTES = 200 << 10, HEAD = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr) };
    const Elf64_Phdr segment = {.p_type = PT_LOAD,
                                .p_flags = PF_X | PF_R,
                                .p_vaddr = 0x400000,
                                .p_filesz = BYTES,
                                .p_memsz = BYTES};
    Elf64_Ehdr header;
    char *image = calloc(1, BYTES);
    struct elffile *elf;

    (void)state;
    memcpy(&header, agent_blob, sizeof header);
    header.e_phoff = sizeof header;
    header.e_phnum = 1;
    header.e_shoff = header.e_shnum = header.e_shstrndx = 0;
    memcpy(image, &header, sizeof header);
    memcpy(image + sizeof header, &segment, sizeof segment);
    for (size_t at = (64 << 10) - 12; at < BYTES - 5; at += at < (64 << 10) + 12 ? 1 : 6553) {
        memcpy(image + at, "needle", 6);
        assert_ok(elffile_open_memory(image, BYTES, "image", &elf));
        assert_int_equal(elffile_find_code(elf, "needle", 6), 0x400000 + at);
        elffile_close(elf);
        memset(image + at, 0, 6);
    }
    memcpy(image + BYTES - 6, "needle", 6); /* the very last bytes */
    assert_ok(elffile_open_memory(image, BYTES, "image", &elf));
    assert_int_equal(elffile_find_code(elf, "needle", 6), 0x400000 + BYTES - 6);
    assert_int_equal(elffile_find_code(elf, "needles", 7), 0);
    elffile_close(elf);
    free(image);
}

static void test_elffile__every_mapping_gives_the_same_bias(void **state)
{
    const struct libc *libc = *state;
    uint64_t inode =
        proc_maps_find(&libc->maps, libc->bias + elffile_symbol(libc->elf, "getpid"))->inode;
    unsigned seen = 0;

    for (size_t i = 0; i < libc->maps.n; i++) {
        uint64_t bias;
        if (libc->maps.at[i].inode != inode)
            continue;
        assert_true(
            elffile_bias(libc->elf, libc->maps.at[i].start, libc->maps.at[i].offset_bytes, &bias));
        assert_true(bias == libc->bias);
        seen++;
    }
    assert_true(seen >= 3);
    uint64_t bias = 7;
    assert_false(elffile_bias(libc->elf, 0x1000, 1ull << 40, &bias));
    assert_int_equal(bias, 7);
}

/* ---- images of all kinds ---- */

/* A file without a name. */
static int make_file(const void *image, size_t bytes)
{
    int fd = memfd_create("test-elffile", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, image, bytes), bytes);
    return fd;
}

/* Opens an image and asks everything of it that can be asked. True if it was opened. */
static bool survives(const void *image, size_t bytes)
{
    int fd = make_file(image, bytes);
    struct elffile *elf;
    char version[32];
    size_t available;
    uint64_t bias;
    struct err *err = elffile_open(fd, "image", &elf);

    if (!err) {
        uint64_t start = elffile_symbol(elf, START_FUNCTION);
        elffile_symbol(elf, "no_such_symbol");
        elffile_find_code(elf, syscall_code, sizeof syscall_code);
        if (elffile_bytes(elf, start, &available))
            elffile_bytes(elf, start + available - 1, &available);
        elffile_bias(elf, 0x7f0000000000, 0x1000, &bias);
        elffile_version_text(elf, 3, 11, version, sizeof version);
        elffile_close(elf);
    }
    close(fd);
    if (err)
        assert_fails(err, ERR_UNSUPPORTED, "'image' is not a program that we can read");
    return !err;
}

static void test_elffile__the_agent(void **state)
{
    struct elffile *elf;

    (void)state;
    assert_ok(elffile_open_memory(agent_blob, agent_blob_bytes, "agent", &elf));
    assert_true(elffile_symbol(elf, START_FUNCTION));
    assert_int_equal(elffile_symbol(elf, "dlopen"), 0); /* it needs it, it has it not */
    elffile_close(elf);
    elffile_close(NULL);
}

static void test_elffile__no_elf(void **state)
{
    struct elffile *elf = (struct elffile *)1;
    int ends[2];

    (void)state;
    assert_false(survives("", 0));
    assert_false(survives("\x7f"
                          "ELF",
                          4));
    assert_false(survives("#!/bin/sh\nexit 1\n", 17));
    assert_false(survives("!<arch>\n", 8));
    assert_fails(elffile_open(-1, "x", &elf), ERR_UNSUPPORTED, "'x' is not a program");
    assert_int_equal(pipe(ends), 0);
    close(ends[1]);
    assert_fails(elffile_open(ends[0], "x", &elf), ERR_UNSUPPORTED, "'x' is not a program");
    close(ends[0]);
    int directory = open("/proc/self", O_RDONLY);
    assert_fails(elffile_open(directory, "x", &elf), ERR_UNSUPPORTED, "'x' is not a program");
    close(directory);
    assert_ptr_equal(elf, (struct elffile *)1);
}

static void test_elffile__other_machines(void **state)
{
    unsigned char *image = malloc(agent_blob_bytes);
    struct elffile *elf;

    (void)state;
    memcpy(image, agent_blob, agent_blob_bytes);
    image[EI_CLASS] = ELFCLASS32;
    assert_fails(elffile_open_memory(image, agent_blob_bytes, "x", &elf), ERR_UNSUPPORTED,
                 "32-bit");
    image[EI_CLASS] = ELFCLASS64;
    ((Elf64_Ehdr *)(void *)image)->e_machine = EM_RISCV;
    assert_fails(elffile_open_memory(image, agent_blob_bytes, "x", &elf), ERR_UNSUPPORTED,
                 "another processor");
    free(image);
}

static void test_elffile__cut_images(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < agent_blob_bytes; bytes += bytes < 1200 ? 1 : 211)
        if (survives(agent_blob, bytes) && bytes < sizeof(Elf64_Ehdr))
            fail_msg("%zu bytes are taken for a program", bytes);
    assert_true(survives(agent_blob, agent_blob_bytes));
}

/* Random bytes changed in the header and the tables, fixed seed. */
static void test_elffile__corrupted_images(void **state)
{
    unsigned char *image = malloc(agent_blob_bytes);
    uint64_t dice = 1;
    unsigned opened = 0;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        memcpy(image, agent_blob, agent_blob_bytes);
        for (int i = 0; i < 1 + round % 5; i++) {
            dice = dice * 6364136223846793005u + 1442695040888963407u;
            const Elf64_Ehdr *header = (const void *)agent_blob;
            size_t tables[] = {0, header->e_phoff, header->e_shoff, 0x200};
            size_t sizes[] = {sizeof *header, header->e_phnum * sizeof(Elf64_Phdr),
                              header->e_shnum * sizeof(Elf64_Shdr), 0x800};
            unsigned table = dice >> 33 & 3;
            size_t at = tables[table] + (dice >> 35) % sizes[table];
            image[at % agent_blob_bytes] = (unsigned char)(dice >> 56);
        }
        opened += survives(image, agent_blob_bytes);
    }
    assert_true(opened > 100); /* some are still programs: their tables were looked at */
    free(image);
}

/* ---- files that change under us ---- */

static void test_elffile__file_that_is_cut_later(void **state)
{
    int fd = make_file(agent_blob, agent_blob_bytes);
    struct elffile *elf;
    size_t available;
    char version[32];

    (void)state;
    assert_ok(elffile_open(fd, "agent", &elf));
    assert_int_equal(ftruncate(fd, 100), 0); /* by whoever owns the target */
    elffile_symbol(elf, START_FUNCTION);
    elffile_find_code(elf, syscall_code, sizeof syscall_code);
    elffile_bytes(elf, 0x1000, &available);
    elffile_version_text(elf, 3, 11, version, sizeof version);
    elffile_close(elf);
    close(fd);
}

/* ---- versions ---- */

/* The agent's image with some bytes behind it. */
static bool version_in(const char *bytes, size_t n, int major, int minor, char *buf, size_t cap)
{
    char *image = malloc(agent_blob_bytes + n);
    struct elffile *elf;

    memcpy(image, agent_blob, agent_blob_bytes);
    memcpy(image + agent_blob_bytes, bytes, n);
    assert_ok(elffile_open_memory(image, agent_blob_bytes + n, "image", &elf));
    bool found = elffile_version_text(elf, major, minor, buf, cap);
    elffile_close(elf);
    free(image);
    return found;
}

#define VERSION_IN(literal, buf) version_in(literal, sizeof(literal), 3, 8, buf, sizeof(buf))

static void test_elffile__version_texts(void **state)
{
    char text[32];

    (void)state;
    assert_true(VERSION_IN("x\0"
                           "3.8.18\0",
                           text));
    assert_string_equal(text, "3.8.18");
    assert_true(VERSION_IN("3.8\0"
                           "3.8.x\0"
                           "3.9.1\0"
                           "3.8.0rc1+\0",
                           text));
    assert_string_equal(text, "3.8.0rc1+");
    assert_true(VERSION_IN("/opt/python/3.8.18\0", text)); /* two texts that the linker merged */
    assert_string_equal(text, "3.8.18");
    assert_false(VERSION_IN("\0"
                            "3.80.1\0",
                            text));
    assert_false(VERSION_IN("13.8.1\0.3.8.1\0", text));
    assert_false(VERSION_IN("\0"
                            "3.8.\0",
                            text));
    assert_false(VERSION_IN("\0"
                            "3.8.1234567890123456789012345\0",
                            text));
    assert_false(version_in("\0"
                            "3.8.1",
                            6, 3, 8, text, sizeof text)); /* no end */
    assert_false(version_in("\0"
                            "3.8.1",
                            7, 3, 8, text, 5)); /* no room */
    assert_true(version_in("\0"
                           "3.8.1",
                           7, 3, 8, text, 6));
}

/* It is shown in a terminal, and the file is the target's. */
static void test_elffile__version_texts_are_printable(void **state)
{
    char text[32];

    (void)state;
    assert_false(VERSION_IN("\0"
                            "3.8.1\x1b[31m\0",
                            text));
    assert_false(VERSION_IN("\0"
                            "3.8.1\n\0",
                            text));
    assert_true(VERSION_IN("\0"
                           "3.8.1\x1b[31m\0"
                           "3.8.2\0",
                           text));
    assert_string_equal(text, "3.8.2");
}

/* This program has cmocka from elsewhere; the agent needs nothing. */
static void test_elffile__what_others_must_define(void **state)
{
    struct elffile *elf;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    (void)state;
    assert_ok(elffile_open(fd, "this program", &elf));
    assert_true(elffile_needs(elf, "_cmocka_run_group_tests"));
    assert_false(elffile_needs(elf, "_cmocka_run_group"));
    elffile_close(elf);
    close(fd);
    assert_ok(elffile_open_memory(agent_blob, agent_blob_bytes, "the agent", &elf));
    assert_false(elffile_needs(elf, START_FUNCTION));
    assert_false(elffile_needs(elf, "dlopen"));
    elffile_close(elf);
}

/* What elffile_foreign() says of a file with this header; NULL: nothing. */
static const char *foreign(unsigned char class, unsigned char data, uint16_t machine, size_t bytes)
{
    Elf64_Ehdr header = {.e_ident = {0x7f, 'E', 'L', 'F', class, data}, .e_machine = machine};
    int fd = memfd_create("header", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_true(write(fd, &header, bytes) == (ssize_t)bytes);
    const char *said = elffile_foreign(fd);
    close(fd);
    return said;
}

static void test_elffile__foreign_programs(void **state)
{
    (void)state;
    assert_string_equal(foreign(ELFCLASS32, ELFDATA2LSB, EM_386, sizeof(Elf64_Ehdr)), "32-bit");
    assert_string_equal(foreign(ELFCLASS64, ELFDATA2LSB, EM_RISCV, sizeof(Elf64_Ehdr)),
                        "of another processor");
    assert_string_equal(foreign(ELFCLASS64, ELFDATA2MSB, EM_S390, sizeof(Elf64_Ehdr)),
                        "of another processor");
#if defined(__x86_64__)
    assert_null(foreign(ELFCLASS64, ELFDATA2LSB, EM_X86_64, sizeof(Elf64_Ehdr)));
    assert_string_equal(foreign(ELFCLASS32, ELFDATA2LSB, EM_X86_64, sizeof(Elf64_Ehdr)), "32-bit");
#endif
    assert_null(foreign(ELFCLASS32, ELFDATA2LSB, EM_386, 20)); /* cut */
    assert_null(foreign(0, 0, 0, 0));
}

#define LIBC(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIBC(test_elffile__finds_symbols_where_they_are),
        LIBC(test_elffile__default_version_of_a_symbol),
        LIBC(test_elffile__bytes_are_those_in_memory),
        LIBC(test_elffile__finds_code),
        TEST(test_elffile__finds_code_across_pieces),
        LIBC(test_elffile__every_mapping_gives_the_same_bias),
        TEST(test_elffile__the_agent),
        TEST(test_elffile__no_elf),
        TEST(test_elffile__other_machines),
        TEST(test_elffile__cut_images),
        TEST(test_elffile__corrupted_images),
        TEST(test_elffile__file_that_is_cut_later),
        TEST(test_elffile__version_texts),
        TEST(test_elffile__version_texts_are_printable),
        TEST(test_elffile__what_others_must_define),
        TEST(test_elffile__foreign_programs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

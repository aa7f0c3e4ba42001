/*
 * One ELF file of a target, read with libelf: where its symbols lie in the running process, and
 * what its bytes are.
 *
 * The file comes from the target: libelf checks its structure, every offset is checked again here
 * before use, and nothing is mapped, so that a file that is cut meanwhile does no harm. Only 64-bit
 * files of our own machine type are accepted. One thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspector/base/err.h"

struct elffile;

/* Opens the file behind descriptor `fd` (borrowed until elffile_close()). `name` is for messages.
 */
ERR_CHECK struct err *elffile_open(int fd, const char *name, struct elffile **ret);
/* The same for `n` bytes in memory (borrowed). */
ERR_CHECK struct err *elffile_open_memory(const void *bytes, size_t n, const char *name,
                                          struct elffile **ret);
void elffile_close(struct elffile *elf);

/*
 * Why the file behind `fd` is no program that this inspector can be used on: "32-bit", "of another processor";
 * NULL if it is one, or no ELF file.
 */
const char *elffile_foreign(int fd);

/*
 * What to add to an address in the file to get the one in the process, given one of its mappings:
 * where that begins and at which offset of the file. False if no segment of the file fits.
 */
bool elffile_bias(const struct elffile *elf, uint64_t map_start, uint64_t map_offset,
                  uint64_t *ret);

/* The address in the file of a defined dynamic symbol (its default version), 0 if there is none. */
uint64_t elffile_symbol(const struct elffile *elf, const char *name);

/* Whether it uses a dynamic symbol that another file has to define. */
bool elffile_needs(const struct elffile *elf, const char *name);

/* The address in the file of the first place in an executable segment with these bytes (a few), 0 if
 * there is none. */
uint64_t elffile_find_code(const struct elffile *elf, const void *bytes, size_t n);

/* The bytes at an address in the file: up to the end of its segment, but at most 64 KiB; NULL if it is
 * not there. */
const void *elffile_bytes(const struct elffile *elf, uint64_t address, size_t *available);

/* The first text of the file that ends in a version major.minor.patch, as Python's own data have it;
 * the version (digits, dots, "abrc+") is copied to `buf`. False if there is none. */
bool elffile_version_text(const struct elffile *elf, int major, int minor, char *buf, size_t cap);

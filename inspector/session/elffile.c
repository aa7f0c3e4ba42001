#include "inspector/session/elffile.h"

#include <ctype.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspector/base/mem.h"

enum {
    VERSION_HIDDEN = 0x8000, /* in .gnu.version: not the default version of its symbol */
    VERSION_TEXT_MAX = 24,
    PIECE_BYTES = 64 << 10,     /* read at once: what is wanted is small, segments are not */
    READ_BYTES_MAX = 256 << 20, /* of a table, or to look for a text in */
};

#if defined(__x86_64__)
enum { OUR_MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { OUR_MACHINE = EM_AARCH64 };
#endif

struct elffile {
    Elf *elf;
    uint64_t file_bytes;
    GElf_Phdr *segments;
    size_t n_segments;
    /* the dynamic symbols, as 64-bit structs; names and versions as long as those sections say */
    const Elf64_Sym *symbols;
    size_t n_symbols;
    const char *strings;
    size_t strings_bytes;
    const uint16_t *versions; /* may be NULL */
    size_t n_versions;
};

static struct err *not_elf(const char *name, const char *why)
{
    return err_new(ERR_UNSUPPORTED, NULL, "'%s' is not a program that we can read: %s", name, why);
}

static struct err *read_segments(struct elffile *file, const char *name)
{
    size_t n;

    if (elf_getphdrnum(file->elf, &n))
        return not_elf(name, elf_errmsg(-1));
    file->segments = calloc(n ? n : 1, sizeof *file->segments);
    if (!file->segments)
        return err_nomem();
    for (size_t i = 0; i < n; i++) {
        GElf_Phdr *segment = &file->segments[file->n_segments];
        if (gelf_getphdr(file->elf, (int)i, segment) && segment->p_type == PT_LOAD)
            file->n_segments++;
    }
    return NULL;
}

/* libelf has translated the data to our byte order and structs. */
static Elf_Data *section_data(Elf *elf, size_t index)
{
    Elf_Scn *section = elf_getscn(elf, index);
    GElf_Shdr header;

    if (!section || !gelf_getshdr(section, &header) || header.sh_size > READ_BYTES_MAX)
        return NULL;
    Elf_Data *data = elf_getdata(section, NULL);
    return data && data->d_buf ? data : NULL;
}

static void read_symbols(struct elffile *file)
{
    Elf_Scn *section = NULL;

    while ((section = elf_nextscn(file->elf, section))) {
        GElf_Shdr header;
        Elf_Data *data;
        if (!gelf_getshdr(section, &header) ||
            (header.sh_type != SHT_DYNSYM && header.sh_type != SHT_GNU_versym))
            continue;
        data = section_data(file->elf, elf_ndxscn(section));
        if (data && header.sh_type == SHT_DYNSYM) {
            Elf_Data *strings = section_data(file->elf, header.sh_link);
            file->symbols = data->d_buf;
            file->n_symbols = data->d_size / sizeof *file->symbols;
            file->strings = strings ? strings->d_buf : NULL;
            file->strings_bytes = strings ? strings->d_size : 0;
        } else if (data) {
            file->versions = data->d_buf;
            file->n_versions = data->d_size / sizeof *file->versions;
        }
    }
}

/* Takes `elf` over. */
static struct err *open_elf(Elf *elf, uint64_t file_bytes, const char *name, struct elffile **ret)
{
    struct elffile *file = calloc(1, sizeof *file);
    GElf_Ehdr header;
    struct err *err = NULL;

    if (!file) {
        elf_end(elf);
        return err_nomem();
    }
    file->elf = elf;
    file->file_bytes = file_bytes;
    if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
        err = not_elf(name, "no ELF file");
    else if (gelf_getclass(elf) != ELFCLASS64)
        err = not_elf(name, "it is a 32-bit program");
    else if (header.e_machine != OUR_MACHINE)
        err = not_elf(name, "it is for another processor");
    if (!err)
        err = read_segments(file, name);
    if (err) {
        elffile_close(file);
        return err;
    }
    read_symbols(file);
    *ret = file;
    return NULL;
}

struct err *elffile_open(int fd, const char *name, struct elffile **ret)
{
    struct stat st = {.st_size = 0};

    elf_version(EV_CURRENT);
    (void)fstat(fd, &st);
    /* read, never mapped: whoever owns the target may cut the file, and a mapping would then kill
     * us with SIGBUS */
    return open_elf(elf_begin(fd, ELF_C_READ, NULL), (uint64_t)st.st_size, name, ret);
}

struct err *elffile_open_memory(const void *bytes, size_t n, const char *name, struct elffile **ret)
{
    elf_version(EV_CURRENT);
    return open_elf(elf_memory((char *)bytes, n), n, name, ret);
}

const char *elffile_foreign(int fd)
{
    Elf64_Ehdr header; /* e_ident and e_machine lie the same in 32-bit files */

    if (pread(fd, &header, sizeof header, 0) != sizeof header ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return NULL;
    if (header.e_ident[EI_DATA] != ELFDATA2LSB)
        return "of another processor";
    if (header.e_machine != OUR_MACHINE && header.e_machine != EM_386)
        return "of another processor";
    return header.e_ident[EI_CLASS] == ELFCLASS64 ? NULL : "32-bit";
}

void elffile_close(struct elffile *file)
{
    if (!file)
        return;
    elf_end(file->elf);
    free(file->segments);
    free(file);
}

bool elffile_bias(const struct elffile *file, uint64_t map_start, uint64_t map_offset,
                  uint64_t *ret)
{
    for (size_t i = 0; i < file->n_segments; i++) {
        const GElf_Phdr *segment = &file->segments[i];
        uint64_t page = segment->p_offset & ~4095ull; /* mappings begin at pages */
        if (map_offset >= page && map_offset < segment->p_offset + segment->p_filesz) {
            *ret = map_start - (segment->p_vaddr - segment->p_offset + map_offset);
            return true;
        }
    }
    return false;
}

/* Whether symbol `i` has this name; the string table may end anywhere. */
static bool has_name(const struct elffile *file, size_t i, const char *name, size_t bytes)
{
    uint64_t at = file->symbols[i].st_name;

    return at < file->strings_bytes && file->strings_bytes - at >= bytes &&
           !memcmp(file->strings + at, name, bytes);
}

uint64_t elffile_symbol(const struct elffile *file, const char *name)
{
    size_t bytes = strlen(name) + 1;
    uint64_t hidden = 0;

    for (size_t i = 0; i < file->n_symbols; i++) {
        if (file->symbols[i].st_shndx == SHN_UNDEF || !has_name(file, i, name, bytes))
            continue;
        if (i >= file->n_versions || !(file->versions[i] & VERSION_HIDDEN))
            return file->symbols[i].st_value;
        hidden = file->symbols[i].st_value;
    }
    return hidden;
}

bool elffile_needs(const struct elffile *file, const char *name)
{
    size_t bytes = strlen(name) + 1;

    for (size_t i = 0; i < file->n_symbols; i++)
        if (file->symbols[i].st_shndx == SHN_UNDEF && has_name(file, i, name, bytes))
            return true;
    return false;
}

/*
 * At most PIECE_BYTES of a segment, from `skip` bytes into it on; as many as the file has of it, *n > 0.
 * NULL if there are none. What was read stays as long as `file`.
 */
static const char *segment_piece(const struct elffile *file, const GElf_Phdr *segment,
                                 uint64_t skip, size_t *n)
{
    uint64_t left = segment->p_filesz - skip, at = segment->p_offset + skip;

    if (skip >= segment->p_filesz || at < skip || at >= file->file_bytes)
        return NULL;
    left = left < file->file_bytes - at ? left : file->file_bytes - at;
    *n = left < PIECE_BYTES ? left : PIECE_BYTES;
    Elf_Data *data = elf_getdata_rawchunk(file->elf, (int64_t)at, *n, ELF_T_BYTE);
    return data && data->d_size == *n ? data->d_buf : NULL;
}

uint64_t elffile_find_code(const struct elffile *file, const void *bytes, size_t n)
{
    for (size_t i = 0; i < file->n_segments; i++) {
        const GElf_Phdr *segment = &file->segments[i];
        uint64_t skip = 0;
        size_t available = PIECE_BYTES;
        for (; segment->p_flags & PF_X && available > n; skip += available - n) { /* they overlap */
            const char *code = segment_piece(file, segment, skip, &available);
            const char *found = code ? memmem(code, available, bytes, n) : NULL;
            if (found)
                return segment->p_vaddr + skip + (uint64_t)(found - code);
            if (!code)
                break;
        }
    }
    return 0;
}

const void *elffile_bytes(const struct elffile *file, uint64_t address, size_t *available)
{
    for (size_t i = 0; i < file->n_segments; i++) {
        const GElf_Phdr *segment = &file->segments[i];
        if (address < segment->p_vaddr)
            continue;
        const char *bytes = segment_piece(file, segment, address - segment->p_vaddr, available);
        if (bytes)
            return bytes;
    }
    return NULL;
}

/* The length of a version "3.8.18", "3.12.0rc2" or "3.11.2+" that starts here and ends the text; 0 if none does. */
static size_t version_length(const char *text, const char *end)
{
    size_t n = strnlen(text, (size_t)(end - text));

    if (!n || n >= VERSION_TEXT_MAX || text + n >= end)
        return 0;
    return strspn(text, "0123456789.abrc+") == n ? n : 0;
}

bool elffile_version_text(const struct elffile *file, int major, int minor, char *buf, size_t cap)
{
    char start[16];
    /* not elf_rawfile(): libelf forgets what it has read before */
    size_t bytes = file->file_bytes < READ_BYTES_MAX ? file->file_bytes : READ_BYTES_MAX;
    Elf_Data *whole = elf_getdata_rawchunk(file->elf, 0, bytes, ELF_T_BYTE);
    const char *image = whole ? whole->d_buf : NULL, *at = image;
    const char *end = at ? at + bytes : NULL;
    size_t prefix = (size_t)snprintf(start, sizeof start, "%d.%d.", major, minor);

    /* the linker lets a short text share the end of a longer one: "/opt/python/3.8.18" */
    for (; at && (at = memmem(at, (size_t)(end - at), start, prefix)); at++) {
        bool is_tail = at > image && !isdigit((unsigned char)at[-1]) && at[-1] != '.';
        size_t n = is_tail ? version_length(at, end) : 0;
        if (n > prefix && n < cap && isdigit((unsigned char)at[prefix])) {
            memcpy(buf, at, n + 1);
            return true;
        }
    }
    return false;
}

#include "inspector/session/elffile.h"

#include <ctype.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "inspector/base/mem.h"

enum {
    SYMBOLS_MAX = 1 << 20,
    VERSION_HIDDEN = 0x8000, /* in .gnu.version: not the default version of its symbol */
    VERSION_TEXT_MAX = 24,
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
    Elf_Data *symbols;
    Elf_Data *versions; /* may be NULL */
    size_t n_symbols;
    size_t strings_section;
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

static void read_symbols(struct elffile *file)
{
    Elf_Scn *section = NULL;

    while ((section = elf_nextscn(file->elf, section))) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header))
            continue;
        if (header.sh_type == SHT_DYNSYM && header.sh_entsize) {
            file->symbols = elf_getdata(section, NULL);
            file->n_symbols = header.sh_size / header.sh_entsize;
            file->strings_section = header.sh_link;
            if (file->n_symbols > SYMBOLS_MAX)
                file->n_symbols = SYMBOLS_MAX;
        } else if (header.sh_type == SHT_GNU_versym) {
            file->versions = elf_getdata(section, NULL);
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
    /* read, never mapped: whoever owns the target may cut the file, and a mapping would then kill us
     * with SIGBUS */
    return open_elf(elf_begin(fd, ELF_C_READ, NULL), (uint64_t)st.st_size, name, ret);
}

struct err *elffile_open_memory(const void *bytes, size_t n, const char *name, struct elffile **ret)
{
    elf_version(EV_CURRENT);
    return open_elf(elf_memory((char *)bytes, n), n, name, ret);
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

uint64_t elffile_symbol(const struct elffile *file, const char *name)
{
    uint64_t hidden = 0;

    for (size_t i = 0; file->symbols && i < file->n_symbols; i++) {
        GElf_Sym symbol;
        GElf_Versym version = 0;
        if (!gelf_getsym(file->symbols, (int)i, &symbol) || symbol.st_shndx == SHN_UNDEF)
            continue;
        const char *text = elf_strptr(file->elf, file->strings_section, symbol.st_name);
        if (!text || strcmp(text, name))
            continue;
        if (file->versions)
            gelf_getversym(file->versions, (int)i, &version);
        if (!(version & VERSION_HIDDEN))
            return symbol.st_value;
        hidden = symbol.st_value;
    }
    return hidden;
}

/* The bytes of a segment that are in the file, *n > 0 of them; NULL if there are none. They are read
 * once and stay as long as `file`. */
static const char *segment_bytes(const struct elffile *file, const GElf_Phdr *segment, size_t *n)
{
    if (segment->p_offset >= file->file_bytes)
        return NULL;
    *n = file->file_bytes - segment->p_offset;
    if (*n > segment->p_filesz)
        *n = segment->p_filesz;
    Elf_Data *data =
        *n ? elf_getdata_rawchunk(file->elf, (int64_t)segment->p_offset, *n, ELF_T_BYTE) : NULL;
    return data && data->d_size == *n ? data->d_buf : NULL;
}

uint64_t elffile_find_code(const struct elffile *file, const void *bytes, size_t n)
{
    for (size_t i = 0; i < file->n_segments; i++) {
        const GElf_Phdr *segment = &file->segments[i];
        size_t available;
        if (!(segment->p_flags & PF_X))
            continue;
        const char *code = segment_bytes(file, segment, &available);
        if (!code)
            continue;
        const char *found = memmem(code, available, bytes, n);
        if (found)
            return segment->p_vaddr + (uint64_t)(found - code);
    }
    return 0;
}

const void *elffile_bytes(const struct elffile *file, uint64_t address, size_t *available)
{
    for (size_t i = 0; i < file->n_segments; i++) {
        const GElf_Phdr *segment = &file->segments[i];
        size_t n;
        if (address < segment->p_vaddr || address - segment->p_vaddr >= segment->p_filesz)
            continue;
        const char *bytes = segment_bytes(file, segment, &n);
        if (!bytes || address - segment->p_vaddr >= n)
            continue;
        *available = n - (address - segment->p_vaddr);
        return bytes + (address - segment->p_vaddr);
    }
    return NULL;
}

/* Whether a text of `len` bytes that starts with "3.11.", n bytes, goes on as a version does. */
static bool is_version(const char *text, size_t len, size_t n)
{
    if (len <= n || len >= VERSION_TEXT_MAX || !isdigit((unsigned char)text[n]))
        return false;
    for (size_t i = n; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~') /* it will be shown */
            return false;
    return true;
}

bool elffile_version_text(const struct elffile *file, int major, int minor, char *buf, size_t cap)
{
    char start[16];
    size_t bytes;
    const char *at = elf_rawfile(file->elf, &bytes);

    if (!at)
        return false;
    const char *end = at + bytes;
    int n = snprintf(start + 1, sizeof start - 1, "%d.%d.", major, minor);
    start[0] = '\0';
    while ((at = memmem(at, (size_t)(end - at), start, (size_t)n + 1))) {
        const char *text = ++at;
        size_t len = strnlen(text, (size_t)(end - text));
        if (is_version(text, len, (size_t)n) && len < cap && text + len < end) {
            memcpy(buf, text, len + 1);
            return true;
        }
    }
    return false;
}

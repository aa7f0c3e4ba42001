#include "inspector/capture/capture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "inspector/capture/checksum.h"
#include "inspector/capture/writer.h"
#include "inspector/model/builder.h"
#include "inspector/model/save.h"
#include "tests/support/big_heap.h"
#include "tests/support/directory.h"
#include "tests/support/fake_stream.h"
#include "tests/support/heaps_equal.h"
#include "tests/support/test.h"

static const char heap_text[] =
    "app : module gen=2 -> cache : dict gen=2 -> a, cache -> b, cache -> b\n"
    "a : app.Node size=64 -> b -> a, big size=5000000000 untracked\n"
    "b ~> a, b ~> big, c immortal finalized, root b a, type app.Node heap gc finalizer\n";

struct file {
    uint8_t *bytes;
    size_t n;
};

static void read_all(const char *path, struct file *ret)
{
    FILE *file = fopen(path, "rb");
    struct stat st;

    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &st), 0);
    ret->n = (size_t)st.st_size;
    ret->bytes = malloc(ret->n);
    assert_int_equal(fread(ret->bytes, 1, ret->n, file), ret->n);
    fclose(file);
}

static void write_all(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static struct err *save(const struct snapshot *s, const char *path, bool force, bool with_arrays)
{
    const struct save_options options = {.force = force,
                                         .with_arrays = with_arrays,
                                         .ouro = "0.0.0",
                                         .command = "python3 app.py",
                                         .python = "3.11.7 (main)",
                                         .python_hex = 0x030b0700,
                                         .pid = 12,
                                         .created_ns = 1000};
    const struct snapshot_info info = {.pause_ns = 5, .wait_ns = 6, .total_ns = 7};
    uint64_t bytes = 0;
    struct stat st;

    ERR_RETURN(snapshot_save(s, &info, NULL, path, &options, NULL, &bytes));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, bytes);
    assert_int_equal(st.st_mode & 0777, 0600);
    return NULL;
}

/* The snapshot of a file, or why there is none. */
static struct err *load(const char *path, struct snapshot **ret)
{
    struct capture *capture;
    struct builder *builder;

    ERR_RETURN(capture_open(path, &capture));
    assert_ok(builder_create(&builder));
    struct err *err = capture_feed(capture, builder_sink(builder), NULL, NULL, NULL);
    if (!err)
        err = builder_finish(builder, ret);
    builder_destroy(builder);
    capture_unref(capture); /* arrays that are in use stay */
    return err;
}

static void load_fails(const char *path, enum err_code code, const char *part)
{
    struct snapshot *s;

    assert_fails(load(path, &s), code, part);
}

/* ---- the same again ---- */

static void comes_back(const char *graph, const struct fake_cut *cut, bool with_arrays)
{
    char *path = directory_path("heap.ouro");
    struct snapshot *before = fake_snapshot_cut(graph, cut), *after;

    assert_ok(save(before, path, true, with_arrays));
    assert_ok(load(path, &after));
    assert_heaps_equal(before, after);
    snapshot_unref(before);
    snapshot_unref(after);
    free(path);
}

static void test_capture__comes_back(void **state)
{
    static const char *const graphs[] = {"", "a", heap_text, "a -> a -> a ~> a, a ~> b size=0"};
    const struct fake_cut cut = {.batch_objects = 1, .more_above = 1, .more_refs = 1};

    (void)state;
    for (size_t i = 0; i < 4; i++)
        for (int arrays = 0; arrays < 2; arrays++) {
            comes_back(graphs[i], NULL, arrays);
            comes_back(graphs[i], &cut, arrays);
        }
}

/* Many blocks; an object whose references fill several records. */
static void test_capture__large_heaps(void **state)
{
    char *path = directory_path("large.ouro");
    struct snapshot *before = big_heap(60000), *after;

    (void)state;
    for (int arrays = 0; arrays < 2; arrays++) {
        assert_ok(save(before, path, true, arrays));
        assert_ok(load(path, &after));
        assert_heaps_equal(before, after);
        snapshot_unref(after);
    }
    snapshot_unref(before);
    free(path);
}

static void test_capture__header(void **state)
{
    char *path = directory_path("heap.ouro");
    struct snapshot *s = fake_snapshot(heap_text);
    struct capture *capture;

    (void)state;
    assert_ok(save(s, path, true, false));
    assert_ok(capture_open(path, &capture));
    const struct capture_header *h = capture_header(capture);
    assert_string_equal(h->python, "3.11.7 (main)");
    assert_string_equal(h->command, "python3 app.py");
    assert_string_equal(h->ouro, "0.0.0");
    assert_int_equal(h->pid, 12);
    assert_int_equal(h->pause_ns, 5);
    assert_int_equal(h->objects, s->n_objects);
    assert_int_equal(h->strong, s->strong.n);
    capture_unref(capture);
    snapshot_unref(s);
    free(path);
}

/* ---- damage ---- */

static struct file saved(const char *path, const struct snapshot *s, bool with_arrays)
{
    struct file file;

    assert_ok(save(s, path, true, with_arrays));
    read_all(path, &file);
    return file;
}

static void every_truncation(bool with_arrays)
{
    char *path = directory_path("heap.ouro");
    struct snapshot *s = fake_snapshot(heap_text), *got;
    struct file file = saved(path, s, with_arrays);

    for (size_t n = file.n; n-- > 0;) {
        assert_int_equal(truncate(path, (off_t)n), 0);
        struct err *err = load(path, &got);
        if (!err || (err->code != ERR_INPUT && err->code != ERR_SYS) || !err->hint)
            fail_msg("cut to %zu of %zu bytes it is not refused as it should", n, file.n);
        err_destroy(err);
    }
    file.bytes = realloc(file.bytes, file.n + 1);
    file.bytes[file.n] = 0;
    write_all(path, file.bytes, file.n + 1);
    load_fails(path, ERR_INPUT, "cut short");
    snapshot_unref(s);
    free(file.bytes);
    free(path);
}

static void test_capture__every_truncation_is_refused(void **state)
{
    (void)state;
    every_truncation(false);
    every_truncation(true);
}

/* Whether byte `i` stands among zeros: what fills pages, mostly. */
static bool in_zeros(const struct file *file, size_t i)
{
    static const uint8_t zeros[64];

    return i > 64 && i + 64 < file->n && !memcmp(file->bytes + i - 32, zeros, sizeof zeros);
}

/* Each byte (of long zeros some), with one bit and with all bits changed: refused, or the same heap (padding). */
static void every_corruption(bool with_arrays)
{
    char *path = directory_path("heap.ouro");
    struct snapshot *s = fake_snapshot(heap_text), *got = NULL;
    struct file file = saved(path, s, with_arrays);
    size_t harmless = 0;
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    for (size_t i = 0; i < 2 * file.n; i++) {
        uint8_t byte = file.bytes[i / 2] ^ (i % 2 ? 0xff : (uint8_t)(1 << i / 2 % 8));
        if (in_zeros(&file, i / 2) && i % 64 > 1)
            continue;
        assert_int_equal(pwrite(fd, &byte, 1, (off_t)(i / 2)), 1);
        struct err *err = load(path, &got);
        assert_int_equal(pwrite(fd, &file.bytes[i / 2], 1, (off_t)(i / 2)), 1);
        if (err) {
            assert_true(err->code == ERR_INPUT || err->code == ERR_UNSUPPORTED);
            assert_non_null(err->hint);
            err_destroy(err);
            continue;
        }
        harmless++;
        assert_heaps_equal(s, got);
        snapshot_unref(got);
    }
    close(fd);
    if (!with_arrays && harmless > 2 * CAPTURE_ALIGN) /* what fills the page before the index */
        fail_msg("%zu of %zu changes were not noticed", harmless, 2 * file.n);
    snapshot_unref(s);
    free(file.bytes);
    free(path);
}

static void test_capture__every_corruption_is_refused_or_harmless(void **state)
{
    (void)state;
    every_corruption(false);
    every_corruption(true);
}

static void test_capture__foreign_files(void **state)
{
    char *path = directory_path("heap.ouro"), *nowhere = directory_path("nowhere");
    char *directory = directory_path("");
    uint8_t zeros[10000] = {0};

    (void)state;
    write_all(path, "", 0);
    load_fails(path, ERR_INPUT, "it is no capture of ouro; captures are made by 'ouro snapshot");
    write_all(path, "{\"snapshot\": {}}\n", 17);
    load_fails(path, ERR_INPUT, "it is no capture of ouro");
    write_all(path, zeros, sizeof zeros);
    load_fails(path, ERR_INPUT, "it is no capture of ouro");
    load_fails(nowhere, ERR_SYS, "name a capture file or a process id");
    load_fails(directory, ERR_INPUT, "it is no regular file");
    load_fails("/dev/zero", ERR_INPUT, "it is no regular file");
    free(path);
    free(nowhere);
    free(directory);
}

/* ---- malice: everything is checked even where the checksums are right ---- */

struct forgery {
    char *path;
    struct file file;
    struct capture_header *header;
    struct capture_trailer *trailer;
    struct capture_entry *entries;
};

static struct forgery forge(bool with_arrays)
{
    struct forgery f = {.path = directory_path("forged.ouro")};
    struct snapshot *s = fake_snapshot(heap_text);

    f.file = saved(f.path, s, with_arrays);
    f.header = (void *)f.file.bytes;
    f.trailer = (void *)(f.file.bytes + f.file.n - sizeof *f.trailer);
    f.entries = (void *)(f.file.bytes + f.trailer->index_offset);
    snapshot_unref(s);
    return f;
}

static void *section_of(struct forgery *f, enum capture_kind kind, struct capture_entry **entry)
{
    for (uint64_t i = 0; i < f->trailer->entries; i++)
        if (f->entries[i].kind == kind) {
            *entry = &f->entries[i];
            return f->file.bytes + f->entries[i].offset;
        }
    fail_msg("there is no section %d", kind);
    return NULL;
}

/* Puts the checksums right, and tries. */
static void forged_fails(struct forgery *f, enum err_code code, const char *part)
{
    for (uint64_t i = 0; i < f->trailer->entries; i++) {
        struct capture_entry *e = &f->entries[i];
        if (e->offset <= f->file.n && e->bytes <= f->file.n - e->offset)
            e->checksum = checksum(f->file.bytes + e->offset, e->bytes, e->kind);
    }
    f->trailer->index_checksum = checksum(f->entries, f->trailer->entries * sizeof *f->entries, 0);
    f->header->checksum = checksum(f->header, offsetof(struct capture_header, checksum), 0);
    write_all(f->path, f->file.bytes, f->file.n);
    load_fails(f->path, code, part);
    free(f->file.bytes);
    free(f->path);
}

static void test_capture__newer_version(void **state)
{
    struct forgery f = forge(false);

    (void)state;
    f.header->version = CAPTURE_VERSION + 1;
    forged_fails(&f, ERR_UNSUPPORTED, "this ouro reads up to 1; use the ouro that made it");
}

static void test_capture__claims_too_much(void **state)
{
    (void)state;
    for (int arrays = 0; arrays < 2; arrays++) {
        struct forgery f = forge(arrays);
        f.header->strong = 1;
        forged_fails(&f, ERR_INPUT, arrays ? "arrays do not belong" : "more than its header says");
        f = forge(arrays);
        f.header->objects = 1000;
        forged_fails(&f, ERR_INPUT, arrays ? "arrays do not belong" : "less than its header says");
        f = forge(arrays);
        f.header->objects = UINT64_MAX / 2;
        forged_fails(&f, ERR_INPUT, "header makes no sense");
        f = forge(arrays);
        memset(f.header->command, 'x', sizeof f.header->command);
        forged_fails(&f, ERR_INPUT, "header makes no sense");
    }
}

static void test_capture__index_leads_astray(void **state)
{
    struct forgery f = forge(false);

    (void)state;
    f.entries[0].offset = UINT64_MAX - 1;
    forged_fails(&f, ERR_INPUT, "index makes no sense");
    f = forge(false);
    f.entries[0].bytes = UINT64_MAX;
    forged_fails(&f, ERR_INPUT, "index makes no sense");
    f = forge(false);
    f.entries[0].raw_bytes = CAPTURE_BLOCK_MAX + 1;
    forged_fails(&f, ERR_INPUT, "index makes no sense");
    f = forge(false);
    f.entries[0].raw_bytes++;
    forged_fails(&f, ERR_INPUT, "block of it is damaged");
    f = forge(false);
    f.entries[0].kind = CAPTURE_KINDS_END;
    forged_fails(&f, ERR_INPUT, "index makes no sense");
    f = forge(false);
    f.trailer->entries = UINT64_MAX / 48 + 2;
    f.trailer->index_offset = 0;
    write_all(f.path, f.file.bytes, f.file.n);
    load_fails(f.path, ERR_INPUT, "end makes no sense");
    free(f.file.bytes);
    free(f.path);
}

static void test_capture__arrays_lead_astray(void **state)
{
    static const struct {
        enum capture_kind kind;
        size_t at;
        uint32_t number;
        const char *part;
    } cases[] = {
        {CAPTURE_TYPE, 0, 1000, "of no known type"},
        {CAPTURE_ADDRESS, 0, 3, "an address in it is none"},
        {CAPTURE_OFFSET, 0, 1, "out of order"},
        {CAPTURE_OFFSET, 1, 1000, "out of order"},
        {CAPTURE_OFFSET, 2, 0xffffffff, "out of order"},
        {CAPTURE_TARGET, 0, 1000, "lead nowhere"},
        {CAPTURE_TARGET, 0, 0, "differ by direction"},
        {CAPTURE_HOLDER, 0, 1000, "lead nowhere"},
        {CAPTURE_REV_OFFSET, 1, 1000, "out of order"},
        {CAPTURE_WEAK, 0, 1000, "weak references lead nowhere"},
        {CAPTURE_LARGE, 0, 1000, "sizes make no sense"},
        {CAPTURE_SHALLOW, 0, 1, "sizes make no sense"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct forgery f = forge(true);
        struct capture_entry *entry;
        uint32_t *array = section_of(&f, cases[i].kind, &entry);
        assert_true((cases[i].at + 1) * sizeof *array <= entry->bytes);
        assert_int_not_equal(array[cases[i].at], cases[i].number);
        array[cases[i].at] = cases[i].number;
        forged_fails(&f, ERR_INPUT, cases[i].part);
    }
}

static void test_capture__arrays_of_the_wrong_size(void **state)
{
    struct capture_entry *entry;
    struct forgery f = forge(true);

    (void)state;
    section_of(&f, CAPTURE_TARGET, &entry);
    entry->bytes = entry->raw_bytes = entry->bytes - 4;
    forged_fails(&f, ERR_INPUT, "wrong size");
    f = forge(true);
    section_of(&f, CAPTURE_TYPE, &entry);
    entry->kind = CAPTURE_RECORDS;
    forged_fails(&f, ERR_INPUT, "");
}

/* ---- answers ---- */

static uint8_t *put_text(uint8_t *p, const char *text)
{
    p = wire_put(p, strlen(text));
    memcpy(p, text, strlen(text));
    return p + strlen(text);
}

enum { VALUES = 50000, HOLDER = 70, NAMES = 90000 };

/* Values of every other object; names of object 70, by thousands, and of its neighbours. */
static void write_answers(const char *path)
{
    struct capture_header header = {.flags = CAPTURE_DETAILS};
    struct capture_writer *w;
    uint8_t bytes[40000], *p;
    uint64_t n;
    char text[64];

    assert_ok(capture_create(path, true, &w));
    for (uint32_t i = 0; i < VALUES; i += 2) {
        snprintf(text, sizeof text, "value %u €", i);
        p = wire_put(wire_put(wire_put(bytes, i), VALUE_STR), strlen(text));
        p = put_text(put_text(p, text), "");
        assert_ok(capture_put_value(w, i, bytes, (uint32_t)(p - bytes)));
    }
    p = wire_put(wire_put(wire_put(bytes, HOLDER - 1), 0), 1);
    p = put_text(wire_put(wire_put(p, 0), 0), ".before");
    assert_ok(capture_put_names(w, HOLDER - 1, 0, bytes, (uint32_t)(p - bytes)));
    for (uint32_t i = 0; i < NAMES; i += 1000) {
        p = wire_put(wire_put(wire_put(bytes, HOLDER), i), 1000);
        p = wire_put(wire_put(p, 88), 3);
        for (uint32_t k = i; k < i + 1000; k++) {
            snprintf(text, sizeof text, "[%u]", k);
            p = put_text(p, text);
        }
        assert_ok(capture_put_names(w, HOLDER, i, bytes, (uint32_t)(p - bytes)));
    }
    p = wire_put(wire_put(wire_put(bytes, HOLDER + 5), 0), 0);
    p = wire_put(wire_put(p, 16), 1);
    assert_ok(capture_put_names(w, HOLDER + 5, 0, bytes, (uint32_t)(p - bytes)));
    assert_ok(capture_commit(w, &header, &n));
    capture_writer_destroy(w);
}

static void note_value(const struct decoded_value *value, void *arg)
{
    struct str *log = arg;

    str_printf(log, "%u: %.*s; ", value->index, (int)value->text.len, value->text.bytes);
}

static void note_edge(const struct decoded_edge *edge, void *arg)
{
    struct str *log = arg;

    str_printf(log, "%u: %.*s; ", edge->ordinal, (int)edge->name.len, edge->name.bytes);
}

static void assert_log(struct str *log, const char *wanted)
{
    assert_string_equal(log->text, wanted);
    str_clear(log);
}

static void test_capture__values(void **state)
{
    const uint32_t objects[] = {VALUES - 2, 0, 7, 40000, VALUES + 100};
    char *path = directory_path("answers.ouro");
    struct str log = STR_INIT;
    struct capture *c;

    (void)state;
    write_answers(path);
    assert_ok(capture_open(path, &c));
    assert_ok(capture_values(c, objects, 5, 200, note_value, &log, NULL));
    assert_log(&log, "49998: value 49998 €; 0: value 0 €; 40000: value 40000 €; ");
    assert_ok(capture_values(c, objects + 1, 1, 9, note_value, &log, NULL));
    assert_log(&log, "0: value 0 ; "); /* half a character is none */
    capture_unref(c);
    str_deinit(&log);
    free(path);
}

static void test_capture__names(void **state)
{
    char *path = directory_path("answers.ouro");
    struct str log = STR_INIT;
    uint64_t inline_bytes, weakrefs;
    struct capture *c;

    (void)state;
    write_answers(path);
    assert_ok(capture_open(path, &c));
    assert_ok(capture_edges(c, HOLDER, 0, 2, note_edge, &log, NULL));
    assert_log(&log, "0: [0]; 1: [1]; ");
    assert_ok(capture_edges(c, HOLDER, 44999, 3, note_edge, &log, NULL));
    assert_log(&log, "44999: [44999]; 45000: [45000]; 45001: [45001]; ");
    assert_ok(capture_edges(c, HOLDER, NAMES - 1, 5, note_edge, &log, NULL));
    assert_log(&log, "89999: [89999]; ");
    assert_ok(capture_edges(c, HOLDER - 1, 0, UINT32_MAX, note_edge, &log, NULL));
    assert_log(&log, "0: .before; ");
    assert_ok(capture_edges(c, HOLDER + 1, 0, 10, note_edge, &log, NULL));
    assert_ok(capture_edges(c, 0, 0, 10, note_edge, &log, NULL));
    assert_ok(capture_edges(c, HOLDER + 100, 0, 10, note_edge, &log, NULL));
    assert_log(&log, "");
    assert_ok(capture_sizes(c, HOLDER, &inline_bytes, &weakrefs));
    assert_int_equal(inline_bytes, 88);
    assert_int_equal(weakrefs, 3);
    assert_ok(capture_sizes(c, HOLDER + 5, &inline_bytes, &weakrefs));
    assert_int_equal(inline_bytes, 16);
    assert_ok(capture_sizes(c, HOLDER + 1, &inline_bytes, &weakrefs));
    assert_int_equal(inline_bytes + weakrefs, 0);
    capture_unref(c);
    str_deinit(&log);
    free(path);
}

/* ---- writing ---- */

static void test_capture__keeps_what_is_there(void **state)
{
    char *path = directory_path("old.ouro");
    struct snapshot *s = fake_snapshot(heap_text);
    struct file file;

    (void)state;
    unlink(path);
    assert_ok(save(s, path, false, false));
    write_all(path, "old", 3);
    assert_fails(save(s, path, false, false), ERR_INPUT, "it exists; --force overwrites it");
    read_all(path, &file);
    assert_int_equal(file.n, 3);
    free(file.bytes);
    assert_ok(save(s, path, true, false));
    read_all(path, &file);
    assert_true(file.n > CAPTURE_HEADER_BYTES);
    free(file.bytes);
    snapshot_unref(s);
    free(path);
}

static void test_capture__places_where_none_can_be(void **state)
{
    char *nowhere = directory_path("no/such/directory.ouro"), *directory = directory_path("");
    struct snapshot *s = fake_snapshot("a");

    (void)state;
    assert_fails(save(s, nowhere, false, false), ERR_SYS, "; name another place");
    assert_fails(save(s, directory, true, false), ERR_INPUT, "it is no regular file");
    assert_fails(save(s, "/dev/null", true, false), ERR_INPUT, "it is no regular file");
    assert_fails(save(s, "/proc/heap.ouro", true, false), ERR_SYS, "; name another place");
    snapshot_unref(s);
    free(nowhere);
    free(directory);
}

/* A limit of the file size stands for a full disk; the old file stays, nothing else does. */
static void test_capture__no_room(void **state)
{
    char *path = directory_path("full.ouro");
    struct snapshot *s = fake_snapshot(heap_text);
    struct rlimit old, small;
    struct file file;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    write_all(path, "old", 3);
    unsigned before = directory_count();
    for (rlim_t limit = 0; limit < 6000; limit += 500) {
        small = (struct rlimit){limit, old.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        struct err *err = save(s, path, true, true);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        assert_fails(err, ERR_SYS, "name a place with more room");
    }
    assert_int_equal(directory_count(), before);
    read_all(path, &file);
    assert_int_equal(file.n, 3);
    free(file.bytes);
    snapshot_unref(s);
    free(path);
}

static void test_capture__cancelled(void **state)
{
    const struct save_options options = {.ouro = "", .python = "", .with_arrays = true};
    const struct snapshot_info info = {.id = 1};
    char *path = directory_path("cancelled.ouro");
    struct snapshot *s = fake_snapshot(heap_text);
    atomic_bool cancel = true;
    uint64_t bytes;

    (void)state;
    unsigned before = directory_count();
    assert_fails(snapshot_save(s, &info, NULL, path, &options, &cancel, &bytes), ERR_CANCELLED, "");
    assert_int_equal(directory_count(), before);
    snapshot_unref(s);
    free(path);
}

static void test_checksum__vectors(void **state)
{
    const char text[] = "Nobody inspects the spammish repetition";

    (void)state;
    assert_true(checksum("", 0, 0) == 0xef46db3751d8e999);
    assert_true(checksum("a", 1, 0) == 0xd24ec4f1a98c6e5b);
    assert_true(checksum("abc", 3, 0) == 0x44bc2cf5ad770999);
    assert_true(checksum(text, strlen(text), 0) == 0xfbcea83c8a378bf1);
    assert_true(checksum("abc", 3, 1) != 0x44bc2cf5ad770999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_capture__comes_back),
        TEST(test_capture__large_heaps),
        TEST(test_capture__header),
        TEST(test_capture__every_truncation_is_refused),
        TEST(test_capture__every_corruption_is_refused_or_harmless),
        TEST(test_capture__foreign_files),
        TEST(test_capture__newer_version),
        TEST(test_capture__claims_too_much),
        TEST(test_capture__index_leads_astray),
        TEST(test_capture__arrays_lead_astray),
        TEST(test_capture__arrays_of_the_wrong_size),
        TEST(test_capture__values),
        TEST(test_capture__names),
        TEST(test_capture__keeps_what_is_there),
        TEST(test_capture__places_where_none_can_be),
        TEST(test_capture__no_room),
        TEST(test_capture__cancelled),
        TEST(test_checksum__vectors),
    };

    return cmocka_run_group_tests(tests, directory_make, directory_remove);
}

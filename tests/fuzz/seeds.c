/*
 * Writes inputs for the fuzzers to start from:  seeds DIRECTORY
 *
 * DIRECTORY/capture, decode, elf, filter, query, text and value are made and filled. What is in them depends on this file
 * and on the agent's build only.
 */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/agent_blob.h"
#include "inspector/base/mem.h"
#include "inspector/capture/writer.h"
#include "inspector/model/save.h"
#include "proto/decode.h"
#include "tests/support/fake_stream.h"

static const char *root;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void make_directory(const char *name)
{
    char *path = xasprintf("%s/%s", root, name);

    if (mkdir(path, 0755) && errno != EEXIST)
        die(path);
    free(path);
}

static void write_seed(const char *directory, unsigned number, const void *bytes, size_t n)
{
    char *path = xasprintf("%s/%s/%u", root, directory, number);
    FILE *file = fopen(path, "wb");

    if (!file || fwrite(bytes, 1, n, file) != n || fclose(file))
        die(path);
    free(path);
}

/* ---- streams and answers ---- */

static uint8_t *put_text(uint8_t *p, const char *text)
{
    p = wire_put(p, strlen(text));
    memcpy(p, text, strlen(text));
    return p + strlen(text);
}

static uint8_t *put_value(uint8_t *p, uint32_t index, enum value_kind kind, uint64_t size,
                          const char *text, const char *detail)
{
    p = wire_put(p, index);
    p = wire_put(p, kind);
    p = wire_put(p, size);
    return put_text(put_text(p, text), detail);
}

static void add_answers(struct records *records)
{
    struct msg_ans_values values = {{1, 1}, 2, 1};
    struct msg_ans_edges edges = {{2, 1}, 1, 1};
    uint8_t payload[256], *p = payload;

    p = put_value(p, 0, VALUE_PLACE, 12, "handle", "app.py");
    p = put_value(p, 1, VALUE_FLOAT, 0, "12345678", "");
    records_add(records, MSG_ANS_VALUES, &values, sizeof values, payload, (size_t)(p - payload));
    p = wire_put(wire_put(wire_put(payload, 0), 1), EDGE_STRONG);
    p = put_text(p, "['key']");
    records_add(records, MSG_ANS_EDGES, &edges, sizeof edges, payload, (size_t)(p - payload));
}

static void write_streams(void)
{
    static const char *const graphs[] = {
        "",
        "a : dict -> b : app.Node size=64 rc=3 -> a, b ~> a, root a",
        "a gen=2 -> b gen=1 -> c gen=permanent, d untracked size=5000000000, root d a",
        "a -> a -> b : app.Node -> c, a -> b, c ~> b, type app.Node object=c",
    };
    const struct fake_cut cuts[] = {
        {.flags = 0},
        {.batch_objects = 1, .more_above = 1, .more_refs = 1},
        {.flags = SNAPSHOT_SERVE},
        {.flags = SNAPSHOT_COUNTS},
    };
    const unsigned n_cuts = sizeof cuts / sizeof *cuts;

    make_directory("decode");
    for (unsigned i = 0; i < sizeof graphs / sizeof *graphs * n_cuts; i++) {
        struct records records;
        fake_stream(graphs[i / n_cuts], &cuts[i % n_cuts], &records);
        add_answers(&records);
        write_seed("decode", i, records.bytes, records.n);
        records_deinit(&records);
    }
}

/* ---- captures ---- */

static void must(struct err *err)
{
    char text[512];

    if (!err)
        return;
    fprintf(stderr, "%s\n", err_format(err, text, sizeof text));
    exit(1);
}

/* Values and names of objects 0 to 9. */
static void put_answers(struct capture_writer *writer)
{
    uint8_t bytes[256], *p;

    for (uint32_t i = 0; i < 10; i++) {
        p = put_value(bytes, i, VALUE_STR, 5, "value", "");
        must(capture_put_value(writer, i, bytes, (uint32_t)(p - bytes)));
        p = wire_put(wire_put(wire_put(bytes, i), 0), 2);
        p = put_text(put_text(wire_put(wire_put(p, 16), 1), ".left"), "['right']");
        must(capture_put_names(writer, i, 0, bytes, (uint32_t)(p - bytes)));
    }
}

/* A stream with answers, as `ouro snapshot` writes it. */
static void write_capture_with_answers(const char *graph, unsigned number)
{
    struct capture_header header = {.flags = CAPTURE_DETAILS};
    char *path = xasprintf("%s/capture/%u", root, number);
    struct snapshot *s = fake_snapshot(graph);
    struct capture_writer *writer;
    struct records records;
    struct record record;
    uint64_t bytes;

    header.objects = s->n_objects;
    header.strong = s->strong.n;
    header.weak = s->n_weak;
    must(capture_create(path, true, &writer));
    fake_stream(graph, NULL, &records);
    for (size_t at = 0; records_next(records.bytes, records.n, &at, &record);)
        must(capture_put_record(writer, (enum msg_kind)record.kind, record.payload, record.bytes,
                                NULL, 0));
    put_answers(writer);
    must(capture_commit(writer, &header, &bytes));
    capture_writer_destroy(writer);
    records_deinit(&records);
    snapshot_unref(s);
    free(path);
}

static void write_captures(void)
{
    static const char *const graphs[] = {
        "",
        "a : dict -> b : app.Node size=64 rc=3 -> a, b ~> a, root a",
        "a gen=2 -> b gen=1 -> c gen=permanent, d untracked size=5000000000, root d a",
    };
    const struct snapshot_info info = {.id = 1};

    make_directory("capture");
    for (unsigned i = 0; i < 6; i++) {
        const struct save_options options = {
            .force = true, .with_arrays = i % 2, .ouro = "", .python = ""};
        char *path = xasprintf("%s/capture/%u", root, i);
        struct snapshot *s = fake_snapshot(graphs[i / 2]);
        uint64_t bytes;
        must(snapshot_save(s, &info, NULL, path, &options, NULL, &bytes));
        snapshot_unref(s);
        free(path);
    }
    for (unsigned i = 0; i < 3; i++)
        write_capture_with_answers(graphs[i], 6 + i);
}

/* ---- programs ---- */

/* A program of one segment and no sections: small enough to be understood by mutation. */
static size_t tiny_elf(uint8_t *image)
{
    static const char tail[] = "\x0f\x05\0"
                               "3.8.18";
    Elf64_Ehdr header;
    size_t bytes = sizeof header + sizeof(Elf64_Phdr) + sizeof tail;
    Elf64_Phdr segment = {.p_type = PT_LOAD,
                          .p_flags = PF_R | PF_X,
                          .p_vaddr = 0x1000,
                          .p_filesz = bytes,
                          .p_memsz = bytes};

    memcpy(&header, agent_blob, sizeof header);
    header.e_phoff = sizeof header;
    header.e_phnum = 1;
    header.e_shoff = header.e_shnum = header.e_shstrndx = 0;
    memcpy(image, &header, sizeof header);
    memcpy(image + sizeof header, &segment, sizeof segment);
    memcpy(image + sizeof header + sizeof segment, tail, sizeof tail);
    return bytes;
}

static void write_programs(void)
{
    uint8_t image[256];

    make_directory("elf");
    write_seed("elf", 0, image, tiny_elf(image));
    write_seed("elf", 1, agent_blob, agent_blob_bytes);
}

/* ---- texts ---- */

static void write_texts(const char *directory, const char *const *texts, size_t n, char first)
{
    make_directory(directory);
    for (size_t i = 0; i < n; i++) {
        char *text = first ? xasprintf("%c%s", first, texts[i]) : xstrdup(texts[i]);
        write_seed(directory, (unsigned)i, text, strlen(text));
        free(text);
    }
}

static void write_values(void)
{
    static const char *const numbers[] = {"1.5mib", "-12", "0x7f12", "500us", "yes", "2k"};
    uint8_t bytes[256], *p = bytes;

    write_texts("value", numbers, sizeof numbers / sizeof *numbers, '\x04');
    *p++ = 11; /* COL_ID + 1: an answer */
    p = put_value(p, 1, VALUE_STR, 5, "it's", "");
    p = put_value(p, 2, VALUE_COMPLEX, 0, "1234567890abcdef", "");
    p = put_value(p, 3, VALUE_PLACE, 42, "handle", "/srv/web/app.py");
    p = put_value(p, 4, VALUE_INT, 300, "", "");
    p = put_value(p, 5, VALUE_LEN, 2,
                  "[\x01"
                  "000000000000f83f, 'a']",
                  "");
    write_seed("value", 100, bytes, (size_t)(p - bytes));
}

int main(int argc, char **argv)
{
    static const char *const texts[] = {"plain text", "\x1b[31m\xc2\x9b", "\xed\xa0\x80",
                                        "日本 e\u0301 \U0001f40d", "\u202e \u2066 \u061c"};
    static const char *const queries[] = {
        "type~Row and retained>1MiB and (refcount>100 or not gen==2)",
        "len>=1000 and referrer.type=='builtins.dict'", "not tracked or finalizer==yes"};
    static const char *const filters[] = {"Node", "!test a,b", "size>1mib", "/No.e$/",
                                          "type~Node \"two words\""};

    if (argc != 2) {
        fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    root = argv[1];
    make_directory("");
    write_streams();
    write_captures();
    write_programs();
    write_values();
    write_texts("text", texts, sizeof texts / sizeof *texts, '\x01');
    write_texts("query", queries, sizeof queries / sizeof *queries, 0);
    write_texts("filter", filters, sizeof filters / sizeof *filters, 0);
    return 0;
}

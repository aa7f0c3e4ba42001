/*
 * libFuzzer target: any bytes that a frozen copy sends are a snapshot or are refused, and what passes the
 * border needs no other check: snapshots are built, looked at and compared without one.
 *
 * The input is a list of records (tests/support/records.h). Answers stand among them; they go to their own
 * decoders. The totals of an end record are put right here, or no mutation would get past them.
 */
#include <stdlib.h>
#include <string.h>

#include "inspector/analysis/freed.h"
#include "inspector/model/builder.h"
#include "inspector/rows/rows_edges.h"
#include "inspector/rows/rows_types.h"
#include "tests/support/records.h"

enum { TABLES_MAX = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void must(bool fine)
{
    if (!fine)
        abort();
}

/* ---- what must hold for every snapshot ---- */

static void check_rows(const struct snapshot *s, const struct snapshot_edges *edges)
{
    must(edges->offset[0] == 0 && edges->offset[s->n_objects] == edges->n);
    for (uint32_t i = 0; i < s->n_objects; i++)
        must(edges->offset[i] <= edges->offset[i + 1]);
    for (uint32_t e = 0; e < edges->n; e++)
        must(edges->object[e] < s->n_objects);
}

static void check_roots(const struct snapshot *s)
{
    const struct snapshot_roots *roots = &s->held_from_outside;

    for (uint32_t i = 0; i < s->n_roots; i++)
        must(s->roots[i] < s->n_objects);
    for (uint32_t i = 0; i < roots->n_threads; i++)
        must(roots->threads[i].first_frame + roots->threads[i].n_frames <= roots->n_frames);
    for (uint32_t i = 0; i < roots->n_frames; i++)
        must(roots->frames[i].thread < roots->n_threads &&
             roots->frames[i].first_held + roots->frames[i].n_held <= roots->n_held);
    for (uint32_t i = 0; i < roots->n_held; i++)
        must(roots->held[i].object < s->n_objects && roots->held[i].frame < roots->n_frames);
    for (uint32_t i = 0; i < roots->n_places; i++)
        must(roots->places[i].object < s->n_objects);
    for (uint32_t i = 0; i < s->visited_too.n; i++)
        must(s->visited_too.at[i].second < s->n_objects);
}

static void check_snapshot(const struct snapshot *s)
{
    uint64_t bytes = 0, count = 0;

    for (uint32_t i = 0; i < s->n_objects; i++) {
        must(s->type[i] < s->n_types);
        must(snapshot_generation(s, i) <= MSG_GEN_PERMANENT);
        bytes += snapshot_shallow(s, i);
    }
    must(bytes == s->shallow_bytes);
    for (uint32_t i = 0; i < s->n_types; i++) {
        must(s->types[i].object == SNAPSHOT_NONE || s->types[i].object < s->n_objects);
        count += s->types[i].count;
    }
    must(count == s->n_objects);
    check_roots(s);
    for (uint32_t i = 0; i < s->n_weak; i++)
        must(s->weak[i].holder < s->n_objects && s->weak[i].target < s->n_objects &&
             (!i || s->weak[i - 1].holder <= s->weak[i].holder));
    if (!s->has_edges)
        return;
    must(s->strong.n == s->reverse.n);
    check_rows(s, &s->strong);
    check_rows(s, &s->reverse);
}

static void look_at_cells(const struct rows *rows)
{
    struct cell cell;

    for (size_t i = 0; i < rows_count(rows); i++)
        for (unsigned col = 0; col < rows->n_columns; col++)
            rows_cell(rows, i, col, &cell);
}

static void make_tables(struct snapshot *s)
{
    struct lookup *lookup = lookup_create();
    struct rows *rows;

    must(!rows_types_create(s, s, &rows));
    must(!rows_types_changed(rows));
    rows_destroy(rows);
    for (uint32_t i = 0; s->has_edges && i < s->n_objects && i < TABLES_MAX; i++)
        for (int direction = EDGES_REFERRERS; direction <= EDGES_REFERENTS; direction++) {
            must(!rows_edges_create(s, lookup, i, (enum edges_direction)direction, &rows));
            look_at_cells(rows);
            rows_destroy(rows);
        }
    lookup_destroy(lookup);
}

static void compare(const struct snapshot *s)
{
    uint32_t *freed;
    size_t n;

    if (!s->has_edges)
        return;
    must(!freed_find(s, s, NULL, &freed, &n));
    for (size_t i = 0; i < n; i++)
        must(freed[i] < s->n_objects);
    free(freed);
}

/* ---- feeding ---- */

static volatile uint32_t touched; /* every byte of a text can be read */

static void read_answer(const struct record *record)
{
    struct msg_ans_values values;
    struct msg_ans_edges edges;
    struct msg_ans_hashes hashes;
    uint32_t index;
    uint64_t hash;
    struct decoded_value value;
    struct decoded_edge edge;
    struct wire_reader r;
    uint32_t sum = 0;

    if (record->kind == MSG_ANS_VALUES &&
        decode_values(record->payload, record->bytes, &values, &r))
        for (uint32_t i = 0; i < values.count && decode_value(&r, &value); i++) {
            for (uint32_t k = 0; k < value.text.len; k++)
                sum += (unsigned char)value.text.bytes[k];
            for (uint32_t k = 0; k < value.detail.len; k++)
                sum += (unsigned char)value.detail.bytes[k];
        }
    if (record->kind == MSG_ANS_EDGES && decode_edges(record->payload, record->bytes, &edges, &r))
        for (uint32_t i = 0; i < edges.count && decode_edge(&r, &edge); i++)
            for (uint32_t k = 0; k < edge.name.len; k++)
                sum += (unsigned char)edge.name.bytes[k];
    if (record->kind == MSG_ANS_HASHES &&
        decode_hashes(record->payload, record->bytes, &hashes, &r))
        for (uint32_t i = 0; i < hashes.count && decode_hash(&r, &index, &hash); i++)
            sum += index + (uint32_t)hash;
    touched = sum;
}

/* One record, in a block of exactly its size. */
static enum decode_status feed(struct snap_decoder *decoder, const struct record *record,
                               const struct snap_sink *sink)
{
    struct msg_snap_end *end;
    uint8_t *payload = malloc(record->bytes ? record->bytes : 1);

    memcpy(payload, record->payload, record->bytes);
    if (record->kind == MSG_SNAP_END && record->bytes >= sizeof *end) {
        end = (void *)payload;
        end->objects = decoder->objects;
        end->strong = decoder->strong;
        end->weak = decoder->weak;
        end->shallow_bytes = decoder->shallow_bytes;
    }
    enum decode_status status =
        snap_decoder_feed(decoder, record->kind, payload, record->bytes, sink);
    free(payload);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct snap_decoder decoder;
    struct builder *builder = NULL;
    struct snapshot *snapshot = NULL;
    enum decode_status status = DECODE_MORE;
    struct record record;
    size_t at = 0;

    snap_decoder_init(&decoder);
    must(!builder_create(&builder));
    while (records_next(data, bytes, &at, &record)) {
        if (record.kind >= MSG_ASK_VALUES)
            read_answer(&record);
        else
            status = feed(&decoder, &record, builder_sink(builder));
    }
    struct err *err = builder_finish(builder, &snapshot);
    must(!err == (status == DECODE_DONE));
    err_destroy(err);
    builder_destroy(builder);
    if (snapshot) {
        check_snapshot(snapshot);
        make_tables(snapshot);
        compare(snapshot);
    }
    snapshot_unref(snapshot);
    return 0;
}

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "inspector/base/mem.h"
#include "tests/tui/demo.h"

/* A number that looks random and is always the same. */
static uint64_t scatter(uint64_t x)
{
    x = (x ^ x >> 31) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 33;
}

/* -- Types -- */

static const struct column type_columns[] = {
    {"type", "Type", "the type's module and qualified name", COL_TYPE, 0, 12, 0},
    {"count", "Count", "objects of this type", COL_COUNT, COL_F_DESC, 0, 1},
    {"shallow", "Shallow", "bytes of the objects themselves", COL_BYTES, COL_F_DESC, 0, 2},
    {"retained", "Retained", "bytes that would go with them", COL_BYTES, COL_F_DESC, 0, 3},
    {"growth", "Growth", "more objects than in the baseline", COL_COUNT_DELTA, COL_F_DESC, 0, 4},
    {"hash", "Hash", "only in the JSON", COL_ID, COL_F_JSON_ONLY, 0, 9},
};

enum { TYPE, COUNT, SHALLOW, RETAINED, GROWTH };

static const char *const type_names[] = {
    "builtins.dict",
    "builtins.tuple",
    "builtins.str",
    "builtins.list",
    "builtins.function",
    "builtins.cell",
    "builtins.module",
    "builtins.type",
    "builtins.weakref.ReferenceType",
    "app.models.Node",
    "app.models.Leaf",
    "app.models.日本語の型",
    "app.models.Größe",
    "app.models.e\u0301te\u0301",
    "app.models.\U0001f40d\U0001f40d",
    "app.models.\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "app.models.with\ttab and \033[31mescape",
    "app.models.not\xff\xfeutf8",
    "app.services.very.deeply.nested.package.with.a.long.name.ConnectionPoolManagerFactory",
    "asyncio.events.Handle",
    "collections.OrderedDict",
    "collections.deque",
    "django.db.models.base.ModelState",
    "django.utils.functional.cached_property",
    "importlib._bootstrap.ModuleSpec",
    "logging.Logger",
    "re.Pattern",
    "threading.Thread",
    "types.SimpleNamespace",
    "zipimport.zipimporter",
};

enum { N_TYPES = sizeof type_names / sizeof *type_names };

struct types {
    struct rows rows;
    unsigned n_snapshots;
};

const char *demo_type_name(size_t raw)
{
    return type_names[raw];
}

static void free_rows(struct rows *rows)
{
    free(rows);
}

static size_t types_total(const struct rows *rows)
{
    (void)rows;
    return N_TYPES;
}

static int64_t type_count(const struct types *types, size_t raw)
{
    return (int64_t)(scatter(raw) % 90000 >> (raw % 12)) + types->n_snapshots * (raw % 3);
}

static void types_cell(const struct rows *rows, size_t raw, unsigned col, struct cell *ret)
{
    const struct types *types = (const struct types *)rows;

    ret->state = CELL_VALUE;
    switch (col) {
    case TYPE:
        ret->text = type_names[raw];
        break;
    case COUNT:
        ret->num = type_count(types, raw);
        break;
    case SHALLOW:
        ret->num = type_count(types, raw) * (int64_t)(48 + raw * 8);
        break;
    case RETAINED:
        if (raw % 7 == 3)
            ret->state = CELL_NULL;
        ret->num = type_count(types, raw) * (int64_t)(1000 + raw * 100);
        break;
    case GROWTH:
        ret->num = (int64_t)(types->n_snapshots * (raw % 3)) - (raw == 4) * 12;
        ret->tone = ret->num > 0 ? TONE_BAD : ret->num < 0 ? TONE_GOOD : TONE_DIM;
        break;
    default:
        ret->num = (int64_t)scatter(raw);
    }
}

static uint64_t types_id(const struct rows *rows, size_t raw)
{
    (void)rows;
    return scatter(raw);
}

struct rows *demo_types_create(unsigned n_snapshots)
{
    static const struct rows_ops ops = {"types",    free_rows, types_total,
                                        types_cell, types_id,  NULL};
    struct types *types = xalloc(sizeof *types);

    *types = (struct types){{&ops, type_columns, 6, .immutable = true}, n_snapshots};
    return &types->rows;
}

/* -- Answers that come later -- */

struct demo_answers {
    int fd;
    size_t n_asked, n_known; /* rows [0, n_known) have their preview */
};

struct demo_answers *demo_answers_create(void)
{
    struct demo_answers *answers = xalloc(sizeof *answers);

    answers->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return answers;
}

void demo_answers_destroy(struct demo_answers *answers)
{
    close(answers->fd);
    free(answers);
}

int demo_answers_fd(const struct demo_answers *answers)
{
    return answers->fd;
}

static bool is_busy(const struct demo_answers *answers)
{
    return answers->n_known < answers->n_asked;
}

void demo_answers_ask(struct demo_answers *answers)
{
    uint64_t one = 1;

    if (is_busy(answers) && write(answers->fd, &one, sizeof one) < 0)
        abort();
}

unsigned demo_answers_ready(void *ctx)
{
    struct demo_answers *answers = ctx;
    uint64_t count;

    while (read(answers->fd, &count, sizeof count) < 0 && errno == EINTR)
        ;
    answers->n_known = answers->n_asked;
    return EFFECT_REDRAW;
}

/* -- Objects -- */

static const struct column object_columns[] = {
    {"address", "Address", "where the object is", COL_ADDRESS, 0, 0, 1},
    {"type", "Type", "the object's type", COL_TYPE, 0, 10, 3},
    {"size", "Size", "bytes of the object itself", COL_BYTES, COL_F_DESC, 0, 2},
    {"refs", "Refs", "references to it", COL_COUNT, COL_F_DESC, 0, 4},
    {"gen", "Gen", "the collector's generation", COL_GENERATION, 0, 0, 6},
    {"tracked", "Tracked", "whether the collector knows it", COL_BOOL, 0, 0, 7},
    {"age", "Age", "time since it was made", COL_DURATION_US, 0, 0, 5},
    {"preview", "Preview", "the beginning of its value", COL_TEXT, COL_F_NO_SORT, 10, 0},
};

enum { O_ADDRESS, O_TYPE, O_SIZE, O_REFS, O_GEN, O_TRACKED, O_AGE, O_PREVIEW, N_OBJECT_COLUMNS };

struct objects {
    struct rows rows;
    const char *type; /* NULL: mixed */
    size_t n;
    struct demo_answers *answers;
};

uint64_t demo_object_address(size_t raw)
{
    return UINT64_C(0x7f1200000000) + raw * 64;
}

static size_t objects_total(const struct rows *rows)
{
    return ((const struct objects *)rows)->n;
}

static void preview_cell(const struct objects *objects, size_t raw, struct cell *ret)
{
    if (objects->answers && raw >= objects->answers->n_known) {
        ret->state = CELL_PENDING;
        return;
    }
    if (raw % 5 == 2)
        snprintf(ret->buf, sizeof ret->buf, "'文字列 %zu'", raw);
    else
        snprintf(ret->buf, sizeof ret->buf, "{'id': %zu, 'name': 'object number %zu'}", raw, raw);
    ret->text = ret->buf;
}

static void objects_cell(const struct rows *rows, size_t raw, unsigned col, struct cell *ret)
{
    const struct objects *objects = (const struct objects *)rows;
    uint64_t random = scatter(raw + 1);

    ret->state = CELL_VALUE;
    switch (col) {
    case O_ADDRESS:
        ret->num = (int64_t)demo_object_address(raw);
        break;
    case O_TYPE:
        ret->text = objects->type ? objects->type : type_names[random % N_TYPES];
        break;
    case O_SIZE:
        ret->num = (int64_t)(random % 5000);
        break;
    case O_REFS:
        ret->num = (int64_t)(random >> 20) % 30;
        ret->tone = ret->num ? TONE_NORMAL : TONE_WARN;
        break;
    case O_GEN:
        ret->num = (int64_t)(random >> 30) % 3;
        if (raw % 11 == 0)
            ret->text = "permanent";
        break;
    case O_TRACKED:
        ret->num = raw % 4 != 1;
        break;
    case O_AGE:
        ret->num = (int64_t)(random >> 10) % 10000000;
        break;
    default:
        preview_cell(objects, raw, ret);
    }
}

static uint64_t objects_id(const struct rows *rows, size_t raw)
{
    (void)rows;
    return demo_object_address(raw);
}

static void objects_prefetch(struct rows *rows, const uint32_t *raw, size_t n)
{
    struct demo_answers *answers = ((struct objects *)rows)->answers;

    for (size_t i = 0; answers && i < n; i++)
        if (raw[i] >= answers->n_asked)
            answers->n_asked = raw[i] + 1;
}

struct rows *demo_objects_create(const char *type, size_t n, struct demo_answers *answers)
{
    static const struct rows_ops ops = {"objects",    free_rows,  objects_total,
                                        objects_cell, objects_id, objects_prefetch};
    struct objects *objects = xalloc(sizeof *objects);

    *objects = (struct objects){
        {&ops, object_columns, N_OBJECT_COLUMNS, .immutable = true}, type, n, answers};
    if (answers)
        answers->n_asked = answers->n_known = 0;
    return &objects->rows;
}

/* -- References -- */

static const struct column edge_columns[] = {
    {"edge", "Edge", "through which attribute, key or index", COL_TEXT, 0, 8, 1},
    {"type", "Type", "the type at the other end", COL_TYPE, 0, 10, 0},
    {"size", "Size", "bytes of the object at the other end", COL_BYTES, COL_F_DESC, 0, 2},
    {"value", "Value", "the beginning of its value", COL_TEXT, COL_F_NO_SORT, 10, 3},
};

struct edges {
    struct rows rows;
    size_t n;
};

static size_t edges_total(const struct rows *rows)
{
    return ((const struct edges *)rows)->n;
}

static void edges_cell(const struct rows *rows, size_t raw, unsigned col, struct cell *ret)
{
    (void)rows;
    ret->state = CELL_VALUE;
    ret->text = ret->buf;
    if (col == 0)
        snprintf(ret->buf, sizeof ret->buf, raw % 2 ? "[%zu]" : ".attribute_%zu", raw);
    else if (col == 1)
        ret->text = type_names[raw % N_TYPES];
    else if (col == 2)
        ret->num = (int64_t)(scatter(raw) % 9000);
    else
        snprintf(ret->buf, sizeof ret->buf, "value %zu", raw);
}

struct rows *demo_edges_create(size_t n)
{
    static const struct rows_ops ops = {"edges",    free_rows, edges_total,
                                        edges_cell, types_id,  NULL};
    struct edges *edges = xalloc(sizeof *edges);

    *edges = (struct edges){{&ops, edge_columns, 4, .immutable = true}, n};
    return &edges->rows;
}

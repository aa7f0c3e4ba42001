#include "inspector/rows/rows_steps.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/rows/root_text.h"
#include "inspector/rows/rows_objects.h"

enum { NO_HOLDER = SNAPSHOT_NONE };

struct step {
    uint32_t object;
    uint32_t holder;  /* the object of the row before, or NO_HOLDER */
    uint32_t ordinal; /* of the reference, among the holder's */
    char *root;       /* for the first row of a path; kept because cells are borrowed */
};

struct rows_steps {
    struct rows rows;
    struct snapshot *snapshot;
    struct lookup *lookup;
    struct step *at;
    size_t n;
};

static const struct column columns[STEPS_COLUMNS] = {
    [STEPS_EDGE] = {"edge", "edge", "how one goes from the object above to this one", COL_TEXT,
                    COL_F_NO_SORT, 14, 0},
    [STEPS_TYPE] = {"type", "type", "module and qualified name of its type", COL_TYPE,
                    COL_F_NO_SORT, 12, 0},
    [STEPS_ADDRESS] = {"address", "address", "where the object lies: id(object)", COL_ADDRESS,
                       COL_F_NO_SORT, 14, 5},
    [STEPS_STRENGTH] = {"strength", "strength", "strong references keep an object alive", COL_TEXT,
                        COL_F_NO_SORT | COL_F_JSON_ONLY, 8, 9},
    [STEPS_ROOT] = {"root", "held from outside by",
                    "what holds the object from outside of the heap", COL_TEXT,
                    COL_F_NO_SORT | COL_F_JSON_ONLY, 20, 9},
    [STEPS_RETAINED] = {"retained", "retained",
                        "bytes that would go with it: its own, and what only it keeps alive",
                        COL_BYTES, COL_F_NO_SORT | COL_F_NO_JSON, 8, 3},
    [STEPS_VALUE] = {"value", "value",
                     "a preview of its value, or what holds it from outside of the heap", COL_TEXT,
                     COL_F_NO_SORT | COL_F_NO_JSON, 10, 1},
};

static struct rows_steps *steps_of(const struct rows *rows)
{
    return (struct rows_steps *)rows;
}

static void steps_destroy(struct rows *rows)
{
    struct rows_steps *self = steps_of(rows);

    for (size_t i = 0; i < self->n; i++)
        free(self->at[i].root);
    snapshot_unref(self->snapshot);
    free(self->at);
    free(self);
}

static size_t steps_total(const struct rows *rows)
{
    return steps_of(rows)->n;
}

/* Made when it is asked for: a module's name may have come in the meantime. */
static const char *root_of(struct rows_steps *self, struct step *step)
{
    struct str text = STR_INIT;
    const struct facts *facts = facts_of(self->snapshot);

    if (step->holder != NO_HOLDER || !facts)
        return NULL;
    root_text(self->snapshot, facts, self->lookup, step->object, &text);
    free(step->root);
    step->root = str_steal(&text);
    return *step->root ? step->root : NULL;
}

static void set_edge(const struct rows_steps *self, const struct step *step, struct cell *ret)
{
    ret->text =
        step->holder == NO_HOLDER ? NULL : lookup_edge(self->lookup, step->holder, step->ordinal);
    if (step->holder == NO_HOLDER)
        ret->state = CELL_NULL;
    else if (!ret->text)
        ret->state = CELL_PENDING;
}

/* The root's words stand where the others have their values. */
static void set_value(struct rows_steps *self, struct step *step, struct cell *ret)
{
    const char *root = root_of(self, step);

    if (!root) {
        object_cell(self->snapshot, self->lookup, step->object, OBJECTS_VALUE, ret);
        return;
    }
    ret->text = root;
    ret->tone = TONE_GOOD;
}

static void steps_cell(const struct rows *rows, size_t raw, unsigned col, struct cell *ret)
{
    struct rows_steps *self = steps_of(rows);
    struct step *step = &self->at[raw];

    *ret = (struct cell){.state = CELL_VALUE, .tone = TONE_NORMAL};
    switch ((enum rows_steps_column)col) {
    case STEPS_EDGE:
        set_edge(self, step, ret);
        return;
    case STEPS_STRENGTH:
        ret->text = "strong";
        return;
    case STEPS_ROOT:
        ret->text = root_of(self, step);
        if (!ret->text)
            ret->state = CELL_NULL;
        return;
    case STEPS_TYPE:
        object_cell(self->snapshot, self->lookup, step->object, OBJECTS_TYPE, ret);
        return;
    case STEPS_ADDRESS:
        object_cell(self->snapshot, self->lookup, step->object, OBJECTS_ADDRESS, ret);
        return;
    case STEPS_RETAINED:
        object_cell(self->snapshot, self->lookup, step->object, OBJECTS_RETAINED, ret);
        return;
    case STEPS_VALUE:
        set_value(self, step, ret);
        return;
    case STEPS_COLUMNS:
        return;
    }
}

static uint64_t steps_id(const struct rows *rows, size_t raw)
{
    return steps_of(rows)->snapshot->address[steps_of(rows)->at[raw].object] << 8 ^ raw;
}

static void steps_prefetch(struct rows *rows, const uint32_t *raw, size_t n)
{
    const struct rows_steps *self = steps_of(rows);

    for (size_t i = 0; i < n; i++) {
        const struct step *step = &self->at[raw[i]];
        lookup_want_value(self->lookup, step->object);
        if (step->holder != NO_HOLDER)
            lookup_want_edge(self->lookup, step->holder, step->ordinal, step->object);
    }
}

static const struct rows_ops ops = {
    .name = "steps",
    .destroy = steps_destroy,
    .total = steps_total,
    .cell = steps_cell,
    .id = steps_id,
    .prefetch = steps_prefetch,
};

static struct err *create(struct snapshot *snapshot, struct lookup *lookup, uint32_t n,
                          struct rows_steps **ret)
{
    struct rows_steps *self = calloc(1, sizeof *self);
    struct step *at = calloc(n + 1u, sizeof *at);

    if (!self || !at) {
        free(self);
        free(at);
        return err_nomem();
    }
    self->rows = (struct rows){
        .ops = &ops, .columns = columns, .n_columns = STEPS_COLUMNS, .immutable = true};
    self->snapshot = snapshot_ref(snapshot);
    self->lookup = lookup;
    self->at = at;
    *ret = self;
    return NULL;
}

struct err *rows_steps_of_path(struct snapshot *snapshot, struct lookup *lookup,
                               const uint32_t *objects, uint32_t n, struct rows **ret)
{
    struct rows_steps *self;

    ERR_RETURN(create(snapshot, lookup, n, &self));
    for (uint32_t i = 0; i < n; i++)
        self->at[self->n++] = (struct step){
            .object = objects[i],
            .holder = i ? objects[i - 1] : NO_HOLDER,
            .ordinal = i ? snapshot_ordinal(snapshot, objects[i - 1], objects[i]) : 0,
        };
    *ret = &self->rows;
    return NULL;
}

struct err *rows_steps_of_loop(struct snapshot *snapshot, struct lookup *lookup,
                               const uint32_t *objects, const uint32_t *edges, uint32_t n,
                               struct rows **ret)
{
    struct rows_steps *self;

    ERR_RETURN(create(snapshot, lookup, n + 1, &self));
    self->at[self->n++] = (struct step){.object = objects[0], .holder = NO_HOLDER};
    for (uint32_t i = 0; i < n; i++)
        self->at[self->n++] = (struct step){
            .object = objects[(i + 1) % n],
            .holder = objects[i],
            .ordinal = edges[i] - snapshot->strong.offset[objects[i]],
        };
    *ret = &self->rows;
    return NULL;
}

uint32_t rows_steps_object(const struct rows *rows, size_t raw)
{
    return steps_of(rows)->at[raw].object;
}

/* ---- as an expression ---- */

/* "['cache']" -> "cache": how a namespace's members are written. */
static bool put_member(struct str *ret, const char *edge, bool first)
{
    size_t n = strlen(edge);

    if (n < 5 || strncmp(edge, "['", 2) != 0 || strcmp(edge + n - 2, "']") != 0)
        return false;
    str_printf(ret, "%s%.*s", first ? "" : ".", (int)(n - 4), edge + 2);
    return true;
}

static const char *local_name(const struct rows_steps *self, uint32_t object)
{
    uint32_t n;
    const struct facts *facts = facts_of(self->snapshot);
    const uint32_t *held = accounts_held(&facts->accounts, self->snapshot, object, &n);

    for (uint32_t i = 0; i < n; i++)
        if (self->snapshot->held_from_outside.held[held[i]].kind == HELD_LOCAL)
            return self->snapshot->held_from_outside.held[held[i]].name;
    return NULL;
}

static const char *start_of(const struct rows_steps *self)
{
    const struct facts *facts = facts_of(self->snapshot);
    enum root_kind kind = (enum root_kind)facts->accounts.kind[self->at[0].object];

    return kind == ROOT_MODULE  ? lookup_value(self->lookup, self->at[0].object)
           : kind == ROOT_FRAME ? local_name(self, self->at[0].object)
                                : NULL;
}

size_t rows_steps_prefix(const struct rows *rows, struct str *ret)
{
    const struct rows_steps *self = steps_of(rows);
    const char *start = start_of(self);
    bool is_namespace = false;
    size_t covered = 1;

    if (!start || !*start)
        return 0;
    str_append(ret, start);
    for (size_t i = 1; i < self->n; i++) {
        const char *edge = lookup_edge(self->lookup, self->at[i].holder, self->at[i].ordinal);
        if (!edge)
            return covered;
        if (!strcmp(edge, ".__dict__") && i + 1 < self->n) { /* a.__dict__['b'] is a.b */
            is_namespace = true;
            continue;
        }
        if (!is_namespace || !put_member(ret, edge, false)) {
            if (*edge != '.' && *edge != '[') /* a closure, a member of a set: no expression */
                return covered;
            str_printf(ret, "%s%s", is_namespace ? ".__dict__" : "", edge);
        }
        is_namespace = false;
        covered = i + 1;
    }
    return covered;
}

bool rows_steps_expression(const struct rows *rows, struct str *ret)
{
    struct str text = STR_INIT;
    bool whole = rows_steps_prefix(rows, &text) == steps_of(rows)->n;

    if (whole)
        str_append(ret, text.text);
    str_deinit(&text);
    return whole;
}

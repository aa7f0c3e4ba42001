#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/rows/match.h"
#include "inspector/rows/query.h"
#include "inspector/rows/query_private.h"

static bool compare(enum op op, int64_t a, int64_t b)
{
    switch (op) {
    case OP_EQ:
        return a == b;
    case OP_NE:
        return a != b;
    case OP_LE:
        return a <= b;
    case OP_GE:
        return a >= b;
    case OP_LT:
        return a < b;
    case OP_GT:
        return a > b;
    case OP_CONTAINS:
    case N_OPS:
        break;
    }
    return false;
}

static bool text_passes(const struct node *node, const char *text, size_t n)
{
    if (node->op != OP_CONTAINS) {
        bool same = strlen(node->text) == n && !memcmp(text, node->text, n);
        return same == (node->op == OP_EQ);
    }
    if (!text[n])
        return text_match_find(node->match, text, NULL, NULL);
    _cleanup_free_ char *copy = xstrndup(text, n);
    return text_match_find(node->match, copy, NULL, NULL);
}

static bool type_passes(const struct node *node, const struct snapshot *s, uint32_t object)
{
    const char *name = snapshot_type_of(s, object)->name;

    return text_passes(node, name, strlen(name));
}

/* Of any object that refers to it, or that it refers to. */
static bool any_passes(const struct node *node, const struct snapshot *s,
                       const struct snapshot_edges *edges, uint32_t object)
{
    for (uint32_t e = edges->offset[object]; e < edges->offset[object + 1]; e++)
        if (type_passes(node, s, edges->object[e]))
            return true;
    return false;
}

static int64_t edges_of(const struct snapshot_edges *edges, uint32_t object)
{
    return (int64_t)edges->offset[object + 1] - edges->offset[object];
}

static int64_t clip(uint64_t n)
{
    return n > INT64_MAX ? INT64_MAX : (int64_t)n;
}

/* A number of an object; false: it has none. */
static bool number_of(const struct query_heap *heap, enum field field, uint32_t object,
                      int64_t *ret)
{
    const struct snapshot *s = heap->snapshot;
    uint64_t bytes = 0;

    switch (field) {
    case FIELD_SHALLOW:
        *ret = clip(snapshot_shallow(s, object));
        return true;
    case FIELD_RETAINED:
        if (!snapshot_retained(s, object, &bytes))
            return false;
        *ret = clip(bytes);
        return true;
    case FIELD_REFCOUNT:
        *ret = s->refcount[object];
        return true;
    case FIELD_REFERRERS:
        *ret = edges_of(&s->reverse, object);
        return true;
    case FIELD_REFERENTS:
        *ret = edges_of(&s->strong, object);
        return true;
    case FIELD_LEN:
        if (!heap->length || heap->length[object] == QUERY_NO_LENGTH)
            return false;
        *ret = clip(heap->length[object]);
        return true;
    case FIELD_GEN:
        *ret = snapshot_generation(s, object);
        return *ret >= 0;
    case FIELD_TRACKED:
        *ret = (s->flags[object] & OBJECT_TRACKED) != 0;
        return true;
    case FIELD_FINALIZER:
        *ret = (snapshot_type_of(s, object)->flags & TYPE_FINALIZER) != 0;
        return true;
    case FIELD_FINALIZED:
        *ret = (s->flags[object] & OBJECT_FINALIZED) != 0;
        return true;
    default:
        return false;
    }
}

static bool test_passes(const struct node *node, const struct query_heap *heap, uint32_t object)
{
    const struct snapshot *s = heap->snapshot;
    const struct snapshot_type *type = snapshot_type_of(s, object);
    int64_t number = 0;

    switch (node->field) {
    case FIELD_TYPE:
        return type_passes(node, s, object);
    case FIELD_MODULE:
        return text_passes(node, type->name, type->module_bytes);
    case FIELD_REFERRER_TYPE:
        return any_passes(node, s, &s->reverse, object);
    case FIELD_REFERENT_TYPE:
        return any_passes(node, s, &s->strong, object);
    default:
        return number_of(heap, node->field, object, &number) &&
               compare(node->op, number, node->number);
    }
}

/* As deep as the query is nested or long: TESTS_MAX. */
static bool passes(const struct query *query, uint32_t i, const struct query_heap *heap,
                   uint32_t object)
{
    const struct node *node = &query->nodes[i];

    switch (node->kind) {
    case NODE_TEST:
        return test_passes(node, heap, object);
    case NODE_NOT:
        return !passes(query, node->left, heap, object);
    case NODE_AND:
        return passes(query, node->left, heap, object) && passes(query, node->right, heap, object);
    case NODE_OR:
        return passes(query, node->left, heap, object) || passes(query, node->right, heap, object);
    }
    return false;
}

bool query_match(const struct query *query, const struct query_heap *heap, uint32_t object)
{
    return passes(query, query->root, heap, object);
}

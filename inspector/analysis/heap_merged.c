#include "inspector/analysis/heap_merged.h"

#include <stdlib.h>

#include "inspector/base/bits.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/model/groups.h"

/* Types by name, then a group for each module and namespace that stands for itself. */
static struct err *make_groups(const struct snapshot *s, uint32_t **ret, uint32_t *n_groups)
{
    const struct facts *facts = facts_of(s);
    _cleanup_(groups_deinit) struct groups groups = {NULL};
    uint32_t *group = alloc_array((size_t)s->n_objects + 1, sizeof *group);

    if (!group)
        return err_nomem();
    struct err *err = groups_make(s, &groups);
    if (err) {
        free(group);
        return err;
    }
    uint32_t next = groups.n;
    for (uint32_t i = 0; i < s->n_objects; i++) {
        bool is_itself = facts->accounts.kind[i] == ROOT_MODULE || bits_has(facts->namespaces, i);
        group[i] = is_itself ? next++ : groups.of_type[s->type[i]];
    }
    *ret = group;
    *n_groups = next;
    return NULL;
}

static bool is_namespace(const void *ctx, uint32_t owner)
{
    return bits_has(facts_of(ctx)->namespaces, owner);
}

static uint64_t shallow_of(const void *ctx, uint32_t object)
{
    return snapshot_shallow(ctx, object);
}

static struct err *find(const struct snapshot *s, const uint32_t *members, uint32_t n_members,
                        const atomic_bool *cancel, struct heap_merged *ret)
{
    const struct facts *facts = facts_of(s);
    _cleanup_free_ uint32_t *group = NULL;
    _cleanup_free_ uint32_t *idom = NULL;
    uint32_t n_groups = 0;

    ERR_RETURN(make_groups(s, &group, &n_groups));
    ERR_RETURN(merged_find(&facts->paths, members, n_members, group, MERGED_FROM_ROOTS, cancel,
                           &ret->merged));
    ERR_RETURN(retained_parents(&facts->retained, &idom));
    const struct owners_spec spec = {
        .idom = idom,
        .n = s->n_objects,
        .group = group,
        .n_groups = n_groups,
        .pass = is_namespace,
        .bytes = shallow_of,
        .ctx = s,
        .cancel = cancel,
    };
    ERR_RETURN(owners_find(&spec, members, n_members, &ret->owners));
    for (uint32_t i = 0; i < n_members; i++)
        ret->shallow_bytes += snapshot_shallow(s, members[i]);
    return retained_of_set(&facts->retained, members, n_members, &ret->retained_bytes);
}

struct err *heap_merged_find(const struct snapshot *s, const uint32_t *members, uint32_t n_members,
                             const atomic_bool *cancel, struct heap_merged *ret)
{
    struct heap_merged merged = {.shallow_bytes = 0};
    struct err *err = find(s, members, n_members, cancel, &merged);

    if (err)
        heap_merged_deinit(&merged);
    else
        *ret = merged;
    return err;
}

void heap_merged_deinit(struct heap_merged *merged)
{
    merged_deinit(&merged->merged);
    owners_deinit(&merged->owners);
}

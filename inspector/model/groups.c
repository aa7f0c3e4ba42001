#include "inspector/model/groups.h"

#include <stdlib.h>
#include <string.h>

/* Types sorted by name: equal ones stand together. */
static int by_name(const void *a, const void *b, void *arg)
{
    const struct snapshot_type *types = arg;

    return strcmp(types[*(const uint32_t *)a].name, types[*(const uint32_t *)b].name);
}

struct err *groups_make(const struct snapshot *s, struct groups *ret)
{
    size_t n = s->n_types ? s->n_types : 1;
    struct groups groups = {.at = calloc(n, sizeof *groups.at),
                            .of_type = calloc(n, sizeof *groups.of_type)};
    uint32_t *sorted = calloc(n, sizeof *sorted);

    if (!groups.at || !groups.of_type || !sorted) {
        groups_deinit(&groups);
        free(sorted);
        return err_nomem();
    }
    for (uint32_t i = 0; i < s->n_types; i++)
        sorted[i] = i;
    qsort_r(sorted, s->n_types, sizeof *sorted, by_name, s->types);
    for (uint32_t i = 0; i < s->n_types; i++) {
        const struct snapshot_type *type = &s->types[sorted[i]];
        if (!i || strcmp(type->name, groups.at[groups.n - 1].name))
            groups.at[groups.n++].name = type->name;
        struct group *group = &groups.at[groups.n - 1];
        group->count += type->count;
        group->shallow_bytes += type->shallow_bytes;
        group->flags |= type->flags;
        groups.of_type[sorted[i]] = groups.n - 1;
    }
    free(sorted);
    const struct snapshot_facts *facts = atomic_load(&s->facts);
    for (uint32_t i = 0; facts && i < groups.n; i++)
        groups.at[i].retained_bytes = facts->group_retained[i];
    *ret = groups;
    return NULL;
}

void groups_deinit(struct groups *groups)
{
    free(groups->at);
    free(groups->of_type);
    *groups = (struct groups){0};
}

uint32_t groups_find(const struct groups *groups, const char *name)
{
    for (uint32_t i = 0; i < groups->n; i++)
        if (!strcmp(groups->at[i].name, name))
            return i;
    return UINT32_MAX;
}

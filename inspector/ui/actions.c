#include "inspector/ui/actions.h"

#include <string.h>

static const struct {
    const char *name;
    unsigned flags;
    const char *help;
} table[N_ACTIONS] = {[ACT_NONE] = {"none", ACTION_F_INNER, "nothing"},
#define A(id, name, flags, help) [ACT_##id] = {name, flags, help},
                      UI_ACTIONS(A)
#undef A
};

const char *action_name(enum action action)
{
    return table[action].name;
}

const char *action_help(enum action action)
{
    return table[action].help;
}

unsigned action_flags(enum action action)
{
    return table[action].flags;
}

enum action action_find(const char *name)
{
    for (unsigned i = 1; i < N_ACTIONS; i++)
        if (!strcmp(table[i].name, name))
            return (enum action)i;
    return ACT_NONE;
}

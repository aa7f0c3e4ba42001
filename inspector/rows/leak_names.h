/*
 * A leak suspect with names: the path that holds it, or for garbage the way round an example, and a sentence.
 *
 *      leak_names_begin()      finds the path and notes the names that are wanted
 *      … the lookup is asked …
 *      leak_names_look()       garbage only: looks at the example closely; more names are wanted
 *      … the lookup is asked …
 *      leak_names_text()
 *
 * One thread, the lookup's.
 */
#pragma once

#include "inspector/analysis/leaks.h"
#include "inspector/base/str.h"
#include "inspector/rows/cycle_names.h"
#include "inspector/rows/rows.h"

struct leak_names {
    const struct leak *leak; /* borrowed */
    struct rows *path;       /* rows_steps.h; NULL: there is none */
    char *make_weak;         /* of garbage: the attribute that closes the cycle, or NULL */
    uint32_t *member;        /* private: of the example */
    struct heap_cycle cycle;
};

/* Words for the JSON: "instances", "medium". */
const char *leak_kind_name(enum leak_kind kind);
const char *leak_level_name(enum leak_level level);

ERR_CHECK struct err *leak_names_begin(struct snapshot *snapshot, struct lookup *lookup,
                                       const struct leak *leak, const atomic_bool *cancel,
                                       struct leak_names *ret);
ERR_CHECK struct err *leak_names_look(struct snapshot *snapshot, struct lookup *lookup,
                                      const atomic_bool *cancel, struct leak_names *names);
/*
 * "__main__.SESSIONS, a builtins.dict, holds 2,020 __main__.Session, all there are; with it 1.2 MiB would go". `seconds`
 * lie between the snapshots that growth was found with. `total_bytes`: of struct leaks.
 */
void leak_names_text(const struct snapshot *snapshot, const struct leak_names *names,
                     uint64_t total_bytes, long seconds, struct str *ret);
/* "__main__.SESSIONS"; false if there is no such expression. */
bool leak_names_expression(const struct leak_names *names, struct str *ret);
/* What to do about it, "" if there is nothing general to say. Valid while `names` lives. */
const char *leak_names_advice(const struct leak_names *names);
void leak_names_deinit(struct leak_names *names);

/*
 * Queries over objects: what a person types behind `ouro objects --where`, compiled.
 *
 *      type~Row and retained>1MiB and (refcount>100 or not gen==2)
 *      len>=1000 and referrer.type==builtins.dict
 *
 *      query  = and { "or" and }
 *      and    = term { "and" term }
 *      term   = "not" term | "(" query ")" | test
 *      test   = field operator value | field               the second for tracked, finalizer, finalized
 *      value  = a word, or anything between ' or "
 *
 *      field                           compared with
 *      type module                     texts: == != ~ (contains; ignores case unless the value has a capital)
 *      referrer.type referent.type     the same, of any object that refers to it, or that it refers to
 *      shallow retained                sizes: 512, 10k, 1.5MiB                    == != < <= > >=
 *      refcount referrers referents    numbers: 100, 2k
 *      len                             members of a container, characters of a text
 *      gen                             0, 1, 2 or permanent
 *      tracked finalizer finalized     yes or no                                  == !=
 *
 * What an object does not have (the len of an int, the gen of what is not tracked) passes no comparison, not even
 * !=. A compiled query is immutable; matching is re-entrant. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspector/base/err.h"
#include "inspector/base/str.h"
#include "inspector/model/snapshot.h"

#define QUERY_NO_LENGTH UINT64_MAX

struct query;

/* What is asked about. The snapshot has edges and facts. */
struct query_heap {
    const struct snapshot *snapshot;
    const uint64_t
        *length; /* by object, QUERY_NO_LENGTH: none; may be NULL if !query_needs_length() */
};

/* Compiles. ERR_USAGE says what is wrong and where; *at is then the place in bytes. */
ERR_CHECK struct err *query_parse(const char *text, struct query **ret, size_t *at);
/* Appends the text as one line, and below it a caret at byte `at`. */
void query_point(const char *text, size_t at, struct str *to);
/* Whether the lengths of values are looked at. */
bool query_needs_length(const struct query *query);
bool query_match(const struct query *query, const struct query_heap *heap, uint32_t object);
void query_destroy(struct query *query);

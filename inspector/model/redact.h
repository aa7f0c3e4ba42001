/*
 * Names that tell nothing: each is replaced by a keyed hash, the same name by the same one, so that a capture can be
 * given away and two objects with the same attribute still be seen to have it. The key is random and kept nowhere, so
 * guessing a name and hashing it proves nothing.
 *
 * What says how and not what is kept: `.`, `['`, `slot `, indexes of lists, and the words that the agent itself uses
 * (`key`, `.__dict__`, `.__class__`).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "inspector/base/err.h"
#include "inspector/base/str.h"

struct redact {
    uint64_t key[2];
};

/* With a new key. ERR_SYS if there are no random numbers. */
ERR_CHECK struct err *redact_init(struct redact *redact);
/* Appends what stands for a text; nothing for an empty one. */
void redact_text(const struct redact *redact, const char *text, size_t n, struct str *to);
/* Appends the redacted name of a reference. `is_sequence`: of a list, tuple, or deque, whose numbers are positions. */
void redact_edge(const struct redact *redact, const char *name, size_t n, bool is_sequence,
                 struct str *to);

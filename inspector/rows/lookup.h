/*
 * What only the frozen copy knows about a snapshot's objects, as far as anybody asked: previews of
 * values, names of references.
 *
 *      lookup_value()          known: a text           not known: NULL
 *      lookup_want_value()     notes that it is wanted
 *      lookup_take()           a batch of all that is wanted                       owner's thread
 *      lookup_batch_ask()      asks the frozen copy                                session's thread
 *      lookup_apply()          brings the answers home                             owner's thread
 *
 * A text interface asks before it prints; the terminal interface shows "…" and redraws when answers
 * are home. One thread owns a lookup.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "inspector/base/err.h"

struct lookup;
struct lookup_batch;
struct session;

struct lookup *lookup_create(void);
void lookup_destroy(struct lookup *lookup);

/* The preview of an object's value, "" if it has none; NULL while it is not known. Valid while the
 * lookup lives. */
const char *lookup_value(const struct lookup *lookup, uint32_t object);
/* The name of a reference: of `holder`, by its ordinal (strong ones first, then weak ones). */
const char *lookup_edge(const struct lookup *lookup, uint32_t holder, uint32_t ordinal);

/* These do nothing for what is known or asked for already. */
void lookup_want_value(struct lookup *lookup, uint32_t object);
void lookup_want_edge(struct lookup *lookup, uint32_t holder, uint32_t ordinal, uint32_t target);

/* All that is wanted and not yet asked for, NULL if there is nothing. The caller's, until
 * lookup_apply(). */
struct lookup_batch *lookup_take(struct lookup *lookup);
/* Asks. A failure leaves the answers that came in the batch; apply it all the same. */
ERR_CHECK struct err *lookup_batch_ask(struct lookup_batch *batch, struct session *session,
                                       const atomic_bool *cancel);
/* Takes the answers over and destroys the batch. What was not answered counts as having no preview
 * and the name "?". */
void lookup_apply(struct lookup *lookup, struct lookup_batch *batch);
/* For a batch whose lookup is gone. */
void lookup_batch_destroy(struct lookup_batch *batch);

/*
 * Questions that a frozen copy answers about single objects: previews of values, names of
 * references, sizes. All are answered from memory as it lies; no Python code runs and nothing is
 * created.
 *
 * For the frozen copy after its walk. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/ag_send.h"
#include "agent/ag_walk.h"

/* Answers one record from the questions ring. Questions about another snapshot, and what is no
 * question, are ignored. False when nobody reads the answers any more. */
bool ag_answer(struct ag_walk *walk, struct ag_sender *answers, uint16_t kind, const void *payload,
               uint32_t bytes, uint32_t snapshot_id);

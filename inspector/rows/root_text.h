/*
 * Words for what holds an object from outside of the heap:
 *
 *      module app
 *      thread MainThread, handle() app.py:42, local 'cache'
 *      static data of libpython3.11.so.1.0
 *      thread worker-3, its exception or context
 *      C code
 *      immortal
 *
 * Any thread.
 */
#pragma once

#include "inspector/analysis/facts.h"
#include "inspector/base/str.h"
#include "inspector/rows/lookup.h"

/* What holds the object first of all; nothing is added if it is no root. `lookup` (may be NULL) knows the names of
 * modules as far as their values were asked for. */
void root_text(const struct snapshot *snapshot, const struct facts *facts,
               const struct lookup *lookup, uint32_t object, struct str *ret);
/* Where its references come from: "3 from the heap, 1 from running frames, 0 static data, 0 unexplained (C code)"; `brief`:
 * "3 heap, 1 frames, 0 static, 0 C code". */
void account_text(const struct snapshot *snapshot, const struct facts *facts, uint32_t object,
                  bool brief, struct str *ret);
/* root_text() for one thing that a frame holds. */
void root_text_held(const struct snapshot *snapshot, const struct snapshot_held *held,
                    struct str *ret);
/* "modules", "frames", "C code" …: what objects of a kind of root are held by. */
const char *root_kind_name(enum root_kind kind);
/* The last part of a path. */
const char *root_file_name(const char *path);

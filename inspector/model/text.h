/*
 * Texts from the target, made fit for a screen.
 *
 * What comes from a target is bytes: UTF-8, possibly with lone surrogates, control characters,
 * terminal escapes. What is shown is printable UTF-8 only; everything else is written as Python
 * would: \n, \x1b, \ud800. Any thread.
 */
#pragma once

#include <stddef.h>

#include "inspector/base/str.h"

/* Appends `n` bytes, escaped. `quote` (0: none) is escaped too, as is the backslash when it is set.
 */
void text_escape(struct str *to, const char *bytes, size_t n, char quote);
/* The same for bytes that are no text: every byte outside of printable ASCII as \xNN. */
void text_escape_bytes(struct str *to, const char *bytes, size_t n, char quote);

#include "inspector/rows/match.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/mem.h"

struct text_match {
    char *word;
    size_t bytes;
    bool exact;
};

static bool has_upper(const char *word)
{
    for (; *word; word++)
        if (*word >= 'A' && *word <= 'Z')
            return true;
    return false;
}

struct text_match *text_match_create(const char *word)
{
    struct text_match *match = xalloc(sizeof *match);

    match->word = xstrdup(word);
    match->bytes = strlen(word);
    match->exact = has_upper(word);
    return match;
}

void text_match_destroy(struct text_match *match)
{
    if (!match)
        return;
    free(match->word);
    free(match);
}

bool text_match_find(const struct text_match *match, const char *text, size_t *begin, size_t *bytes)
{
    const char *found = NULL;

    if (match->bytes)
        found = match->exact ? strstr(text, match->word) : strcasestr(text, match->word);
    if (!found)
        return false;
    if (begin)
        *begin = (size_t)(found - text);
    if (bytes)
        *bytes = match->bytes;
    return true;
}

const char *text_match_word(const struct text_match *match)
{
    return match->word;
}

/* libFuzzer target: any text is a query or a usage error with a place inside of the text, and a query matches. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/rows/query.h"
#include "tests/support/fake_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const uint64_t length[] = {3, QUERY_NO_LENGTH, 1000};
    static struct snapshot *snapshot;
    char *text = strndup((const char *)data, bytes);
    struct query *query = NULL;
    struct str line = STR_INIT;
    size_t at = 0;

    if (!snapshot)
        snapshot = fake_snapshot("a : app.Node gen=2 -> b : dict -> c : list untracked, c -> a");
    struct err *err = query_parse(text, &query, &at);
    if (at > strlen(text) || !err == !query || (err && err->code != ERR_USAGE))
        abort();
    query_point(text, at, &line);
    for (uint32_t i = 0; query && i < snapshot->n_objects; i++)
        query_match(query, &(struct query_heap){snapshot, length}, i);
    str_deinit(&line);
    err_destroy(err);
    query_destroy(query);
    free(text);
    return 0;
}

#include "inspector/base/file.h"

#include <errno.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"

struct err *file_read(const char *path, size_t max_bytes, char **ret, size_t *bytes)
{
    _cleanup_fclose_ FILE *file = fopen(path, "re");
    _cleanup_free_ char *text = NULL;
    size_t cap = 0, used = 0, n;

    if (!file)
        return err_sys(errno, "cannot open '%s'", path);
    do {
        ERR_RETURN(grow(&text, &cap, used + 4096 + 1, 1));
        n = fread(text + used, 1, 4096, file);
        used += n;
        if (used > max_bytes)
            return err_new(ERR_INPUT, NULL, "'%s' is larger than %zu bytes", path, max_bytes);
    } while (n);
    if (ferror(file))
        return err_sys(errno, "cannot read '%s'", path);
    text[used] = '\0';
    *ret = take_ptr(text);
    if (bytes)
        *bytes = used;
    return NULL;
}

#include "inspector/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/base/utf8.h"

static struct err nomem = {
    .code = ERR_NOMEM,
    .message = (char *)"out of memory",
    .hint = (char *)"close something or look at a smaller process",
};

struct err *err_nomem(void)
{
    return &nomem;
}

static struct err *err_make(enum err_code code, int sys_errno, const char *hint, char *message)
{
    if (!message)
        return &nomem;
    struct err *err = calloc(1, sizeof *err);
    char *hint_copy = hint ? strdup(hint) : NULL;
    if (!err || (hint && !hint_copy)) {
        free(err);
        free(hint_copy);
        free(message);
        return &nomem;
    }
    *err = (struct err){code, sys_errno, message, hint_copy};
    return err;
}

struct err *err_new(enum err_code code, const char *hint, const char *fmt, ...)
{
    va_list ap;
    char *message = NULL;

    va_start(ap, fmt);
    if (vasprintf(&message, fmt, ap) < 0)
        message = NULL;
    va_end(ap);
    return err_make(code, 0, hint, message);
}

/* "<head>: <tail>"; frees head. NULL without memory. */
static char *join(char *head, const char *tail)
{
    char *whole = NULL;

    if (head && asprintf(&whole, "%s: %s", head, tail) < 0)
        whole = NULL;
    free(head);
    return whole;
}

struct err *err_sys(int sys_errno, const char *fmt, ...)
{
    char text[128];
    va_list ap;
    char *head = NULL;

    va_start(ap, fmt);
    if (vasprintf(&head, fmt, ap) < 0)
        head = NULL;
    va_end(ap);
    return err_make(ERR_SYS, sys_errno, NULL, join(head, strerror_r(sys_errno, text, sizeof text)));
}

struct err *err_context(struct err *err, const char *fmt, ...)
{
    va_list ap;
    char *head = NULL;

    if (!err || err == &nomem)
        return err;
    va_start(ap, fmt);
    if (vasprintf(&head, fmt, ap) < 0)
        head = NULL;
    va_end(ap);
    char *whole = join(head, err->message);
    if (!whole) {
        err_destroy(err);
        return &nomem;
    }
    free(err->message);
    err->message = whole;
    return err;
}

struct err *err_hint(struct err *err, const char *fmt, ...)
{
    va_list ap;
    char *hint = NULL;

    if (!err || err == &nomem)
        return err;
    va_start(ap, fmt);
    if (vasprintf(&hint, fmt, ap) < 0)
        hint = NULL;
    va_end(ap);
    free(err->hint);
    err->hint = hint;
    return err;
}

void err_destroy(struct err *err)
{
    if (!err || err == &nomem)
        return;
    free(err->message);
    free(err->hint);
    free(err);
}

const char *err_format(const struct err *err, char *buf, size_t buf_bytes)
{
    snprintf(buf, buf_bytes, "%s%s%s", err->message, err->hint ? "; " : "",
             err->hint ? err->hint : "");
    utf8_make_safe(buf);
    return buf;
}

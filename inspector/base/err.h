/*
 * Errors of the inspector: a pointer to an error object, NULL means success.
 *
 * Every function that can fail returns `struct err *`, is marked ERR_CHECK, writes its results
 * through out-parameters named `ret` (untouched on failure), and hands ownership of the error to
 * the caller: pass it on, or err_destroy() it. The message says what could not be done and why, the
 * hint what to do next; out/ and ui/ print both as one line: "ouro: cannot attach to '12': no such
 * process; see 'ouro ps'".
 *
 * Modelled on drgn's `struct drgn_error *` (libdrgn/error.h). Thread: an error belongs to one
 * thread at a time.
 */
#pragma once

#include <stddef.h>

#define ERR_CHECK                  __attribute__((warn_unused_result))
#define ERR_PRINTF(fmt_idx, first) __attribute__((format(printf, fmt_idx, first)))

enum err_code {
    ERR_NOMEM,       /* out of memory; a static object, so that failing cannot fail */
    ERR_SYS,         /* a system call failed, see sys_errno */
    ERR_USAGE,       /* the command line is wrong: exit status 2 */
    ERR_INPUT,       /* what the user named does not exist or cannot be used */
    ERR_PERMISSION,  /* the kernel or the target's owner forbids it */
    ERR_UNSUPPORTED, /* a Python, a machine or a state that we do not support */
    ERR_BUSY,        /* someone else is there, or the target cannot answer now */
    ERR_NOT_YET,     /* the target is just starting: the same in some milliseconds may succeed */
    ERR_TIMEOUT,     /* waited as long as we said we would */
    ERR_CANCELLED,   /* the user asked us to stop */
    ERR_TARGET_GONE, /* the target ended or replaced itself while we looked at it */
    ERR_PROTOCOL,    /* the other side sent something that fails validation */
    ERR_INTERNAL,    /* our own bug, found by a check */
};

struct err {
    enum err_code code;
    int sys_errno; /* for ERR_SYS, else 0 */
    char *message; /* lower-case, no full stop */
    char *hint;    /* what to do about it, or NULL */
};

/* A new error. `hint` is copied and may be NULL. Never returns NULL: without memory it is the
 * ERR_NOMEM one. */
ERR_CHECK struct err *err_new(enum err_code code, const char *hint, const char *fmt, ...)
    ERR_PRINTF(3, 4);

/* A new ERR_SYS error: the formatted text, then ": " and the text of `sys_errno`. */
ERR_CHECK struct err *err_sys(int sys_errno, const char *fmt, ...) ERR_PRINTF(2, 3);

/* The static out-of-memory error. */
ERR_CHECK struct err *err_nomem(void);

/* Puts "fmt: " before the message of `err` (takes and returns ownership). NULL stays NULL. */
ERR_CHECK struct err *err_context(struct err *err, const char *fmt, ...) ERR_PRINTF(2, 3);

/* Gives `err` another hint (takes and returns ownership). NULL stays NULL. */
ERR_CHECK struct err *err_hint(struct err *err, const char *fmt, ...) ERR_PRINTF(2, 3);

/* Frees `err`; NULL and the static error are fine. */
void err_destroy(struct err *err);

/*
 * Writes "message; hint" into `buf` (always terminated) and returns buf. One line that is fit for a
 * terminal, whatever the texts of users and targets in it were (utf8_make_safe()).
 */
const char *err_format(const struct err *err, char *buf, size_t buf_bytes);

/* Returns early with the error of `expr`, if any. The return is in the name. */
#define ERR_RETURN(expr)                                                                           \
    do {                                                                                           \
        struct err *err_return_ = (expr);                                                          \
        if (err_return_)                                                                           \
            return err_return_;                                                                    \
    } while (0)

#include "inspector/model/redact.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

enum { HASH_DIGITS = 10 };

struct err *redact_init(struct redact *redact)
{
    if (getrandom(redact->key, sizeof redact->key, 0) != sizeof redact->key)
        return err_sys(errno, "there are no random numbers");
    return NULL;
}

/* ---- SipHash-2-4 (J.-P. Aumasson, D. J. Bernstein, 2012) ---- */

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static void rounds(uint64_t v[4], int n)
{
    while (n--) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

static uint64_t siphash(const uint64_t key[2], const char *text, size_t n)
{
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
                     key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573};

    for (size_t at = 0; at <= n; at += 8) {
        uint64_t word = 0;
        size_t left = n - at;
        memcpy(&word, text + at, left < 8 ? left : 8);
        if (left < 8)
            word |= (uint64_t)n << 56;
        v[3] ^= word;
        rounds(v, 2);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- names ---- */

/* Words that the agent writes by itself (agent/ag_names.c, ag_fields.c). */
static const char *const own_words[] = {
    "?",
    "key",
    "member",
    "module",
    "attribute name",
    "weakref",
    "iterates",
    "iterates now",
    "mapping",
    "function",
    "temporary",
    "callback",
    "callable",
    "cache",
    "cached",
    "items",
    "item",
    "values",
    "iterator",
    "arguments",
    "attributes",
    "frame",
    "exception",
    "result",
    "task",
    ".__annotate__",
    ".__annotations__",
    ".__base__",
    ".__bases__",
    ".__builtins__",
    ".__cause__",
    ".__class__",
    ".__closure__",
    ".__code__",
    ".__context__",
    ".__defaults__",
    ".__dict__",
    ".__doc__",
    ".__func__",
    ".__globals__",
    ".__kwdefaults__",
    ".__module__",
    ".__mro__",
    ".__name__",
    ".__notes__",
    ".__parameters__",
    ".__qualname__",
    ".__self__",
    ".__slots__",
    ".__subclasses__()",
    ".__traceback__",
    ".__type_params__",
    ".__wrapped__",
    ".args",
    ".cell_contents",
    ".f_back",
    ".f_code",
    ".f_locals",
    ".gi_code",
    ".gi_frame",
    ".tb_frame",
    ".tb_next",
    ".tzinfo",
};

/* How names begin that come from the program, and how they end. */
static const struct {
    const char *before, *after;
} forms[] = {{"['", "']"},  {"[", "]"},       {"local '", "'"},
             {"slot ", ""}, {"closure ", ""}, {".", ""}};

void redact_text(const struct redact *redact, const char *text, size_t n, struct str *to)
{
    if (n)
        str_printf(to, "%0*llx", HASH_DIGITS,
                   (unsigned long long)(siphash(redact->key, text, n) >> (64 - 4 * HASH_DIGITS)));
}

static bool is_word(const char *name, size_t n, const char *word)
{
    return strlen(word) == n && !memcmp(name, word, n);
}

static bool is_own(const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof own_words / sizeof *own_words; i++)
        if (is_word(name, n, own_words[i]))
            return true;
    return false;
}

/* `before`, digits, `after`. */
static bool is_numbered(const char *name, size_t n, const char *before, const char *after)
{
    size_t head = strlen(before), tail = strlen(after);

    if (n <= head + tail || memcmp(name, before, head) != 0 ||
        memcmp(name + n - tail, after, tail) != 0)
        return false;
    for (size_t i = head; i < n - tail; i++)
        if (name[i] < '0' || name[i] > '9')
            return false;
    return true;
}

void redact_edge(const struct redact *redact, const char *name, size_t n, bool is_sequence,
                 struct str *to)
{
    if (is_own(name, n) || (is_sequence && is_numbered(name, n, "[", "]")) ||
        is_numbered(name, n, "default ", "")) {
        str_append_bytes(to, name, n);
        return;
    }
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        size_t head = strlen(forms[i].before), tail = strlen(forms[i].after);
        if (n < head + tail || memcmp(name, forms[i].before, head) != 0 ||
            memcmp(name + n - tail, forms[i].after, tail) != 0)
            continue;
        str_append(to, forms[i].before);
        redact_text(redact, name + head, n - head - tail, to);
        str_append(to, forms[i].after);
        return;
    }
    redact_text(redact, name, n, to);
}

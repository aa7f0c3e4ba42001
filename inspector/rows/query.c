#include "inspector/rows/query.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/base/utf8.h"
#include "inspector/rows/match.h"
#include "inspector/rows/query_private.h"
#include "inspector/rows/value.h"

enum { DEPTH_MAX = 100, TESTS_MAX = 1000 };

static const struct {
    const char *name;
    enum col_kind kind;
} fields[] = {
    [FIELD_TYPE] = {"type", COL_TYPE},
    [FIELD_MODULE] = {"module", COL_TYPE},
    [FIELD_REFERRER_TYPE] = {"referrer.type", COL_TYPE},
    [FIELD_REFERENT_TYPE] = {"referent.type", COL_TYPE},
    [FIELD_SHALLOW] = {"shallow", COL_BYTES},
    [FIELD_RETAINED] = {"retained", COL_BYTES},
    [FIELD_REFCOUNT] = {"refcount", COL_COUNT},
    [FIELD_REFERRERS] = {"referrers", COL_COUNT},
    [FIELD_REFERENTS] = {"referents", COL_COUNT},
    [FIELD_LEN] = {"len", COL_COUNT},
    [FIELD_GEN] = {"gen", COL_GENERATION},
    [FIELD_TRACKED] = {"tracked", COL_BOOL},
    [FIELD_FINALIZER] = {"finalizer", COL_BOOL},
    [FIELD_FINALIZED] = {"finalized", COL_BOOL},
};

enum { N_FIELDS = sizeof fields / sizeof *fields };

/* Longest first, so that <= is not read as <. */
static const char *const operators[N_OPS] = {"==", "!=", "<=", ">=", "<", ">", "~"};

/* ---- reading ---- */

struct parser {
    const char *text;
    size_t at;
    struct query *query;
    unsigned depth;
};

static struct err *wrong(const struct parser *p, const char *what)
{
    size_t character = 1;

    for (size_t i = 0; i < p->at; i++)
        character += ((unsigned char)p->text[i] & 0xc0) != 0x80;
    return err_new(ERR_USAGE, NULL, "%s at character %zu", what, character);
}

static void skip_blanks(struct parser *p)
{
    while (p->text[p->at] == ' ' || p->text[p->at] == '\t')
        p->at++;
}

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.';
}

static size_t word_length(const char *text)
{
    size_t n = 0;

    while (is_word_char(text[n]))
        n++;
    return n;
}

static bool next_is(const struct parser *p, const char *word)
{
    size_t n = strlen(word);

    return word_length(p->text + p->at) == n && !memcmp(p->text + p->at, word, n);
}

static bool take(struct parser *p, const char *word)
{
    skip_blanks(p);
    if (!next_is(p, word))
        return false;
    p->at += strlen(word);
    return true;
}

static struct err *add(struct parser *p, struct node node, uint32_t *ret)
{
    struct query *q = p->query;

    if (q->n == TESTS_MAX)
        return wrong(p, "the query is too long");
    ERR_RETURN(grow(&q->nodes, &q->cap, q->n + 1, sizeof *q->nodes));
    *ret = (uint32_t)q->n;
    q->nodes[q->n++] = node;
    return NULL;
}

static struct err *read_field(struct parser *p, enum field *ret)
{
    for (unsigned i = 0; i < N_FIELDS; i++)
        if (next_is(p, fields[i].name)) {
            p->at += strlen(fields[i].name);
            *ret = (enum field)i;
            return NULL;
        }
    struct str names = STR_INIT;
    for (unsigned i = 0; i < N_FIELDS; i++)
        str_printf(&names, "%s%s", i ? ", " : "", fields[i].name);
    size_t n = word_length(p->text + p->at);
    struct err *err = wrong(p, n ? "there is no such field" : "a field is missing");
    err = err_hint(err, "the fields are: %s", names.text);
    str_deinit(&names);
    return err;
}

static bool allows(enum col_kind kind, enum op op)
{
    return op == OP_EQ || op == OP_NE ||
           (kind == COL_TYPE ? op == OP_CONTAINS : kind != COL_BOOL && op != OP_CONTAINS);
}

static struct err *read_operator(struct parser *p, enum field field, enum op *ret)
{
    for (unsigned op = 0; op < N_OPS; op++) {
        size_t n = strlen(operators[op]);
        if (strncmp(p->text + p->at, operators[op], n) != 0)
            continue;
        if (!allows(fields[field].kind, (enum op)op))
            return wrong(p, fields[field].kind == COL_TYPE ? "texts are compared with ==, != and ~,"
                            : fields[field].kind == COL_BOOL
                                ? "yes and no are compared with == and !=,"
                                : "numbers are compared with ==, !=, <, <=, > and >=,");
        p->at += n;
        *ret = (enum op)op;
        return NULL;
    }
    return wrong(p, "an operator (== != < <= > >= ~) is missing");
}

/* A word up to a blank or bracket, or what is quoted. */
static struct err *read_value(struct parser *p, char **ret)
{
    const char *start = p->text + p->at;
    size_t n = strcspn(start, " \t()");

    if (*start == '"' || *start == '\'') {
        const char *end = strchr(start + 1, *start);
        if (!end)
            return wrong(p, "the quote is not closed");
        *ret = xstrndup(start + 1, (size_t)(end - start) - 1);
        p->at += (size_t)(end - start) + 1;
        return NULL;
    }
    if (!n)
        return wrong(p, "a value is missing");
    *ret = xstrndup(start, n);
    p->at += n;
    return NULL;
}

/* The value of a test whose operator is known. */
static struct err *read_comparison(struct parser *p, struct node *node)
{
    enum col_kind kind = fields[node->field].kind;

    skip_blanks(p);
    size_t start = p->at;
    ERR_RETURN(read_value(p, &node->text));
    if (kind == COL_TYPE) {
        if (node->op == OP_CONTAINS)
            node->match = text_match_create(node->text);
        return NULL;
    }
    if (node->field == FIELD_GEN && !strcmp(node->text, "permanent")) {
        node->number = MSG_GEN_PERMANENT;
        return NULL;
    }
    struct err *err = value_parse(kind, node->text, &node->number);
    if (!err)
        return NULL;
    p->at = start;
    struct err *placed = wrong(p, err->message);
    err_destroy(err);
    return placed;
}

static void node_deinit(struct node *node)
{
    free(node->text);
    text_match_destroy(node->match);
}

static struct err *read_test(struct parser *p, uint32_t *ret)
{
    struct node node = {.kind = NODE_TEST, .op = OP_EQ, .number = 1};

    ERR_RETURN(read_field(p, &node.field));
    skip_blanks(p);
    bool alone = fields[node.field].kind == COL_BOOL && !strchr("=!<>~", p->text[p->at]);
    if (alone || !p->text[p->at]) {
        if (fields[node.field].kind != COL_BOOL)
            return wrong(p, "an operator (== != < <= > >= ~) is missing");
        return add(p, node, ret);
    }
    ERR_RETURN(read_operator(p, node.field, &node.op));
    struct err *err = read_comparison(p, &node);
    if (!err)
        err = add(p, node, ret);
    if (err)
        node_deinit(&node);
    return err;
}

static struct err *read_or(struct parser *p, uint32_t *ret);

static struct err *read_term(struct parser *p, uint32_t *ret)
{
    struct node node = {.kind = NODE_NOT};
    struct err *err;

    if (p->depth == DEPTH_MAX)
        return wrong(p, "the query is nested too deeply");
    p->depth++;
    if (take(p, "not")) {
        err = read_term(p, &node.left);
        if (!err)
            err = add(p, node, ret);
    } else if (p->text[p->at] == '(') {
        size_t open = p->at++;
        err = read_or(p, ret);
        skip_blanks(p);
        if (!err && p->text[p->at] != ')') {
            if (!p->text[p->at])
                p->at = open;
            err =
                wrong(p, p->at == open ? "the bracket is not closed" : "'and' or 'or' is missing");
        } else if (!err) {
            p->at++;
        }
    } else {
        err = read_test(p, ret);
    }
    p->depth--;
    return err;
}

static struct err *read_and(struct parser *p, uint32_t *ret)
{
    struct node node = {.kind = NODE_AND};

    ERR_RETURN(read_term(p, ret));
    while (take(p, "and")) {
        node.left = *ret;
        ERR_RETURN(read_term(p, &node.right));
        ERR_RETURN(add(p, node, ret));
    }
    return NULL;
}

static struct err *read_or(struct parser *p, uint32_t *ret)
{
    struct node node = {.kind = NODE_OR};

    ERR_RETURN(read_and(p, ret));
    while (take(p, "or")) {
        node.left = *ret;
        ERR_RETURN(read_and(p, &node.right));
        ERR_RETURN(add(p, node, ret));
    }
    return NULL;
}

void query_destroy(struct query *query)
{
    for (size_t i = 0; query && i < query->n; i++)
        node_deinit(&query->nodes[i]);
    if (query)
        free(query->nodes);
    free(query);
}

struct err *query_parse(const char *text, struct query **ret, size_t *at)
{
    struct parser p = {.text = text, .query = xalloc(sizeof *p.query)};
    struct err *err = read_or(&p, &p.query->root);

    skip_blanks(&p);
    if (!err && text[p.at])
        err = wrong(&p, "'and' or 'or' is missing");
    *at = p.at;
    if (err)
        query_destroy(p.query);
    else
        *ret = p.query;
    return err;
}

void query_point(const char *text, size_t at, struct str *to)
{
    _cleanup_free_ char *line = xstrdup(text), *before = xstrndup(text, at);

    utf8_make_safe(line);
    utf8_make_safe(before);
    str_printf(to, "%s\n%*s^\n", line, (int)utf8_width(before), "");
}

bool query_needs_length(const struct query *query)
{
    for (size_t i = 0; i < query->n; i++)
        if (query->nodes[i].kind == NODE_TEST && query->nodes[i].field == FIELD_LEN)
            return true;
    return false;
}

#include "inspector/rows/filter.h"

#include <regex.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "inspector/rows/match.h"
#include "inspector/rows/rows.h"
#include "inspector/rows/value.h"

enum { MAX_REGEX_COPIES = 4096 }; /* that the repetitions of an expression may make: 12 stars */

enum op { OP_NONE, OP_GT, OP_GE, OP_LT, OP_LE, OP_EQ, OP_NE, OP_CONTAINS };

/* Longest first, so that >= is not read as >. */
static const struct {
    const char *text;
    enum op op;
} operators[] = {
    {">=", OP_GE}, {"<=", OP_LE}, {"!=", OP_NE},      {">", OP_GT},
    {"<", OP_LT},  {"=", OP_EQ},  {"~", OP_CONTAINS},
};

enum atom_kind {
    ATOM_WORD,  /* `match` in any text column */
    ATOM_REGEX, /* `regex` in any text column */
    ATOM_TEXT,  /* column `col` against `text` or `match` */
    ATOM_NUM,   /* column `col` against `num` */
};

struct atom {
    enum atom_kind kind;
    enum op op;
    int col; /* -1 for words and expressions */
    int64_t num;
    char *text;
    struct text_match *match;
    regex_t *regex;
};

/* a,b or !a,b */
struct term {
    bool negated;
    struct atom *atoms;
    size_t n_atoms;
};

struct filter {
    struct term *terms; /* all must hold */
    size_t n_terms;
};

struct parser {
    const char *text;
    size_t at; /* byte offset */
    const struct rows *rows;
};

/* "what at character N" */
static struct err *syntax_error(const struct parser *p, size_t at, const char *what)
{
    size_t character = 1;

    for (size_t i = 0; i < at; i++)
        character += ((unsigned char)p->text[i] & 0xc0) != 0x80;
    return err_new(ERR_USAGE, NULL, "%s at character %zu", what, character);
}

/* The message of `err` (taken), with the place. */
static struct err *place_error(const struct parser *p, size_t at, struct err *err)
{
    _cleanup_err_ struct err *inner = err;

    return syntax_error(p, at, inner->message);
}

static void atom_deinit(struct atom *atom)
{
    free(atom->text);
    text_match_destroy(atom->match);
    if (atom->regex) {
        regfree(atom->regex);
        free(atom->regex);
    }
}

void filter_destroy(struct filter *filter)
{
    if (!filter)
        return;
    for (size_t i = 0; i < filter->n_terms; i++) {
        struct term *term = &filter->terms[i];
        for (size_t j = 0; j < term->n_atoms; j++)
            atom_deinit(&term->atoms[j]);
        free(term->atoms);
    }
    free(filter->terms);
    free(filter);
}

static void cleanup_filter(struct filter **filter)
{
    filter_destroy(*filter);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool ends_value(char c)
{
    return !c || is_blank(c) || c == ',';
}

static bool is_key_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* A bare or quoted value; *ret is the caller's to free. */
static struct err *parse_value(struct parser *p, char **ret)
{
    size_t start = p->at;

    if (p->text[p->at] != '"') {
        while (!ends_value(p->text[p->at]))
            p->at++;
        if (p->at == start)
            return syntax_error(p, start, "something is missing");
        *ret = xstrndup(p->text + start, p->at - start);
        return NULL;
    }
    const char *close = strchr(p->text + start + 1, '"');
    if (!close)
        return syntax_error(p, start, "the quote is not closed");
    if (!ends_value(close[1]))
        return syntax_error(p, (size_t)(close + 1 - p->text), "a blank or comma is missing");
    p->at = (size_t)(close + 1 - p->text);
    *ret = xstrndup(p->text + start + 1, (size_t)(close - p->text) - start - 1);
    return NULL;
}

/* Smart case for expressions: a letter behind a backslash is no upper-case letter. */
static bool regex_has_upper(const char *text)
{
    for (; *text; text++) {
        if (*text == '\\' && text[1])
            text++;
        else if (*text >= 'A' && *text <= 'Z')
            return true;
    }
    return false;
}

/*
 * What is wrong with an expression although regcomp() would take it, or NULL. glibc's cost doubles with
 * every nested repetition and multiplies with {n,m}: a few dozen characters take all memory or forever.
 * Back references make matching exponential. None of that can be interrupted.
 */
static const char *regex_objection(const char *text)
{
    unsigned long copies = 1;

    for (; *text; text++) {
        if (*text == '\\' && text[1] >= '1' && text[1] <= '9')
            return "back references are not supported";
        if (*text == '\\' && text[1]) {
            text++;
        } else if (strchr("*+?", *text)) {
            copies *= 2;
        } else if (*text == '{') {
            unsigned long low = strtoul(text + 1, (char **)&text, 10), high = low;
            if (*text == ',')
                high = strtoul(text + 1, (char **)&text, 10);
            if (low > MAX_REGEX_COPIES || high > MAX_REGEX_COPIES)
                return "the expression repeats too much";
            copies *= (low > high ? low : high) + 1;
            text--; /* the loop steps over one character */
        }
        if (copies > MAX_REGEX_COPIES)
            return "the expression repeats too much";
    }
    return NULL;
}

static struct err *compile_regex(const struct parser *p, size_t at, const char *text, regex_t **ret)
{
    const char *objection = regex_objection(text);
    if (objection)
        return syntax_error(p, at, objection);
    regex_t *regex = xalloc(sizeof *regex);
    int flags = REG_EXTENDED | REG_NOSUB | (regex_has_upper(text) ? 0 : REG_ICASE);
    int status = regcomp(regex, text, flags);

    if (status) {
        char why[128];
        regerror(status, regex, why, sizeof why);
        free(regex);
        return syntax_error(p, at, why);
    }
    *ret = regex;
    return NULL;
}

static struct err *parse_regex(struct parser *p, struct atom *atom)
{
    struct str text = STR_INIT;
    size_t start = p->at++;

    for (; p->text[p->at] && p->text[p->at] != '/'; p->at++) {
        if (p->text[p->at] == '\\' && p->text[p->at + 1]) {
            if (p->text[p->at + 1] != '/')
                str_append_char(&text, '\\');
            p->at++;
        }
        str_append_char(&text, p->text[p->at]);
    }
    struct err *err = NULL;
    if (!p->text[p->at])
        err = syntax_error(p, start, "the expression has no closing '/'");
    else if (!ends_value(p->text[p->at + 1]))
        err = syntax_error(p, p->at + 1, "a blank or comma is missing");
    else
        err = compile_regex(p, start, text.text, &atom->regex);
    p->at++;
    atom->kind = ATOM_REGEX;
    str_deinit(&text);
    return err;
}

static struct err *unknown_column(const struct parser *p, size_t at, const char *key)
{
    struct str known = STR_INIT;
    _cleanup_free_ char *what = xasprintf("there is no column '%s'", key);

    for (unsigned i = 0; i < p->rows->n_columns; i++)
        if (!(p->rows->columns[i].flags & COL_F_NO_SORT))
            str_printf(&known, "%s%s", known.len_bytes ? ", " : "", p->rows->columns[i].key);
    _cleanup_err_ struct err *placed = syntax_error(p, at, what);
    struct err *err = err_new(ERR_USAGE, known.text, "%s", placed->message);
    str_deinit(&known);
    return err;
}

/* `key op` at the current position: consumed, with *col set, or left alone with OP_NONE. */
static struct err *parse_field(struct parser *p, int *col, enum op *op)
{
    size_t start = p->at, end = start;

    *op = OP_NONE;
    while (is_key_char(p->text[end]))
        end++;
    if (end == start)
        return NULL;
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        size_t bytes = strlen(operators[i].text);
        if (strncmp(p->text + end, operators[i].text, bytes) != 0)
            continue;
        _cleanup_free_ char *key = xstrndup(p->text + start, end - start);
        *col = rows_column(p->rows, key);
        if (*col < 0)
            return unknown_column(p, start, key);
        if (p->rows->columns[*col].flags & COL_F_NO_SORT)
            return syntax_error(p, start,
                                "only rows on the screen have their value of this column");
        *op = operators[i].op;
        p->at = end + bytes;
        return NULL;
    }
    return NULL;
}

static bool is_text_kind(enum col_kind kind)
{
    return kind == COL_TEXT || kind == COL_TYPE;
}

/* Takes `value`, read at byte `at`, as the right side of `col op`. */
static struct err *set_comparison(const struct parser *p, size_t at, struct atom *atom, char *value)
{
    enum col_kind kind = p->rows->columns[atom->col].kind;

    atom->text = value;
    if (atom->op == OP_CONTAINS || is_text_kind(kind)) {
        if (!is_text_kind(kind))
            return syntax_error(p, at, "'~' is for text; compare numbers with > < =");
        if (atom->op != OP_CONTAINS && atom->op != OP_EQ && atom->op != OP_NE)
            return syntax_error(p, at, "text is compared with ~ = or !=");
        atom->kind = ATOM_TEXT;
        if (atom->op == OP_CONTAINS)
            atom->match = text_match_create(value);
        return NULL;
    }
    if (kind == COL_GENERATION && !strcmp(value, "permanent")) {
        atom->kind = ATOM_NUM;
        atom->num = INT64_MAX;
        return NULL;
    }
    atom->kind = ATOM_NUM;
    struct err *err = value_parse(kind, value, &atom->num);
    return err ? place_error(p, at, err) : NULL;
}

/* One alternative. `inherit` is the one before it in the same term, or NULL. */
static struct err *parse_atom(struct parser *p, const struct atom *inherit, struct atom *atom)
{
    char *value = NULL;

    if (p->text[p->at] == '/')
        return parse_regex(p, atom);
    if (p->text[p->at] != '"')
        ERR_RETURN(parse_field(p, &atom->col, &atom->op));
    if (atom->op == OP_NONE && inherit && inherit->op != OP_NONE) {
        atom->op = inherit->op;
        atom->col = inherit->col;
    }
    size_t at = p->at;
    ERR_RETURN(parse_value(p, &value));
    if (atom->op != OP_NONE)
        return set_comparison(p, at, atom, value);
    atom->kind = ATOM_WORD;
    atom->text = value;
    atom->match = text_match_create(value);
    return NULL;
}

static struct err *parse_term(struct parser *p, struct term *term)
{
    while (p->text[p->at] == '!') {
        term->negated = !term->negated;
        p->at++;
    }
    for (;;) {
        struct atom *atom;
        term->atoms = xrealloc(term->atoms, (term->n_atoms + 1) * sizeof *term->atoms);
        atom = &term->atoms[term->n_atoms++];
        *atom = (struct atom){.col = -1};
        ERR_RETURN(parse_atom(p, term->n_atoms > 1 ? atom - 1 : NULL, atom));
        if (p->text[p->at] != ',')
            return NULL;
        p->at++;
    }
}

struct err *filter_parse(const char *text, const struct rows *rows, struct filter **ret)
{
    struct parser p = {text, 0, rows};
    _cleanup_(cleanup_filter) struct filter *filter = xalloc(sizeof *filter);

    for (;;) {
        while (is_blank(text[p.at]))
            p.at++;
        if (!text[p.at])
            break;
        filter->terms = xrealloc(filter->terms, (filter->n_terms + 1) * sizeof *filter->terms);
        filter->terms[filter->n_terms] = (struct term){0};
        ERR_RETURN(parse_term(&p, &filter->terms[filter->n_terms++]));
    }
    *ret = filter->n_terms ? take_ptr(filter) : NULL;
    return NULL;
}

static bool compare_numbers(enum op op, bool is_less, bool is_equal)
{
    switch (op) {
    case OP_GT:
        return !is_less && !is_equal;
    case OP_GE:
        return !is_less;
    case OP_LT:
        return is_less;
    case OP_LE:
        return is_less || is_equal;
    case OP_EQ:
        return is_equal;
    case OP_NE:
        return !is_equal;
    case OP_NONE:
    case OP_CONTAINS:
        break;
    }
    return false;
}

static bool match_column(const struct atom *atom, const struct rows *rows, size_t raw)
{
    enum col_kind kind = rows->columns[atom->col].kind;
    struct cell cell;

    rows_cell_raw(rows, raw, (unsigned)atom->col, &cell);
    if (cell.state != CELL_VALUE)
        return false;
    if (atom->kind == ATOM_TEXT) {
        const char *text = cell.text ? cell.text : "";
        if (atom->op == OP_CONTAINS)
            return text_match_find(atom->match, text, NULL, NULL);
        return !strcmp(text, atom->text) == (atom->op == OP_EQ);
    }
    int64_t num = kind == COL_GENERATION && cell.text ? INT64_MAX : cell.num;
    bool is_less = kind == COL_ADDRESS ? (uint64_t)num < (uint64_t)atom->num : num < atom->num;
    return compare_numbers(atom->op, is_less, num == atom->num);
}

/* A word or an expression in any column that reads as text. */
static bool match_any_text(const struct atom *atom, const struct rows *rows, size_t raw)
{
    char buf[CELL_BUF_BYTES];
    struct cell cell;

    for (unsigned col = 0; col < rows->n_columns; col++) {
        const struct column *column = &rows->columns[col];
        if (!col_reads_as_text(column->kind) || column->flags & (COL_F_NO_SORT | COL_F_JSON_ONLY))
            continue;
        rows_cell_raw(rows, raw, col, &cell);
        if (cell.state != CELL_VALUE)
            continue;
        const char *text = cell_format(column, &cell, false, buf);
        if (atom->kind == ATOM_REGEX ? !regexec(atom->regex, text, 0, NULL, 0)
                                     : text_match_find(atom->match, text, NULL, NULL))
            return true;
    }
    return false;
}

static bool match_term(const struct term *term, const struct rows *rows, size_t raw)
{
    for (size_t i = 0; i < term->n_atoms; i++) {
        const struct atom *atom = &term->atoms[i];
        bool found =
            atom->col >= 0 ? match_column(atom, rows, raw) : match_any_text(atom, rows, raw);
        if (found)
            return !term->negated;
    }
    return term->negated;
}

bool filter_match(const struct filter *filter, const struct rows *rows, size_t raw)
{
    for (size_t i = 0; i < filter->n_terms; i++)
        if (!match_term(&filter->terms[i], rows, raw))
            return false;
    return true;
}

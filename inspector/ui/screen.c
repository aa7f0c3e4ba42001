#include "inspector/ui/screen.h"

#include <ncurses.h>
#include <string.h>
#include <wchar.h>

#include "inspector/base/utf8.h"

struct cell_look {
    attr_t attrs;
    short fg, bg;
};

static const struct {
    attr_t attr;
    const char *name;
} attr_names[] = {
    {A_BOLD, "bold"},
    {A_UNDERLINE, "underline"},
    {A_REVERSE, "reverse"},
    {A_DIM, "dim"},
};

/* Reads the cell at (y, x) and appends its characters; returns its width. */
static int read_cell(int y, int x, struct str *text, struct cell_look *look)
{
    wchar_t chars[CCHARW_MAX + 1] = {0};
    cchar_t cell;
    attr_t attrs;
    short pair;
    char bytes[UTF8_MAX_BYTES];

    *look = (struct cell_look){0, -1, -1};
    if (mvin_wch(y, x, &cell) == ERR || getcchar(&cell, chars, &attrs, &pair, NULL) == ERR)
        return 1;
    for (int i = 0; chars[i]; i++)
        str_append_bytes(text, bytes, utf8_encode((uint32_t)chars[i], bytes));
    look->attrs = attrs & (A_BOLD | A_UNDERLINE | A_REVERSE | A_DIM);
    if (pair)
        pair_content(pair, &look->fg, &look->bg);
    int width = wcwidth(chars[0]);
    return width > 1 ? width : 1;
}

static void append_color(short color, struct str *ret)
{
    static const char *const names[] = {"black", "red",     "green", "yellow",
                                        "blue",  "magenta", "cyan",  "white"};

    if (color < 0 || color >= (short)(sizeof names / sizeof *names))
        str_append(ret, "default");
    else
        str_append(ret, names[color]);
}

static bool is_plain(const struct cell_look *look)
{
    return !look->attrs && look->fg == -1 && look->bg == -1;
}

static void append_run(int begin, int end, const struct cell_look *look, struct str *ret)
{
    const char *separator = " ";

    str_printf(ret, "    %d-%d", begin, end - 1);
    for (size_t i = 0; i < sizeof attr_names / sizeof *attr_names; i++)
        if (look->attrs & attr_names[i].attr) {
            str_printf(ret, "%s%s", separator, attr_names[i].name);
            separator = ",";
        }
    if (look->fg != -1 || look->bg != -1) {
        str_append(ret, " ");
        append_color(look->fg, ret);
        str_append(ret, "/");
        append_color(look->bg, ret);
    }
    str_append(ret, "\n");
}

static bool same_look(const struct cell_look *a, const struct cell_look *b)
{
    return a->attrs == b->attrs && a->fg == b->fg && a->bg == b->bg;
}

static void append_attrs(int y, struct str *ret)
{
    struct str ignored = STR_INIT;
    struct cell_look run = {0, -1, -1}, look;
    int begin = 0, x = 0;

    while (x < COLS) {
        int width = read_cell(y, x, &ignored, &look);
        if (!same_look(&run, &look)) {
            if (!is_plain(&run))
                append_run(begin, x, &run, ret);
            run = look;
            begin = x;
        }
        x += width;
    }
    if (!is_plain(&run))
        append_run(begin, x, &run, ret);
    str_deinit(&ignored);
}

static void append_row(int y, struct str *ret)
{
    struct cell_look look;
    size_t start = ret->len_bytes;

    for (int x = 0; x < COLS;)
        x += read_cell(y, x, ret, &look);
    while (ret->len_bytes > start && ret->text[ret->len_bytes - 1] == ' ')
        ret->text[--ret->len_bytes] = '\0';
}

void screen_dump(bool with_attrs, struct str *ret)
{
    for (int y = 0; y < LINES; y++) {
        append_row(y, ret);
        str_append(ret, "\n");
        if (with_attrs)
            append_attrs(y, ret);
    }
}

bool screen_has(const char *text)
{
    bool found = false;

    for (int y = 0; y < LINES && !found; y++) {
        struct str row = STR_INIT;
        append_row(y, &row);
        found = strstr(row.text, text) != NULL;
        str_deinit(&row);
    }
    return found;
}

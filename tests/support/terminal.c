#include "tests/support/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inspector/base/file.h"
#include "inspector/base/mem.h"
#include "inspector/base/utf8.h"
#include "tests/support/test.h"

enum { MAX_SCREEN_BYTES = 1 << 20 };

/* Every `screen FILE` step sends this, then FILE, then BEL. */
static const char marker[] = "\033]7777;";

void terminal_init(struct terminal *t, int cols, int rows, const char *work)
{
    *t = (struct terminal){.cols = cols, .rows = rows, .work = work, .unread = STR_INIT};
    t->vterm = vterm_new(rows, cols);
    vterm_set_utf8(t->vterm, 1);
    t->screen = vterm_obtain_screen(t->vterm);
    vterm_screen_enable_altscreen(t->screen, 1);
    vterm_screen_reset(t->screen, 1);
}

void terminal_deinit(struct terminal *t)
{
    vterm_free(t->vterm);
    str_deinit(&t->unread);
}

/* One row as screen_dump() writes it. */
static void append_row(const struct terminal *t, int y, struct str *ret)
{
    size_t start = ret->len_bytes;
    VTermScreenCell cell;

    for (int x = 0; x<t->cols; x += cell.width> 1 ? cell.width : 1) {
        char bytes[UTF8_MAX_BYTES];
        vterm_screen_get_cell(t->screen, (VTermPos){y, x}, &cell);
        if (!cell.chars[0])
            str_append_char(ret, ' ');
        for (size_t i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++)
            str_append_bytes(ret, bytes, utf8_encode(cell.chars[i], bytes));
    }
    while (ret->len_bytes > start && ret->text[ret->len_bytes - 1] == ' ')
        ret->text[--ret->len_bytes] = '\0';
}

char *terminal_text(const struct terminal *t)
{
    struct str text = STR_INIT;

    for (int y = 0; y < t->rows; y++) {
        append_row(t, y, &text);
        str_append_char(&text, '\n');
    }
    return str_steal(&text);
}

static void compare(struct terminal *t, const char *name)
{
    if (!t->work)
        return;
    char *path = xasprintf("%s/%s", t->work, name);
    char *believed = NULL, *shown = terminal_text(t);
    err_destroy(file_read(path, MAX_SCREEN_BYTES, &believed, NULL));

    if (!believed || strcmp(believed, shown) != 0) {
        fprintf(stderr, "%s: curses believes:\n%s\nthe terminal shows:\n%s\n", name,
                believed ? believed : "(no file)", shown);
        t->differs = true;
    }
    t->n_compared++;
    unlink(path);
    free(path);
    free(believed);
    free(shown);
}

/* Bytes of `text` without a character at its end whose rest is still to come; libvterm loses those.
 */
static size_t whole_characters(const char *text, size_t bytes)
{
    for (size_t back = 1; back < UTF8_MAX_BYTES && back <= bytes; back++) {
        unsigned char c = (unsigned char)text[bytes - back];
        if (c >= 0xc0)
            return (c >= 0xf0 ? 4U : c >= 0xe0 ? 3U : 2U) > back ? bytes - back : bytes;
        if (c < 0x80)
            break;
    }
    return bytes;
}

/* Up to each marker, and compares there. */
void terminal_feed(void *ctx, const char *bytes, size_t n)
{
    struct terminal *t = ctx;
    const char *at, *found;

    str_append_bytes(&t->unread, bytes, n);
    for (at = t->unread.text; (found = strstr(at, marker)); at = strchr(found, '\a') + 1) {
        vterm_input_write(t->vterm, at, (size_t)(found - at));
        at = found;
        if (!strchr(found, '\a'))
            break;
        char *name = xstrndup(found + strlen(marker),
                              (size_t)(strchr(found, '\a') - found) - strlen(marker));
        compare(t, name);
        free(name);
    }
    /* Something that may become a marker waits for its rest. */
    const char *escape = strrchr(at, '\033');
    bool may_grow = escape && (!strncmp(escape, marker, strlen(escape)) ||
                               !strncmp(escape, marker, strlen(marker)));
    size_t ready = may_grow ? (size_t)(escape - at) : whole_characters(at, strlen(at));
    vterm_input_write(t->vterm, at, ready);
    char *rest = xstrdup(at + ready);
    str_clear(&t->unread);
    str_append(&t->unread, rest);
    free(rest);
}

void terminal_wait(struct terminal *t, struct pty *pty, const char *text)
{
    for (;;) {
        char *shown = terminal_text(t);
        bool is_there = strstr(shown, text) != NULL;
        if (is_there) {
            free(shown);
            return;
        }
        if (!pty_pump(pty, terminal_feed, t)) {
            fprintf(stderr, "'%s' did not appear:\n%s\n", text, shown);
            free(shown);
            fail();
        }
        free(shown);
    }
}

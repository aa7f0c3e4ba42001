/*
 * A browser on the screen: the header line, then rows.
 *
 *      ┌ mark
 *      ▼ Type           Count▼    Shallow
 *        dict           12,345   1.50 MiB
 *      * app.Node        1,000   54.7 KiB
 */
#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/base/units.h"
#include "inspector/base/utf8.h"
#include "inspector/ui/browser_private.h"
#include "inspector/ui/columns.h"
#include "inspector/ui/term.h"

enum { MARK_WIDTH = 2, HEADER_ROWS = 1 };

/* The widest text of each column on the page joins what was seen before; counts the pending cells.
 */
static void measure_page(struct browser *b, size_t n_lines)
{
    char buf[CELL_BUF_BYTES];
    struct cell cell;

    b->n_pending = 0;
    for (unsigned col = 0; col < b->rows->n_columns; col++) {
        const struct column *column = &b->rows->columns[col];
        if (column->flags & COL_F_JSON_ONLY)
            continue;
        for (size_t i = b->top; i < b->top + n_lines; i++) {
            rows_cell(b->rows, i, col, &cell);
            b->n_pending += cell.state == CELL_PENDING;
            size_t width = utf8_width(cell_format(column, &cell, term_is_ascii(), buf));
            if (width > b->natural[col])
                b->natural[col] = (unsigned)width;
        }
    }
}

static void draw_header(const struct browser *b, struct area area,
                        const struct column_place *places, unsigned n_places)
{
    draw_blank(area, 0, 0, -1, ROLE_HEADER);
    for (unsigned i = 0; i < n_places; i++) {
        const struct column *column = &b->rows->columns[places[i].col];
        bool is_sort = (int)places[i].col == b->shown.sort_column;
        const char *arrow = !is_sort ? "" : draw_glyph(b->shown.descending ? GLYPH_DOWN : GLYPH_UP);
        _cleanup_free_ char *title = xasprintf("%s%s", column->title, arrow);
        struct draw_field field = {
            .role = is_sort ? ROLE_HEADER_SORT : ROLE_HEADER,
            .align = columns_align(column->kind),
        };
        draw_field(area, 0, places[i].x + MARK_WIDTH, places[i].width, &field, title);
    }
}

/* The role of a whole line, or ROLE_NORMAL where each cell has its own. */
static enum role line_role(const struct browser *b, size_t shown, bool has_focus)
{
    if (shown != b->cursor)
        return ROLE_NORMAL;
    return has_focus ? ROLE_SELECTED : ROLE_SELECTED_INACTIVE;
}

static void draw_row(const struct browser *b, struct area area, int y, size_t shown, enum role line,
                     const struct column_place *places, unsigned n_places)
{
    char buf[CELL_BUF_BYTES];
    struct cell cell;
    bool is_marked = idset_has(&b->marks, rows_id(b->rows, shown));

    draw_blank(area, y, 0, -1, line);
    if (is_marked)
        draw_text(area, y, 0, line == ROLE_NORMAL ? ROLE_MARK : line, draw_glyph(GLYPH_MARK));
    for (unsigned i = 0; i < n_places; i++) {
        const struct column *column = &b->rows->columns[places[i].col];
        rows_cell(b->rows, shown, places[i].col, &cell);
        enum role role = is_marked ? ROLE_MARK : theme_tone_role(cell.tone);
        if (cell.state != CELL_VALUE && role == ROLE_NORMAL)
            role = ROLE_DIM;
        struct draw_field field = {
            .role = line == ROLE_NORMAL ? role : line,
            .align = columns_align(column->kind),
            .clip = column->kind == COL_TYPE ? CLIP_START : CLIP_END,
            .match = col_reads_as_text(column->kind) ? b->match : NULL,
        };
        draw_field(area, y, places[i].x + MARK_WIDTH, places[i].width, &field,
                   cell_format(column, &cell, term_is_ascii(), buf));
    }
}

static void draw_empty(const struct browser *b, struct area area)
{
    const char *text = b->empty_text ? b->empty_text : "nothing here";

    if (b->rows && rows_total(b->rows) && b->shown.filter_text[0])
        text = "no row passes the filter; Esc clears it";
    draw_text(area, area.height > 2 ? 1 : 0, MARK_WIDTH, ROLE_DIM, text);
}

void browser_draw(struct browser *b, struct area area, bool has_focus)
{
    b->n_pending = 0;
    b->page = area.height > HEADER_ROWS ? area.height - HEADER_ROWS : 1;
    browser_clamp(b);
    if (!b->rows) {
        draw_empty(b, area);
        return;
    }
    struct area body = area_rows(area, HEADER_ROWS, area.height - HEADER_ROWS);
    size_t count = browser_count(b), left = count - b->top;
    size_t n_lines = left < (size_t)body.height ? left : (size_t)body.height;
    _cleanup_free_ struct column_place *places = xalloc((b->rows->n_columns + 1) * sizeof *places);

    rows_prefetch(b->rows, b->top, n_lines);
    measure_page(b, n_lines);
    unsigned n_places = columns_fit(b->rows, b->natural, area.width - MARK_WIDTH, places);
    draw_header(b, area, places, n_places);
    for (size_t i = 0; i < n_lines; i++)
        draw_row(b, body, (int)i, b->top + i, line_role(b, b->top + i, has_focus), places,
                 n_places);
    if (!count)
        draw_empty(b, body);
}

void browser_describe(const struct browser *b, struct str *ret)
{
    char here[UNITS_BUF], shown[UNITS_BUF], all[UNITS_BUF];
    size_t count = browser_count(b), total = b->rows ? rows_total(b->rows) : 0;

    if (!b->rows)
        return;
    str_printf(ret, "%s/%s", units_count((int64_t)(count ? b->cursor + 1 : 0), here),
               units_count((int64_t)count, shown));
    if (count != total)
        str_printf(ret, " of %s", units_count((int64_t)total, all));
    if (b->marks.count)
        str_printf(ret, "  %s marked", units_count((int64_t)b->marks.count, here));
    if (b->shown.filter_text[0])
        str_printf(ret, "  filter: %s", b->shown.filter_text);
    if (b->ordering)
        str_printf(ret, "  %s%s",
                   strcmp(b->wanted.filter_text, b->shown.filter_text) ? "filtering" : "sorting",
                   draw_glyph(GLYPH_ELLIPSIS));
    else if (b->searching)
        str_printf(ret, "  searching%s", draw_glyph(GLYPH_ELLIPSIS));
}

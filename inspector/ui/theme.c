#include "inspector/ui/theme.h"

#include <ncurses.h>

struct look {
    short fg, bg; /* COLOR_*, -1: the terminal's own */
    attr_t with_color, mono;
};

static const struct look looks[N_ROLES] = {
    [ROLE_NORMAL] = {-1, -1, 0, 0},
    [ROLE_TITLE] = {-1, -1, A_BOLD, A_BOLD},
    [ROLE_CRUMB] = {COLOR_CYAN, -1, 0, 0},
    [ROLE_TAB] = {-1, -1, 0, 0},
    [ROLE_TAB_CURRENT] = {COLOR_BLACK, COLOR_CYAN, 0, A_REVERSE},
    [ROLE_HEADER] = {-1, -1, A_BOLD | A_UNDERLINE, A_BOLD | A_UNDERLINE},
    [ROLE_HEADER_SORT] = {COLOR_CYAN, -1, A_BOLD | A_UNDERLINE, A_BOLD | A_UNDERLINE},
    [ROLE_SELECTED] = {COLOR_BLACK, COLOR_CYAN, 0, A_REVERSE},
    [ROLE_SELECTED_INACTIVE] = {COLOR_BLACK, COLOR_WHITE, 0, A_UNDERLINE},
    [ROLE_DIM] = {-1, -1, A_DIM, A_DIM},
    [ROLE_GOOD] = {COLOR_GREEN, -1, 0, 0},
    [ROLE_WARN] = {COLOR_YELLOW, -1, 0, A_BOLD},
    [ROLE_BAD] = {COLOR_RED, -1, A_BOLD, A_BOLD | A_UNDERLINE},
    [ROLE_KEY] = {COLOR_CYAN, -1, A_BOLD, A_BOLD},
    [ROLE_MATCH] = {COLOR_BLACK, COLOR_YELLOW, 0, A_BOLD | A_REVERSE},
    [ROLE_MARK] = {COLOR_YELLOW, -1, A_BOLD, A_BOLD},
    [ROLE_INFO] = {COLOR_YELLOW, -1, 0, A_BOLD},
    [ROLE_MESSAGE] = {-1, -1, 0, 0},
    [ROLE_ERROR] = {COLOR_RED, -1, A_BOLD, A_BOLD},
    [ROLE_PROMPT] = {COLOR_CYAN, -1, A_BOLD, A_BOLD},
    [ROLE_BAR] = {COLOR_BLACK, COLOR_GREEN, 0, A_REVERSE},
    [ROLE_DIALOG] = {COLOR_CYAN, -1, A_BOLD, A_BOLD},
    [ROLE_BUTTON] = {-1, -1, A_BOLD, A_BOLD},
};

static unsigned attrs[N_ROLES];

void theme_init(bool with_color)
{
    for (int role = 0; role < N_ROLES; role++) {
        const struct look *look = &looks[role];
        attrs[role] = with_color ? look->with_color : look->mono;
        if (!with_color || (look->fg == -1 && look->bg == -1))
            continue;
        init_pair((short)(role + 1), look->fg, look->bg);
        attrs[role] |= (unsigned)COLOR_PAIR(role + 1);
    }
}

unsigned theme_attr(enum role role)
{
    return attrs[role];
}

enum role theme_tone_role(enum tone tone)
{
    static const enum role roles[] = {
        [TONE_NORMAL] = ROLE_NORMAL, [TONE_DIM] = ROLE_DIM, [TONE_GOOD] = ROLE_GOOD,
        [TONE_WARN] = ROLE_WARN,     [TONE_BAD] = ROLE_BAD,
    };

    return roles[tone];
}

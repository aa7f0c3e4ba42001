/*
 * The default keys. The footer shows the labels in this order: those of the view's own class first.
 */
#include "inspector/ui/keymap.h"

const struct binding_spec keymap_defaults[] = {
    /* moving */
    {KEYS_GLOBAL, "Down j", ACT_DOWN, NULL},
    {KEYS_GLOBAL, "Up k", ACT_UP, NULL},
    {KEYS_GLOBAL, "PgDn ^f", ACT_PAGE_DOWN, NULL},
    {KEYS_GLOBAL, "PgUp ^b", ACT_PAGE_UP, NULL},
    {KEYS_GLOBAL, "^d", ACT_HALF_DOWN, NULL},
    {KEYS_GLOBAL, "^u", ACT_HALF_UP, NULL},
    {KEYS_GLOBAL, "Home g", ACT_FIRST, NULL},
    {KEYS_GLOBAL, "End G", ACT_LAST, NULL},
    {KEYS_GLOBAL, "Enter", ACT_OPEN, NULL},
    {KEYS_GLOBAL, "Right l", ACT_RIGHT, NULL},
    {KEYS_GLOBAL, "Left h", ACT_LEFT, NULL},

    /* views */
    {KEYS_GLOBAL, "Esc Backspace", ACT_BACK, "back"},
    {KEYS_GLOBAL, "? F1", ACT_HELP, "help"},
    {KEYS_GLOBAL, "q", ACT_CLOSE, "close"},
    {KEYS_GLOBAL, "Q", ACT_QUIT, NULL},
    {KEYS_GLOBAL, ":", ACT_COMMAND, NULL},
    {KEYS_GLOBAL, "L", ACT_LOG, NULL},
    {KEYS_GLOBAL, "Tab", ACT_NEXT_TAB, NULL},
    {KEYS_GLOBAL, "S-Tab", ACT_PREVIOUS_TAB, NULL},
    {KEYS_GLOBAL, "1", ACT_TAB_1, NULL},
    {KEYS_GLOBAL, "2", ACT_TAB_2, NULL},
    {KEYS_GLOBAL, "3", ACT_TAB_3, NULL},
    {KEYS_GLOBAL, "4", ACT_TAB_4, NULL},
    {KEYS_GLOBAL, "5", ACT_TAB_5, NULL},
    {KEYS_GLOBAL, "6", ACT_TAB_6, NULL},
    {KEYS_GLOBAL, "7", ACT_TAB_7, NULL},
    {KEYS_GLOBAL, "8", ACT_TAB_8, NULL},
    {KEYS_GLOBAL, "9", ACT_TAB_9, NULL},
    {KEYS_GLOBAL, "]", ACT_NEXT_PANE, NULL},
    {KEYS_GLOBAL, "[", ACT_PREVIOUS_PANE, NULL},
    {KEYS_PANES, "Tab", ACT_NEXT_PANE, "other pane"},
    {KEYS_PANES, "S-Tab", ACT_PREVIOUS_PANE, NULL},
    {KEYS_GLOBAL, "^l", ACT_REDRAW, NULL},
    {KEYS_GLOBAL, "^z", ACT_SUSPEND, NULL},
    {KEYS_GLOBAL, "^c", ACT_CANCEL, NULL},
    {KEYS_GLOBAL, "M", ACT_MOUSE, NULL},
    {KEYS_GLOBAL, "Click", ACT_CLICK, NULL},
    {KEYS_GLOBAL, "WheelDown", ACT_SCROLL_DOWN, NULL},
    {KEYS_GLOBAL, "WheelUp", ACT_SCROLL_UP, NULL},

    /* what lists and texts share */
    {KEYS_GLOBAL, "/ F3", ACT_SEARCH, "search"},
    {KEYS_GLOBAL, "n", ACT_SEARCH_NEXT, NULL},
    {KEYS_GLOBAL, "N", ACT_SEARCH_PREVIOUS, NULL},

    /* rows */
    {KEYS_LIST, "f F4", ACT_FILTER, "filter"},
    {KEYS_LIST, "s F6", ACT_SORT, "sort"},
    {KEYS_LIST, ",", ACT_SORT_PREVIOUS, NULL},
    {KEYS_LIST, ".", ACT_SORT_NEXT, NULL},
    {KEYS_LIST, "r", ACT_REVERSE, NULL},
    {KEYS_LIST, "i", ACT_DETAILS, "details"},
    {KEYS_LIST, "Space", ACT_MARK, NULL},
    {KEYS_LIST, "U", ACT_UNMARK_ALL, NULL},
    {KEYS_LIST, "y", ACT_COPY_ROW, NULL},
    {KEYS_LIST, "Y", ACT_COPY_ADDRESS, NULL},
    {KEYS_PAGER, "y", ACT_COPY_ROW, "copy"},

    /* snapshots and the target */
    {KEYS_GLOBAL, "R F5", ACT_SNAPSHOT, NULL},
    {KEYS_GLOBAL, "z", ACT_PAUSE, NULL},
    {KEYS_GLOBAL, "!", ACT_TARGET_MENU, NULL},
    {KEYS_GLOBAL, "C", ACT_COLLECT, NULL},
    {KEYS_TARGET_MENU, "c", ACT_COLLECT, NULL},
    {KEYS_TARGET_MENU, "x", ACT_DETACH, NULL},

    /* views of their own */
    {KEYS_PROCS, "Enter", ACT_OPEN, "attach"},
    {KEYS_PROCS, "u", ACT_USER, "user"},
    {KEYS_PROCS, "H", ACT_HIDE, "hide"},
    {KEYS_OVERVIEW, "C", ACT_COLLECT, "collect"},
    {KEYS_TYPES, "Enter", ACT_OPEN, "objects"},
    {KEYS_TYPES, "D", ACT_DIFF, "changed"},
    {KEYS_OBJECT_ROWS, "Enter", ACT_OPEN, "object"},
    {KEYS_OBJECT_ROWS, "v", ACT_VALUE, "value"},
    {KEYS_OBJECT, "Enter", ACT_OPEN, "follow"},
    {KEYS_OBJECT, "W", ACT_WEAK, NULL},
    {KEYS_HELP, "Enter", ACT_OPEN, "run"},
    {KEYS_LOG, "Enter", ACT_OPEN, "whole text"},

    /* line editor */
    {KEYS_PROMPT, "Left ^b", ACT_EDIT_LEFT, NULL},
    {KEYS_PROMPT, "Right ^f", ACT_EDIT_RIGHT, NULL},
    {KEYS_PROMPT, "Home ^a", ACT_EDIT_HOME, NULL},
    {KEYS_PROMPT, "End ^e", ACT_EDIT_END, NULL},
    {KEYS_PROMPT, "Backspace", ACT_EDIT_RUBOUT, NULL},
    {KEYS_PROMPT, "Del ^d", ACT_EDIT_DELETE, NULL},
    {KEYS_PROMPT, "^u", ACT_EDIT_KILL_START, NULL},
    {KEYS_PROMPT, "^k", ACT_EDIT_KILL_END, NULL},
    {KEYS_PROMPT, "^w", ACT_EDIT_KILL_WORD, NULL},
    {KEYS_PROMPT, "Up ^p", ACT_EDIT_OLDER, NULL},
    {KEYS_PROMPT, "Down ^n", ACT_EDIT_NEWER, NULL},
    {KEYS_PROMPT, "Tab", ACT_EDIT_COMPLETE, NULL},
    {KEYS_PROMPT, "Enter", ACT_EDIT_ACCEPT, "accept"},
    {KEYS_PROMPT, "Esc ^c", ACT_EDIT_CANCEL, "cancel"},
    {KEYS_PROMPT, "^z", ACT_SUSPEND, NULL},

    /* dialogs; an item's own letter is tried before these */
    {KEYS_DIALOG, "Down j", ACT_DIALOG_DOWN, NULL},
    {KEYS_DIALOG, "Up k", ACT_DIALOG_UP, NULL},
    {KEYS_DIALOG, "Tab S-Tab Left Right h l", ACT_DIALOG_OTHER, NULL},
    {KEYS_DIALOG, "Enter", ACT_DIALOG_ACCEPT, "accept"},
    {KEYS_DIALOG, "y", ACT_DIALOG_YES, NULL},
    {KEYS_DIALOG, "Esc n q Backspace ^c", ACT_DIALOG_NO, "cancel"},
    {KEYS_DIALOG, "^z", ACT_SUSPEND, NULL},
    {KEYS_DIALOG, "^l", ACT_REDRAW, NULL},

    {KEYS_NONE, "", ACT_NONE, NULL},
};

/*
 * Every action of a user, once: its number, its name on the `:` command line, what it does.
 *
 * Keys are bound to actions in bindings.c; the footer, the help view and the manual are made from
 * the two tables. A new action is a line here and a line there (a test fails if one is missing),
 * and code in a view's action() or in the engine.
 *
 * The help text says what happens, starts in lower case and has no full stop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum action_flags {
    ACTION_F_TARGET = 1 << 0, /* changes the target: only through the `!` menu and a confirmation,
                                 and refused with --readonly */
    ACTION_F_INNER =
        1 << 1, /* part of a prompt or dialog: not on the command line, not in the help */
    ACTION_F_TEXT = 1 << 2, /* takes the rest of the command line as an argument */
};

#define UI_ACTIONS(A)                                                                              \
    /* moving */                                                                                   \
    A(DOWN, "down", 0, "move down one row")                                                        \
    A(UP, "up", 0, "move up one row")                                                              \
    A(PAGE_DOWN, "page-down", 0, "move down a page")                                               \
    A(PAGE_UP, "page-up", 0, "move up a page")                                                     \
    A(HALF_DOWN, "half-page-down", 0, "move down half a page")                                     \
    A(HALF_UP, "half-page-up", 0, "move up half a page")                                           \
    A(FIRST, "first", 0, "move to the first row")                                                  \
    A(LAST, "last", 0, "move to the last row")                                                     \
    A(OPEN, "open", 0, "open what the row stands for")                                             \
    A(RIGHT, "right", 0, "open what the row stands for")                                           \
    A(LEFT, "left", 0, "go back")                                                                  \
    /* views */                                                                                    \
    A(BACK, "back", 0, "clear the filter, else go back; never quits")                              \
    A(CLOSE, "close", 0, "close this view; quits from the last one")                               \
    A(QUIT, "quit", 0, "quit")                                                                     \
    A(NEXT_TAB, "next-tab", 0, "go to the next tab")                                               \
    A(PREVIOUS_TAB, "previous-tab", 0, "go to the previous tab")                                   \
    A(TAB_1, "tab-1", 0, "go to tab 1")                                                            \
    A(TAB_2, "tab-2", 0, "go to tab 2")                                                            \
    A(TAB_3, "tab-3", 0, "go to tab 3")                                                            \
    A(TAB_4, "tab-4", 0, "go to tab 4")                                                            \
    A(TAB_5, "tab-5", 0, "go to tab 5")                                                            \
    A(TAB_6, "tab-6", 0, "go to tab 6")                                                            \
    A(TAB_7, "tab-7", 0, "go to tab 7")                                                            \
    A(TAB_8, "tab-8", 0, "go to tab 8")                                                            \
    A(TAB_9, "tab-9", 0, "go to tab 9")                                                            \
    A(NEXT_PANE, "next-pane", 0, "go to the next pane or alternative")                             \
    A(PREVIOUS_PANE, "previous-pane", 0, "go to the previous pane or alternative")                 \
    A(HELP, "help", 0, "show the keys of this view")                                               \
    A(LOG, "log", 0, "show the messages so far")                                                   \
    A(COMMAND, "command", 0, "type the name of an action or a view")                               \
    A(DETAILS, "details", 0, "show the whole row and what its columns mean")                       \
    A(REDRAW, "redraw", 0, "draw the screen anew")                                                 \
    A(SUSPEND, "suspend", 0, "suspend; 'fg' in the shell continues")                               \
    A(CANCEL, "cancel", 0, "cancel the running job and keep what it has; else ask to quit")        \
    A(MOUSE, "mouse", 0, "capture the mouse, or leave it to the terminal")                         \
    A(CLICK, "click", ACTION_F_INNER, "select the row under the mouse, then open it")              \
    A(SCROLL_DOWN, "scroll-down", ACTION_F_INNER, "scroll down")                                   \
    A(SCROLL_UP, "scroll-up", ACTION_F_INNER, "scroll up")                                         \
    /* rows */                                                                                     \
    A(SEARCH, "search", ACTION_F_TEXT, "search for a text")                                        \
    A(SEARCH_NEXT, "search-next", 0, "next match")                                                 \
    A(SEARCH_PREVIOUS, "search-previous", 0, "previous match")                                     \
    A(FILTER, "filter", ACTION_F_TEXT, "show some rows only: text, !text, a,b, /re/, size>1m")     \
    A(SORT, "sort", ACTION_F_TEXT, "choose the column to sort by")                                 \
    A(SORT_PREVIOUS, "sort-previous", 0, "sort by the previous column")                            \
    A(SORT_NEXT, "sort-next", 0, "sort by the next column")                                        \
    A(REVERSE, "reverse", 0, "reverse the order")                                                  \
    A(MARK, "mark", 0, "mark or unmark the row")                                                   \
    A(UNMARK_ALL, "unmark-all", 0, "unmark all rows")                                              \
    A(COPY_ROW, "copy-row", 0, "copy the row, or the marked ones, to the clipboard (OSC 52)")      \
    A(COPY_ADDRESS, "copy-address", 0, "copy the row's address or pid to the clipboard (OSC 52)")  \
    A(WEAK, "weak", 0, "show or hide weak references")                                             \
    /* snapshots and live data */                                                                  \
    A(SNAPSHOT, "snapshot", 0, "take a new snapshot")                                              \
    A(DIFF, "diff", 0, "show only what changed since the last snapshot")                           \
    A(PAUSE, "pause", 0, "pause or continue the live refresh")                                     \
    A(USER, "user", 0, "show the processes of one user")                                           \
    A(HIDE, "hide", 0, "hide or show processes that cannot be attached to")                        \
    /* where a row is an object */                                                                 \
    A(VALUE, "value", 0, "show the value's text, up to 4 KiB")                                     \
    A(OBJECT, "object", 0, "show the object: what holds it, what it holds")                        \
    A(DOMINATED, "dominated", 0, "show what only this keeps alive, or the whole tree of that")     \
    A(PATH, "path", 0, "show why the object is alive: the paths from roots to it")                 \
    A(OWNER, "owner", 0, "show it among what its owner keeps alive")                               \
    /* places of their own */                                                                      \
    A(CYCLES, "cycles", 0, "show the reference cycles")                                            \
    A(GARBAGE, "garbage", 0, "show what a collection would free now")                              \
    /* what changes the target */                                                                  \
    A(TARGET_MENU, "target", 0, "choose an action that changes the target")                        \
    A(COLLECT, "collect", ACTION_F_TARGET, "force a garbage collection")                           \
    A(DETACH, "detach", ACTION_F_TARGET, "detach and leave the target alone")                      \
    /* line editor */                                                                              \
    A(EDIT_LEFT, "edit-left", ACTION_F_INNER, "move left")                                         \
    A(EDIT_RIGHT, "edit-right", ACTION_F_INNER, "move right")                                      \
    A(EDIT_HOME, "edit-home", ACTION_F_INNER, "move to the start")                                 \
    A(EDIT_END, "edit-end", ACTION_F_INNER, "move to the end")                                     \
    A(EDIT_RUBOUT, "edit-rubout", ACTION_F_INNER, "delete the character before")                   \
    A(EDIT_DELETE, "edit-delete", ACTION_F_INNER, "delete the character here")                     \
    A(EDIT_KILL_START, "edit-kill-start", ACTION_F_INNER, "delete up to the start")                \
    A(EDIT_KILL_END, "edit-kill-end", ACTION_F_INNER, "delete up to the end")                      \
    A(EDIT_KILL_WORD, "edit-kill-word", ACTION_F_INNER, "delete the word before")                  \
    A(EDIT_OLDER, "edit-older", ACTION_F_INNER, "the entry before in the history")                 \
    A(EDIT_NEWER, "edit-newer", ACTION_F_INNER, "the entry after in the history")                  \
    A(EDIT_COMPLETE, "edit-complete", ACTION_F_INNER, "complete the word")                         \
    A(EDIT_ACCEPT, "edit-accept", ACTION_F_INNER, "accept")                                        \
    A(EDIT_CANCEL, "edit-cancel", ACTION_F_INNER, "cancel")                                        \
    /* dialogs */                                                                                  \
    A(DIALOG_DOWN, "dialog-down", ACTION_F_INNER, "next item")                                     \
    A(DIALOG_UP, "dialog-up", ACTION_F_INNER, "previous item")                                     \
    A(DIALOG_OTHER, "dialog-other", ACTION_F_INNER, "the other button")                            \
    A(DIALOG_ACCEPT, "dialog-accept", ACTION_F_INNER, "press the button, or choose the item")      \
    A(DIALOG_YES, "dialog-yes", ACTION_F_INNER, "answer yes")                                      \
    A(DIALOG_NO, "dialog-no", ACTION_F_INNER, "answer no, or close")

enum action {
    ACT_NONE,
#define A(id, name, flags, help) ACT_##id,
    UI_ACTIONS(A)
#undef A
        N_ACTIONS
};

/* What an action has changed: decided by whoever handled it, done by the event loop. */
enum effect {
    EFFECT_NONE = 0,
    EFFECT_REDRAW = 1 << 0,  /* what is on the screen is out of date */
    EFFECT_REPAINT = 1 << 1, /* and what the terminal shows cannot be trusted either */
    EFFECT_IGNORED = 1 << 2, /* not handled here: ask the next layer */
};

/* "page-down" */
const char *action_name(enum action action);
const char *action_help(enum action action);
/* enum action_flags */
unsigned action_flags(enum action action);
/* The action with this name, or ACT_NONE. */
enum action action_find(const char *name);

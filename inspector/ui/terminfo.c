#include "inspector/ui/terminfo.h"

#include <ncurses.h>
#include <stddef.h>
#include <term.h>

const char *terminfo_string(const char *name)
{
    const char *text = tigetstr((char *)name);

    return text == (const char *)-1 ? NULL : text;
}

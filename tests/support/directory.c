#include "tests/support/directory.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inspector/base/mem.h"

static char path[64];

int directory_make(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/ouro-test-XXXXXX");
    return mkdtemp(path) ? 0 : -1;
}

char *directory_path(const char *name)
{
    return xasprintf("%s%s%s", path, *name ? "/" : "", name);
}

/* How many there are; removed on the way, if wanted. */
static unsigned each(int removing)
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    unsigned n = 0;

    while (directory && (entry = readdir(directory))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        n++;
        if (removing)
            unlinkat(dirfd(directory), entry->d_name, 0);
    }
    if (directory)
        closedir(directory);
    return n;
}

unsigned directory_count(void)
{
    return each(0);
}

int directory_remove(void **state)
{
    (void)state;
    each(1);
    return rmdir(path);
}

#include "inspector/session/descriptors.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"

enum { ADDRESS_TEXT = INET6_ADDRSTRLEN + 16 };

/* ---- sockets ---- */

/* "0100007F:1F90", or 32 digits and a port: words in the machine's order. False: not an address. */
static bool parse_address(const char *text, char *to, size_t cap)
{
    uint32_t words[4];
    unsigned port;
    char name[INET6_ADDRSTRLEN];
    const char *colon = strchr(text, ':');
    size_t n = colon ? (size_t)(colon - text) / 8 : 0;

    if ((n != 1 && n != 4) || sscanf(colon, ":%x", &port) != 1)
        return false;
    for (size_t i = 0; i < n; i++)
        if (sscanf(text + 8 * i, "%8x", &words[i]) != 1)
            return false;
    if (!inet_ntop(n == 1 ? AF_INET : AF_INET6, words, name, sizeof name))
        return false;
    snprintf(to, cap, n == 1 ? "%s:%u" : "[%s]:%u", name, port);
    return true;
}

/* A line of /proc/PID/net/tcp and its likes. */
static bool inet_line(const char *line, unsigned long inode, struct descriptor *ret)
{
    char local[80], remote[80], text[ADDRESS_TEXT];
    unsigned long got;

    if (sscanf(line, " %*[^:]: %79s %79s %*s %*s %*s %*s %*s %*s %lu", local, remote, &got) != 3 ||
        got != inode || !parse_address(local, text, sizeof text))
        return false;
    free(ret->what);
    ret->what = xstrdup(text);
    if (strspn(remote, "0:") < strlen(remote) && parse_address(remote, text, sizeof text))
        ret->peer = xstrdup(text);
    return true;
}

/* Of /proc/PID/net/unix: its path is the last word, if it has one. */
static bool unix_line(const char *line, unsigned long inode, struct descriptor *ret)
{
    unsigned long got;
    int path = 0;

    if (sscanf(line, "%*s %*s %*s %*s %*s %*s %lu %n", &got, &path) != 1 || got != inode || !path)
        return false;
    free(ret->what);
    ret->what = xstrdup(line + path);
    ret->what[strcspn(ret->what, "\n")] = '\0';
    return true;
}

static void find_socket(pid_t pid, unsigned long inode, struct descriptor *ret)
{
    static const char *const tables[] = {"tcp", "tcp6", "udp", "udp6", "unix"};

    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/net/%s", (int)pid, tables[i]);
        _cleanup_fclose_ FILE *file = fopen(path, "re");
        _cleanup_free_ char *line = NULL;
        size_t cap = 0;
        bool is_unix = !strcmp(tables[i], "unix");
        while (file && getline(&line, &cap, file) > 0) {
            if (!(is_unix ? unix_line : inet_line)(line, inode, ret))
                continue;
            snprintf(ret->kind, sizeof ret->kind, "%.4s", tables[i]);
            ret->kind[strcspn(ret->kind, "6")] = '\0';
            return;
        }
    }
}

/* ---- all ---- */

static const char *kind_of_mode(mode_t mode)
{
    return S_ISDIR(mode)                    ? "directory"
           : S_ISCHR(mode) || S_ISBLK(mode) ? "device"
           : S_ISFIFO(mode)                 ? "pipe"
                                            : "file";
}

static void describe(pid_t pid, const char *link, const char *text, struct descriptor *ret)
{
    static const char anonymous[] = "anon_inode:", memfd[] = "/memfd:";
    const char *kind = "other";
    struct stat st;
    unsigned long inode = 0;

    ret->what = xstrdup(text);
    if (sscanf(text, "socket:[%lu]", &inode) == 1) {
        kind = "socket";
    } else if (!strncmp(text, anonymous, strlen(anonymous))) {
        kind = text + strlen(anonymous);
        kind += *kind == '[';
        if (!strncmp(kind, "eventpoll", 9))
            kind = "epoll";
    } else if (!strncmp(text, memfd, strlen(memfd))) {
        kind = "memfd";
    } else if (!stat(link, &st)) {
        kind = kind_of_mode(st.st_mode);
    }
    snprintf(ret->kind, sizeof ret->kind, "%.*s", (int)strcspn(kind, "]"), kind);
    if (inode)
        find_socket(pid, inode, ret);
}

static int by_fd(const void *a, const void *b)
{
    const struct descriptor *x = a, *y = b;

    return (x->fd > y->fd) - (x->fd < y->fd);
}

struct err *descriptors_read(pid_t pid, struct descriptor **ret, size_t *n)
{
    char path[64], link[PATH_MAX], text[PATH_MAX];
    struct descriptor *list = NULL;
    size_t cap = 0;
    struct err *err = NULL;

    *n = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(path);
    if (!dir)
        return err_sys(errno, "cannot look at the descriptors of process %d", (int)pid);
    for (struct dirent *entry; !err && (entry = readdir(dir));) {
        if (*entry->d_name == '.')
            continue;
        snprintf(link, sizeof link, "%s/%s", path, entry->d_name);
        ssize_t bytes = readlink(link, text, sizeof text - 1);
        if (bytes < 0) /* closed since */
            continue;
        text[bytes] = '\0';
        err = grow(&list, &cap, *n + 1, sizeof *list);
        if (err)
            break;
        list[*n] = (struct descriptor){.fd = atoi(entry->d_name)};
        describe(pid, link, text, &list[(*n)++]);
    }
    closedir(dir);
    if (err) {
        descriptors_free(list, *n);
        return err;
    }
    if (*n)
        qsort(list, *n, sizeof *list, by_fd);
    *ret = list;
    return NULL;
}

void descriptors_free(struct descriptor *descriptors, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(descriptors[i].what);
        free(descriptors[i].peer);
    }
    free(descriptors);
}

bool descriptors_path_exists(pid_t pid, const char *path)
{
    char inside[PATH_MAX];
    struct stat st;

    return snprintf(inside, sizeof inside, "/proc/%d/root%s", (int)pid, path) <
               (int)sizeof inside &&
           !stat(inside, &st);
}

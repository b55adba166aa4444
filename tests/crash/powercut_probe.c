/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the power-cut library is tried on: writes files the way a spool should, and acknowledges each on
 * stdout. A word on the command line leaves one step out: no-fsync, no-dirsync, rename-first, by-number
 * (nothing left out: the same by syscall(2)). usage: powercut-probe DIR COUNT [WORD] */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void need(int ok, const char *what)
{
    if (ok)
        return;
    (void)printf("refused %s %s\n", what, strerror(errno));
    (void)fflush(stdout);
    exit(3);
}

static int move_name(int dir, const char *from, const char *to, const char *word)
{
    if (strcmp(word, "by-number") == 0)
        return (int)syscall(SYS_renameat2, dir, from, dir, to, 1u /* RENAME_NOREPLACE */);
    return renameat(dir, from, dir, to);
}

static void store(int dir, int n, const char *word)
{
    char fresh[64], name[64], text[64];
    (void)snprintf(fresh, sizeof(fresh), "tmp/%d", n);
    (void)snprintf(name, sizeof(name), "mail-%d", n);
    (void)snprintf(text, sizeof(text), "content of %d", n);
    int fd = openat(dir, fresh, O_WRONLY | O_CREAT | O_EXCL, 0600);
    need(fd >= 0, "create");
    ssize_t half = (ssize_t)strlen(text) / 2;
    need(write(fd, text, (size_t)half) == half, "write");
    if (strcmp(word, "rename-first") == 0)
        need(move_name(dir, fresh, name, word) == 0 && fsync(dir) == 0, "rename");
    need(pwrite(fd, text + half, strlen(text) - (size_t)half, half) > 0, "write");
    if (strcmp(word, "no-fsync") != 0)
        need(fdatasync(fd) == 0, "fsync");
    if (strcmp(word, "rename-first") != 0)
        need(move_name(dir, fresh, name, word) == 0, "rename");
    if (strcmp(word, "no-dirsync") != 0)
        need(fsync(dir) == 0, "sync of the folder");
    need(close(fd) == 0, "close");
    (void)printf("ack %d\n", n);
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 64;
    int dir = open(argv[1], O_RDONLY | O_DIRECTORY);
    need(dir >= 0, "open");
    need(mkdirat(dir, "tmp", 0700) == 0 || errno == EEXIST, "mkdir");
    for (int n = 0; n < atoi(argv[2]); n++)
        store(dir, n, argc > 3 ? argv[3] : "");
    return 0;
}

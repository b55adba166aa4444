/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost-backup make|restore|verify FILE STATE [--conf FILE] [--user NAME] [--passphrase-file FILE]
 * [--go-on]: started by the command `faxpost`, which says what these are. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/backup.h"
#include "backup/vault.h"
#include "base/buf.h"
#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"

enum { DONE = 0, FAILED = 1, USAGE = 64, NO_INPUT = 66 };

static int complain(int status, const char *text)
{
    (void)fprintf(stderr, "faxpost: %s\n", text);
    return status;
}

/* The first line of the file. */
static int read_passphrase(const char *path, struct buf *to)
{
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fd_read_rest(fd, to) != 0)
        return complain(NO_INPUT, "cannot read the passphrase file");
    size_t len = strcspn(buf_text(to), "\r\n");
    to->len = len;
    if (len < VAULT_PASSPHRASE_MIN)
        return complain(
            USAGE, "the passphrase has to have 12 characters at least; it is the first line of its file");
    return DONE;
}

static bool take_option(struct backup_wish *w, const char **passphrase, const char *name, const char *value)
{
    if (str_equal(name, "--conf"))
        w->conf = value;
    else if (str_equal(name, "--user"))
        w->user = value;
    else if (str_equal(name, "--passphrase-file"))
        *passphrase = value;
    else
        return false;
    return true;
}

static int run(const char *what, const struct backup_wish *w)
{
    char error[BACKUP_ERROR_LEN] = "";
    struct backup_counts c;
    unsigned held = 0;
    int failed = str_equal(what, "make")      ? backup_make(w, &c, error)
                 : str_equal(what, "restore") ? backup_restore(w, &c, &held, error)
                                              : backup_verify(w, &c, error);
    if (failed)
        return complain(FAILED, *error ? error : strerror(failed));
    (void)printf("%s: %u files, %" PRIu64 " bytes%s.\n", w->file, c.files, c.bytes,
                 str_equal(what, "verify") ? "; it is whole" : "");
    if (str_equal(what, "restore")) {
        (void)printf("%s is ready: start Faxpost with it (faxpost serve --state %s).\n", w->state_dir,
                     w->state_dir);
        if (held > 0)
            (void)printf("%u faxes that waited are held, for they may have been sent since: `faxpost status` "
                         "lists them, "
                         "`faxpost release` or `cancel` them.\n",
                         held);
    }
    return DONE;
}

int main(int argc, char **argv)
{
    SCOPED_BUF struct buf text;
    struct backup_wish w = {.user = "faxpost"};
    const char *passphrase = NULL;
    buf_init(&text, VAULT_PASSPHRASE_MAX);
    if (argc < 4)
        return complain(USAGE, "run `faxpost backup` or `faxpost restore`");
    w.file = argv[2];
    w.state_dir = argv[3];
    for (int i = 4; i < argc; i++) {
        if (str_equal(argv[i], "--go-on"))
            w.go_on = true;
        else if (i + 1 >= argc || !take_option(&w, &passphrase, argv[i], argv[i + 1]))
            return complain(USAGE, "run `faxpost backup` or `faxpost restore`");
        else
            i++;
    }
    int status = passphrase ? read_passphrase(passphrase, &text) : DONE;
    if (status != DONE)
        return status;
    if (passphrase)
        w.passphrase = buf_span(&text);
    (void)umask(077);
    return run(argv[1], &w);
}

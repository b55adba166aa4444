/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"

enum { CHUNK_BYTES = 64 * 1024, NAME_LEN = 80, ADDRESS_MAX = 200 /* of a file name's 255 */ };

/* An open recipient's folder. */
struct folder {
    int tmp, new, cur; /* directories; -1: not open */
};

static void folder_clear(struct folder *f)
{
    scope_close(&f->tmp);
    scope_close(&f->new);
    scope_close(&f->cur);
}

#define SCOPED_FOLDER __attribute__((cleanup(folder_clear)))

bool maildir_address_valid(const char *recipient)
{
    size_t len = strlen(recipient);
    if (len == 0 || len > ADDRESS_MAX || recipient[0] == '.')
        return false;
    for (const char *p = recipient; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f || *p == '/')
            return false;
    return true;
}

/* Opens the directory, made and durable in its parent where it was missing. -1 with errno. */
static int open_made(int parent, const char *name)
{
    if (mkdirat(parent, name, 0700) == 0) {
        if (fsync(parent) < 0)
            return -1;
    } else if (errno != EEXIST) {
        return -1;
    }
    return openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int folder_open(struct folder *f, const char *base, const char *recipient)
{
    *f = (struct folder){-1, -1, -1};
    SCOPED_FD int base_fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (base_fd < 0)
        return errno;
    SCOPED_FD int own = open_made(base_fd, recipient);
    if (own < 0)
        return errno;
    f->tmp = open_made(own, "tmp");
    if (f->tmp < 0)
        return errno;
    f->cur = open_made(own, "cur");
    if (f->cur < 0)
        return errno;
    f->new = open_made(own, "new");
    return f->new < 0 ? errno : 0;
}

/* Seconds first, as readers sort by it: UUIDv7 begins with 48 bits of milliseconds. The same for every
 * delivery of that mail. */
static void name_of(struct id id, char name[NAME_LEN])
{
    uint64_t ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | id.bytes[i];
    (void)str_format(name, NAME_LEN, "%llu.%s.faxpost", (unsigned long long)(ms / 1000), id_text(id));
}

/* In cur the reader has added ":2," and flags. 0, EEXIST where it is there, or errno. */
static int look_in_cur(int cur, const char *name)
{
    int fd = dup(cur);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (!d) {
        int error = errno;
        if (fd >= 0)
            (void)close(fd);
        return error;
    }
    size_t len = strlen(name);
    int found = 0;
    rewinddir(d);
    errno = 0;
    for (const struct dirent *e = readdir(d); e && !found; e = readdir(d))
        if (strncmp(e->d_name, name, len) == 0 && (e->d_name[len] == 0 || e->d_name[len] == ':'))
            found = EEXIST;
    if (!found)
        found = errno;
    (void)closedir(d);
    return found;
}

/* new before cur: a reader moves mails from the first to the second, never back. */
static int look_for(const struct folder *f, const char *name)
{
    if (faccessat(f->new, name, F_OK, 0) == 0)
        return EEXIST;
    return errno == ENOENT ? look_in_cur(f->cur, name) : errno;
}

static bool is_one_line(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

/* CR LF to LF; a lone CR stays. `held` carries a CR over the end of a chunk. */
static void append_native(struct buf *to, struct span from, bool *held)
{
    for (size_t i = 0; i < from.len; i++) {
        if (*held && from.data[i] != '\n')
            (void)buf_append_byte(to, '\r');
        *held = from.data[i] == '\r';
        if (!*held)
            (void)buf_append_byte(to, from.data[i]);
    }
}

static int write_mail(int to, const struct maildir_mail *m)
{
    uint8_t chunk[CHUNK_BYTES];
    bool held = false;
    SCOPED_BUF struct buf out;
    buf_init(&out, 4 * CHUNK_BYTES);
    if (is_one_line(m->sender))
        (void)buf_printf(&out, "Return-Path: <%s>\n", m->sender);
    (void)buf_printf(&out, "Delivered-To: %s\n", m->recipient);
    for (uint64_t at = 0; at < m->size;) {
        size_t n = m->size - at < sizeof(chunk) ? (size_t)(m->size - at) : sizeof(chunk);
        int error = fd_pread_all(m->fd, chunk, n, (off_t)at);
        if (error)
            return error;
        append_native(&out, span_of(chunk, n), &held);
        at += n;
        if (at == m->size && held)
            (void)buf_append_byte(&out, '\r');
        error = fd_write_all(to, buf_span(&out));
        if (error)
            return error;
        buf_reset(&out);
    }
    return fd_write_all(to, buf_span(&out));
}

static int write_and_name(const struct folder *f, const char *name, const struct maildir_mail *m)
{
    (void)unlinkat(f->tmp, name, 0); /* of a delivery that was cut off */
    SCOPED_FD int fd = openat(f->tmp, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    int error = write_mail(fd, m);
    if (!error && fsync(fd) < 0)
        error = errno;
    if (!error && renameat2(f->tmp, name, f->new, name, RENAME_NOREPLACE) < 0)
        error = errno;
    if (error)
        (void)unlinkat(f->tmp, name, 0);
    return error;
}

static int deliver(const char *base, const struct maildir_mail *m)
{
    SCOPED_FOLDER struct folder f;
    char name[NAME_LEN];
    int error = folder_open(&f, base, m->recipient);
    if (error)
        return error;
    name_of(m->id, name);
    error = look_for(&f, name);
    if (error == EEXIST) /* named by an earlier life, which may have ended before the name was durable */
        return fsync(f.new) < 0 || fsync(f.cur) < 0 ? errno : 0;
    if (!error)
        error = write_and_name(&f, name, m);
    if (!error && fsync(f.new) < 0)
        error = errno;
    return error;
}

void maildir_deliver(const char *base, const struct maildir_mail *m, struct outcome *o)
{
    if (!maildir_address_valid(m->recipient)) {
        outcome_set(o, VERDICT_GIVE_UP, "maildir-address",
                    "The recipient's address cannot be the name of a folder, so the mail was not delivered. "
                    "Choose an address without \"/\" that does not begin with a dot.");
        return;
    }
    int error = deliver(base, m);
    if (error)
        outcome_set(o, VERDICT_RETRY, "maildir-error",
                    "The mail could not be written to %.120s/%.80s: %s. It is kept and tried again; make "
                    "room there, or make it writable for Faxpost.",
                    base, m->recipient, strerror(error));
    else
        outcome_set(o, VERDICT_DONE, "maildir", "Written to %.160s/%.160s.", base, m->recipient);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/pickup_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"

enum { PIECE = 65536 };
/* Longer than any program pauses within a mail. */
enum { LEFT_ALONE_S = 5 };

/* ".taken-<id>-<name>"; programs keep half-written files under a name with a dot in front, so nobody else
 * looks. */
static const char taken[] = ".taken-";

int pickup_folder_open(struct pickup_folder *f, const char *state_dir)
{
    char path[PATH_MAX];
    if (!str_format(path, sizeof(path), "%s/spool/pickup", state_dir))
        return ENAMETOOLONG;
    f->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    f->bad = f->fd < 0 ? -1 : openat(f->fd, "bad", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return f->bad < 0 ? errno : 0;
}

/* ---- is it a mail? ---- */

static void set_names(struct pickup_file *f, const char *home, char date[40])
{
    struct tm tm;
    char key[ID_TEXT_LEN];
    (void)gmtime_r(&f->facts.st_mtime, &tm);
    (void)strftime(date, 40, "%a, %d %b %Y %H:%M:%S +0000", &tm);
    id_format(pickup_id(f, ""), key);
    (void)str_format(f->message_id, sizeof(f->message_id), "<%s@%s>", key, home);
}

static bool parse(const struct pickup_folder *folder, struct pickup_file *f, struct complaint *why)
{
    char date[40];
    SCOPED_FREE uint8_t *start = mem_alloc(PICKUP_HEADER_MAX);
    size_t len =
        (uint64_t)f->facts.st_size < PICKUP_HEADER_MAX ? (size_t)f->facts.st_size : PICKUP_HEADER_MAX;
    int error = fd_pread_all(f->fd, start, len, 0);
    if (error)
        return complain(why, "it cannot be read: %s", strerror(error));
    set_names(f, folder->home, date);
    const struct pickup_rules rules = {.home = folder->home, .date = date, .message_id = f->message_id};
    return pickup_parse(&rules, span_of(start, len), &f->mail, why);
}

static bool is_left_alone(const struct stat *s)
{
    int64_t age_s = clock_wall_ms() / 1000 - (int64_t)s->st_mtime;
    return age_s < 0 || age_s >= LEFT_ALONE_S;
}

static enum pickup_result bad(struct complaint *why, const char *text)
{
    (void)complain(why, "%s", text);
    return PICKUP_BAD;
}

bool pickup_is_claimed(const char *name)
{
    return str_starts(name, taken);
}

enum pickup_result pickup_claim(const struct pickup_folder *folder, const char *name, bool whole,
                                char claimed[PICKUP_NAME_LEN])
{
    struct stat s;
    if (fstatat(folder->fd, name, &s, AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR(s.st_mode))
        return PICKUP_LATER;
    if (!S_ISREG(s.st_mode))
        return PICKUP_BAD;
    /* A second name may go soon, where `ln` and `rm` stand in for `mv`. */
    if (!is_left_alone(&s) && (!whole || s.st_nlink != 1))
        return PICKUP_LATER;
    if (pickup_is_claimed(name))
        return str_copy(claimed, PICKUP_NAME_LEN, name) ? PICKUP_OURS : PICKUP_LATER;
    (void)str_format(claimed, PICKUP_NAME_LEN, "%s%s-%.200s", taken, id_text(id_new()), name);
    return renameat(folder->fd, name, folder->fd, claimed) < 0 ? PICKUP_LATER : PICKUP_OURS;
}

static enum pickup_result examine(const struct pickup_folder *folder, struct pickup_file *f,
                                  struct complaint *why)
{
    if (fstat(f->fd, &f->facts) < 0 || !S_ISREG(f->facts.st_mode))
        return bad(why, "it is no regular file");
    if (f->facts.st_nlink != 1) /* the second name could be that of somebody else's file */
        return bad(why, "it has a second name (a hard link); move or copy it here");
    if (f->facts.st_size == 0)
        return bad(
            why, "it is empty; write the file elsewhere on the same disk and move it here when it is whole");
    if ((uint64_t)f->facts.st_size > folder->max_bytes) {
        (void)complain(why, "it is larger than %" PRIu64 " bytes (smtp_max_bytes in faxpost.conf)",
                       folder->max_bytes);
        return PICKUP_BAD;
    }
    return parse(folder, f, why) ? PICKUP_OURS : PICKUP_BAD;
}

enum pickup_result pickup_open(const struct pickup_folder *folder, const char *claimed, struct pickup_file *f,
                               struct complaint *why)
{
    *f = (struct pickup_file){.fd = -1};
    if (!str_copy(f->name, sizeof(f->name), claimed))
        return bad(why, "its name is too long");
    f->fd = openat(folder->fd, claimed, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (f->fd < 0 && errno == ENOENT)
        return PICKUP_LATER;
    if (f->fd < 0 && errno == ELOOP)
        return bad(why, "it is a link; copy the file itself here");
    if (f->fd < 0 && errno == EACCES)
        return bad(why, "we may not read it; let the program that writes it give it the mode 0644");
    if (f->fd < 0) {
        (void)complain(why, "it cannot be opened: %s", strerror(errno));
        return PICKUP_BAD;
    }
    enum pickup_result result = examine(folder, f, why);
    if (result != PICKUP_OURS)
        pickup_close(f);
    return result;
}

void pickup_close(struct pickup_file *f)
{
    if (f->fd >= 0)
        (void)close(f->fd);
    f->fd = -1;
    pickup_clear(&f->mail);
}

/* ---- what it becomes ---- */

struct id pickup_id(const struct pickup_file *f, const char *recipient)
{
    struct id id;
    SCOPED_BUF struct buf key;
    unsigned char digest[EVP_MAX_MD_SIZE];
    buf_init(&key, 4096);
    (void)buf_printf(&key, "%ju %ju %jd.%09ld %jd %s", (uintmax_t)f->facts.st_dev, (uintmax_t)f->facts.st_ino,
                     (intmax_t)f->facts.st_mtim.tv_sec, f->facts.st_mtim.tv_nsec, (intmax_t)f->facts.st_size,
                     recipient);
    if (EVP_Digest(key.data, key.len, digest, NULL, EVP_sha256(), NULL) != 1)
        memset(digest, 0, sizeof(digest));
    memcpy(id.bytes, digest, sizeof(id.bytes));
    /* A version 7 like all others (RFC 9562 §5.7), so that lists stay in the order of time. */
    uint64_t ms = (uint64_t)f->facts.st_mtim.tv_sec * 1000 + (uint64_t)f->facts.st_mtim.tv_nsec / 1000000;
    for (int i = 0; i < 6; i++)
        id.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    id.bytes[6] = (uint8_t)(0x70 | (id.bytes[6] & 0x0f));
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3f));
    return id;
}

/* give: 0 to go on. */
static int each_piece(const struct pickup_file *f, int (*give)(void *context, struct span piece),
                      void *context)
{
    SCOPED_FREE uint8_t *raw = mem_alloc(PIECE);
    SCOPED_BUF struct buf out;
    bool after_cr = false;
    size_t size = (size_t)f->facts.st_size;
    int error = give(context, buf_span(&f->mail.header));
    buf_init(&out, 2 * PIECE + 2);
    for (size_t at = f->mail.body_at; at < size && !error;) {
        size_t n = size - at < PIECE ? size - at : PIECE;
        error = fd_pread_all(f->fd, raw, n, (off_t)at);
        at += n;
        buf_reset(&out);
        pickup_body(span_of(raw, error ? 0 : n), &after_cr, &out);
        if (at == size)
            pickup_body_end(after_cr, &out);
        if (!error)
            error = give(context, buf_span(&out));
    }
    return error;
}

static int give_to_buf(void *context, struct span piece)
{
    return buf_append(context, piece.data, piece.len) ? 0 : EFBIG;
}

int pickup_read(const struct pickup_file *f, struct buf *to)
{
    return each_piece(f, give_to_buf, to);
}

struct destination {
    int fd;
    uint64_t size;
};

static int give_to_file(void *context, struct span piece)
{
    struct destination *d = context;
    d->size += piece.len;
    return fd_write_all(d->fd, piece);
}

int pickup_write(const struct pickup_file *f, int fd, uint64_t *size)
{
    struct destination d = {.fd = fd};
    int error = each_piece(f, give_to_file, &d);
    *size = d.size;
    return error;
}

/* ---- away ---- */

void pickup_remove(const struct pickup_folder *folder, const char *name)
{
    if (unlinkat(folder->fd, name, 0) < 0 && errno != ENOENT)
        log_error(NULL, "cannot remove \"%s\" from the pickup folder, though its mail is stored: %s", name,
                  strerror(errno));
}

static int write_reason(const struct pickup_folder *folder, const char *name, const char *why)
{
    SCOPED_FD int fd = openat(folder->bad, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    int error = fd < 0 ? errno : fd_write_all(fd, span_str(why));
    return error ? error : fd_write_all(fd, span_str("\n"));
}

void pickup_discard(const struct pickup_folder *folder, const char *name)
{
    if (unlinkat(folder->fd, name, 0) == 0)
        log_warning(
            NULL, "a link, pipe or the like was removed from the pickup folder: only files are mails there");
}

void pickup_reject(const struct pickup_folder *folder, const char *name, const char *why)
{
    char reason[PICKUP_NAME_LEN];
    const char *kept = pickup_is_claimed(name) ? name + sizeof(taken) - 1 : name;
    (void)str_format(reason, sizeof(reason), "%.240s.reason", kept);
    int error = write_reason(folder, reason, why);
    if (!error && renameat(folder->fd, name, folder->bad, kept) < 0)
        error = errno;
    if (error == ENOENT) {
        (void)unlinkat(folder->bad, reason, 0);
        return;
    }
    if (error)
        log_error(NULL, "cannot move \"%s\" to spool/pickup/bad: %s", name, strerror(error));
    log_warning(NULL, "a file of the pickup folder is not sent: %s; it is spool/pickup/bad/%s now", why,
                kept);
}

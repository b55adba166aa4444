/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Delivery into Maildirs: once, whole, also after a crash between any two steps. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

#include "scratch.h"

#include "base/buf.h"
#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "mail/maildir.h"

enum { PATH_LEN = 400 };
static const char mail_text[] = "Subject: x\r\n\r\nline\rwith a lone CR\r\n\r\nend\r\n";
static const char mail_native[] = "Return-Path: <bounce@fax.example.com>\nDelivered-To: office@localhost\n"
                                  "Subject: x\n\nline\rwith a lone CR\n\nend\n";

struct place {
    char base[64];
    int fd; /* of the mail's bytes */
    struct maildir_mail mail;
};

static int place_open(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    scratch_folder(p->base, sizeof(p->base));
    p->fd = fd_sealed_memory("mail", span_str(mail_text));
    p->mail = (struct maildir_mail){.id = id_new(),
                                    .sender = "bounce@fax.example.com",
                                    .recipient = "office@localhost",
                                    .fd = p->fd,
                                    .size = strlen(mail_text)};
    *state = p;
    return 0;
}

static int place_close(void **state)
{
    struct place *p = *state;
    (void)close(p->fd);
    scratch_remove(p->base);
    free(p);
    return 0;
}

static void path_in(const struct place *p, const char *rest, char path[PATH_LEN])
{
    assert_true(str_format(path, PATH_LEN, "%s/%s/%s", p->base, p->mail.recipient, rest));
}

/* Files in office@localhost/<sub>; the last one's name into `name`. */
static int count(const struct place *p, const char *sub, char name[PATH_LEN])
{
    char path[PATH_LEN];
    path_in(p, sub, path);
    DIR *d = opendir(path);
    int files = 0;
    if (!d)
        return -1;
    for (const struct dirent *e = readdir(d); e; e = readdir(d))
        if (e->d_name[0] != '.') {
            files++;
            assert_true(str_format(name, PATH_LEN, "%s/%s", sub, e->d_name));
        }
    (void)closedir(d);
    return files;
}

static void deliver(const struct place *p, enum verdict expected)
{
    struct outcome o;
    maildir_deliver(p->base, &p->mail, &o);
    assert_int_equal(o.verdict, expected);
}

static void assert_whole(const struct place *p, const char *name, const char *text)
{
    char path[PATH_LEN];
    path_in(p, name, path);
    SCOPED_FD int fd = open(path, O_RDONLY);
    SCOPED_BUF struct buf b;
    buf_init(&b, 10 << 20);
    assert_int_equal(fd_read_rest(fd, &b), 0);
    assert_string_equal(buf_text(&b), text);
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_mail_is_delivered_once(void **state)
{
    const struct place *p = *state;
    char name[PATH_LEN], path[PATH_LEN], moved[PATH_LEN];
    struct stat st;
    deliver(p, VERDICT_DONE);
    assert_int_equal(count(p, "new", name), 1);
    assert_whole(p, name, mail_native);
    assert_int_equal(count(p, "tmp", name), 0);
    path_in(p, "", path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);

    /* The answer got lost: again. */
    deliver(p, VERDICT_DONE);
    assert_int_equal(count(p, "new", name), 1);

    /* The reader has it already. */
    path_in(p, name, path);
    assert_true(str_format(moved, sizeof(moved), "%s/%s/cur/%s:2,S", p->base, p->mail.recipient,
                           strchr(name, '/') + 1));
    assert_int_equal(rename(path, moved), 0);
    deliver(p, VERDICT_DONE);
    assert_int_equal(count(p, "new", name), 0);
    assert_int_equal(count(p, "cur", name), 1);

    /* Another mail is another file. */
    struct place other = *p;
    other.mail.id = id_new();
    deliver(&other, VERDICT_DONE);
    assert_int_equal(count(p, "new", name), 1);
}

static void a_delivery_that_was_cut_off_is_taken_again(void **state)
{
    const struct place *p = *state;
    char name[PATH_LEN], from[PATH_LEN], to[PATH_LEN];
    deliver(p, VERDICT_DONE);
    assert_int_equal(count(p, "new", name), 1);
    /* As if killed in the middle of writing: half a file in tmp, nothing in new. */
    path_in(p, name, from);
    assert_true(
        str_format(to, sizeof(to), "%s/%s/tmp/%s", p->base, p->mail.recipient, strchr(name, '/') + 1));
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(truncate(to, 7), 0);
    deliver(p, VERDICT_DONE);
    assert_int_equal(count(p, "tmp", from), 0);
    assert_int_equal(count(p, "new", name), 1);
    assert_whole(p, name, mail_native);
}

/* A CR LF that falls on the border of two chunks, and a CR at the very end. */
static void large_mail_keeps_every_byte(void **state)
{
    struct place *p = *state;
    char name[PATH_LEN];
    enum { SIZE = 200000 };
    char *crlf = malloc(SIZE + 1), *lf = malloc(SIZE + 200);
    (void)strcpy(lf, "Return-Path: <bounce@fax.example.com>\nDelivered-To: office@localhost\n");
    size_t at = strlen(lf);
    for (size_t i = 0; i < SIZE; i++) {
        crlf[i] = i % 2 == 1 && i + 1 < SIZE ? '\r' : i % 2 == 0 && i > 0 ? '\n' : 'x';
        if (crlf[i] != '\r')
            lf[at++] = crlf[i];
    }
    crlf[SIZE - 1] = '\r';
    lf[at - 1] = '\r';
    crlf[SIZE] = lf[at] = 0;
    SCOPED_FD int fd = fd_sealed_memory("mail", span_of(crlf, SIZE));
    p->mail.fd = fd;
    p->mail.size = SIZE;
    deliver(p, VERDICT_DONE);
    assert_int_equal(count(p, "new", name), 1);
    assert_whole(p, name, lf);
    free(crlf);
    free(lf);
}

static void what_cannot_be_written_is_tried_again(void **state)
{
    struct place *p = *state;
    char name[PATH_LEN];
    struct outcome o;
    maildir_deliver("/nonexistent", &p->mail, &o);
    assert_int_equal(o.verdict, VERDICT_RETRY);
    assert_non_null(strstr(o.text, "/nonexistent"));
    assert_non_null(strstr(o.text, "No such file"));
    /* Shorter than it says: half a mail must never appear. */
    p->mail.size += 1;
    deliver(p, VERDICT_RETRY);
    assert_int_equal(count(p, "new", name), 0);
    assert_int_equal(count(p, "tmp", name), 0);
}

static void addresses_stay_inside(void **state)
{
    struct place *p = *state;
    static const char *const bad[] = {"", ".", "..", "../x@y", "a/b@y", ".hidden@y", "a\nb@y", "a\x7f@y"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        p->mail.recipient = bad[i];
        deliver(p, VERDICT_GIVE_UP);
    }
    DIR *d = opendir(p->base);
    for (const struct dirent *e = readdir(d); e; e = readdir(d))
        assert_true(str_equal(e->d_name, ".") || str_equal(e->d_name, ".."));
    (void)closedir(d);
    /* Nor can a sender put lines into the mail's head. */
    p->mail.recipient = "office@localhost";
    p->mail.sender = "a@b>\nX-Evil: 1";
    char name[PATH_LEN];
    deliver(p, VERDICT_DONE);
    assert_int_equal(count(p, "new", name), 1);
    assert_whole(p, name, strchr(mail_native, '\n') + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_mail_is_delivered_once, place_open, place_close),
        cmocka_unit_test_setup_teardown(a_delivery_that_was_cut_off_is_taken_again, place_open, place_close),
        cmocka_unit_test_setup_teardown(large_mail_keeps_every_byte, place_open, place_close),
        cmocka_unit_test_setup_teardown(what_cannot_be_written_is_tried_again, place_open, place_close),
        cmocka_unit_test_setup_teardown(addresses_stay_inside, place_open, place_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

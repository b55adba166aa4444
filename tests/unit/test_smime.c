/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails encrypted to S/MIME certificates, read by OpenSSL's own command; and which certificates will do. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

#include "scratch.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/smime.h"
#include "net/pem.h"

enum { FILE_MAX = 1 << 20 };
static const int64_t a_lifetime_ms = 100LL * 365 * 86400 * 1000;

static char dir[64];

/* A shell's command, in the folder of the test. */
static int PRINTF_LIKE(1, 2) try(const char *format, ...)
{
    char command[1000], line[1200];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    (void)str_format(line, sizeof(line), "cd %s && { %s; } 2>>log", dir, command);
    return system(line); /* NOLINT */
}

static void read_file(const char *name, struct buf *to)
{
    char path[200];
    (void)str_format(path, sizeof(path), "%s/%s", dir, name);
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    buf_init(to, FILE_MAX);
    assert_true(fd >= 0 && fd_read_rest(fd, to) == 0);
}

static void write_file(const char *name, struct span bytes)
{
    char path[200];
    (void)str_format(path, sizeof(path), "%s/%s", dir, name);
    SCOPED_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && fd_write_all(fd, bytes) == 0);
}

/* name.pem and name.key; key: as for `openssl req -newkey`. */
static void make(const char *name, const char *key, const char *more)
{
    assert_int_equal(try("openssl req -x509 -newkey %s -nodes -days 10 -subj /CN=Ann -addext "
                         "subjectAltName=email:ann@example.com %s -keyout %s.key -out %s.pem",
                         key, more, name, name),
                     0);
}

static int setup(void **state)
{
    smime_prepare();
    scratch_folder(dir, sizeof(dir));
    make("rsa", "rsa:2048", "-addext keyUsage=keyEncipherment");
    make("curve", "ec -pkeyopt ec_paramgen_curve:P-256", "");
    return 0;
}

static const char inner[] =
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    "A fax of K\xc3\xb6ln.\r\n.\r\nThe end\r\n";

static void start_mail(struct buf *mail)
{
    buf_init(mail, FILE_MAX);
    (void)buf_printf(mail,
                     "From: <fax@example.com>\r\nTo: <ann@example.com>\r\nSubject: A fax\r\n"
                     "MIME-Version: 1.0\r\n%s",
                     inner);
}

static bool encrypt(const char *cipher, const char *certificates, int64_t now_ms, struct buf *mail,
                    struct outcome *o)
{
    SCOPED_BUF struct buf keys;
    buf_init(&keys, FILE_MAX);
    (void)buf_printf(&keys, SMIME_KEYS "%s\n%s", cipher, certificates);
    assert_true(smime_wanted(buf_text(&keys)));
    outcome_done(o);
    start_mail(mail);
    return smime_encrypt(buf_text(&keys), now_ms, mail, o);
}

static void only_who_has_the_key_reads_the_mail(void **state)
{
    static const struct {
        const char *cipher, *key, *type, *shown;
    } cases[] = {{"aes-256-gcm", "rsa", "smime-type=authEnveloped-data", "aes-256-gcm"},
                 {"aes-256-cbc", "rsa", "smime-type=enveloped-data", "aes-256-cbc"},
                 {"aes-256-gcm", "curve", "smime-type=authEnveloped-data", "aes-256-gcm"},
                 {"aes-256-cbc", "curve", "smime-type=enveloped-data", "aes-256-cbc"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        SCOPED_BUF struct buf certificate, mail, plain;
        char name[20];
        struct outcome o;
        (void)str_format(name, sizeof(name), "%s.pem", cases[i].key);
        read_file(name, &certificate);
        assert_true(encrypt(cases[i].cipher, buf_text(&certificate), clock_wall_ms(), &mail, &o));
        const char *text = buf_text(&mail);
        assert_true(str_starts(text, "From: <fax@example.com>\r\nTo: <ann@example.com>\r\nSubject: A fax\r\n"
                                     "MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; "));
        assert_non_null(strstr(text, cases[i].type));
        assert_null(strstr(text, "text/plain"));
        write_file("mail", buf_span(&mail));
        assert_int_equal(try("openssl cms -decrypt -in mail -recip %s.pem -inkey %s.key -out plain",
                             cases[i].key, cases[i].key),
                         0);
        read_file("plain", &plain);
        assert_string_equal(buf_text(&plain), inner);
        assert_int_equal(try("openssl cms -cmsout -print -noout -in mail | grep -q %s", cases[i].shown), 0);
        const char *other = str_equal(cases[i].key, "rsa") ? "curve" : "rsa";
        assert_int_not_equal(
            try("openssl cms -decrypt -in mail -recip %s.pem -inkey %s.key -out plain", other, other), 0);
    }
}

static void several_certificates_each_open_it(void **state)
{
    SCOPED_BUF struct buf first, second, mail;
    struct outcome o;
    read_file("rsa.pem", &first);
    read_file("curve.pem", &second);
    (void)buf_append(&first, second.data, second.len);
    assert_true(encrypt("aes-256-gcm", buf_text(&first), clock_wall_ms(), &mail, &o));
    write_file("mail", buf_span(&mail));
    assert_int_equal(try("openssl cms -decrypt -in mail -recip rsa.pem -inkey rsa.key -out plain && "
                         "openssl cms -decrypt -in mail -recip curve.pem -inkey curve.key -out plain"),
                     0);
}

static void nothing_leaves_in_clear_when_no_certificate_is_valid(void **state)
{
    SCOPED_BUF struct buf certificate, late, missing, early;
    struct outcome o;
    read_file("rsa.pem", &certificate);
    assert_false(encrypt("aes-256-gcm", buf_text(&certificate), clock_wall_ms() + a_lifetime_ms, &late, &o));
    assert_string_equal(o.code, "smime-expired");
    assert_int_equal(late.len, 0);
    assert_false(encrypt("aes-256-gcm", buf_text(&certificate), 1000, &early, &o));
    assert_false(encrypt("aes-256-gcm", "", clock_wall_ms(), &missing, &o));
    assert_string_equal(o.code, "smime-expired");
    assert_int_equal(missing.len, 0);
}

static void assert_unfit(const char *name, const char *part)
{
    SCOPED_BUF struct buf pem;
    struct pem_certificate c;
    const char *why = "";
    read_file(name, &pem);
    assert_false(pem_certificate_read(buf_text(&pem), &c, &why));
    if (!strstr(why, part))
        fail_msg("%s: %s", name, why);
}

static void certificate_that_will_not_do_is_told_why(void **state)
{
    SCOPED_BUF struct buf pem;
    struct pem_certificate c;
    const char *why = "";
    make("signing", "rsa:2048", "-addext keyUsage=digitalSignature");
    make("server", "rsa:2048", "-addext extendedKeyUsage=serverAuth");
    make("short", "rsa:1024", "");
    make("edwards", "ed25519", "");
    assert_unfit("signing.pem", "only to check signatures");
    assert_unfit("server.pem", "not for mail");
    assert_unfit("short.pem", "less than 2048");
    assert_unfit("edwards.pem", "neither RSA nor");
    assert_unfit("rsa.key", "no certificate");
    assert_int_equal(
        try("cat rsa.pem rsa.key > both && cat rsa.pem curve.pem > two && sed 's/M/x/' rsa.pem > bad"), 0);
    assert_unfit("both", "private key");
    assert_unfit("two", "several");
    assert_unfit("bad", "broken");
    read_file("curve.pem", &pem);
    assert_true(pem_certificate_read(buf_text(&pem), &c, &why));
    assert_string_equal(c.name, "ann@example.com");
    int64_t left = c.until_ms - clock_wall_ms();
    assert_true(left > 9LL * 86400 * 1000 && left < 11LL * 86400 * 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_who_has_the_key_reads_the_mail),
        cmocka_unit_test(several_certificates_each_open_it),
        cmocka_unit_test(nothing_leaves_in_clear_when_no_certificate_is_valid),
        cmocka_unit_test(certificate_that_will_not_do_is_told_why),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}

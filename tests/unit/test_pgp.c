/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails that GnuPG signed and encrypted, found and opened as the workers do it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

#include "scratch.h"

#include "base/scope.h"
#include "base/str.h"
#include "convert/pgp_find.h"
#include "convert/pgp_mail.h"
#include "convert/unpack.h"

enum { FILE_MAX = 64 * 1024 * 1024, COMMAND_MAX = 2000 };

static char dir[64];
static struct buf ours, our_secret; /* the server's pair */
static struct unpacked outer, inner;
static struct pgp_facts facts;
static struct outcome outcome;
static enum pgp_found found;
static struct buf opened;

/* ---- GnuPG ---- */

/* A shell's command, in the folder of the test. */
static int PRINTF_LIKE(1, 2) try(const char *format, ...)
{
    char command[COMMAND_MAX], line[COMMAND_MAX + 200];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    (void)str_format(
        line, sizeof(line),
        "cd %s && export GNUPGHOME=%s && gpg() { command gpg --batch --quiet --no-tty --yes "
        "--pinentry-mode loopback --passphrase '' --trust-model always \"$@\" 2>>gpg.log; } && %s",
        dir, dir, command);
    return system(line);
}

#define SHELL(...) assert_int_equal(try(__VA_ARGS__), 0)

static void save(const char *name, struct span bytes)
{
    char path[200];
    (void)str_format(path, sizeof(path), "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes.data, 1, bytes.len, f), bytes.len);
    assert_int_equal(fclose(f), 0);
}

/* Cleared by the caller. */
static struct buf load(const char *name)
{
    char path[200];
    struct buf b;
    static uint8_t room[1 << 20];
    (void)str_format(path, sizeof(path), "%s/%s", dir, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    buf_init(&b, FILE_MAX);
    for (size_t n; (n = fread(room, 1, sizeof(room), f)) > 0;)
        assert_true(buf_append(&b, room, n));
    (void)fclose(f);
    return b;
}

static int make_keys(void **state)
{
    unpack_prepare();
    scratch_folder(dir, sizeof(dir));
    buf_init(&ours, FILE_MAX);
    buf_init(&our_secret, FILE_MAX);
    assert_true(openpgp_make("Fax of clinic <fax@fax.example.com>", &ours, &our_secret));
    save("ours.asc", buf_span(&ours));
    SHELL("gpg --import ours.asc");
    for (size_t i = 0; i < 3; i++)
        SHELL("gpg --quick-gen-key '%s@example.com' future-default default never",
              ((const char *[]){"ann", "eve", "rev"})[i]);
    SHELL("gpg --quick-gen-key 'rsa@example.com' rsa2048 default never && "
          "gpg --quick-add-key $(gpg --with-colons --list-keys rsa@example.com | "
          "awk -F: '/^fpr/{print $10; exit}') rsa2048 encr never");
    SHELL(
        "gpg --faked-system-time 20200101T000000 --quick-gen-key old@example.com ed25519 default 2020-03-01");
    SHELL("for k in ann eve rev rsa old; do gpg --armor --export $k@example.com >$k.asc || exit 1; done");
    return 0;
}

static int drop_keys(void **state)
{
    (void)try("gpgconf --kill all");
    (void)try("rm -rf %s", dir);
    buf_clear(&ours);
    buf_clear(&our_secret);
    return 0;
}

static int forget(void **state)
{
    unpacked_clear(&outer);
    unpacked_clear(&inner);
    buf_clear(&opened);
    return 0;
}

/* ---- what the workers do ---- */

/* keys: files of the folder, separated by blanks. */
static void open_with(struct openpgp *o, const char *keys)
{
    SCOPED_BUF struct buf names;
    buf_init(&names, 1000);
    (void)buf_append_str(&names, keys);
    char *rest = (char *)names.data, *name;
    while ((name = strsep(&rest, " ")) != NULL) {
        struct buf key = load(name);
        (void)buf_append_str(&key, "\n\n"); /* as keys stand in a list */
        openpgp_add_keys(o, buf_text(&key));
        buf_clear(&key);
    }
}

static void open_mail(struct span mail, const char *keys)
{
    struct part parts[PART_SET_PARTS_MAX];
    struct pgp_piece pieces[PART_SET_PARTS_MAX];
    size_t count = 0;
    unpacked_clear(&outer);
    unpacked_clear(&inner);
    buf_clear(&opened);
    buf_init(&opened, (size_t)256 << 20);
    unpack_mail(mail, &outer, &outcome);
    assert_int_equal(outcome.verdict, VERDICT_DONE);
    found = pgp_find(mail, &outer, parts, &count, &outcome);
    if (found != PGP_FOUND_PIECES || outcome.verdict != VERDICT_DONE)
        return;
    for (size_t i = 0; i < count; i++)
        pieces[i] = (struct pgp_piece){parts[i].type, parts[i].name, parts[i].bytes};
    struct openpgp *o = openpgp_new();
    open_with(o, keys);
    assert_true(openpgp_add_secret(o, buf_span(&our_secret)));
    if (pgp_mail_open(o, pieces, count, &opened, &facts, &outcome)) {
        struct outcome read;
        unpack_mail(buf_span(&opened), &inner, &read);
        assert_int_equal(read.verdict, VERDICT_DONE);
    }
    openpgp_free(o);
}

static void assert_opened(enum pgp_signature signature, bool encrypted)
{
    assert_string_equal(outcome.text, "");
    assert_int_equal(found, PGP_FOUND_PIECES);
    assert_string_equal(pgp_signature_name(facts.signature), pgp_signature_name(signature));
    assert_int_equal(facts.encrypted, encrypted);
}

static void assert_document(size_t i, const char *name, const char *content)
{
    assert_true(inner.count > i);
    assert_string_equal(inner.parts[i].name, name);
    assert_string_equal(buf_text(&inner.parts[i].bytes), content);
}

/* ---- mails ---- */

#define OUTSIDE                                                                                              \
    "From: Ann <ann@example.com>\r\nTo: 0501234567@front.fax.example.com\r\nSubject: Letter\r\n"             \
    "Message-ID: <m1@example.com>\r\nMIME-Version: 1.0\r\n"
#define ENTITY                                                                                               \
    "Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\nContent-Type: text/plain\r\n\r\nPIN: "        \
    "4711\r\n"                                                                                               \
    "--in\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=letter.pdf\r\n\r\n"  \
    "%PDF the letter\r\n--in--\r\n"

/* A multipart/signed of entity.mime and its signature, whoever made that. */
static struct buf signed_mail(const char *outside, const char *more)
{
    struct buf mail, entity = load("entity.mime"), signature = load("entity.mime.asc");
    buf_init(&mail, FILE_MAX);
    (void)buf_printf(
        &mail,
        "%sContent-Type: multipart/signed; micalg=pgp-sha256;\r\n protocol=\"application/pgp-signature\"; "
        "boundary=\"=out\"\r\n\r\nThis is signed.\r\n--=out\r\n",
        outside);
    (void)buf_append(&mail, entity.data, entity.len);
    (void)buf_append_str(&mail,
                         "\r\n--=out\r\nContent-Type: application/pgp-signature; name=signature.asc\r\n\r\n");
    (void)buf_append(&mail, signature.data, signature.len);
    (void)buf_printf(&mail, "\r\n%s--=out--\r\n", more);
    buf_clear(&entity);
    buf_clear(&signature);
    return mail;
}

/* options of gpg, `who` among them. */
static struct buf sign(const char *entity, const char *options)
{
    save("entity.mime", span_str(entity));
    SHELL("rm -f entity.mime.asc; gpg %s --armor --detach-sign entity.mime", options);
    return signed_mail(OUTSIDE, "");
}

static void open_signed(const char *options, const char *keys)
{
    struct buf mail = sign(ENTITY, options);
    open_mail(buf_span(&mail), keys);
    buf_clear(&mail);
}

/* An entity that gpg encrypts with those options. */
static struct buf encrypted_mail(const char *entity, const char *options)
{
    struct buf mail;
    save("entity.mime", span_str(entity));
    SHELL("rm -f entity.mime.asc; gpg %s --armor -o entity.mime.asc entity.mime", options);
    struct buf message = load("entity.mime.asc");
    buf_init(&mail, FILE_MAX);
    (void)buf_printf(
        &mail,
        OUTSIDE "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=e\r\n"
                "\r\n--e\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--e\r\n"
                "Content-Type: application/octet-stream; name=encrypted.asc\r\n\r\n%s\r\n--e--\r\n",
        buf_text(&message));
    buf_clear(&message);
    return mail;
}

static void open_encrypted(const char *entity, const char *options, const char *keys)
{
    struct buf mail = encrypted_mail(entity, options);
    open_mail(buf_span(&mail), keys);
    buf_clear(&mail);
}

/* ---- PGP/MIME ---- */

/* proves: S2.5 */
static void signature_of_a_known_key_is_good_in_every_usual_form(void **state)
{
    static const char *const options[] = {"-u ann@example.com", "-u rsa@example.com",
                                          "-u ann@example.com --textmode",
                                          "-u rsa@example.com --digest-algo SHA512"};
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        open_signed(options[i], "ann.asc rsa.asc");
        assert_opened(PGP_SIGNATURE_GOOD, false);
        assert_int_equal(strlen(facts.key), 40);
        assert_true(facts.signed_ms > 1600000000000LL);
        assert_false(facts.bound);
        assert_document(0, "letter.pdf", "%PDF the letter");
        assert_string_equal(buf_text(&inner.text), "PIN: 4711");
        assert_string_equal(inner.from, "ann@example.com");
        assert_string_equal(inner.subject, "Letter");
        assert_string_equal(inner.message_id, "m1@example.com");
    }
}

/* proves: S2.5 */
static void each_fault_of_a_key_or_signature_is_told_apart(void **state)
{
    static const struct {
        const char *options, *keys;
        enum pgp_signature signature;
    } cases[] = {
        {"-u eve@example.com", "ann.asc rsa.asc", PGP_SIGNATURE_UNKNOWN_KEY},
        {"-u old@example.com --faked-system-time 20200201T000000", "old.asc", PGP_SIGNATURE_KEY_EXPIRED},
        {"-u ann@example.com --faked-system-time '20991231T000000!'", "ann.asc", PGP_SIGNATURE_EXPIRED},
        {"-u rsa@example.com --digest-algo SHA1", "rsa.asc", PGP_SIGNATURE_WEAK},
        {"-u ann@example.com", "ann.asc", PGP_SIGNATURE_GOOD},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        open_signed(cases[i].options, cases[i].keys);
        assert_opened(cases[i].signature, false);
    }
}

/* proves: S2.5 */
static void revoked_key_is_told_from_a_good_one(void **state)
{
    SHELL("gpg --armor --output plain.rev --gen-revoke rev@example.com <<EOF\ny\n0\n\ny\nEOF\n"
          "test -s plain.rev || sed 's/^:---/---/' openpgp-revocs.d/$(gpg --with-colons --list-keys "
          "rev@example.com |"
          " awk -F: '/^fpr/{print $10; exit}').rev >plain.rev");
    open_signed("-u rev@example.com", "rev.asc");
    assert_opened(PGP_SIGNATURE_GOOD, false);
    struct buf mail = signed_mail(OUTSIDE, "");
    SHELL("gpg --import plain.rev; gpg --armor --export rev@example.com >revoked.asc");
    open_mail(buf_span(&mail), "revoked.asc");
    assert_opened(PGP_SIGNATURE_KEY_REVOKED, false);
    buf_clear(&mail);
}

/* proves: S2.5 */
static void a_changed_byte_breaks_the_signature(void **state)
{
    struct buf mail = sign(ENTITY, "-u ann@example.com");
    char *letter = memmem(mail.data, mail.len, "the letter", 10);
    assert_non_null(letter);
    letter[4] = 'b';
    open_mail(buf_span(&mail), "ann.asc");
    assert_opened(PGP_SIGNATURE_BROKEN, false);
    buf_clear(&mail);
}

/* Line ends that a mail program or a server changed are put back as they were signed. */
static void line_ends_are_canonical(void **state)
{
    struct buf mail = sign(ENTITY, "-u ann@example.com"), lines;
    buf_init(&lines, FILE_MAX);
    for (size_t i = 0; i < mail.len; i++)
        if (mail.data[i] != '\r')
            (void)buf_append_byte(&lines, mail.data[i]);
    open_mail(buf_span(&lines), "ann.asc");
    assert_opened(PGP_SIGNATURE_GOOD, false);
    buf_clear(&mail);
    buf_clear(&lines);
}

/* proves: S2.5 */
static void what_stands_beside_the_signed_part_is_not_covered(void **state)
{
    static const char evil[] = "--=out\r\nContent-Type: application/pdf; name=evil.pdf\r\n\r\n%PDF evil\r\n";
    struct buf mail = sign(ENTITY, "-u ann@example.com");
    buf_clear(&mail);
    mail = signed_mail(OUTSIDE, evil);
    open_mail(buf_span(&mail), "ann.asc");
    assert_int_equal(found, PGP_FOUND_INSIDE);
    struct buf whole = signed_mail("", ""), list;
    buf_init(&list, FILE_MAX);
    (void)buf_printf(&list,
                     OUTSIDE "Content-Type: multipart/mixed; boundary=list\r\n\r\n--list\r\n%s\r\n--list\r\n"
                             "Content-Type: application/pdf; name=evil.pdf\r\n\r\n%%PDF evil\r\n--list--\r\n",
                     buf_text(&whole));
    open_mail(buf_span(&list), "ann.asc");
    assert_int_equal(found, PGP_FOUND_INSIDE);
    buf_clear(&mail);
    buf_clear(&whole);
    buf_clear(&list);
}

/* Two Content-Types: whoever reads the other one sees another mail. */
static void mail_that_can_be_read_in_two_ways_is_not_signed(void **state)
{
    struct buf mail = sign(ENTITY, "-u ann@example.com");
    buf_clear(&mail);
    mail = signed_mail(OUTSIDE "Content-Type: text/plain\r\n", "");
    open_mail(buf_span(&mail), "ann.asc");
    assert_int_not_equal(found, PGP_FOUND_PIECES);
    buf_clear(&mail);
}

/* proves: S2.5 */
static void encrypted_mail_opens_with_the_servers_key(void **state)
{
    open_encrypted(ENTITY, "--encrypt -r fax@fax.example.com -s -u ann@example.com", "ann.asc");
    assert_opened(PGP_SIGNATURE_GOOD, true);
    assert_document(0, "letter.pdf", "%PDF the letter");
    open_encrypted(ENTITY, "--encrypt -r fax@fax.example.com", "ann.asc");
    assert_opened(PGP_SIGNATURE_NONE, true);
    assert_document(0, "letter.pdf", "%PDF the letter");
    open_encrypted(ENTITY, "--encrypt -r fax@fax.example.com -s -u eve@example.com", "ann.asc");
    assert_opened(PGP_SIGNATURE_UNKNOWN_KEY, true);
    open_encrypted(ENTITY, "--encrypt -r fax@fax.example.com -R eve@example.com --cipher-algo AES128",
                   "ann.asc");
    assert_opened(PGP_SIGNATURE_NONE, true);
}

/* RFC 3156 §6.1: signed first, then encrypted as a whole. The mail that comes out is looked at once more. */
/* proves: S2.5 */
static void signed_mail_inside_an_encrypted_one_is_found(void **state)
{
    struct buf mail = sign(ENTITY, "-u ann@example.com"), whole = signed_mail("", "");
    open_encrypted(buf_text(&whole), "--encrypt -r fax@fax.example.com", "ann.asc");
    assert_opened(PGP_SIGNATURE_NONE, true);
    struct buf again = opened;
    buf_init(&opened, 1);
    open_mail(buf_span(&again), "ann.asc");
    assert_opened(PGP_SIGNATURE_GOOD, false);
    assert_document(0, "letter.pdf", "%PDF the letter");
    buf_clear(&again);
    buf_clear(&mail);
    buf_clear(&whole);
}

/* proves: S2.5 */
static void mail_that_cannot_be_decrypted_says_why(void **state)
{
    open_encrypted(ENTITY, "--encrypt -r eve@example.com", "ann.asc");
    assert_string_equal(outcome.code, "pgp-not-for-us");
    open_encrypted(ENTITY, "--symmetric --passphrase secret", "ann.asc");
    assert_string_equal(outcome.code, "pgp-passphrase");
    struct buf mail = encrypted_mail(ENTITY, "--encrypt -r fax@fax.example.com");
    char *end = memmem(mail.data, mail.len, "-----END", 8);
    assert_non_null(end);
    memset(end - 130, 'A', 60);
    open_mail(buf_span(&mail), "ann.asc");
    assert_string_equal(outcome.code, "pgp-broken");
    assert_int_equal(inner.count, 0);
    buf_clear(&mail);
}

/* A gigabyte of zeros makes a mail of a megabyte, packed once, and of some kilobytes, packed twice. */
/* proves: S2.5 */
static void packed_bomb_ends_at_the_limit(void **state)
{
    SHELL("head -c 1000000000 /dev/zero | gpg -z 9 --compress-algo zlib -r fax@fax.example.com --armor "
          "-o bomb.asc --encrypt");
    struct buf message = load("bomb.asc"), mail;
    buf_init(&mail, FILE_MAX);
    (void)buf_printf(&mail, OUTSIDE "Content-Type: text/plain\r\n\r\n%s", buf_text(&message));
    assert_true(mail.len < 4 << 20);
    open_mail(buf_span(&mail), "ann.asc");
    assert_string_equal(outcome.code, "pgp-too-large");
    assert_true(opened.len == 0);
    buf_clear(&message);
    buf_clear(&mail);
}

/* A header that was signed with the rest is the mail's, and nobody can add to it. */
/* proves: S2.5 */
static void protected_header_replaces_the_outer_one(void **state)
{
    static const char entity[] = "Content-Type: text/plain; protected-headers=\"v1\"\r\n"
                                 "From: ann@example.com\r\nTo: 0507777777@front.fax.example.com\r\n"
                                 "Subject: Inside\r\n\r\nwords\r\n";
    struct buf mail = sign(entity, "-u ann@example.com");
    buf_clear(&mail);
    mail = signed_mail(OUTSIDE "Cc: 0509999999@front.fax.example.com\r\n", "");
    open_mail(buf_span(&mail), "ann.asc");
    assert_opened(PGP_SIGNATURE_GOOD, false);
    assert_true(facts.bound);
    assert_string_equal(buf_text(&inner.addressees), "0507777777@front.fax.example.com\t\n");
    assert_string_equal(inner.subject, "Inside");
    buf_clear(&mail);
}

/* ---- inline ---- */

/* proves: S2.5 */
static void clear_signed_words_count_and_those_around_them_do_not(void **state)
{
    struct buf mail;
    save("words", span_str("PIN: 4711\nGr\xc3\xbc\xc3\x9f\x65\n- dash\n"));
    SHELL("gpg -u ann@example.com --clear-sign -o words.asc words");
    struct buf words = load("words.asc");
    buf_init(&mail, FILE_MAX);
    (void)buf_printf(
        &mail,
        OUTSIDE "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n%s\r\n"
                "PIN: 9999\r\n",
        buf_text(&words));
    open_mail(buf_span(&mail), "ann.asc");
    assert_opened(PGP_SIGNATURE_GOOD, false);
    assert_non_null(strstr(buf_text(&inner.text), "PIN: 4711\nGr\xc3\xbc\xc3\x9f\x65\n- dash"));
    assert_null(strstr(buf_text(&inner.text), "9999"));
    char *pin = memmem(mail.data, mail.len, "4711", 4);
    pin[0] = '5';
    open_mail(buf_span(&mail), "ann.asc");
    assert_opened(PGP_SIGNATURE_BROKEN, false);
    buf_clear(&mail);
    buf_clear(&words);
}

static void put_file(struct buf *mail, const char *file, const char *name)
{
    struct buf bytes = load(file);
    (void)buf_printf(
        mail,
        "\r\n--b\r\nContent-Type: application/octet-stream\r\n"
        "Content-Disposition: attachment; filename=\"%s\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
        name);
    (void)buf_append(mail, bytes.data, bytes.len);
    buf_clear(&bytes);
}

static struct buf mail_with(const char *const (*files)[2], size_t count)
{
    struct buf mail;
    buf_init(&mail, FILE_MAX);
    (void)buf_append_str(&mail, OUTSIDE "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
                                        "Content-Type: text/plain\r\n\r\nwords\r\n");
    for (size_t i = 0; i < count; i++)
        put_file(&mail, files[i][0], files[i][1]);
    (void)buf_append_str(&mail, "\r\n--b--\r\n");
    return mail;
}

/* proves: S2.5 */
static void attachments_signed_or_encrypted_one_by_one(void **state)
{
    static const char *const files[][2] = {
        {"a.pdf.asc", "a.pdf.asc"}, {"b.pdf", "b.pdf"}, {"b.pdf.sig", "b.pdf.sig"}, {"c.pdf", "c.pdf"}};
    save("a.pdf", span_str("%PDF a"));
    save("b.pdf", span_str("%PDF b"));
    save("c.pdf", span_str("%PDF c"));
    SHELL("gpg -u ann@example.com -s -r fax@fax.example.com --armor -o a.pdf.asc --encrypt a.pdf");
    SHELL("gpg -u ann@example.com --armor -o b.pdf.sig --detach-sign b.pdf");
    struct buf mail = mail_with(files, 3);
    open_mail(buf_span(&mail), "ann.asc");
    assert_opened(PGP_SIGNATURE_GOOD, false);
    assert_int_equal(inner.count, 2);
    assert_document(0, "a.pdf", "%PDF a");
    assert_document(1, "b.pdf", "%PDF b");
    buf_clear(&mail);
    mail = mail_with(files, 1);
    open_mail(buf_span(&mail), "ann.asc");
    assert_opened(PGP_SIGNATURE_GOOD, true);
    buf_clear(&mail);
    mail = mail_with(files, 4);
    open_mail(buf_span(&mail), "ann.asc");
    assert_opened(PGP_SIGNATURE_PARTIAL, false);
    buf_clear(&mail);
}

static void mail_without_pgp_is_left_alone(void **state)
{
    static const char *const files[][2] = {{"c.pdf", "c.pdf"}, {"c.pdf", "x.sig"}};
    save("c.pdf", span_str("%PDF c"));
    struct buf mail = mail_with(files, 2);
    open_mail(buf_span(&mail), "ann.asc");
    assert_int_equal(found, PGP_FOUND_NONE);
    unpacked_drop_signatures(&outer);
    assert_int_equal(outer.count, 2);
    buf_clear(&mail);
}

/* ---- our own mails ---- */

/* proves: S2.5 */
static void mail_of_ours_is_read_by_gpg_and_by_nobody_without_the_key(void **state)
{
    static const char mail[] =
        "From: <fax@x.example>\r\nTo: <ann@example.com>\r\nSubject: FAX\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain;\r\n charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
        "the page\r\n";
    struct buf out;
    buf_init(&out, FILE_MAX);
    (void)buf_append_str(&out, mail);
    struct openpgp *o = openpgp_new();
    open_with(o, "ann.asc rsa.asc");
    assert_true(pgp_mail_encrypt(o, &out, &outcome));
    assert_null(strstr(buf_text(&out), "the page"));
    assert_non_null(strstr(buf_text(&out), "Subject: FAX\r\n"));
    const char *begin = strstr(buf_text(&out), "-----BEGIN PGP MESSAGE");
    save("out.asc", span_str(begin));
    for (int rsa = 0; rsa < 2; rsa++) {
        SHELL("gpg --try-secret-key %s@example.com -o out.txt --decrypt out.asc", rsa ? "rsa" : "ann");
        struct buf text = load("out.txt");
        assert_string_equal(buf_text(&text), strstr(mail, "Content-Type"));
        buf_clear(&text);
    }
    openpgp_free(o);
    buf_clear(&out);
}

static void mail_of_ours_is_not_made_where_the_key_cannot_be_used(void **state)
{
    static const char *const keys[] = {"old.asc", "gpg.log"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct buf out;
        buf_init(&out, FILE_MAX);
        (void)buf_append_str(&out, "Subject: x\r\nContent-Type: text/plain\r\n\r\nthe page\r\n");
        struct openpgp *o = openpgp_new();
        SHELL("touch gpg.log");
        open_with(o, keys[i]);
        assert_false(pgp_mail_encrypt(o, &out, &outcome));
        assert_string_equal(outcome.code, "pgp-key");
        assert_int_equal(out.len, 0);
        openpgp_free(o);
        buf_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(signature_of_a_known_key_is_good_in_every_usual_form, NULL, forget),
        cmocka_unit_test_setup_teardown(each_fault_of_a_key_or_signature_is_told_apart, NULL, forget),
        cmocka_unit_test_setup_teardown(revoked_key_is_told_from_a_good_one, NULL, forget),
        cmocka_unit_test_setup_teardown(a_changed_byte_breaks_the_signature, NULL, forget),
        cmocka_unit_test_setup_teardown(line_ends_are_canonical, NULL, forget),
        cmocka_unit_test_setup_teardown(what_stands_beside_the_signed_part_is_not_covered, NULL, forget),
        cmocka_unit_test_setup_teardown(mail_that_can_be_read_in_two_ways_is_not_signed, NULL, forget),
        cmocka_unit_test_setup_teardown(encrypted_mail_opens_with_the_servers_key, NULL, forget),
        cmocka_unit_test_setup_teardown(signed_mail_inside_an_encrypted_one_is_found, NULL, forget),
        cmocka_unit_test_setup_teardown(mail_that_cannot_be_decrypted_says_why, NULL, forget),
        cmocka_unit_test_setup_teardown(packed_bomb_ends_at_the_limit, NULL, forget),
        cmocka_unit_test_setup_teardown(protected_header_replaces_the_outer_one, NULL, forget),
        cmocka_unit_test_setup_teardown(clear_signed_words_count_and_those_around_them_do_not, NULL, forget),
        cmocka_unit_test_setup_teardown(attachments_signed_or_encrypted_one_by_one, NULL, forget),
        cmocka_unit_test_setup_teardown(mail_without_pgp_is_left_alone, NULL, forget),
        cmocka_unit_test_setup_teardown(mail_of_ours_is_read_by_gpg_and_by_nobody_without_the_key, NULL,
                                        forget),
        cmocka_unit_test_setup_teardown(mail_of_ours_is_not_made_where_the_key_cannot_be_used, NULL, forget),
    };
    return cmocka_run_group_tests(tests, make_keys, drop_keys);
}

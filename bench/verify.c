/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* CPU time to verify the DKIM signature of a mail, the keys at hand: our evidence (SPF and DMARC included)
 * against libopendkim's dkim_chunk and dkim_eom. Both read the same mail, which libopendkim signed. One JSON
 * object a line, read by bench/verify.py; arguments: the cases, all without. */
#include <stdbool.h> /* opendkim's header wants it first */
#include <sys/types.h>

#include <opendkim/dkim.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "base/base64.h"
#include "mail/evidence.h"

enum { ROUNDS = 9, RUNS = 60 };

static char private_key[8192], record[2048];

static void make_key(void)
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    unsigned char *der = NULL;
    struct buf text;
    buf_init(&text, sizeof(record));
    int len = i2d_PUBKEY(key, &der);
    BIO *out = BIO_new(BIO_s_mem());
    if (len <= 0 || PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) != 1)
        panic("no key");
    (void)BIO_read(out, private_key, sizeof(private_key) - 1);
    (void)base64_encode(span_of(der, (size_t)len), &text);
    (void)str_format(record, sizeof(record), "v=DKIM1; k=rsa; p=%s", buf_text(&text));
    OPENSSL_free(der);
    BIO_free(out);
    EVP_PKEY_free(key);
    buf_clear(&text);
}

static void make_mail(struct buf *b, size_t size)
{
    (void)buf_append_str(
        b, "From: Ann <ann@example.com>\r\nTo: 5551234@front.fax.example\r\nDate: Fri, 20 Nov 2026 "
           "10:00:00 +0000\r\nSubject: letter\r\n\r\n");
    while (b->len < size)
        (void)buf_append_str(
            b, "JVBERi0xLjQKMSAwIG9iajw8L1R5cGUvQ2F0YWxvZy9QYWdlcyAyIDAgUj4+ZW5kb2JqCjIgMCBv\r\n");
}

static const unsigned char *text(const char *t)
{
    return (const unsigned char *)t;
}

static void sign(DKIM_LIB *lib, const struct buf *mail, dkim_canon_t form, struct buf *signed_mail)
{
    DKIM_STAT status;
    unsigned char field[8192];
    DKIM *d = dkim_sign(lib, text("x"), NULL, (dkim_sigkey_t)(uintptr_t)private_key, text("s"),
                        text("example.com"), form, form, DKIM_SIGN_RSASHA256, -1, &status);
    if (!d || dkim_chunk(d, mail->data, mail->len) || dkim_chunk(d, NULL, 0) || dkim_eom(d, NULL) ||
        dkim_getsighdr(d, field, sizeof(field), 16))
        panic("opendkim does not sign");
    (void)buf_printf(signed_mail, "DKIM-Signature: %s\r\n", (const char *)field);
    (void)buf_append(signed_mail, mail->data, mail->len);
    dkim_free(d);
}

/* ---- one verification each ---- */

static bool no_suffix(const char *domain)
{
    return false;
}

static void answer(struct dns_table *t)
{
    for (size_t i = 0; i < t->count; i++) {
        struct dns_entry *e = t->entries[i];
        const char *data = strstr(e->name, "_domainkey")           ? record
                           : str_starts(e->name, "_dmarc.example") ? "v=DMARC1; p=reject"
                                                                   : "";
        uint8_t rdata[2304];
        size_t at = 0;
        if (!dns_is_open(e))
            continue;
        for (size_t left = strlen(data), from = 0; left > 0;) {
            size_t n = left < 255 ? left : 255;
            rdata[at++] = (uint8_t)n;
            memcpy(rdata + at, data + from, n);
            at += n;
            from += n;
            left -= n;
        }
        if (at > 0)
            dns_add_record(t, e, span_of(rdata, at));
        dns_close(e);
    }
}

static void verify_ours(const struct buf *mail)
{
    const struct evidence_opts opts = {.client_ip = "192.0.2.1",
                                       .helo = "mx.example.com",
                                       .sender = "ann@example.com",
                                       .trusted_server = "",
                                       .is_public_suffix = no_suffix};
    struct sender_facts facts;
    size_t at, head = mail->len < 262148 ? mail->len : 262148;
    struct evidence *e = evidence_new(&opts, span_of(mail->data, head));
    if (!evidence_wants_body(e, &at))
        panic("no signature was read");
    evidence_add_body(e, span_of(mail->data + at, mail->len - at));
    evidence_end_body(e);
    while (!evidence_judge(e, &facts))
        answer(evidence_dns(e));
    if (facts.dmarc != AUTH_PASS || facts.dkim != AUTH_PASS)
        panic("ours does not pass");
    evidence_free(e);
}

static DKIM_CBSTAT give_key(DKIM *d, DKIM_SIGINFO *s, unsigned char *to, size_t room)
{
    return str_copy((char *)to, room, record) ? DKIM_CBSTAT_CONTINUE : DKIM_CBSTAT_ERROR;
}

static void verify_theirs(DKIM_LIB *lib, const struct buf *mail)
{
    DKIM_STAT status;
    bool test = false;
    DKIM *d = dkim_verify(lib, text("x"), NULL, &status);
    if (!d || dkim_chunk(d, mail->data, mail->len) || dkim_chunk(d, NULL, 0) || dkim_eom(d, &test))
        panic("theirs does not pass");
    dkim_free(d);
}

/* ---- measuring ---- */

static double cpu_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(DKIM_LIB *lib, const char *name, size_t size, dkim_canon_t form)
{
    struct buf mail, signed_mail;
    double ours[ROUNDS], theirs[ROUNDS];
    size_t runs = size > 1000000 ? RUNS / 10 : RUNS;
    buf_init(&mail, (size_t)64 << 20);
    buf_init(&signed_mail, (size_t)64 << 20);
    make_mail(&mail, size);
    sign(lib, &mail, form, &signed_mail);
    for (size_t round = 0; round < ROUNDS; round++) {
        double begin = cpu_ms();
        for (size_t i = 0; i < runs; i++)
            verify_ours(&signed_mail);
        double middle = cpu_ms();
        for (size_t i = 0; i < runs; i++)
            verify_theirs(lib, &signed_mail);
        ours[round] = (middle - begin) / (double)runs;
        theirs[round] = (cpu_ms() - middle) / (double)runs;
    }
    qsort(ours, ROUNDS, sizeof(*ours), compare);
    qsort(theirs, ROUNDS, sizeof(*theirs), compare);
    (void)printf("{\"case\": \"%s\", \"ours\": %.4f, \"theirs\": %.4f}\n", name, ours[ROUNDS / 2],
                 theirs[ROUNDS / 2]);
    (void)fflush(stdout);
    buf_clear(&mail);
    buf_clear(&signed_mail);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        size_t size;
        dkim_canon_t form;
    } cases[] = {{"relaxed 100 kB", 100000, DKIM_CANON_RELAXED},
                 {"simple 100 kB", 100000, DKIM_CANON_SIMPLE},
                 {"relaxed 10 MB", 10000000, DKIM_CANON_RELAXED}};
    DKIM_LIB *lib = dkim_init(NULL, NULL);
    make_key();
    (void)dkim_set_key_lookup(lib, give_key);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        bool wanted = argc == 1;
        for (int a = 1; a < argc; a++)
            wanted = wanted || str_equal(argv[a], cases[i].name);
        if (wanted)
            measure(lib, cases[i].name, cases[i].size, cases[i].form);
    }
    dkim_close(lib);
    return 0;
}

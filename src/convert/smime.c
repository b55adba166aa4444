/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/smime.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "convert/mime_writer.h"

/* RFC 8551 §2.7: authenticated where the reader's program is known to be able to. */
static const struct cipher {
    const char *name, *type;
    const EVP_CIPHER *(*get)(void);
} ciphers[] = {{"aes-256-gcm", "authEnveloped-data", EVP_aes_256_gcm},
               {"aes-256-cbc", "enveloped-data", EVP_aes_256_cbc}};

bool smime_wanted(const char *keys)
{
    return str_starts(keys, SMIME_KEYS);
}

void smime_prepare(void)
{
    uint8_t unused[16];
    (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    (void)RAND_bytes(unused, sizeof(unused));
    (void)RAND_priv_bytes(unused, sizeof(unused));
}

/* Both times of a certificate; a broken one has passed long ago. */
static bool is_valid_at(const X509 *x, int64_t now_ms)
{
    time_t now = (time_t)(now_ms / 1000);
    return X509_cmp_time(X509_get0_notBefore(x), &now) < 0 && X509_cmp_time(X509_get0_notAfter(x), &now) > 0;
}

/* Those in force; the caller's. all: how many there were. */
static STACK_OF(X509) * read_certificates(const char *pem, int64_t now_ms, unsigned *all)
{
    STACK_OF(X509) *list = sk_X509_new_null();
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *x;
    *all = 0;
    while (list && bio && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        ++*all;
        if (!is_valid_at(x, now_ms) || sk_X509_push(list, x) <= 0)
            X509_free(x);
    }
    ERR_clear_error(); /* the end is one to OpenSSL */
    BIO_free(bio);
    return list;
}

static bool put_encrypted(STACK_OF(X509) * to, const struct cipher *c, struct span inner, struct buf *der)
{
    BIO *in = BIO_new_mem_buf(inner.data, (int)inner.len), *out = BIO_new(BIO_s_mem());
    CMS_ContentInfo *cms = in && out ? CMS_encrypt(to, in, c->get(), CMS_BINARY) : NULL;
    char *data = NULL;
    bool good = cms && i2d_CMS_bio(out, cms) == 1;
    long len = good ? BIO_get_mem_data(out, &data) : 0;
    good = good && len > 0 && buf_append(der, data, (size_t)len);
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    BIO_free(out);
    return good;
}

/* RFC 8551 §3.3, §3.4 */
static void write_mail(const struct cipher *c, struct span outer, struct span der, struct buf *mail)
{
    buf_reset(mail);
    (void)buf_append(mail, outer.data, outer.len);
    (void)buf_printf(mail,
                     "Content-Type: application/pkcs7-mime; smime-type=%s;\r\n name=\"smime.p7m\"\r\n"
                     "Content-Disposition: attachment; filename=\"smime.p7m\"\r\n"
                     "Content-Transfer-Encoding: base64\r\n\r\n",
                     c->type);
    mime_write_base64(mail, der);
}

static bool encrypt_to(STACK_OF(X509) * to, const struct cipher *c, struct buf *mail)
{
    SCOPED_BUF struct buf outer, inner, der;
    buf_init(&outer, mail->limit);
    buf_init(&inner, mail->limit);
    buf_init(&der, mail->limit);
    mime_split(buf_span(mail), &outer, &inner);
    if (inner.len > INT32_MAX || !put_encrypted(to, c, buf_span(&inner), &der))
        return false;
    write_mail(c, buf_span(&outer), buf_span(&der), mail);
    return !mail->overflow;
}

bool smime_encrypt(const char *keys, int64_t now_ms, struct buf *mail, struct outcome *outcome)
{
    const char *name = keys + strlen(SMIME_KEYS);
    const struct cipher *c = &ciphers[0];
    unsigned all;
    for (size_t i = 0; i < ARRAY_LEN(ciphers); i++)
        if (span_equal(span_of(name, strcspn(name, "\n")), span_str(ciphers[i].name)))
            c = &ciphers[i];
    STACK_OF(X509) *to = read_certificates(keys, now_ms, &all);
    bool good = to && sk_X509_num(to) > 0 && encrypt_to(to, c, mail);
    if (!good && to && sk_X509_num(to) == 0)
        outcome_set(
            outcome, VERDICT_GIVE_UP, "smime-expired",
            all ? "No S/MIME certificate of the recipient is valid now, so his mails cannot be "
                  "encrypted; they are kept. Import a new one (faxpost key import), then: faxpost mails "
                  "retry ID"
                : "There is no S/MIME certificate of the recipient, so his mails cannot be encrypted; "
                  "they are kept. Import one (faxpost key import), then: faxpost mails retry ID");
    else if (!good)
        outcome_set(
            outcome, VERDICT_GIVE_UP, "smime-failed",
            "The mail cannot be encrypted to the recipient's S/MIME certificate (%.100s), or it is too "
            "large. It is kept.",
            ERR_reason_error_string(ERR_peek_last_error()) ? ERR_reason_error_string(ERR_peek_last_error())
                                                           : "no reason given");
    if (!good)
        buf_reset(mail);
    sk_X509_pop_free(to, X509_free);
    return good;
}

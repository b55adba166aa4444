/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/report_signature.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/rand.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/local_time.h"

void report_mark_make(struct report_mark *m)
{
    uint8_t random[64];
    uint32_t number;
    rand_bytes(random, sizeof(random));
    rand_bytes(&number, sizeof(number));
    for (size_t i = 0; i < REPORT_MARK_LEN; i++)
        m->place[i] = (char)('a' + (random[i / 2 % sizeof(random)] >> (i % 2 * 4) & 15));
    m->place[REPORT_MARK_LEN] = 0;
    m->range = (int)(1000000000 + number % 1000000000);
}

/* ---- in the file ---- */

static pdf_obj *make_signature(fz_context *ctx, pdf_document *doc, const struct report_mark *m)
{
    char when[32];
    pdf_obj *sig = pdf_add_new_dict(ctx, doc, 6);
    local_time_format(when, sizeof(when), "D:%Y%m%d%H%M%S", clock_wall_ms());
    pdf_dict_put(ctx, sig, PDF_NAME(Type), PDF_NAME(Sig));
    pdf_dict_put(ctx, sig, PDF_NAME(Filter), PDF_NAME(Adobe_PPKLite));
    pdf_dict_put(ctx, sig, PDF_NAME(SubFilter), PDF_NAME(adbe_pkcs7_detached));
    pdf_dict_put_text_string(ctx, sig, PDF_NAME(M), when);
    pdf_obj *range = pdf_dict_put_array(ctx, sig, PDF_NAME(ByteRange), 4);
    for (int i = 0; i < 4; i++)
        pdf_array_push_int(ctx, range, i == 0 ? 0 : m->range);
    pdf_dict_put_string(ctx, sig, PDF_NAME(Contents), m->place, REPORT_MARK_LEN);
    return sig;
}

/* §12.7.4.5: a field, and its widget that nobody sees, are one object. */
void report_mark_add(fz_context *ctx, pdf_document *doc, pdf_obj *page, const struct report_mark *m)
{
    enum { HIDDEN_AND_LOCKED = 2 | 128, SIGNATURES_EXIST_APPEND_ONLY = 3 };
    pdf_obj *sig = NULL, *field = NULL;
    fz_var(sig);
    fz_var(field);
    fz_try(ctx)
    {
        sig = make_signature(ctx, doc, m);
        field = pdf_add_new_dict(ctx, doc, 8);
        pdf_dict_put(ctx, field, PDF_NAME(Type), PDF_NAME(Annot));
        pdf_dict_put(ctx, field, PDF_NAME(Subtype), PDF_NAME(Widget));
        pdf_dict_put(ctx, field, PDF_NAME(FT), PDF_NAME(Sig));
        pdf_dict_put_text_string(ctx, field, PDF_NAME(T), "Report");
        pdf_dict_put(ctx, field, PDF_NAME(V), sig);
        pdf_dict_put_int(ctx, field, PDF_NAME(F), HIDDEN_AND_LOCKED);
        pdf_dict_put_rect(ctx, field, PDF_NAME(Rect), fz_make_rect(0, 0, 0, 0));
        pdf_dict_put(ctx, field, PDF_NAME(P), page);
        pdf_array_push(ctx, pdf_dict_put_array(ctx, page, PDF_NAME(Annots), 1), field);
        pdf_obj *form = pdf_dict_put_dict(ctx, pdf_dict_get(ctx, pdf_trailer(ctx, doc), PDF_NAME(Root)),
                                          PDF_NAME(AcroForm), 2);
        pdf_array_push(ctx, pdf_dict_put_array(ctx, form, PDF_NAME(Fields), 1), field);
        pdf_dict_put_int(ctx, form, PDF_NAME(SigFlags), SIGNATURES_EXIST_APPEND_ONLY);
    }
    fz_always(ctx)
    {
        pdf_drop_obj(ctx, field);
        pdf_drop_obj(ctx, sig);
    }
    fz_catch(ctx) fz_rethrow(ctx);
}

/* ---- around it ---- */

/* Writes where the signature stands. Its place, from `<` to `>`. */
static bool lay_out(struct buf *pdf, const struct report_mark *m, size_t *from, size_t *to)
{
    char wanted[64], range[64];
    (void)str_format(wanted, sizeof(wanted), "/ByteRange[0 %d %d %d]", m->range, m->range, m->range);
    uint8_t *place = memmem(pdf->data, pdf->len, m->place, REPORT_MARK_LEN);
    uint8_t *numbers = memmem(pdf->data, pdf->len, wanted, strlen(wanted));
    if (!place || !numbers || place == pdf->data || place[-1] != '(' || place[REPORT_MARK_LEN] != ')')
        return false;
    *from = (size_t)(place - pdf->data) - 1;
    *to = *from + REPORT_MARK_LEN + 2;
    place[-1] = '<';
    place[REPORT_MARK_LEN] = '>';
    int len = snprintf(range, sizeof(range), "/ByteRange[0 %zu %zu %zu", *from, *to, pdf->len - *to);
    if (len < 0 || (size_t)len >= strlen(wanted))
        return false;
    memset(numbers, ' ', strlen(wanted));
    memcpy(numbers, range, (size_t)len);
    numbers[strlen(wanted) - 1] = ']';
    return true;
}

static bool put_signature(const struct buf *pdf, size_t from, size_t to, X509 *certificate, EVP_PKEY *key)
{
    SCOPED_BUF struct buf around;
    unsigned char *der = NULL;
    buf_init(&around, pdf->len);
    if (!buf_append(&around, pdf->data, from) || !buf_append(&around, pdf->data + to, pdf->len - to))
        return false;
    BIO *in = BIO_new_mem_buf(around.data, (int)around.len);
    CMS_ContentInfo *cms =
        in ? CMS_sign(certificate, key, NULL, in, CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP) : NULL;
    int len = cms ? i2d_CMS_ContentInfo(cms, &der) : -1;
    char *text = (char *)pdf->data + from + 1;
    bool fits = len > 0 && 2 * len <= REPORT_MARK_LEN;
    if (fits) {
        char after = text[2 * len]; /* where hex_format ends its text */
        hex_format(der, (size_t)len, text);
        text[2 * len] = after;
        memset(text + 2 * len, '0', (size_t)(REPORT_MARK_LEN - 2 * len));
    }
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    return fits;
}

bool report_sign(struct buf *pdf, const struct report_mark *m, struct span key, const char *certificate)
{
    size_t from, to;
    BIO *key_in = BIO_new_mem_buf(key.data, (int)key.len), *certificate_in = BIO_new_mem_buf(certificate, -1);
    EVP_PKEY *k = key_in ? PEM_read_bio_PrivateKey(key_in, NULL, NULL, NULL) : NULL;
    X509 *x = certificate_in ? PEM_read_bio_X509(certificate_in, NULL, NULL, NULL) : NULL;
    bool good =
        k && x && pdf->len < INT32_MAX && lay_out(pdf, m, &from, &to) && put_signature(pdf, from, to, x, k);
    ERR_clear_error();
    X509_free(x);
    EVP_PKEY_free(k);
    BIO_free(certificate_in);
    BIO_free(key_in);
    return good;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost verify: was a report changed since its server signed it? Needs that server's certificate and
 * nothing else. */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "cli/api.h"
#include "cli/command.h"
#include "cli/input.h"
#include "proto/pdf_signature.h"

enum { REPORT_BYTES_MAX = 256 * 1024 * 1024, CERTIFICATES_MAX = 1 << 20 };

/* ---- certificates ---- */

static int from_server(const struct arguments *a, struct buf *pem)
{
    struct api api;
    SCOPED_ANSWER struct api_answer answer = {0};
    int status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    api_get(&api, "report-certificates", &answer);
    status = api_check(&api, &answer);
    if (status == EXIT_DONE)
        (void)buf_append_str(pem, json_text(answer.body, "certificates"));
    api_close(&api);
    if (status == EXIT_DONE && pem->len == 0)
        return complain_and(EXIT_DATA, "this server has signed no reports yet: faxpost set "
                                       "installation.sign_reports on");
    return status;
}

static int get_certificates(const struct arguments *a, struct buf *pem)
{
    const char *file = argument(a, "certificate");
    return file ? input_read(file, pem) : from_server(a, pem);
}

static STACK_OF(X509) * parse(const char *pem)
{
    STACK_OF(X509) *list = sk_X509_new_null();
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *x;
    while (list && bio && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
        if (sk_X509_push(list, x) <= 0)
            X509_free(x);
    ERR_clear_error(); /* the end is one to OpenSSL */
    BIO_free(bio);
    return list;
}

/* ---- the signature ---- */

enum verdict { UNCHANGED, CHANGED, BY_ANOTHER };

/* DER says where it ends; what fills its place is zeros. */
static CMS_ContentInfo *read_cms(const struct buf *b)
{
    const unsigned char *at = b->data;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)b->len);
    for (size_t i = cms ? (size_t)(at - b->data) : b->len; i < b->len; i++)
        if (b->data[i] != 0) {
            CMS_ContentInfo_free(cms);
            return NULL;
        }
    return cms;
}

/* One of ours signed it, as far as the certificate in it says. */
static bool names_one_of(CMS_ContentInfo *cms, STACK_OF(X509) * known)
{
    STACK_OF(X509) *inside = CMS_get1_certs(cms);
    bool found = false;
    for (int i = 0; i < sk_X509_num(inside); i++)
        for (int k = 0; k < sk_X509_num(known); k++)
            found = found || X509_cmp(sk_X509_value(inside, i), sk_X509_value(known, k)) == 0;
    sk_X509_pop_free(inside, X509_free);
    return found;
}

static const ASN1_TYPE *signing_time(CMS_ContentInfo *cms)
{
    STACK_OF(CMS_SignerInfo) *list = CMS_get0_SignerInfos(cms);
    CMS_SignerInfo *first = sk_CMS_SignerInfo_num(list) > 0 ? sk_CMS_SignerInfo_value(list, 0) : NULL;
    int at = first ? CMS_signed_get_attr_by_NID(first, NID_pkcs9_signingTime, -1) : -1;
    return at < 0 ? NULL : X509_ATTRIBUTE_get0_type(CMS_signed_get_attr(first, at), 0);
}

static void say_when(CMS_ContentInfo *cms, char *to, size_t room)
{
    struct tm tm;
    const ASN1_TYPE *t = signing_time(cms);
    const ASN1_TIME *time = !t                          ? NULL
                            : t->type == V_ASN1_UTCTIME ? t->value.utctime
                                                        : t->value.generalizedtime;
    if (!time || ASN1_TIME_to_tm(time, &tm) != 1 || strftime(to, room, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
        (void)str_copy(to, room, "an unknown time");
}

static void say_who(CMS_ContentInfo *cms, char *to, size_t room)
{
    STACK_OF(X509) *signers = CMS_get0_signers(cms);
    to[0] = 0;
    if (sk_X509_num(signers) > 0)
        (void)X509_NAME_get_text_by_NID(X509_get_subject_name(sk_X509_value(signers, 0)), NID_commonName, to,
                                        (int)room);
    sk_X509_free(signers);
}

static enum verdict check(const struct pdf_signature *s, const char *pem, char when[64], char who[200])
{
    STACK_OF(X509) *known = parse(pem);
    CMS_ContentInfo *cms = read_cms(&s->cms);
    SCOPED_BUF struct buf covered;
    buf_init(&covered, REPORT_BYTES_MAX);
    bool all = buf_append(&covered, s->before.data, s->before.len) &&
               buf_append(&covered, s->after.data, s->after.len);
    BIO *in = all ? BIO_new_mem_buf(covered.data, (int)covered.len) : NULL;
    enum verdict v = !cms ? CHANGED : !names_one_of(cms, known) ? BY_ANOTHER : CHANGED;
    if (v == CHANGED && cms && in &&
        CMS_verify(cms, known, NULL, in, NULL,
                   CMS_DETACHED | CMS_BINARY | CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY) == 1)
        v = UNCHANGED;
    if (v == UNCHANGED) {
        say_when(cms, when, 64);
        say_who(cms, who, 200);
    }
    ERR_clear_error();
    BIO_free(in);
    CMS_ContentInfo_free(cms);
    sk_X509_pop_free(known, X509_free);
    return v;
}

static int verify(const char *path, struct span file, const char *pem)
{
    struct pdf_signature s;
    struct complaint why;
    char when[64] = "", who[200] = "";
    if (!pdf_signature_find(file, &s, &why)) {
        pdf_signature_clear(&s);
        return complain_and(EXIT_DATA, "%s: %s", path, why.text);
    }
    enum verdict v = check(&s, pem, when, who);
    pdf_signature_clear(&s);
    if (v == BY_ANOTHER)
        return complain_and(EXIT_DATA,
                            "%s: it was changed, or signed by another server than the certificate's", path);
    if (v == CHANGED)
        return complain_and(EXIT_DATA, "%s: it was changed after it was signed", path);
    (void)printf("%s: unchanged since %s, when %s signed it\n", path, when, who);
    return EXIT_DONE;
}

int run_verify(const struct arguments *a)
{
    SCOPED_BUF struct buf pem, file;
    buf_init(&pem, CERTIFICATES_MAX);
    buf_init(&file, REPORT_BYTES_MAX);
    bool export = argument(a, "export") != NULL;
    if (export != (a->operand_count == 0))
        return complain_and(EXIT_USAGE, "name one report, or --export alone");
    int status = a->operand_count > 0 ? input_read(a->operands[0], &file) : EXIT_DONE;
    if (status == EXIT_DONE)
        status = get_certificates(a, &pem);
    if (status == EXIT_DONE && export)
        (void)printf("%s", buf_text(&pem));
    return status == EXIT_DONE && !export ? verify(a->operands[0], buf_span(&file), buf_text(&pem)) : status;
}

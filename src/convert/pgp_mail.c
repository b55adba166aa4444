/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/pgp_mail.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/mime_writer.h"
#include "convert/pgp_find.h"
#include "proto/pgp_mime.h"

struct opening {
    struct openpgp *openpgp;
    struct outcome *outcome;
    struct pgp_facts *facts;
    crypto_hash_sha256_state digest;
    size_t opened;         /* pieces so far */
    struct buf entity;     /* PGP/MIME: what was in it */
    struct buf *documents; /* inline: their bytes, `count` of them; owned */
    struct mime_attachment *list;
    char (*names)[PART_NAME_MAX + 32];
    size_t count, bytes;
};

static bool give_up(struct opening *p, const char *code, const char *text)
{
    outcome_set(p->outcome, VERDICT_GIVE_UP, code, "%s", text);
    return false;
}

/* ---- findings ---- */

/* One piece after the other: the worst counts, and all are by one signer. */
static void take_finding(struct opening *p, const struct openpgp_finding *f, struct span what)
{
    struct pgp_facts *all = p->facts;
    uint8_t at[8];
    bool first = p->opened++ == 0;
    for (size_t i = 0; i < sizeof(at); i++)
        at[i] = (uint8_t)((uint64_t)f->signed_ms >> (8 * i));
    (void)crypto_hash_sha256_update(&p->digest, at, sizeof(at));
    (void)crypto_hash_sha256_update(&p->digest, (const uint8_t *)f->key, strlen(f->key) + 1);
    (void)crypto_hash_sha256_update(&p->digest, what.data, what.len);
    all->encrypted = f->encrypted && (first || all->encrypted);
    bool one_unsigned =
        !first && (f->signature == PGP_SIGNATURE_NONE) != (all->signature == PGP_SIGNATURE_NONE);
    bool two_signers = !first && f->signature == PGP_SIGNATURE_GOOD && all->signature == PGP_SIGNATURE_GOOD &&
                       !str_equal(f->key, all->key);
    if (one_unsigned || two_signers)
        all->signature = PGP_SIGNATURE_PARTIAL;
    else if (first || f->signature > all->signature)
        all->signature = f->signature;
    if (first || f->signature > PGP_SIGNATURE_NONE)
        (void)str_copy(all->key, sizeof(all->key), f->key);
    if (first || f->signed_ms < all->signed_ms)
        all->signed_ms = f->signed_ms;
}

/* ---- pieces ---- */

static struct buf *new_document(struct opening *p, const char *type, const char *name)
{
    size_t i = p->count++;
    buf_init(&p->documents[i], PGP_OPENED_MAX - p->bytes);
    (void)str_copy(p->names[i], sizeof(p->names[i]), name);
    p->list[i] = (struct mime_attachment){p->names[i], type, span_of(NULL, 0)};
    return &p->documents[i];
}

static bool end_document(struct opening *p)
{
    p->list[p->count - 1].bytes = buf_span(&p->documents[p->count - 1]);
    p->bytes += p->documents[p->count - 1].len;
    return true;
}

static bool open_words(struct opening *p, const struct pgp_piece *pieces)
{
    struct openpgp_finding f;
    struct buf *b = new_document(p, p->names[p->count], "");
    struct openpgp *o = p->openpgp;
    char *type = p->names[p->count - 1];
    bool tame = pieces->name[0] != 0;
    for (const char *c = pieces->name; *c; c++)
        tame = tame && (char_is_alpha(*c) || char_is_digit(*c) || *c == '-' || *c == '_');
    if (!openpgp_open(o, pieces->bytes, b, &f, p->outcome))
        return false;
    /* Encrypted words say UTF-8, whatever the mail around them says (RFC 4880 §6.2). */
    (void)str_format(type, sizeof(p->names[0]), "text/plain; charset=%s",
                     tame && !f.encrypted ? pieces->name : "utf-8");
    p->list[p->count - 1].name = "";
    take_finding(p, &f, buf_span(b));
    return end_document(p);
}

static bool open_document(struct opening *p, const struct pgp_piece *pieces)
{
    char name[PART_NAME_MAX + 1];
    struct openpgp_finding f;
    (void)str_copy(name, sizeof(name), pieces->name);
    size_t len = strlen(name);
    if (str_ends_nocase(name, ".pgp") || str_ends_nocase(name, ".gpg") || str_ends_nocase(name, ".asc"))
        name[len - 4] = 0;
    struct buf *b = new_document(p, "application/octet-stream", name);
    if (!openpgp_open(p->openpgp, pieces->bytes, b, &f, p->outcome))
        return false;
    take_finding(p, &f, buf_span(b));
    return end_document(p);
}

static bool copy_document(struct opening *p, const struct pgp_piece *piece)
{
    struct buf *b = new_document(p, "application/octet-stream", piece->name);
    return buf_append(b, piece->bytes.data, piece->bytes.len)
               ? end_document(p)
               : give_up(p, "pgp-too-large",
                         "Nothing was faxed: the mail is larger than "
                         "Faxpost handles. Send it in parts.");
}

static bool open_detached(struct opening *p, const struct pgp_piece *pieces)
{
    struct openpgp_finding f;
    openpgp_verify(p->openpgp, pieces[0].bytes, pieces[1].bytes, &f);
    take_finding(p, &f, pieces[0].bytes);
    return copy_document(p, pieces);
}

static bool open_plain(struct opening *p, const struct pgp_piece *pieces)
{
    const struct openpgp_finding f = {.signature = PGP_SIGNATURE_NONE};
    take_finding(p, &f, pieces[0].bytes);
    return copy_document(p, pieces);
}

static bool open_signed(struct opening *p, const struct pgp_piece *pieces)
{
    struct openpgp_finding f;
    pgp_mime_canonical(pieces[0].bytes, &p->entity);
    openpgp_verify(p->openpgp, buf_span(&p->entity), pieces[1].bytes, &f);
    take_finding(p, &f, buf_span(&p->entity));
    return true;
}

static bool open_encrypted(struct opening *p, const struct pgp_piece *pieces)
{
    struct openpgp_finding f;
    if (!openpgp_open(p->openpgp, pieces->bytes, &p->entity, &f, p->outcome))
        return false;
    take_finding(p, &f, buf_span(&p->entity));
    return f.encrypted ||
           give_up(p, "pgp-broken",
                   "Nothing was faxed: the mail says that it is encrypted, and is not. Send it again.");
}

static const struct kind {
    const char *type;
    size_t pieces; /* it takes */
    bool (*open)(struct opening *p, const struct pgp_piece *pieces);
} kinds[] = {
    {PGP_PIECE_SIGNED, 2, open_signed},     {PGP_PIECE_ENCRYPTED, 1, open_encrypted},
    {PGP_PIECE_WORDS, 1, open_words},       {PGP_PIECE_DOCUMENT, 1, open_document},
    {PGP_PIECE_DETACHED, 2, open_detached}, {PGP_PIECE_PLAIN, 1, open_plain},
};

static bool open_all(struct opening *p, const struct pgp_piece *pieces, size_t count)
{
    for (size_t i = 1; i < count;) {
        const struct kind *k = NULL;
        for (size_t n = 0; n < ARRAY_LEN(kinds); n++)
            if (str_equal(kinds[n].type, pieces[i].type) && count - i >= kinds[n].pieces)
                k = &kinds[n];
        if (!k)
            return give_up(p, "pgp-pieces", "The pieces of a mail are none.");
        if (!k->open(p, &pieces[i]))
            return false;
        i += k->pieces;
    }
    return true;
}

/* ---- the mail ---- */

static bool join(struct opening *p, struct span header, struct buf *mail)
{
    bool mime = p->count == 0;
    if (!mime && !mime_write_parts(&p->entity, p->list, p->count))
        return give_up(p, "pgp-too-large",
                       "Nothing was faxed: opened, the mail is larger than Faxpost handles.");
    if (!pgp_mime_join(header, buf_span(&p->entity), mail, &p->facts->bound))
        return give_up(
            p, "pgp-no-mail",
            "Nothing was faxed: what the PGP mail holds is no mail. Send it again with another program.");
    return true;
}

bool pgp_mail_open(struct openpgp *o, const struct pgp_piece *pieces, size_t count, struct buf *mail,
                   struct pgp_facts *facts, struct outcome *outcome)
{
    struct opening p = {.openpgp = o, .outcome = outcome, .facts = facts};
    outcome_done(outcome);
    *facts = (struct pgp_facts){.signature = PGP_SIGNATURE_NONE};
    buf_init(&p.entity, 2 * PGP_OPENED_MAX);
    p.documents = mem_zalloc((count + 1) * sizeof(*p.documents));
    p.list = mem_zalloc((count + 1) * sizeof(*p.list));
    p.names = mem_zalloc((count + 1) * sizeof(*p.names));
    (void)crypto_hash_sha256_init(&p.digest);
    bool good = count > 1 && str_equal(pieces[0].type, PGP_PIECE_HEADER)
                    ? open_all(&p, pieces, count) && join(&p, pieces[0].bytes, mail)
                    : give_up(&p, "pgp-pieces", "The pieces of a mail are none.");
    (void)crypto_hash_sha256_final(&p.digest, facts->digest);
    for (size_t i = 0; i < p.count; i++)
        buf_clear(&p.documents[i]);
    free(p.documents);
    free(p.list);
    free(p.names);
    buf_clear(&p.entity);
    return good;
}

/* ---- encrypting ---- */

static void write_encrypted(struct buf *mail, struct span outer, struct span message)
{
    uint8_t random[12];
    char boundary[2 * sizeof(random) + 1];
    rand_bytes(random, sizeof(random));
    hex_format(random, sizeof(random), boundary);
    buf_reset(mail);
    (void)buf_append(mail, outer.data, outer.len);
    (void)buf_printf(
        mail,
        "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\";\r\n"
        " boundary=\"%s\"\r\n\r\n--%s\r\nContent-Type: application/pgp-encrypted\r\n\r\n"
        "Version: 1\r\n\r\n--%s\r\nContent-Type: application/octet-stream; name=\"encrypted.asc\"\r\n"
        "Content-Disposition: inline; filename=\"encrypted.asc\"\r\n\r\n",
        boundary, boundary, boundary);
    pgp_mime_canonical(message, mail);
    (void)buf_printf(mail, "\r\n--%s--\r\n", boundary);
}

bool pgp_mail_encrypt(struct openpgp *o, struct buf *mail, struct outcome *outcome)
{
    SCOPED_BUF struct buf outer, inner, message;
    buf_init(&outer, mail->limit);
    buf_init(&inner, mail->limit);
    buf_init(&message, mail->limit);
    mime_split(buf_span(mail), &outer, &inner);
    bool good = openpgp_encrypt(o, buf_span(&inner), &message, outcome);
    if (good)
        write_encrypted(mail, buf_span(&outer), buf_span(&message));
    if (good && mail->overflow)
        outcome_set(outcome, VERDICT_GIVE_UP, "convert-too-large",
                    "The mail is larger than Faxpost handles.");
    good = good && !mail->overflow;
    if (!good)
        buf_reset(mail);
    return good;
}

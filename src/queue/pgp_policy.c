/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/pgp_policy.h"

#include <sodium.h>
#include <string.h>

#include "base/str.h"

/* A signature is remembered for longer than it is taken, so that none comes again unseen. */
#define SIGNATURE_AGE_MAX_MS (14LL * 24 * 3600 * 1000)
#define SIGNATURE_KEPT_MS    (30LL * 24 * 3600 * 1000)

static bool refuse(struct outcome *o, const char *code, const char *text)
{
    outcome_set(o, VERDICT_GIVE_UP, code, "%s", text);
    return false;
}

/* ---- is it signed as it has to be? ---- */

/* What each finding means for who sent it, and what he can do. */
static const struct {
    const char *code, *text;
} answers[PGP_SIGNATURE_COUNT] = {
    [PGP_SIGNATURE_NONE] = {"pgp-not-signed", "Sign the mail and send it again"},
    [PGP_SIGNATURE_PARTIAL] =
        {"pgp-partial",
         "The signature of this one covers only a part of it. A mailing list or a virus scanner may "
         "have added to it; sign all attachments, or use PGP/MIME"},
    [PGP_SIGNATURE_UNKNOWN_KEY] =
        {"pgp-unknown-key",
         "This one is signed with a key that is not known here. Give your public key to the "
         "administrator of this fax server"},
    [PGP_SIGNATURE_KEY_EXPIRED] =
        {"pgp-key-expired",
         "The key that signed this one has expired. Extend it, or make a new one, and give the "
         "public key to the administrator of this fax server"},
    [PGP_SIGNATURE_KEY_REVOKED] =
        {"pgp-key-revoked",
         "The key that signed this one was revoked. Give your new public key to the "
         "administrator of this fax server. If you did not send it, somebody has your old key"},
    [PGP_SIGNATURE_KEY_UNUSABLE] =
        {"pgp-key-unusable",
         "The key that signed this one may not sign, or is not signed by itself. Export it "
         "anew and give it to the administrator of this fax server"},
    [PGP_SIGNATURE_EXPIRED] =
        {"pgp-signature-expired",
         "The signature of this one is not valid at this time. Look at your computer's clock, and "
         "send it again"},
    [PGP_SIGNATURE_WEAK] =
        {"pgp-weak",
         "The signature of this one stands on SHA-1 or MD5, which can be forged. Set your PGP program "
         "to SHA-256"},
    [PGP_SIGNATURE_BROKEN] =
        {"pgp-broken-signature",
         "The signature of this one is broken: it was changed after it was signed. Send it again; "
         "if that happens each time, a mail server on its way changes mails: encrypt it too"},
};

static bool is_signed(struct queue *q, const struct incoming *in, const struct faxbox *box, struct outcome *o)
{
    struct id user = ID_NONE;
    struct user_key *list;
    enum pgp_signature s = in->pgp->signature;
    if (s == PGP_SIGNATURE_GOOD)
        return true;
    bool known = config_user_of(&q->store, in->m->from, &user);
    if (s == PGP_SIGNATURE_UNKNOWN_KEY && known && keys_of_user(&q->store, &q->arena, user, &list) == 0)
        outcome_set(
            o, VERDICT_GIVE_UP, "pgp-no-key",
            "Nothing was faxed: fax box \"%s\" takes signed mails, and no PGP key of <%.150s> is known here. "
            "Give your public key to the administrator of this fax server.",
            box->id, in->m->from);
    else if (s == PGP_SIGNATURE_UNKNOWN_KEY && keys_is_of_another(&q->store, user, in->pgp->key))
        outcome_set(
            o, VERDICT_GIVE_UP, "pgp-other-key",
            "Nothing was faxed: the mail for fax box \"%s\" comes from <%.150s>, and is signed with another "
            "person's PGP key. Sign it with your own.",
            box->id, in->m->from);
    else
        outcome_set(o, VERDICT_GIVE_UP, answers[s].code,
                    "Nothing was faxed: fax box \"%s\" takes mails only that are signed with PGP. %s.",
                    box->id, answers[s].text);
    return false;
}

/* ---- is it signed for this? ---- */

/* S2.6: what the signer, or at least his mail program, wrote down as addressees. An envelope is whoever's. */
static bool names(const char *addressees, struct span recipient)
{
    while (*addressees) {
        size_t len = strcspn(addressees, "\t\n");
        if (len == recipient.len && strncasecmp(addressees, (const char *)recipient.data, len) == 0)
            return true;
        addressees += strcspn(addressees, "\n");
        addressees += *addressees == '\n';
    }
    return false;
}

static bool goes_where_it_says(const struct incoming *in, struct outcome *o)
{
    for (const char *r = in->mail->recipients; *r;) {
        size_t len = strcspn(r, "\n");
        if (len > 0 && !names(in->m->addressees, span_of(r, len))) {
            outcome_set(o, VERDICT_GIVE_UP, "pgp-other-recipient",
                        "Nothing was faxed: the signed mail is not addressed to %.*s%s. Write the address "
                        "into To or Cc, "
                        "and sign the mail for it.",
                        (int)(len < 150 ? len : 150), r,
                        in->pgp->bound ? " by what is signed in it" : ", as its To and Cc say");
            return false;
        }
        r += len + (r[len] == '\n');
    }
    return true;
}

static void hash_text(crypto_hash_sha256_state *h, const char *text)
{
    (void)crypto_hash_sha256_update(h, (const unsigned char *)text, strlen(text) + 1);
}

/* The signature; or with the header of the mail that it came with. */
static void signature_key(const struct incoming *in, bool with_header,
                          unsigned char key[crypto_hash_sha256_BYTES])
{
    crypto_hash_sha256_state h;
    (void)crypto_hash_sha256_init(&h);
    hash_text(&h, with_header ? "signed mail" : "signature");
    (void)crypto_hash_sha256_update(&h, in->pgp->digest, sizeof(in->pgp->digest));
    if (with_header) {
        hash_text(&h, in->m->message_id);
        hash_text(&h, in->m->addressees);
        hash_text(&h, in->m->subject);
    }
    (void)crypto_hash_sha256_final(&h, key);
}

/* A mail to several numbers may come once for each of them: with the same header it is the same mail, whose
 * numbers A6 knows. */
static bool is_fresh(struct queue *q, const struct incoming *in, bool use_up, struct outcome *o)
{
    unsigned char alone[crypto_hash_sha256_BYTES], whole[crypto_hash_sha256_BYTES];
    const struct span key = span_of(alone, sizeof(alone)), mail = span_of(whole, sizeof(whole));
    signature_key(in, false, alone);
    signature_key(in, true, whole);
    if (in->pgp->signed_ms < q->now_ms - SIGNATURE_AGE_MAX_MS)
        return refuse(o, "pgp-old",
                      "Nothing was faxed: the mail was signed more than 14 days ago, and is not taken any "
                      "more. Sign it "
                      "anew and send it again.");
    if (replay_key_known(&q->store, key) && !replay_key_known(&q->store, mail))
        return refuse(
            o, "pgp-replayed",
            "Nothing was faxed: what this mail holds was signed for another mail, which came before, perhaps "
            "for another fax box or number. Sign it anew and send it again. If you did not send it, somebody "
            "uses your signature.");
    const int64_t since_ms = q->now_ms - SIGNATURE_KEPT_MS;
    if (!use_up)
        return true;
    (void)replay_key_take(&q->store, key, in->mail->id, ID_NONE, q->now_ms, since_ms);
    (void)replay_key_take(&q->store, mail, in->mail->id, ID_NONE, q->now_ms, since_ms);
    return true;
}

static bool is_seen(const struct plan *p, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (str_equal(p->routes[i].box.id, p->routes[at].box.id))
            return true;
    return false;
}

static void check(struct queue *q, const struct incoming *in, const struct plan *p, bool use_up,
                  struct outcome *o)
{
    bool wants_signature = false;
    outcome_done(o);
    for (size_t i = 0; i < p->count; i++) {
        const struct faxbox *box = &p->routes[i].box;
        if (is_seen(p, i))
            continue;
        if (box->require_encryption && !in->pgp->encrypted) {
            outcome_set(o, VERDICT_GIVE_UP, "pgp-not-encrypted",
                        "Nothing was faxed: fax box \"%s\" takes encrypted mails only. Ask the administrator "
                        "for this fax "
                        "server's PGP key, encrypt the mail to it, and send it again.",
                        box->id);
            return;
        }
        wants_signature = wants_signature || config_wants_signature(box);
        if (config_wants_signature(box) && !is_signed(q, in, box, o))
            return;
    }
    if (wants_signature && goes_where_it_says(in, o))
        (void)is_fresh(q, in, use_up, o);
}

void pgp_check(struct queue *q, const struct incoming *in, const struct plan *p, struct outcome *o)
{
    check(q, in, p, true, o);
}

void pgp_would_check(struct queue *q, const struct incoming *in, const struct plan *p, struct outcome *o)
{
    check(q, in, p, false, o);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/sasl.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"
#include "mail/scram_hash.h"

enum { NONCE_BYTES = 18 };

struct sasl {
    enum sasl_mechanism mechanism;
    char *user, *secret;
    unsigned step; /* challenges answered */
    bool complete;
    struct scram_client scram;
};

struct sasl *sasl_new(enum sasl_mechanism m, const char *user, const char *secret)
{
    struct sasl *s = mem_zalloc(sizeof(*s));
    s->mechanism = m;
    s->user = mem_strdup(user);
    s->secret = mem_strdup(secret ? secret : "");
    return s;
}

void sasl_free(struct sasl *s)
{
    if (!s)
        return;
    mem_free_secret(&s->secret);
    scram_client_clear(&s->scram);
    free(s->user);
    free(s);
}

/* ---- SCRAM ---- */

static bool scram_begin(struct sasl *s, struct buf *out)
{
    uint8_t random[NONCE_BYTES];
    char nonce[2 * NONCE_BYTES + 1];
    rand_bytes(random, sizeof(random));
    hex_format(random, sizeof(random), nonce);
    scram_client_start(&s->scram, s->mechanism == SASL_SCRAM_SHA_1 ? &scram_sha_1 : &scram_sha_256, s->user,
                       nonce, out);
    return true;
}

static bool scram_answer(struct sasl *s, struct span challenge, struct buf *out)
{
    if (s->step == 0)
        return scram_client_prove(&s->scram, challenge, s->secret, out) == SCRAM_OK;
    s->complete = s->step == 1 && scram_client_finish(&s->scram, challenge) == SCRAM_OK;
    return s->complete;
}

/* ---- the others ---- */

static bool plain_begin(struct sasl *s, struct buf *out)
{
    (void)buf_append_byte(out, 0); /* no authorisation identity */
    (void)buf_append_str(out, s->user);
    (void)buf_append_byte(out, 0);
    (void)buf_append_str(out, s->secret);
    s->complete = true;
    return true;
}

/* It asks for the name, then for the password, in words that differ. */
static bool login_answer(struct sasl *s, struct span challenge, struct buf *out)
{
    (void)buf_append_str(out, s->step == 0 ? s->user : s->secret);
    s->complete = s->step == 1;
    return s->step < 2;
}

static bool cram_answer(struct sasl *s, struct span challenge, struct buf *out)
{
    char digits[33];
    cram_md5(s->secret, challenge, digits);
    (void)buf_printf(out, "%s %s", s->user, digits);
    s->complete = true;
    return s->step == 0;
}

static bool xoauth2_begin(struct sasl *s, struct buf *out)
{
    (void)buf_printf(out,
                     "user=%s\x01"
                     "auth=Bearer %s\x01\x01",
                     s->user, s->secret);
    s->complete = true;
    return true;
}

static bool oauthbearer_begin(struct sasl *s, struct buf *out)
{
    (void)buf_printf(out,
                     "n,a=%s,\x01"
                     "auth=Bearer %s\x01\x01",
                     s->user, s->secret);
    s->complete = true;
    return true;
}

/* A challenge is the server's error as JSON; after a word of ours it says its no: an empty one, or one byte
 * (RFC 7628 §3.2.3). */
static bool token_answer(struct sasl *s, struct span challenge, struct buf *out)
{
    if (s->mechanism == SASL_OAUTHBEARER)
        (void)buf_append_byte(out, 1);
    s->complete = false;
    return s->step == 0;
}

static bool no_answer(struct sasl *s, struct span challenge, struct buf *out)
{
    return false;
}

static const struct {
    bool (*begin)(struct sasl *s, struct buf *out); /* NULL: the server speaks first */
    bool (*answer)(struct sasl *s, struct span challenge, struct buf *out);
} mechanisms[SASL_COUNT] = {
    [SASL_SCRAM_SHA_256] = {scram_begin, scram_answer},
    [SASL_SCRAM_SHA_1] = {scram_begin, scram_answer},
    [SASL_PLAIN] = {plain_begin, no_answer},
    [SASL_LOGIN] = {NULL, login_answer},
    [SASL_CRAM_MD5] = {NULL, cram_answer},
    [SASL_XOAUTH2] = {xoauth2_begin, token_answer},
    [SASL_OAUTHBEARER] = {oauthbearer_begin, token_answer},
};

bool sasl_begin(struct sasl *s, struct buf *out)
{
    return mechanisms[s->mechanism].begin && mechanisms[s->mechanism].begin(s, out);
}

bool sasl_answer(struct sasl *s, struct span challenge, struct buf *out)
{
    bool ok = mechanisms[s->mechanism].answer(s, challenge, out);
    s->step++;
    return ok;
}

bool sasl_proves_server(const struct sasl *s)
{
    return s->mechanism == SASL_SCRAM_SHA_256 || s->mechanism == SASL_SCRAM_SHA_1;
}

bool sasl_complete(const struct sasl *s)
{
    return s->complete;
}

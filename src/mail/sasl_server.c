/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/sasl_server.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "mail/scram_hash.h"

const char sasl_server_proving[] = "SCRAM-SHA-256", sasl_server_telling[] = "PLAIN LOGIN";

struct sasl_server {
    const struct mechanism *mechanism;
    char nonce[64];
    bool salt_asked, judge_asked, handed_on;
    unsigned heard; /* answers of the client so far */
    char name[SCRAM_NAME_MAX];
    char password[SASL_PASSWORD_MAX + 1];
    struct scram_server scram;
    struct buf out, signs;
    uint8_t proof[SASL_PROOF_LEN];
};

struct mechanism {
    const char *name;
    enum sasl_turn (*hear)(struct sasl_server *s, struct span text);
    enum sasl_turn (*salted)(struct sasl_server *s, struct span salt, unsigned rounds);
    enum sasl_turn (*judged)(struct sasl_server *s, struct span signature);
    const char *question; /* where no initial response came */
};

static enum sasl_turn challenge(struct sasl_server *s, const char *text)
{
    buf_reset(&s->out);
    (void)buf_append_str(&s->out, text);
    return SASL_CHALLENGE;
}

static enum sasl_turn ask_salt(struct sasl_server *s)
{
    s->salt_asked = true;
    return SASL_ASK_SALT;
}

static enum sasl_turn ask_judge(struct sasl_server *s)
{
    s->judge_asked = true;
    return SASL_ASK_JUDGE;
}

/* A name goes into messages and, where it is known, into the log: text without control characters. */
static bool take_name(struct sasl_server *s, struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < 0x20 || text.data[i] == 0x7f)
            return false;
    return text.len > 0 && utf8_valid(text) && str_copy_span(s->name, sizeof(s->name), text);
}

static bool take_password(struct sasl_server *s, struct span text)
{
    if (text.len == 0 || text.len > SASL_PASSWORD_MAX || memchr(text.data, 0, text.len))
        return false;
    memcpy(s->password, text.data, text.len);
    s->password[text.len] = 0;
    return true;
}

/* ---- a password that was sent ---- */

/* We know it, so we prove it ourselves. */
static enum sasl_turn prove_password(struct sasl_server *s, struct span salt, unsigned rounds)
{
    uint8_t signature[SCRAM_HASH_MAX];
    buf_reset(&s->signs);
    (void)buf_printf(&s->signs, "%s,%s", s->mechanism->name, s->nonce);
    scram_prove(&scram_sha_256, s->password, salt, rounds, buf_span(&s->signs), s->proof, signature);
    explicit_bzero(s->password, sizeof(s->password));
    return ask_judge(s);
}

static enum sasl_turn password_judged(struct sasl_server *s, struct span signature)
{
    return SASL_GOOD;
}

/* [name to act as] NUL name NUL password; nobody acts as somebody else here. */
static enum sasl_turn hear_plain(struct sasl_server *s, struct span text)
{
    const uint8_t *first = text.len > 0 ? memchr(text.data, 0, text.len) : NULL;
    if (!first)
        return SASL_NONSENSE;
    struct span as = span_of(text.data, (size_t)(first - text.data));
    struct span rest = span_of(first + 1, text.len - as.len - 1);
    const uint8_t *second = memchr(rest.data, 0, rest.len);
    if (!second)
        return SASL_NONSENSE;
    struct span name = span_of(rest.data, (size_t)(second - rest.data));
    struct span password = span_of(second + 1, rest.len - name.len - 1);
    if (!take_name(s, name) || !take_password(s, password))
        return SASL_NONSENSE;
    return as.len > 0 && !span_equal(as, name) ? SASL_DENIED : ask_salt(s);
}

static enum sasl_turn hear_login(struct sasl_server *s, struct span text)
{
    if (s->heard == 1)
        return take_name(s, text) ? challenge(s, "Password:") : SASL_NONSENSE;
    return take_password(s, text) ? ask_salt(s) : SASL_NONSENSE;
}

/* ---- SCRAM ---- */

static enum sasl_turn of_result(enum scram_result r, enum sasl_turn fine)
{
    return r == SCRAM_OK ? fine : r == SCRAM_DENIED ? SASL_DENIED : SASL_NONSENSE;
}

static enum sasl_turn hear_scram(struct sasl_server *s, struct span text)
{
    if (s->heard == 1) {
        if (scram_server_start(&s->scram, &scram_sha_256, text) != SCRAM_OK ||
            !take_name(s, span_str(s->scram.user)))
            return SASL_NONSENSE;
        return ask_salt(s);
    }
    if (s->heard == 2) {
        buf_reset(&s->signs);
        enum scram_result r = scram_server_open(&s->scram, text, &s->signs, s->proof);
        return r == SCRAM_OK ? ask_judge(s) : of_result(r, SASL_GOOD);
    }
    return text.len == 0 ? SASL_GOOD : SASL_NONSENSE;
}

static enum sasl_turn scram_salted(struct sasl_server *s, struct span salt, unsigned rounds)
{
    struct scram_keys keys = {.rounds = rounds, .salt_len = salt.len};
    if (salt.len > sizeof(keys.salt))
        panic("a salt of %zu bytes", salt.len);
    memcpy(keys.salt, salt.data, salt.len);
    buf_reset(&s->out);
    return of_result(scram_server_challenge(&s->scram, &keys, s->nonce, &s->out), SASL_CHALLENGE);
}

static enum sasl_turn scram_judged(struct sasl_server *s, struct span signature)
{
    buf_reset(&s->out);
    scram_server_confirm(&s->scram, signature.data, &s->out);
    return SASL_CHALLENGE;
}

/* ---- all ---- */

static const struct mechanism mechanisms[] = {
    {sasl_server_proving, hear_scram, scram_salted, scram_judged, ""},
    {"PLAIN", hear_plain, prove_password, password_judged, ""},
    {"LOGIN", hear_login, prove_password, password_judged, "Username:"},
};

struct sasl_server *sasl_server_new(struct span mechanism, const char *nonce)
{
    for (size_t i = 0; i < ARRAY_LEN(mechanisms); i++) {
        if (!span_equal_nocase(mechanism, mechanisms[i].name))
            continue;
        struct sasl_server *s = mem_zalloc(sizeof(*s));
        s->mechanism = &mechanisms[i];
        (void)str_copy(s->nonce, sizeof(s->nonce), nonce);
        buf_init(&s->out, SCRAM_MESSAGE_MAX);
        buf_init(&s->signs, SCRAM_SIGNS_MAX);
        return s;
    }
    return NULL;
}

void sasl_server_free(struct sasl_server *s)
{
    if (!s)
        return;
    scram_server_clear(&s->scram);
    buf_clear(&s->out);
    buf_clear(&s->signs);
    explicit_bzero(s, sizeof(*s));
    free(s);
}

enum sasl_turn sasl_server_begin(struct sasl_server *s, const struct span *initial)
{
    return initial ? sasl_server_hear(s, *initial) : challenge(s, s->mechanism->question);
}

enum sasl_turn sasl_server_hear(struct sasl_server *s, struct span text)
{
    if (text.len > SCRAM_MESSAGE_MAX)
        return SASL_NONSENSE;
    s->heard++;
    return s->mechanism->hear(s, text);
}

enum sasl_turn sasl_server_salted(struct sasl_server *s, struct span salt, unsigned rounds)
{
    if (!s->salt_asked || salt.len == 0 || rounds < SCRAM_ROUNDS_MIN)
        panic("a salt that nobody asked for, or none");
    s->salt_asked = false;
    return s->mechanism->salted(s, salt, rounds);
}

bool sasl_server_hand_on(struct sasl_server *s, const char **password)
{
    if (!s->salt_asked)
        panic("nobody logs in whose password could be handed on");
    if (!*s->password)
        return false;
    s->salt_asked = false;
    s->judge_asked = s->handed_on = true;
    *password = s->password;
    return true;
}

enum sasl_turn sasl_server_judged(struct sasl_server *s, bool right, struct span signature)
{
    if (!s->judge_asked || (right && !s->handed_on && signature.len != SASL_PROOF_LEN))
        panic("a judgement that nobody asked for, or half of it");
    s->judge_asked = false;
    return right ? s->mechanism->judged(s, signature) : SASL_DENIED;
}

struct span sasl_server_challenge(const struct sasl_server *s)
{
    return buf_span(&s->out);
}

const char *sasl_server_name(const struct sasl_server *s)
{
    return s->name;
}

struct span sasl_server_signs(const struct sasl_server *s)
{
    return buf_span(&s->signs);
}

struct span sasl_server_proof(const struct sasl_server *s)
{
    return span_of(s->proof, sizeof(s->proof));
}

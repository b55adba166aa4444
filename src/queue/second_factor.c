/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/second_factor.h"

#include <sodium.h>
#include <string.h>

#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "proto/totp.h"
#include "queue/audit_notes.h"
#include "queue/himself.h"
#include "queue/lockout.h"
#include "queue/passkeys.h"
#include "queue/queue.h"
#include "queue/recovery_codes.h"
#include "queue/sessions.h"
#include "store/totp.h"

enum { SEALED_LEN = crypto_box_SEALBYTES + TOTP_SECRET_LEN, SEALED_TEXT_LEN = 128 };

static bool open_secret(const struct queue *q, const char *sealed, uint8_t secret[TOTP_SECRET_LEN])
{
    unsigned char box[SEALED_LEN];
    size_t len;
    return q->vault.known &&
           sodium_base642bin(box, sizeof(box), sealed, strlen(sealed), NULL, &len, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           len == SEALED_LEN && crypto_box_seal_open(secret, box, len, q->vault.public, q->vault.secret) == 0;
}

static enum factor judge(struct queue *q, struct id user, const struct totp *t, const char *code,
                         const char *client_ip)
{
    uint8_t secret[TOTP_SECRET_LEN];
    uint64_t step;
    if (!*code)
        return FACTOR_MISSING;
    if (t->confirmed && recovery_code_fits(q, user, code, client_ip))
        return FACTOR_RIGHT;
    if (!open_secret(q, t->secret, secret)) {
        log_error(NULL, "the authenticator's secret of user %s is not sealed for this installation",
                  id_text(user));
        return FACTOR_WRONG;
    }
    bool fits = totp_fits(secret, code, (uint64_t)q->now_ms / TOTP_STEP_MS, (uint64_t)t->last_step, &step);
    sodium_memzero(secret, sizeof(secret));
    if (fits)
        totp_used(&q->store, user, (int64_t)step);
    return fits ? FACTOR_RIGHT : FACTOR_WRONG;
}

static enum factor judge_passkey(struct queue *q, struct id user, const struct factor_try *t,
                                 struct outcome *o)
{
    struct passkey k;
    const struct passkey_answer a = {t->passkey, t->host};
    return passkey_judge(q, user, &a, &k, o) ? FACTOR_RIGHT : FACTOR_WRONG;
}

static enum factor ask_for(struct queue *q, struct id user, bool code, const struct factor_try *t,
                           struct outcome *o, const char **options)
{
    const char *wanted = passkeys_has(q, user) ? passkey_request(q, user, t->host) : NULL;
    *options = wanted ? wanted : "";
    if (wanted)
        outcome_set(o, VERDICT_GIVE_UP, code ? "passkey-or-totp-needed" : "passkey-needed", "%s",
                    code ? "Use your passkey or security key, or give the six digits that your authenticator "
                           "shows."
                         : "Use your passkey or security key as well.");
    else if (code)
        outcome_set(o, VERDICT_GIVE_UP, "totp-needed",
                    "Give the six digits that your authenticator shows as well.");
    else
        outcome_set(
            o, VERDICT_GIVE_UP, "passkey-elsewhere",
            "Your key was added at another address of Faxpost, and works there only. Log in there, or ask "
            "an administrator to remove the key.");
    return FACTOR_MISSING;
}

enum factor factor_judge(struct queue *q, struct id user, const struct factor_try *t, struct outcome *o,
                         const char **options)
{
    struct totp totp;
    bool code = totp_find(&q->store, &q->arena, user, &totp) && totp.confirmed, key = passkeys_has(q, user);
    *options = "";
    if (!code && !key)
        return FACTOR_NONE;
    if (key && *t->passkey)
        return judge_passkey(q, user, t, o);
    if (!code || !*t->totp)
        return ask_for(q, user, code, t, o, options);
    enum factor factor = judge(q, user, &totp, t->totp, t->client_ip);
    if (factor == FACTOR_WRONG)
        login_is_wrong(q, o);
    return factor;
}

/* ---- what a person asks ---- */

static void answer(struct queue *q, const struct sender *from, unsigned status, const struct outcome *o,
                   const char *text)
{
    struct message m = {.type = MSG_person_done,
                        .person_done = {.status = status, .text = text, MESSAGE_OUTCOME(o)}};
    peers_answer(q->peers, from, &m);
}

/* His codes are not made anew without his password. */
static unsigned check_new(struct queue *q, struct id user, struct outcome *o)
{
    struct totp t;
    if (!totp_find(&q->store, &q->arena, user, &t) || !t.confirmed)
        return 204;
    outcome_set(o, VERDICT_GIVE_UP, "has-authenticator",
                "You have an authenticator already. Remove it first, with a code of it.");
    return 409;
}

static unsigned begin(struct queue *q, struct id user, char text[TOTP_BASE32_LEN], struct outcome *o)
{
    uint8_t secret[TOTP_SECRET_LEN];
    unsigned char box[SEALED_LEN];
    char sealed[SEALED_TEXT_LEN];
    if (check_new(q, user, o) != 204)
        return 409;
    rand_bytes(secret, sizeof(secret));
    if (!q->vault.known || crypto_box_seal(box, secret, sizeof(secret), q->vault.public) != 0) {
        outcome_set(o, VERDICT_GIVE_UP, "no-key",
                    "There is no key to seal the secret with (keys/queue.pub).");
        return 503;
    }
    (void)sodium_bin2base64(sealed, sizeof(sealed), box, sizeof(box), sodium_base64_VARIANT_ORIGINAL);
    totp_begin(&q->store, user, sealed);
    totp_base32(secret, text);
    sodium_memzero(secret, sizeof(secret));
    return 200;
}

void on_totp_begin(void *context, const struct sender *from, struct msg_totp_begin *m)
{
    struct queue *q = context;
    struct outcome o;
    char text[TOTP_BASE32_LEN] = "";
    queue_enter(q);
    outcome_done(&o);
    const struct himself h = {m->actor, m->session, m->client_ip, m->signs, m->proof};
    unsigned status = himself_judge(q, &h, true, &o);
    if (status == 204)
        status = begin(q, m->actor, text, &o);
    answer(q, from, status, &o, text);
    sodium_memzero(text, sizeof(text));
}

/* A code, of whatever state the authenticator is in; wrong ones wait as wrong passwords do. */
static unsigned take_code(struct queue *q, struct id user, const char *client_ip, const char *code,
                          struct outcome *o)
{
    struct totp t;
    const char *who = arena_format(&q->arena, "code of %s", id_text(user));
    unsigned wait_s = lockout_wait_s(q->lockout, who, client_ip, q->steady_ms);
    if (wait_s > 0) {
        outcome_set(o, VERDICT_GIVE_UP, "too-many-tries",
                    "There were too many wrong codes. Try again in %u seconds.", wait_s);
        return 429;
    }
    if (!totp_find(&q->store, &q->arena, user, &t)) {
        outcome_set(o, VERDICT_GIVE_UP, "no-authenticator", "There is no authenticator.");
        return 404;
    }
    if (judge(q, user, &t, code, client_ip) == FACTOR_RIGHT)
        return 204;
    (void)lockout_wrong(q->lockout, who, client_ip, q->steady_ms);
    outcome_set(o, VERDICT_GIVE_UP, "wrong-code",
                "That is not the code of this moment. Look at the clock of your authenticator; a code is "
                "good for once.");
    return 422;
}

void on_totp_confirm(void *context, const struct sender *from, struct msg_totp_confirm *m)
{
    struct queue *q = context;
    struct outcome o;
    char codes[RECOVERY_CODES_TEXT_LEN] = "";
    queue_enter(q);
    outcome_done(&o);
    const struct doer d = {m->actor, m->who, m->client_ip};
    unsigned status = check_new(q, m->actor, &o);
    if (status == 204)
        status = take_code(q, m->actor, m->client_ip, m->code, &o);
    if (status == 204) {
        recovery_codes_make(q, m->actor, codes);
        note_deed(q, m->actor_tenant, &d, "authenticator.confirm", "", "");
        status = 200;
    }
    answer(q, from, status, &o, codes);
    sodium_memzero(codes, sizeof(codes));
}

void on_totp_drop(void *context, const struct sender *from, struct msg_totp_drop *m)
{
    struct queue *q = context;
    struct outcome o;
    queue_enter(q);
    outcome_done(&o);
    const struct doer d = {m->actor, m->who, m->client_ip};
    unsigned status = m->by_code ? take_code(q, m->user, m->client_ip, m->code, &o) : 204;
    if (status == 204) {
        totp_drop(&q->store, m->user);
        note_deed(q, m->actor_tenant, &d, "authenticator.delete", id_text(m->user), "");
    }
    answer(q, from, status, &o, "");
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/logins.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "base/hex.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/rand.h"
#include "base/str.h"
#include "queue/lockout.h"
#include "provision/login_keys.h"
#include "queue/queue.h"
#include "queue/second_factor.h"
#include "queue/sessions.h"
#include "store/identities.h"

enum { SECRET_LEN = 32 };
static const char secret_key[] = "login.salt";

/* A login name as it is looked up and counted. */
struct claim {
    struct id user; /* ID_NONE: nobody's name, or of one who has no password */
    char who[128];  /* for the lockout */
    struct scram_keys keys;
};

/* ---- names that are nobody's ---- */

/* Made once; what is computed from it looks like the salts of users, and stays the same. */
static void read_secret(struct queue *q, uint8_t secret[SECRET_LEN])
{
    char text[2 * SECRET_LEN + 1];
    if (hex_parse(store_meta(&q->store, &q->arena, secret_key), secret, SECRET_LEN))
        return;
    rand_bytes(secret, SECRET_LEN);
    hex_format(secret, SECRET_LEN, text);
    store_set_meta(&q->store, secret_key, text);
}

static void invent_keys(struct queue *q, const char *name, struct scram_keys *keys)
{
    uint8_t secret[SECRET_LEN], salt[SCRAM_HASH_MAX];
    const char *plain = config_address_key(&q->arena, name);
    read_secret(q, secret);
    login_hash.hmac(span_of(secret, sizeof(secret)), span_str(plain), salt);
    *keys = (struct scram_keys){.rounds = LOGIN_ROUNDS, .salt_len = LOGIN_SALT_LEN};
    memcpy(keys->salt, salt, LOGIN_SALT_LEN);
    rand_bytes(keys->stored_key, sizeof(keys->stored_key)); /* no proof fits */
}

static void look_up(struct queue *q, const char *name, struct id user, struct claim *c)
{
    struct login found;
    *c = (struct claim){.user = ID_NONE};
    bool known = id_is_none(user) ? config_login(&q->store, &q->arena, name, &found)
                                  : config_login_of(&q->store, &q->arena, user, &found);
    if (known && *found.keys && login_keys_open(&q->vault, found.keys, &c->keys)) {
        c->user = found.user;
        (void)str_copy(c->who, sizeof(c->who), id_text(found.user));
        return;
    }
    invent_keys(q, name, &c->keys);
    (void)str_copy(c->who, sizeof(c->who), config_address_key(&q->arena, name));
}

/* ---- tries ---- */

void login_challenge(struct queue *q, const char *name, struct id user, const char *client_ip,
                     struct login_challenge *c)
{
    struct claim claim;
    look_up(q, name, user, &claim);
    *c = (struct login_challenge){.wait_s = login_wait_s(q, claim.who, client_ip),
                                  .rounds = claim.keys.rounds,
                                  .salt_len = claim.keys.salt_len};
    memcpy(c->salt, claim.keys.salt, claim.keys.salt_len);
    c->directory_id = identity_login_directory(&q->store, &q->arena, name);
}

const char *login_counted_as(struct queue *q, const char *name)
{
    struct claim c;
    look_up(q, name, ID_NONE, &c);
    explicit_bzero(&c.keys, sizeof(c.keys));
    return arena_strdup(&q->arena, c.who);
}

unsigned login_wait_s(struct queue *q, const char *who, const char *client_ip)
{
    unsigned waits = lockout_wait_s(q->lockout, who, client_ip, q->steady_ms);
    unsigned told = lockout_wait_s(q->told, who, client_ip, q->steady_ms);
    return waits > 0 && told > waits ? told : waits;
}

unsigned login_failed(struct queue *q, const char *who, const char *client_ip, bool judged, unsigned *wrong)
{
    unsigned wait_s = lockout_wait_s(q->told, who, client_ip, q->steady_ms);
    if (wait_s == 0)
        (void)lockout_wrong(q->told, who, client_ip, q->steady_ms);
    *wrong = judged ? lockout_wrong(q->lockout, who, client_ip, q->steady_ms) : 0;
    return wait_s;
}

void login_succeeded(struct queue *q, const char *who, const char *client_ip)
{
    lockout_right(q->lockout, who, client_ip, q->steady_ms);
    lockout_right(q->told, who, client_ip, q->steady_ms);
}

void login_note_wrong(struct queue *q, unsigned wrong, const char *client_ip, const char *name)
{
    if (wrong == 0 || wrong % LOGIN_ALARM_AFTER != 0)
        return;
    const char *text = arena_format(
        &q->arena,
        "%u wrong logins from %s or as %s: somebody guesses passwords, or a program has an old one. Each "
        "further try waits up to %d minutes; right logins from addresses known to be the user's do not",
        wrong, client_ip, name, LOCKOUT_LONGEST_S / 60);
    log_error(NULL, "%s", text);
    store_set_meta(&q->store, "login.alarm", arena_format(&q->arena, "%" PRId64 " %s", q->now_ms, text));
}

/* A name that nobody has may be a password in the wrong field: it stays out of the log. */
static void count_wrong(struct queue *q, const struct claim *c, const struct login_try *t,
                        struct login_verdict *v)
{
    const char *name = id_is_none(c->user) ? "a name that nobody logs in with" : queue_text(q, t->name);
    unsigned wrong;
    v->wait_s = login_failed(q, c->who, t->client_ip, true, &wrong);
    if (v->wait_s > 0)
        lockout_says(v->wait_s, &v->why);
    log_warning(NULL, "wrong login from %s as %s", t->client_ip, name);
    login_note_wrong(q, wrong, t->client_ip, name);
}

/* An old password here is none where a directory judges: it may have locked him. */
static bool is_judged_elsewhere(struct queue *q, struct id user)
{
    return *identity_user_directory(&q->store, &q->arena, user) != 0;
}

void login_judge(struct queue *q, const struct login_try *t, struct login_verdict *v)
{
    struct claim c;
    if (t->proof.len != login_hash.len)
        panic("a proof of %zu bytes was sent", t->proof.len);
    look_up(q, t->name, t->user, &c);
    *v = (struct login_verdict){.wait_s = login_wait_s(q, c.who, t->client_ip), .options = ""};
    if (v->wait_s > 0)
        lockout_says(v->wait_s, &v->why);
    else
        login_is_wrong(q, &v->why);
    /* Many tries may have come at once while there was no wait. */
    bool fits = scram_keys_fit(&login_hash, &c.keys, t->signs, t->proof.data, v->signature) &&
                !id_is_none(c.user) && v->wait_s == 0 && !is_judged_elsewhere(q, c.user);
    if (fits && t->factor) {
        v->factor = factor_judge(q, c.user, t->factor, &v->why, &v->options);
        fits = v->factor == FACTOR_NONE || v->factor == FACTOR_RIGHT;
    }
    if (fits) {
        login_succeeded(q, c.who, t->client_ip);
        log_info(NULL, "%s logged in from %s", queue_text(q, t->name), t->client_ip);
        v->user = c.user;
    } else if (v->wait_s == 0 && v->factor != FACTOR_MISSING) {
        count_wrong(q, &c, t, v);
    }
}

/* ---- questions of mailin ---- */

void on_login_salt(void *context, const struct sender *from, struct msg_login_salt *m)
{
    struct queue *q = context;
    struct login_challenge c;
    queue_enter(q);
    login_challenge(q, m->name, ID_NONE, m->client_ip, &c);
    struct message answer = {.type = MSG_login_salted,
                             .login_salted = {.wait_s = c.wait_s,
                                              .salt = span_of(c.salt, c.salt_len),
                                              .rounds = c.rounds,
                                              .directory_id = c.directory_id,
                                              .paced = identity_directory_judges(&q->store)}};
    peers_answer(q->peers, from, &answer);
}

void on_login_judge(void *context, const struct sender *from, struct msg_login_judge *m)
{
    struct queue *q = context;
    struct login_verdict v;
    queue_enter(q);
    login_judge(
        q,
        &(struct login_try){.name = m->name, .client_ip = m->client_ip, .signs = m->signs, .proof = m->proof},
        &v);
    struct message answer = {.type = MSG_login_judged, .login_judged = {.wait_s = v.wait_s, .user = v.user}};
    if (!id_is_none(v.user))
        answer.login_judged.signature = span_of(v.signature, login_hash.len);
    peers_answer(q->peers, from, &answer);
}

/* ---- in whose name ---- */

void login_may_write_as(struct store *s, struct arena *a, struct id user, const char *from,
                        const struct faxbox *box, struct outcome *o)
{
    struct id owner;
    outcome_done(o);
    bool owned = config_user_of(s, from, &owner);
    if (owned && id_equal(owner, user))
        return;
    if (owned)
        outcome_set(
            o, VERDICT_GIVE_UP, "login-other-user",
            "<%.200s> is another user's address, and you are logged in as %.100s. Send with an address "
            "of your own.",
            from, config_user_name(s, a, user));
    else if (!config_user_may_send(s, box->id, user))
        outcome_set(
            o, VERDICT_GIVE_UP, "login-not-of-box",
            "You are logged in as %.100s, who is no sending user of fax box \"%s\", so mail from "
            "<%.200s> does not go out there in your name. Send with an address of your own, or ask the "
            "administrator.",
            config_user_name(s, a, user), box->id, from);
}

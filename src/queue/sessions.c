/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sessions of browsers: begun by a login, written here, read by web. */
#include "base/log.h"
#include "model/identity.h"
#include "queue/audit_notes.h"
#include "queue/directory_looks.h"
#include "queue/lockout.h"
#include "queue/logins.h"
#include "queue/passkeys.h"
#include "queue/queue.h"
#include "queue/sessions.h"
#include "store/identities.h"
#include "store/sessions.h"

/* One browser too many ends the oldest session of its user. */
enum { SESSIONS_OF_A_USER = 50 };

void on_session_salt(void *context, const struct sender *from, struct msg_session_salt *m)
{
    struct queue *q = context;
    struct login_challenge c;
    queue_enter(q);
    login_challenge(q, m->name, m->user, m->client_ip, &c);
    struct message answer = {.type = MSG_session_salted,
                             .session_salted = {.wait_s = c.wait_s,
                                                .salt = span_of(c.salt, c.salt_len),
                                                .rounds = c.rounds,
                                                .directory_id = c.directory_id}};
    peers_answer(q->peers, from, &answer);
}

void login_is_wrong(struct queue *q, struct outcome *o)
{
    outcome_set(o, VERDICT_GIVE_UP, "wrong-login", "%s",
                identity_directory_judges(&q->store) ? WRONG_LOGIN_OR_AWAY : WRONG_LOGIN);
}

void lockout_says(unsigned wait_s, struct outcome *o)
{
    outcome_set(o, VERDICT_GIVE_UP, "too-many-tries",
                "There were too many wrong logins. Try again in %u seconds.", wait_s);
}

void session_begin(struct queue *q, const struct new_session *n)
{
    session_add(&q->store, n->hash, n->id, n->user, q->now_ms, n->client_ip, queue_text(q, n->agent));
    if (*n->provider)
        session_set_provider(&q->store, n->id, n->provider);
    session_prune(&q->store, n->user, SESSIONS_OF_A_USER, q->now_ms);
    struct visitor v;
    if (visitor_find(&q->store, &q->arena, n->user, &v))
        note_deed(q, v.tenant, &(struct doer){n->user, v.name, n->client_ip}, "session.begin", n->source,
                  n->agent);
    if (!id_is_none(n->replaces))
        session_end(&q->store, n->replaces);
}

/* A key that verifies who holds it is two factors: what he has, and what he knows or is. */
static const char *judge_key(struct queue *q, const struct msg_session_open *m, struct login_verdict *v)
{
    struct passkey k;
    struct visitor visitor;
    const struct passkey_answer a = {m->passkey, m->host};
    const char *who = arena_format(&q->arena, "passkey from %s", m->client_ip);
    v->wait_s = lockout_wait_s(q->lockout, who, m->client_ip, q->steady_ms);
    if (v->wait_s > 0) {
        lockout_says(v->wait_s, &v->why);
        return "";
    }
    if (!passkey_judge(q, ID_NONE, &a, &k, &v->why)) {
        (void)lockout_wrong(q->lockout, who, m->client_ip, q->steady_ms);
        log_warning(NULL, "wrong passkey from %s: %s", m->client_ip, v->why.code);
        if (visitor_find(&q->store, &q->arena, k.user, &visitor))
            note_deed(q, visitor.tenant, &(struct doer){ID_NONE, visitor.name, m->client_ip},
                      "session.refuse", k.name, v->why.text);
        return "";
    }
    if (!visitor_find(&q->store, &q->arena, k.user, &visitor)) {
        outcome_set(&v->why, VERDICT_GIVE_UP, "user-off",
                    "Your account is switched off here. Ask an administrator.");
        return "";
    }
    v->user = k.user;
    v->passkey = k.id;
    login_succeeded(q, id_text(k.user), m->client_ip);
    log_info(NULL, "%s logged in from %s by a passkey", visitor.name, m->client_ip);
    return arena_format(&q->arena, "passkey %s", k.name);
}

static const char *judge_password(struct queue *q, const struct msg_session_open *m, struct login_verdict *v)
{
    const struct factor_try factor = {
        .totp = m->totp, .passkey = m->passkey, .host = m->host, .client_ip = m->client_ip};
    const struct login_try try = {
        .name = m->name, .client_ip = m->client_ip, .signs = m->signs, .proof = m->proof, .factor = &factor};
    login_judge(q, &try, v);
    return "";
}

void session_answer(struct queue *q, const struct sender *to, const struct login_verdict *v)
{
    bool begun = !id_is_none(v->user);
    struct outcome o = v->why;
    if (begun)
        outcome_done(&o);
    struct message m = {.type = MSG_session_opened,
                        .session_opened = {.status = begun           ? 200
                                                     : v->wait_s > 0 ? 429
                                                     : v->unasked    ? 503
                                                                     : 401,
                                           .wait_s = v->wait_s,
                                           .user = v->user,
                                           MESSAGE_OUTCOME(&o),
                                           .options = v->options}};
    peers_answer(q->peers, to, &m);
}

void on_session_open(void *context, const struct sender *from, struct msg_session_open *m)
{
    struct queue *q = context;
    struct login_verdict v = {.options = ""};
    const char *source = "";
    queue_enter(q);
    if (directory_look_again(q, from, m->session))
        return;
    outcome_done(&v.why);
    /* Asked again after our restart: the code is used up, and the session there. */
    bool again = session_user(&q->store, m->session, &v.user);
    if (!again)
        source = *m->name ? judge_password(q, m, &v) : judge_key(q, m, &v);
    if (*source && !id_is_none(v.user) && directory_look_begin(q, from, m, &v, source))
        return; /* it answers */
    if (!id_is_none(v.user) && !again)
        session_begin(q, &(struct new_session){.hash = m->hash,
                                               .id = m->session,
                                               .user = v.user,
                                               .replaces = m->replaces,
                                               .client_ip = m->client_ip,
                                               .agent = m->agent,
                                               .source = source,
                                               .provider = ""});
    session_answer(q, from, &v);
}

void on_session_end(void *context, const struct sender *from, struct msg_session_end *m)
{
    struct queue *q = context;
    queue_enter(q);
    session_end(&q->store, m->session);
    struct message answer = {.type = MSG_session_ended, .session_ended = {.session = m->session}};
    peers_answer(q->peers, from, &answer);
}

void on_sessions_end(void *context, const struct sender *from, struct msg_sessions_end *m)
{
    struct queue *q = context;
    queue_enter(q);
    session_end_of_user(&q->store, m->actor, m->session);
    note_deed(q, m->actor_tenant, &(struct doer){m->actor, m->who, m->client_ip}, "session.end-others", "",
              "");
    struct message answer = {.type = MSG_session_ended, .session_ended = {.session = m->session}};
    peers_answer(q->peers, from, &answer);
}

void on_session_seen(void *context, const struct sender *from, struct msg_session_seen *m)
{
    struct queue *q = context;
    queue_enter(q);
    session_seen(&q->store, m->session, q->now_ms);
}

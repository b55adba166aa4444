/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sessions of browsers: begun by a login, written here, read by web. */
#include "queue/audit_notes.h"
#include "queue/logins.h"
#include "queue/queue.h"
#include "queue/sessions.h"
#include "store/sessions.h"

/* One browser too many ends the oldest session of its user. */
enum { SESSIONS_OF_A_USER = 50 };

void on_session_salt(void *context, const struct sender *from, struct msg_session_salt *m)
{
    struct queue *q = context;
    struct login_challenge c;
    queue_enter(q);
    login_challenge(q, m->name, m->client_ip, &c);
    struct message answer = {.type = MSG_session_salted,
                             .session_salted = {.wait_s = c.wait_s,
                                                .salt = span_of(c.salt, c.salt_len),
                                                .rounds = c.rounds,
                                                .directory_id = c.directory_id}};
    peers_answer(q->peers, from, &answer);
}

static unsigned refuse_login(const struct login_verdict *v, struct outcome *o)
{
    if (v->wait_s > 0) {
        outcome_set(o, VERDICT_GIVE_UP, "too-many-tries",
                    "There were too many wrong logins. Try again in %u seconds.", v->wait_s);
        return 429;
    }
    if (v->code_needed) {
        outcome_set(o, VERDICT_GIVE_UP, "totp-needed",
                    "Give the six digits that your authenticator shows as well.");
        return 401;
    }
    outcome_set(
        o, VERDICT_GIVE_UP, "wrong-login",
        "The login or the password is wrong. The login is one of your email addresses; an administrator "
        "can give you a new password.");
    return 401;
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

void on_session_open(void *context, const struct sender *from, struct msg_session_open *m)
{
    struct queue *q = context;
    struct login_verdict v = {0};
    struct outcome o;
    queue_enter(q);
    outcome_done(&o);
    const struct login_try try = {
        .name = m->name, .client_ip = m->client_ip, .signs = m->signs, .proof = m->proof, .totp = m->totp};
    /* Asked again after our restart: the code is used up, and the session there. */
    bool again = session_user(&q->store, m->session, &v.user);
    if (!again)
        login_judge(q, &try, &v);
    unsigned status = id_is_none(v.user) ? refuse_login(&v, &o) : 200;
    if (status == 200 && !again)
        session_begin(q, &(struct new_session){.hash = m->hash,
                                               .id = m->session,
                                               .user = v.user,
                                               .replaces = m->replaces,
                                               .client_ip = m->client_ip,
                                               .agent = m->agent,
                                               .source = "",
                                               .provider = ""});
    struct message answer = {
        .type = MSG_session_opened,
        .session_opened = {.status = status, .wait_s = v.wait_s, .user = v.user, MESSAGE_OUTCOME(&o)}};
    peers_answer(q->peers, from, &answer);
}

void on_session_end(void *context, const struct sender *from, struct msg_session_end *m)
{
    struct queue *q = context;
    queue_enter(q);
    session_end(&q->store, m->session);
    struct message answer = {.type = MSG_session_ended, .session_ended = {.session = m->session}};
    peers_answer(q->peers, from, &answer);
}

void on_session_seen(void *context, const struct sender *from, struct msg_session_seen *m)
{
    struct queue *q = context;
    queue_enter(q);
    session_seen(&q->store, m->session, q->now_ms);
}

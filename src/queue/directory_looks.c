/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/directory_looks.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "model/identity.h"
#include "queue/audit_notes.h"
#include "queue/nodes.h"
#include "queue/queue.h"
#include "queue/sessions.h"
#include "queue/waiting.h"
#include "store/identities.h"
#include "store/passkeys.h"
#include "store/sessions.h"

/* Role directory gives up before that (role/book_talk.c); this is for where it is not there at all. */
enum { PATIENCE_MS = 15000, HASH_LEN = 32 };
static const char away_code[] = "directory-away";
static const char away_text[] =
    "The directory that knows you cannot be asked at this moment whether you may log in. Try again.";

struct look {
    struct waiting waiting; /* its id: the session that is to begin */
    struct queue *q;
    struct timer patience;
    uint64_t request;
    struct login_verdict v;
    struct id replaces;
    uint8_t hash[HASH_LEN];
    char client_ip[64], agent[200], source[160];
};

static void end(struct look *l)
{
    timer_stop(&l->patience);
    peers_withdraw(l->q->peers, l->request);
    waiting_end(l);
}

static void refuse(struct look *l, const char *code, const char *text)
{
    struct visitor visitor;
    struct queue *q = l->q;
    outcome_set(&l->v.why, VERDICT_GIVE_UP, code, "%s", text);
    log_warning(NULL, "login from %s by a passkey: %s", l->client_ip, code);
    if (visitor_find(&q->store, &q->arena, l->v.user, &visitor))
        note_deed(q, visitor.tenant, &(struct doer){ID_NONE, visitor.name, l->client_ip}, "session.refuse",
                  l->source, text);
    l->v.user = ID_NONE;
}

static void finish(struct look *l, enum directory_state state)
{
    struct queue *q = l->q;
    struct visitor visitor;
    struct passkey k;
    /* Much may have become of him meanwhile. */
    if (!passkey_find(&q->store, &q->arena, l->v.passkey, &k))
        refuse(l, "wrong-passkey", "This key was removed a moment ago.");
    else if (!visitor_find(&q->store, &q->arena, l->v.user, &visitor))
        refuse(l, "user-off", "Your account is switched off here. Ask an administrator.");
    else if (state == DIRECTORY_LOCKED)
        refuse(l, "user-locked",
               "Your account is locked in the directory, or is not there any more. Ask an administrator.");
    else if (state == DIRECTORY_UNKNOWN) {
        l->v.unasked = true;
        refuse(l, away_code, away_text);
    } else
        session_begin(q, &(struct new_session){.hash = span_of(l->hash, sizeof(l->hash)),
                                               .id = l->waiting.id,
                                               .user = l->v.user,
                                               .replaces = l->replaces,
                                               .client_ip = l->client_ip,
                                               .agent = l->agent,
                                               .source = l->source,
                                               .provider = ""});
    session_answer(q, &l->waiting.from, &l->v);
    end(l);
}

static void on_patience_ends(void *context)
{
    struct look *l = context;
    queue_enter(l->q);
    log_warning(NULL, "no directory could be asked about %s, who logs in by a passkey", id_text(l->v.user));
    finish(l, DIRECTORY_UNKNOWN);
}

bool directory_look_begin(struct queue *q, const struct sender *from, const struct msg_session_open *m,
                          const struct login_verdict *v, const char *source)
{
    struct user_identity u;
    if (!identity_of_user(&q->store, &q->arena, v->user, &u) ||
        !identity_is_of_directory(&q->store, &q->arena, u.directory_id))
        return false;
    if (!nodes_run_role(q, ROLE_DIRECTORY)) {
        struct login_verdict refused = {.unasked = true, .options = ""};
        outcome_set(&refused.why, VERDICT_GIVE_UP, away_code, "%s", away_text);
        session_answer(q, from, &refused);
        return true;
    }
    struct look *l = waiting_new(&q->directory_looks, sizeof(*l), m->session, from);
    l->q = q;
    l->v = *v;
    l->v.options = "";
    l->replaces = m->replaces;
    memcpy(l->hash, m->hash.data, sizeof(l->hash));
    (void)str_copy(l->client_ip, sizeof(l->client_ip), m->client_ip);
    (void)str_copy(l->agent, sizeof(l->agent), queue_text(q, m->agent));
    (void)str_copy(l->source, sizeof(l->source), source);
    l->patience = (struct timer){.on_due = on_patience_ends, .context = l};
    timer_start(&l->patience, q->loop, PATIENCE_MS);
    const struct message ask = {.type = MSG_directory_look,
                                .directory_look = {.look = m->session, .directory_id = u.directory_id}};
    l->request = peers_ask(q->peers, ROLE_DIRECTORY, 0, &ask);
    return true;
}

bool directory_look_again(struct queue *q, const struct sender *from, struct id session)
{
    struct waiting *w = waiting_find(&q->directory_looks, session);
    if (w)
        w->from = *from;
    return w != NULL;
}

void on_directory_looked(void *context, const struct sender *from, struct msg_directory_looked *m)
{
    struct queue *q = context;
    queue_enter(q);
    struct look *l = waiting_find(&q->directory_looks, m->look);
    if (l)
        finish(l, (enum directory_state)m->state);
}

void directory_looks_forget(struct queue *q)
{
    list_each_safe (it, &q->directory_looks)
        end((struct look *)CONTAINER_OF(it, struct waiting, node));
}

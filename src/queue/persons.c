/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a person does with his own account: API keys, his password, the second factor. */
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "queue/audit_notes.h"
#include "queue/himself.h"
#include "queue/logins.h"
#include "queue/queue.h"
#include "provision/settings.h"
#include "store/api_keys.h"
#include "store/identities.h"

static void answer(struct queue *q, const struct sender *from, unsigned status, const struct outcome *o,
                   const char *text)
{
    struct message m = {.type = MSG_person_done,
                        .person_done = {.status = status, .text = text, MESSAGE_OUTCOME(o)}};
    peers_answer(q->peers, from, &m);
}

/* ---- API keys ---- */

void on_api_key_make(void *context, const struct sender *from, struct msg_api_key_make *m)
{
    struct queue *q = context;
    struct outcome o;
    unsigned status = 201;
    queue_enter(q);
    outcome_done(&o);
    const struct doer d = {m->actor, m->who, m->client_ip};
    const struct himself h = {m->actor, m->session, m->client_ip, m->signs, m->proof};
    unsigned proved = himself_judge(q, &h, false, &o);
    if (proved != 204) {
        status = proved;
    } else if (api_key_is_other(&q->store, m->key, m->hash)) {
        status = 409;
        outcome_set(&o, VERDICT_GIVE_UP, "key-used",
                    "With this Idempotency-Key an API key was made already, and shown that once. Where it is "
                    "lost, delete it and make another one.");
    } else if (api_key_count(&q->store, m->actor) >= API_KEYS_OF_A_USER) {
        status = 409;
        outcome_set(&o, VERDICT_GIVE_UP, "too-many-keys",
                    "You have %d keys. Delete one that is not used any more.", API_KEYS_OF_A_USER);
    } else {
        const struct api_key k = {.id = m->key,
                                  .name = queue_text(q, m->name),
                                  .scope = m->scope,
                                  .created_ms = q->now_ms,
                                  .expires_ms = m->expires_ms};
        api_key_add(&q->store, m->hash, m->actor, &k);
        note_deed(q, m->actor_tenant, &d, "api-keys.create", m->name, m->scope);
    }
    answer(q, from, status, &o, "");
}

void on_api_key_drop(void *context, const struct sender *from, struct msg_api_key_drop *m)
{
    struct queue *q = context;
    struct outcome o;
    queue_enter(q);
    outcome_done(&o);
    const struct doer d = {m->actor, m->who, m->client_ip};
    bool gone = api_key_drop(&q->store, m->actor, m->key);
    if (gone)
        note_deed(q, m->actor_tenant, &d, "api-keys.delete", id_text(m->key), "");
    else
        outcome_set(&o, VERDICT_GIVE_UP, "unknown-key", "You have no such key.");
    answer(q, from, gone ? 204 : 404, &o, "");
}

void on_api_key_used(void *context, const struct sender *from, struct msg_api_key_used *m)
{
    struct queue *q = context;
    queue_enter(q);
    api_key_used(&q->store, m->key, q->now_ms);
}

/* ---- his password ---- */

/* By the same way as an administrator gives one; that ends his sessions, and leaves his API keys. */
unsigned person_set_password(struct queue *q, struct id user, const char *password, struct outcome *o)
{
    struct settings_result r;
    json_t *body = json_pack("{s:s, s:b}", "password", password, "keep_api_keys", 1);
    SCOPED_FREE char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    if (!text) {
        outcome_set(o, VERDICT_GIVE_UP, "wrong-password", "The new password is no text.");
        return 422;
    }
    char key[ID_TEXT_LEN];
    id_format(user, key);
    const struct provision_keys keys = {q->conf->state_dir, &q->vault};
    const struct settings_wish w = {
        .resource = "users", .key = key, .action = SETTINGS_CHANGE, .if_match = "*", .body = text};
    unsigned status = settings_change(&q->store, &keys, &w, &r);
    explicit_bzero(text, strlen(text));
    if (status != 200)
        outcome_set(o, VERDICT_GIVE_UP, "wrong-password", "%s", r.detail);
    json_decref(r.errors);
    return status;
}

void on_password_change(void *context, const struct sender *from, struct msg_password_change *m)
{
    struct queue *q = context;
    struct login_verdict v;
    struct outcome o;
    unsigned status;
    queue_enter(q);
    outcome_done(&o);
    const struct doer d = {m->actor, m->who, m->client_ip};
    const struct login_try try = {
        .name = m->who, .user = m->actor, .client_ip = m->client_ip, .signs = m->signs, .proof = m->proof};
    if (*identity_user_directory(&q->store, &q->arena, m->actor)) {
        outcome_set(&o, VERDICT_GIVE_UP, "password-elsewhere",
                    "Your password is kept in your organisation's directory. Change it there.");
        answer(q, from, 409, &o, "");
        return;
    }
    login_judge(q, &try, &v);
    if (v.wait_s > 0) {
        status = 429;
        outcome_set(&o, VERDICT_GIVE_UP, "too-many-tries",
                    "There were too many wrong tries. Try again in %u seconds.", v.wait_s);
    } else if (!id_equal(v.user, m->actor)) {
        status = 403;
        outcome_set(&o, VERDICT_GIVE_UP, "wrong-password", "That is not your password of now.");
    } else {
        status = person_set_password(q, m->actor, m->password, &o);
    }
    if (status == 200) {
        session_add(&q->store, m->hash, m->session, m->actor, q->now_ms, m->client_ip,
                    queue_text(q, m->agent));
        note_deed(q, m->actor_tenant, &d, "password.change", "", "");
    }
    answer(q, from, status, &o, "");
}

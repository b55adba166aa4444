/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/recovery_codes.h"

#include <sodium.h>

#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "queue/audit_notes.h"
#include "queue/himself.h"
#include "queue/queue.h"
#include "store/sessions.h"
#include "store/totp.h"

/* Of his own: the same code of two people looks like two. */
static void hash_code(struct id user, const uint8_t code[RECOVERY_CODE_BYTES],
                      uint8_t hash[RECOVERY_HASH_LEN])
{
    (void)crypto_generichash(hash, RECOVERY_HASH_LEN, code, RECOVERY_CODE_BYTES, user.bytes,
                             sizeof(user.bytes));
}

void recovery_codes_make(struct queue *q, struct id user, char text[RECOVERY_CODES_TEXT_LEN])
{
    uint8_t code[RECOVERY_CODE_BYTES], hashes[RECOVERY_CODES][RECOVERY_HASH_LEN];
    for (size_t i = 0; i < RECOVERY_CODES; i++) {
        char *at = text + i * RECOVERY_CODE_TEXT_LEN;
        rand_bytes(code, sizeof(code));
        hash_code(user, code, hashes[i]);
        recovery_code_format(code, at);
        if (i > 0)
            at[-1] = ' ';
    }
    sodium_memzero(code, sizeof(code));
    recovery_codes_set(&q->store, user, hashes, RECOVERY_CODES);
}

bool recovery_code_fits(struct queue *q, struct id user, const char *code, const char *client_ip)
{
    uint8_t bytes[RECOVERY_CODE_BYTES], hash[RECOVERY_HASH_LEN];
    struct visitor v;
    if (!recovery_code_parse(code, bytes))
        return false;
    hash_code(user, bytes, hash);
    if (!recovery_code_use(&q->store, user, hash))
        return false;
    bool known = visitor_find(&q->store, &q->arena, user, &v);
    const struct doer d = {user, known ? v.name : "", client_ip};
    const char *left = arena_format(&q->arena, "%u left", recovery_codes_left(&q->store, user));
    note_deed(q, known ? v.tenant : ID_NONE, &d, "recovery-codes.use", "", left);
    log_warning(NULL, "a recovery code of user %s was used from %s, %s", id_text(user), client_ip, left);
    return true;
}

/* ---- what a person asks ---- */

void on_recovery_codes_make(void *context, const struct sender *from, struct msg_recovery_codes_make *m)
{
    struct queue *q = context;
    struct outcome o;
    struct totp t;
    char text[RECOVERY_CODES_TEXT_LEN] = "";
    queue_enter(q);
    outcome_done(&o);
    const struct doer d = {m->actor, m->who, m->client_ip};
    const struct himself h = {m->actor, m->session, m->client_ip, m->signs, m->proof};
    unsigned status = himself_judge(q, &h, true, &o);
    if (status == 204 && !(totp_find(&q->store, &q->arena, m->actor, &t) && t.confirmed)) {
        outcome_set(&o, VERDICT_GIVE_UP, "no-authenticator", "There is no authenticator. Set one up first.");
        status = 409;
    }
    if (status == 204) {
        recovery_codes_make(q, m->actor, text);
        note_deed(q, m->actor_tenant, &d, "recovery-codes.create", "", "");
        status = 200;
    }
    struct message answer = {.type = MSG_person_done,
                             .person_done = {.status = status, .text = text, MESSAGE_OUTCOME(&o)}};
    peers_answer(q->peers, from, &answer);
    sodium_memzero(text, sizeof(text));
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/opening.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "queue/routing.h"
#include "queue/unpacking.h"

/* Encrypted, in it signed, in it one more. */
enum { ROUNDS_MAX = 3 };

struct opening *opening_find(struct queue *q, struct id mail)
{
    list_each (it, &q->openings)
        if (id_equal(CONTAINER_OF(it, struct opening, node)->mail, mail))
            return CONTAINER_OF(it, struct opening, node);
    return NULL;
}

static void opening_free(struct opening *o)
{
    list_remove(&o->node);
    free(o->from);
    free(o->message_id);
    free(o->subject);
    free(o);
}

void opening_forget(struct queue *q, struct id mail)
{
    struct opening *o = opening_find(q, mail);
    if (o)
        opening_free(o);
}

void openings_forget(struct queue *q)
{
    list_each_safe (it, &q->openings)
        opening_free(CONTAINER_OF(it, struct opening, node));
}

/* ---- keys ---- */

/* The sender's own alone: another's signature is none of his. */
static const char *keys_of_sender(struct queue *q, const char *from)
{
    struct id user;
    struct user_key *list;
    const char *keys = "";
    if (!config_user_of(&q->store, from, &user))
        return keys;
    size_t n = keys_of_user(&q->store, &q->arena, user, &list);
    for (size_t i = 0; i < n; i++)
        keys = arena_format(&q->arena, "%s%s\n", keys, list[i].text);
    return keys;
}

/* Of the tenant whose box the mail is for; where the number stands inside, of the sender's first box. */
static struct span secret_of(struct queue *q, const struct mail_in *mail, const char *from)
{
    const struct routing w = {.store = &q->store, .arena = &q->arena, .now_ms = q->now_ms};
    char *rest = arena_strdup(&q->arena, mail->recipients), *recipient;
    const char *first[1] = {""};
    struct faxbox box = {.tenant = ID_NONE};
    while ((recipient = strsep(&rest, "\n")) != NULL) {
        struct route r;
        struct outcome o;
        if (!*recipient)
            continue;
        route_recipient(&w, recipient, from, &r, &o);
        if (o.verdict == VERDICT_DONE)
            return keys_of_tenant(&q->store, &q->arena, r.box.tenant).secret;
    }
    if (config_boxes_of_sender(&q->store, &q->arena, from, first, 1) > 0)
        (void)config_box(&q->store, &q->arena, first[0], &box);
    return keys_of_tenant(&q->store, &q->arena, box.tenant).secret;
}

uint64_t opening_ask_about(struct queue *q, const struct mail_in *mail, const char *from, int pieces)
{
    const struct message ask = {.type = MSG_pgp_open,
                                .pgp_open = {.mail = mail->id,
                                             .secret = secret_of(q, mail, from),
                                             .keys = keys_of_sender(q, from),
                                             .pieces = pieces}};
    return peers_ask(q->peers, ROLE_CONVERT, 0, &ask);
}

/* ---- rounds ---- */

bool opening_ask(struct queue *q, const struct mail_in *mail, const struct msg_unpacked *m)
{
    struct opening *o = opening_find(q, mail->id);
    if (o && o->round >= ROUNDS_MAX)
        return false;
    if (!o) {
        o = mem_zalloc(sizeof(*o));
        o->mail = mail->id;
        o->from = mem_strdup(m->from);
        o->message_id = mem_strdup(m->message_id);
        o->subject = mem_strdup(m->subject);
        o->manners = m->manners;
        o->facts.signature = PGP_SIGNATURE_NONE;
        list_append(&q->openings, &o->node);
    }
    flight_begin(q, WORK_UNPACK, mail->id, opening_ask_about(q, mail, o->from, m->parts));
    return true;
}

/* The outermost signature counts: it covers what is in it. */
void opening_take_facts(struct pgp_facts *facts, bool *look, const struct msg_pgp_opened *m)
{
    bool was_signed = facts->signature != PGP_SIGNATURE_NONE;
    facts->encrypted = facts->encrypted || m->encrypted != 0;
    *look = !was_signed;
    if (was_signed)
        return;
    facts->signature = (enum pgp_signature)m->signature;
    facts->bound = m->bound != 0;
    facts->signed_ms = m->signed_ms;
    (void)str_copy(facts->key, sizeof(facts->key), m->key);
    memcpy(facts->digest, m->digest.data, sizeof(facts->digest));
}

void on_pgp_opened(void *context, const struct sender *from, struct msg_pgp_opened *m)
{
    struct queue *q = context;
    struct mail_in mail;
    struct outcome outcome;
    queue_enter(q);
    if (explain_opened(q, m))
        return;
    struct opening *o = opening_find(q, m->mail);
    if (!o || !flight_end(q, WORK_UNPACK, m->mail))
        return;
    message_get_outcome(m, &outcome);
    if (!mail_in_find(&q->store, m->mail, &q->arena, &mail) || mail.state != MAIL_IN_RECEIVED) {
        opening_free(o);
        return;
    }
    if (outcome.verdict != VERDICT_DONE) {
        const struct msg_unpacked outside = {.from = o->from,
                                             .message_id = o->message_id,
                                             .addressees = "",
                                             .subject = o->subject,
                                             .manners = o->manners};
        unpack_refuse(q, &mail, &outside, &outcome);
        opening_free(o);
        return;
    }
    opening_take_facts(&o->facts, &o->look, m);
    o->round++;
    const struct message ask = {
        .type = MSG_unpack,
        .unpack = {.mail = mail.id, .round = o->round, .look = o->look, .mail_bytes = m->mail_bytes}};
    flight_begin(q, WORK_UNPACK, mail.id, peers_ask(q->peers, ROLE_CONVERT, 0, &ask));
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost explain: what would become of a mail, rule by rule, and what a forger of its From could do. The
 * same routing as for real mail; nothing is stored, counted or sent. */
#include <stdlib.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/part_set.h"
#include "proto/mail_text.h"
#include "queue/explain_case.h"
#include "queue/opening.h"
#include "queue/queue.h"

enum { PENDING_MAX = 8, ROUNDS_MAX = 3 };

/* A mail that convert takes apart for somebody who asks. */
struct explanation {
    struct list node;
    struct id id;
    struct sender asker;
    char *sender, *recipients, *subject, *login; /* as asked; "" where the mail says it */
    /* PGP: what the outside said, while what is in it is looked at. */
    char *outer_from, *outer_addressees, *outer_subject;
    unsigned rounds;
    bool look;
    struct pgp_facts pgp;
};

static void explanation_free(struct explanation *e)
{
    list_remove(&e->node);
    free(e->sender);
    free(e->recipients);
    free(e->subject);
    free(e->login);
    free(e->outer_from);
    free(e->outer_addressees);
    free(e->outer_subject);
    free(e);
}

/* ---- messages ---- */

static void answer(struct queue *q, const struct sender *to, unsigned status, json_t *result)
{
    SCOPED_FREE char *text = result ? json_dumps(result, JSON_COMPACT) : NULL;
    json_decref(result);
    if (!text)
        panic("an explanation is no JSON");
    struct message m = {.type = MSG_explained, .explained = {.status = status, .result = text}};
    if (strlen(text) >= 65536)
        m.explained =
            (struct msg_explained){.status = 413, .result = "{\"error\":\"too much to explain at once\"}"};
    peers_answer(q->peers, to, &m);
}

/* Convert would answer a second unpacking of the same question as well as the first. */
static struct explanation *find(struct queue *q, struct id id)
{
    list_each (it, &q->explanations) {
        struct explanation *e = CONTAINER_OF(it, struct explanation, node);
        if (id_equal(e->id, id))
            return e;
    }
    return NULL;
}

static void take_apart(struct queue *q, const struct sender *from, const struct msg_explain *m)
{
    struct explanation *e = mem_zalloc(sizeof(*e));
    e->id = id_new();
    e->asker = *from;
    e->sender = mem_strdup(m->sender);
    e->recipients = mem_strdup(m->recipients);
    e->subject = mem_strdup(m->subject);
    e->login = mem_strdup(m->login);
    e->pgp.signature = PGP_SIGNATURE_NONE;
    list_append(&q->explanations, &e->node);
    struct message ask = {.type = MSG_unpack, .unpack = {.mail = e->id, .look = 1, .mail_bytes = m->mail}};
    (void)peers_ask(q->peers, ROLE_CONVERT, 0, &ask);
}

void on_explain(void *context, const struct sender *from, struct msg_explain *m)
{
    struct queue *q = context;
    size_t pending = 0;
    queue_enter(q);
    list_each (it, &q->explanations)
        pending++;
    if (m->mail > 0 && pending < PENDING_MAX) {
        take_apart(q, from, m);
        return;
    }
    const struct case_file c = {
        .letter = {.sender = m->sender, .recipients = m->recipients, .addressees = "", .subject = m->subject},
        .login = m->login,
        .message_id = ""};
    if (m->mail > 0)
        answer(q, from, 503, json_pack("{s:s}", "error", "other explanations are under way; ask again"));
    else
        answer(q, from, 200, explain_case(q, &c));
}

/* The addresses of To and Cc, one a line. */
static const char *addresses_of(struct queue *q, const char *addressees)
{
    char *rest = arena_strdup(&q->arena, addressees), *line;
    const char *list = "";
    while ((line = strsep(&rest, "\n")) != NULL)
        if (*line)
            list = arena_format(&q->arena, "%s%s\n", list, strsep(&line, "\t"));
    return list;
}

/* What is encrypted or signed is opened first. As with a mail, nothing is that comes from nobody we know. */
static bool opens(struct queue *q, struct explanation *e, const struct msg_unpacked *m)
{
    const char *boxes[1], *from = *e->sender ? e->sender : m->from;
    if (m->pgp != 1 || m->verdict != VERDICT_DONE || e->rounds >= ROUNDS_MAX ||
        config_boxes_of_sender(&q->store, &q->arena, from, boxes, 1) == 0)
        return false;
    if (!e->outer_from) {
        e->outer_from = mem_strdup(from);
        e->outer_addressees = mem_strdup(m->addressees);
        e->outer_subject = mem_strdup(m->subject);
    }
    const struct mail_in mail = {
        .id = e->id, .recipients = *e->recipients ? e->recipients : addresses_of(q, m->addressees)};
    (void)opening_ask_about(q, &mail, from, m->parts);
    return true;
}

static void finish(struct queue *q, struct explanation *e, const struct case_file *c, const char *problem)
{
    json_t *result = explain_case(q, c);
    if (problem)
        (void)json_array_append_new(
            json_object_get(result, "notes"),
            json_pack("{s:s, s:b, s:s}", "rule", "S2.10", "good", 0, "text", problem));
    answer(q, &e->asker, 200, result);
    explanation_free(e);
}

bool explain_unpacked(struct queue *q, const struct msg_unpacked *m)
{
    struct explanation *e = find(q, m->mail);
    struct part_set parts = {.count = 0};
    struct outcome o;
    uint64_t size;
    if (!e)
        return false;
    if (opens(q, e, m))
        return true;
    SCOPED_BUF struct buf own;
    buf_init(&own, MESSAGE_BYTES_MAX);
    message_get_outcome(m, &o);
    mail_text_own(m->text, &own);
    bool read = o.verdict == VERDICT_DONE && fd_checked_size(m->parts, PART_SET_BYTES_MAX, &size) == 0 &&
                part_set_read(m->parts, size, &parts) == 0;
    if (m->pgp == 2 && e->pgp.signature == PGP_SIGNATURE_NONE)
        e->pgp.signature = PGP_SIGNATURE_PARTIAL;
    const struct case_file c = {
        .letter = {.sender = *e->sender ? e->sender : m->from,
                   .recipients = *e->recipients ? e->recipients : addresses_of(q, m->addressees),
                   .addressees = m->addressees,
                   .subject = *e->subject ? e->subject : m->subject},
        .login = e->login,
        .own = buf_text(&own),
        .pgp = &e->pgp,
        .message_id = m->message_id,
        .parts = m->pgp == 1 ? 0 : parts.count};
    if (read)
        part_set_clear(&parts);
    finish(q, e, &c, read ? NULL : o.text);
    return true;
}

bool explain_opened(struct queue *q, const struct msg_pgp_opened *m)
{
    struct explanation *e = find(q, m->mail);
    struct outcome o;
    if (!e)
        return false;
    message_get_outcome(m, &o);
    if (o.verdict == VERDICT_DONE) {
        opening_take_facts(&e->pgp, &e->look, m);
        e->rounds++;
        const struct message ask = {.type = MSG_unpack,
                                    .unpack = {.mail = e->id, .look = e->look, .mail_bytes = m->mail_bytes}};
        (void)peers_ask(q->peers, ROLE_CONVERT, 0, &ask);
        return true;
    }
    const struct case_file c = {
        .letter = {.sender = e->outer_from,
                   .recipients = *e->recipients ? e->recipients : addresses_of(q, e->outer_addressees),
                   .addressees = e->outer_addressees,
                   .subject = *e->subject ? e->subject : e->outer_subject},
        .login = e->login,
        .own = "",
        .pgp = &e->pgp,
        .message_id = ""};
    finish(q, e, &c, o.text);
    return true;
}

void explanations_forget(struct queue *q)
{
    list_each_safe (it, &q->explanations) {
        explanation_free(CONTAINER_OF(it, struct explanation, node));
    }
}

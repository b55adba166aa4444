/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From a stored mail to submissions: a convert worker takes it apart, here it is decided what becomes of it.
 * All numbers of one box are one submission (D2). Whoever is refused is told once, if he may be told at all
 * (D1, A5). */
#include <sodium.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/part_set.h"
#include "queue/queue.h"
#include "queue/routing.h"
#include "store/blob.h"
#include "store/mails.h"

enum { UNPACK_AT_ONCE = 8, RECIPIENTS_MAX = 200 };
#define REPLAY_WINDOW_MS (30LL * 24 * 3600 * 1000) /* A6 */

void pump_unpack(struct queue *q)
{
    struct id ids[UNPACK_AT_ONCE * 2];
    size_t n = mail_in_to_unpack(&q->store, ids, ARRAY_LEN(ids));
    for (size_t i = 0; i < n && flight_count(q, WORK_UNPACK) < UNPACK_AT_ONCE; i++) {
        struct mail_in mail;
        if (flight_find(q, WORK_UNPACK, ids[i]) || !mail_in_find(&q->store, ids[i], &q->arena, &mail))
            continue;
        SCOPED_FD int bytes = blob_open(&q->store, mail.blob);
        struct message ask = {.type = MSG_unpack, .unpack = {.mail = mail.id, .mail_bytes = bytes}};
        flight_begin(q, WORK_UNPACK, mail.id, peers_ask(q->peers, ROLE_CONVERT, 0, &ask));
    }
}

/* Only who may send from a box is answered: anybody else may be a forged address (D1). */
static void refuse(struct queue *q, const struct mail_in *mail, const struct msg_unpacked *m,
                   const struct outcome *o)
{
    const char *boxes[1];
    log_info(id_text(mail->id), "mail from <%s> becomes no fax: %s", m->from,
             o->code); /* texts name documents */
    mail_in_close(&q->store, mail->id, MAIL_IN_REFUSED, o->code, o->text);
    if (config_boxes_of_sender(&q->store, &q->arena, m->from, boxes, 1) == 0)
        return;
    struct faxbox box;
    struct id tenant = config_box(&q->store, &q->arena, boxes[0], &box) ? box.tenant : ID_NONE;
    struct mail_out answer = {.tenant = tenant,
                              .kind = "answer",
                              .about = mail->id,
                              .sender = from_address(q, tenant),
                              .recipient = m->from,
                              .text = o->text,
                              .message_id = m->message_id,
                              .subject = m->subject};
    mail_to(q, &answer);
}

/* ---- replays (A6) ---- */

static void hash_text(crypto_hash_sha256_state *h, const char *text)
{
    (void)crypto_hash_sha256_update(h, (const unsigned char *)text, strlen(text) + 1);
}

/* For what a mail may be used once: to be faxed to a number from a box, and to be told that it was. */
#define USE_FAX    "fax"
#define USE_ANSWER "answer"

/* The first time this mail is used so? Afterwards it is not. */
static bool first_use(struct queue *q, const struct mail_in *mail, const struct msg_unpacked *m,
                      const struct route *r, const char *use)
{
    crypto_hash_sha256_state h;
    unsigned char key[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256_init(&h);
    hash_text(&h, use);
    hash_text(&h, r->box.id);
    hash_text(&h, config_address_key(&q->arena, m->from));
    hash_text(&h, r->number);
    if (*m->message_id) {
        hash_text(&h, m->message_id);
    } else {
        struct span raw = blob_read(&q->store, mail->blob, &q->arena);
        (void)crypto_hash_sha256_update(&h, raw.data, raw.len);
    }
    (void)crypto_hash_sha256_final(&h, key);
    return replay_key_take(&q->store, span_of(key, sizeof(key)), mail->id, q->now_ms,
                           q->now_ms - REPLAY_WINDOW_MS);
}

static void answer_replay(struct queue *q, const struct mail_in *mail, const struct msg_unpacked *m,
                          const struct faxbox *box, const char *numbers)
{
    struct mail_out answer = {
        .tenant = box->tenant,
        .kind = "answer",
        .about = mail->id,
        .sender = from_address(q, box->tenant),
        .recipient = m->from,
        .text = arena_format(
            &q->arena,
            "This very mail came a second time and was not faxed again to%s. The first one has its own "
            "report. To send the document once more, write a new mail.",
            numbers),
        .message_id = m->message_id,
        .subject = m->subject};
    mail_to(q, &answer);
}

/* ---- submissions ---- */

struct plan {
    struct route routes[RECIPIENTS_MAX];
    size_t count;
};

/* Every recipient has to be right: a mail is faxed whole or answered. */
static bool plan_routes(struct queue *q, const struct mail_in *mail, const struct msg_unpacked *m,
                        struct plan *p, struct outcome *o)
{
    char *rest = arena_strdup(&q->arena, mail->recipients), *recipient;
    while ((recipient = strsep(&rest, "\n")) != NULL) {
        if (!*recipient)
            continue;
        if (p->count == RECIPIENTS_MAX) {
            outcome_set(o, VERDICT_GIVE_UP, "5.5.3",
                        "A mail may go to %d numbers at most. Send it in several mails.", RECIPIENTS_MAX);
            return false;
        }
        route_recipient(&q->store, &q->arena, recipient, m->from, &p->routes[p->count], o);
        if (o->verdict != VERDICT_DONE)
            return false;
        p->count++;
    }
    return p->count > 0;
}

static void add_documents(struct queue *q, struct id submission, int parts_fd, const struct part_set *parts)
{
    for (size_t i = 0; i < parts->count; i++) {
        const struct part_place *part = &parts->places[i];
        uint8_t *bytes = arena_alloc(&q->arena, part->len + 1);
        if (fd_pread_all(parts_fd, bytes, part->len, (off_t)part->at) != 0)
            panic("convert took a document back");
        const struct document d = {.place = (int)i,
                                   .name = part->name,
                                   .type = part->type,
                                   .blob = blob_put(&q->store, span_of(bytes, part->len))};
        document_add(&q->store, submission, &d);
    }
}

/* All routes of p to the box of route `first` that are no replays: one submission. */
static void submit_box(struct queue *q, const struct mail_in *mail, struct msg_unpacked *m,
                       const struct plan *p, size_t first, const struct part_set *parts)
{
    SCOPED_BUF struct buf numbers, again;
    buf_init(&numbers, 65536);
    buf_init(&again, 4096);
    const struct faxbox *box = &p->routes[first].box;
    struct submission s = {.id = id_new(),
                           .tenant = box->tenant,
                           .faxbox = box->id,
                           .mail = mail->id,
                           .created_ms = mail->received_ms,
                           .sender = m->from,
                           .subject = m->subject,
                           .message_id = m->message_id};
    for (size_t i = first; i < p->count; i++) {
        if (!str_equal(p->routes[i].box.id, box->id))
            continue;
        if (first_use(q, mail, m, &p->routes[i], USE_FAX)) {
            (void)buf_printf(&numbers, "%s\t%s\n", p->routes[i].number, p->routes[i].display);
            continue;
        }
        log_info(id_text(mail->id), "replay of a mail that was faxed to %s already: not sent again",
                 p->routes[i].number);
        if (first_use(q, mail, m, &p->routes[i], USE_ANSWER))
            (void)buf_printf(&again, " %s", p->routes[i].display);
    }
    if (again.len > 0)
        answer_replay(q, mail, m, box, buf_text(&again));
    if (numbers.len == 0)
        return;
    s.numbers = buf_text(&numbers);
    submission_add(&q->store, &s);
    add_documents(q, s.id, m->parts, parts);
    log_info(id_text(s.id), "mail %s from <%s>: to be faxed from box %s", id_text(mail->id), m->from,
             box->id);
}

static bool first_of_its_box(const struct plan *p, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (str_equal(p->routes[i].box.id, p->routes[at].box.id))
            return false;
    return true;
}

static void route_mail(struct queue *q, const struct mail_in *mail, struct msg_unpacked *m,
                       const struct part_set *parts)
{
    struct outcome o = {.verdict = VERDICT_DONE};
    struct plan *p = arena_alloc(&q->arena, sizeof(*p));
    if (parts->count == 0) {
        outcome_set(
            &o, VERDICT_GIVE_UP, "no-document",
            "Nothing was faxed: the mail has no attachment that can be. Attach a PDF, TIFF or text file "
            "and send it again.");
        refuse(q, mail, m, &o);
        return;
    }
    if (!plan_routes(q, mail, m, p, &o)) {
        refuse(q, mail, m, &o);
        return;
    }
    for (size_t i = 0; i < p->count; i++)
        if (first_of_its_box(p, i))
            submit_box(q, mail, m, p, i, parts);
    mail_in_close(&q->store, mail->id, MAIL_IN_ROUTED, "", "");
    queue_wants(q, WORK_RENDER);
}

void on_unpacked(void *context, const struct sender *from, struct msg_unpacked *m)
{
    struct queue *q = context;
    struct mail_in mail;
    struct outcome o;
    uint64_t size;
    queue_enter(q);
    (void)flight_end(q, WORK_UNPACK, m->mail);
    message_get_outcome(m, &o);
    if (!mail_in_find(&q->store, m->mail, &q->arena, &mail) || mail.state != MAIL_IN_RECEIVED)
        return;
    if (o.verdict != VERDICT_DONE) {
        refuse(q, &mail, m, &o);
        return;
    }
    struct part_set parts;
    if (fd_checked_size(m->parts, PART_SET_BYTES_MAX, &size) != 0 ||
        part_set_read(m->parts, size, &parts) != 0)
        panic("convert sent parts that are none");
    route_mail(q, &mail, m, &parts);
    part_set_clear(&parts);
}

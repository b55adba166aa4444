/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/submitting.h"

#include <sodium.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/str.h"
#include "model/mail_manners.h"
#include "proto/mail_text.h"
#include "queue/answers.h"
#include "queue/covers.h"
#include "queue/fax_secrets.h"
#include "store/blob.h"

#define REPLAY_WINDOW_MS (30LL * 24 * 3600 * 1000) /* A6 */
enum { COVER_TEXT_MAX = 8192 };

/* ---- replays (A6) ---- */

static void hash_text(crypto_hash_sha256_state *h, const char *text)
{
    (void)crypto_hash_sha256_update(h, (const unsigned char *)text, strlen(text) + 1);
}

bool submit_first_use(struct queue *q, const struct incoming *in, const struct use *use)
{
    crypto_hash_sha256_state h;
    unsigned char key[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256_init(&h);
    hash_text(&h, use->what);
    hash_text(&h, use->box);
    hash_text(&h, config_address_key(&q->arena, in->m->from));
    hash_text(&h, use->number);
    if (*in->m->message_id) {
        hash_text(&h, in->m->message_id);
    } else {
        struct span raw = blob_read(&q->store, in->mail->blob, &q->arena);
        (void)crypto_hash_sha256_update(&h, raw.data, raw.len);
    }
    (void)crypto_hash_sha256_final(&h, key);
    return replay_key_take(&q->store, span_of(key, sizeof(key)), in->mail->id, use->submission, q->now_ms,
                           q->now_ms - REPLAY_WINDOW_MS);
}

bool submit_seldom(struct queue *q, const struct incoming *in, const char *what, int64_t every_ms)
{
    crypto_hash_sha256_state h;
    unsigned char key[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256_init(&h);
    hash_text(&h, what);
    hash_text(&h, config_address_key(&q->arena, in->m->from));
    hash_text(&h, arena_format(&q->arena, "%lld", (long long)(q->now_ms / every_ms)));
    (void)crypto_hash_sha256_final(&h, key);
    return replay_key_take(&q->store, span_of(key, sizeof(key)), in->mail->id, ID_NONE, q->now_ms,
                           q->now_ms - REPLAY_WINDOW_MS);
}

bool submit_first_refusal(struct queue *q, const struct submission *s, const char *code)
{
    struct mail_in mail;
    if (!mail_in_find(&q->store, s->mail, &q->arena, &mail))
        return true;
    const struct msg_unpacked m = {.from = s->sender, .message_id = s->message_id};
    const struct use use = {arena_format(&q->arena, "refused %s", code), s->faxbox, "", ID_NONE};
    return submit_first_use(q, &(struct incoming){.mail = &mail, .m = &m}, &use);
}

static void answer_replay(struct queue *q, const struct incoming *in, const struct faxbox *box,
                          const char *numbers)
{
    struct mail_out answer = {.tenant = box->tenant,
                              .kind = "repeated",
                              .about = in->mail->id,
                              .sender = from_address(q, box->tenant),
                              .faxbox = box->id,
                              .text = numbers + strspn(numbers, " "),
                              .message_id = in->m->message_id,
                              .subject = fax_secret_hidden(&q->arena, in->m->subject)};
    if (!answer_is_unwanted(in->mail, in->m->manners))
        answer_sender(q, &answer, in->m->from);
}

/* ---- documents ---- */

static void add_documents(struct queue *q, struct id submission, const struct incoming *in)
{
    for (size_t i = 0; i < in->parts->count; i++) {
        const struct part_place *part = &in->parts->places[i];
        uint8_t *bytes = arena_alloc(&q->arena, part->len + 1);
        if (fd_pread_all(in->m->parts, bytes, part->len, (off_t)part->at) != 0)
            panic("convert took a document back");
        const struct document d = {.place = (int)i,
                                   .target = TARGET_ALL,
                                   .name = part->name,
                                   .type = part->type,
                                   .blob = blob_put(&q->store, span_of(bytes, part->len))};
        document_add(&q->store, submission, &d);
    }
}

/* The mail's own words for the cover page. No PIN is among them: a line of digits may be one in any mail to a
 * box that has a PIN. */
static const char *cover_text(struct queue *q, const struct faxbox *box, const char *own)
{
    SCOPED_BUF struct buf text;
    buf_init(&text, COVER_TEXT_MAX);
    if (box->cover_text)
        mail_text_without_pins(own, *box->pin_hash != 0, &text);
    return arena_strdup(&q->arena, buf_text(&text));
}

/* Before all documents. */
void submit_cover(struct queue *q, struct id submission, int target, const struct route *r,
                  const struct cover_words *words)
{
    const char *facts = cover_facts(&q->arena, r, words);
    const struct document d = {.place = -1 - target,
                               .target = target,
                               .name = "cover page",
                               .type = "",
                               .blob = blob_put(&q->store, span_str(facts))};
    document_add(&q->store, submission, &d);
}

static void mail_cover(struct queue *q, struct id submission, int target, const struct route *r,
                       const struct incoming *in)
{
    const struct cover_words words = {
        .sender = in->m->from,
        .sender_name = in->m->from_name,
        .subject = r->box.cover_text && !r->by_subject ? fax_secret_hidden(&q->arena, in->m->subject) : "",
        .text = cover_text(q, &r->box, in->own)};
    submit_cover(q, submission, target, r, &words);
}

/* ---- submissions ---- */

/* Their numbers get the same pages, but for the cover. */
static bool same_submission(const struct route *a, const struct route *b)
{
    return str_equal(a->box.id, b->box.id) && a->check == b->check && a->poll == b->poll &&
           str_equal(a->resolution, b->resolution) && str_equal(a->paper, b->paper);
}

static bool first_of_its_kind(const struct plan *p, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (same_submission(&p->routes[i], &p->routes[at]))
            return false;
    return true;
}

/* Those that were faxed already; ' ' before each. */
struct group {
    struct id submission;
    size_t first; /* of the plan */
    const struct route *routes[ROUTES_MAX];
    size_t count;
    const char *again;
};

static void sort_out(struct queue *q, const struct incoming *in, const struct plan *p, struct group *g)
{
    g->again = "";
    for (size_t i = g->first; i < p->count; i++) {
        const struct route *r = &p->routes[i];
        if (!same_submission(r, &p->routes[g->first]))
            continue;
        struct use use = {r->check ? "check" : "fax", r->box.id, r->row.number, g->submission};
        if (submit_first_use(q, in, &use)) {
            g->routes[g->count++] = r;
            continue;
        }
        log_info(id_text(in->mail->id), "replay of a mail that was faxed to %s already: not sent again",
                 r->row.number);
        use = (struct use){"answer", r->box.id, r->row.number, ID_NONE};
        if (!r->check && submit_first_use(q, in, &use))
            g->again = arena_format(&q->arena, "%s %s", g->again, r->row.display);
    }
}

/* What is known of the envelope goes with it: a refusal may be due later. */
static unsigned manners_of(const struct incoming *in)
{
    return in->m->manners | (answer_is_unwanted(in->mail, in->m->manners) ? MAIL_IS_AUTOMATIC : 0);
}

static void add_submission(struct queue *q, const struct incoming *in, const struct group *g)
{
    const struct route *r = g->routes[0];
    const struct submission s = {.id = g->submission,
                                 .tenant = r->box.tenant,
                                 .faxbox = r->box.id,
                                 .mail = in->mail->id,
                                 .created_ms = in->mail->received_ms,
                                 .sender = in->m->from,
                                 .subject = fax_secret_hidden(&q->arena, in->m->subject),
                                 .message_id = in->m->message_id,
                                 .resolution = r->resolution,
                                 .paper = r->paper,
                                 .dry = r->check,
                                 .purpose = r->poll ? PURPOSE_POLL : PURPOSE_SEND,
                                 .manners = manners_of(in),
                                 .report_each = str_equal(r->box.report, "each")};
    submission_add(&q->store, &s);
    for (size_t i = 0; i < g->count; i++) {
        fax_secret_add_target(q, s.id, (int)i, &g->routes[i]->row);
        if (*g->routes[i]->cover)
            mail_cover(q, s.id, (int)i, g->routes[i], in);
    }
    if (!r->poll)
        add_documents(q, s.id, in);
    log_info(id_text(s.id), "mail %s from <%s>: to be %s from box %s", id_text(in->mail->id), in->m->from,
             s.dry ? "shown, not faxed," : "faxed", r->box.id);
}

void submit_plan(struct queue *q, const struct incoming *in, const struct plan *p)
{
    for (size_t i = 0; i < p->count; i++) {
        if (!first_of_its_kind(p, i))
            continue;
        struct group *g = arena_alloc(&q->arena, sizeof(*g));
        *g = (struct group){.submission = id_new(), .first = i};
        sort_out(q, in, p, g);
        if (*g->again)
            answer_replay(q, in, &p->routes[i].box, g->again);
        if (g->count > 0)
            add_submission(q, in, g);
    }
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/printing.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/scope.h"
#include "base/str.h"
#include "proto/ipp.h"
#include "queue/audit_notes.h"
#include "queue/reading.h"

enum { PRINT_AT_ONCE = 4, PRINT_DUE = 32 };
#define MINUTE_MS (60LL * 1000)
#define DAY_MS    (24 * 60 * MINUTE_MS)

/* Between one try and the next; the last one again and again, for two days. */
static const int64_t waits_s[] = {10, 30, 60, 300, 900, 1800};
#define GIVE_UP_AFTER_MS (2 * DAY_MS)
/* A printer that has the job is asked so long after it took it: fewer times the longer it takes. */
enum { ASK_FIRST_S = 3, ASK_LATEST_S = 300, ASK_MOST = 600 /* two days */ };

/* ---- what is printed ---- */

static struct print new_print(struct queue *q, const struct fax *f, struct id id, const char *asked_by)
{
    return (struct print){.id = id,
                          .fax = f->id,
                          .faxbox = f->faxbox,
                          .asked_by = asked_by,
                          .created_ms = q->now_ms,
                          .next_ms = q->now_ms};
}

static bool has_printer(struct queue *q, const char *name, struct faxbox *box)
{
    return config_box(&q->store, &q->arena, name, box) && *box->print_to;
}

void print_fax(struct queue *q, const struct fax *f)
{
    struct faxbox box;
    if (!has_printer(q, f->faxbox, &box))
        return;
    const struct print p = new_print(q, f, id_new(), "");
    print_add(&q->store, &p);
    queue_wants(q, WORK_PRINT);
}

void on_print_wish(void *context, const struct sender *from, struct msg_print_wish *m)
{
    struct queue *q = context;
    struct outcome o;
    struct faxbox box;
    struct fax f;
    unsigned status = 200;
    queue_enter(q);
    outcome_done(&o);
    if (!fax_find(&q->store, m->fax, &q->arena, &f) || f.pages == 0) {
        status = 404;
        outcome_set(&o, VERDICT_GIVE_UP, "unknown-fax", "There is no such fax, or it has no page.");
    } else if (!has_printer(q, f.faxbox, &box)) {
        status = 409;
        outcome_set(&o, VERDICT_GIVE_UP, "no-printer",
                    "The box %.64s has no printer. An administrator of the installation gives it one "
                    "(print_to).",
                    f.faxbox);
    } else {
        const struct print p = new_print(q, &f, m->print, m->who);
        print_add(&q->store, &p);
        note_deed(q, f.tenant, &(struct doer){m->actor, m->who, m->client_ip}, "faxes.print", id_text(f.id),
                  "");
        queue_wants(q, WORK_PRINT);
    }
    struct message answer = {.type = MSG_print_wished,
                             .print_wished = {.fax = m->fax, .status = status, MESSAGE_OUTCOME(&o)}};
    peers_answer(q->peers, from, &answer);
}

/* ---- asking ---- */

/* As PWG 5101.1 names it. */
static const char *media_of(const char *paper)
{
    return str_equal(paper, "a4")       ? "iso_a4_210x297mm"
           : str_equal(paper, "letter") ? "na_letter_8.5x11in"
           : str_equal(paper, "legal")  ? "na_legal_8.5x14in"
                                        : "";
}

static uint64_t ask_printer(struct queue *q, const struct print *p, const struct faxbox *box, int file)
{
    const struct message ask = {.type = MSG_print,
                                .print = {.print = p->id,
                                          .uri = box->print_to,
                                          .pin = box->print_pin,
                                          .format = p->format,
                                          .dpi = p->dpi,
                                          .copies = box->print_copies,
                                          .media = media_of(box->print_paper),
                                          .maybe = p->begun,
                                          .job = p->job,
                                          .file = file}};
    return peers_ask(q->peers, ROLE_MAILOUT, 0, &ask);
}

static uint64_t ask_file(struct queue *q, const struct print *p, const struct fax *f,
                         const struct faxbox *box)
{
    struct stored_page *pages;
    size_t earlier, count = fax_pages_of_all_tries(&q->store, f->id, &q->arena, &pages, &earlier);
    SCOPED_FD int set = pages_to_set(q, pages, count);
    SCOPED_FD int texts = reading_to_file(q, f->id);
    const struct message ask = {
        .type = MSG_make_print,
        .make_print = {.print = p->id,
                       .format = p->format,
                       .dpi = p->dpi,
                       .paper = *box->print_paper ? box->print_paper : box->paper,
                       .title = arena_format(&q->arena, "Fax from %.64s",
                                             *f->calling ? queue_text(q, f->calling) : "anonymous"),
                       .at_ms = f->answered_ms,
                       .deskew = box->deskew,
                       .blank = str_equal(box->blank_pages, "drop") ? f->blank : "",
                       .page_set = set,
                       .texts = texts}};
    return peers_ask(q->peers, ROLE_CONVERT, 0, &ask);
}

static void fail(struct queue *q, struct print *p, const struct outcome *o)
{
    p->state = PRINT_FAILED;
    p->ended_ms = q->now_ms;
    p->code = o->code;
    p->reason = o->text;
    print_set(&q->store, p);
    log_warning(id_text(p->fax), "the fax is not printed by the printer of box %s: %s", p->faxbox, o->text);
}

/* The box has no printer any more. */
static void call_off(struct queue *q, struct print *p)
{
    struct outcome o;
    outcome_set(&o, VERDICT_GIVE_UP, "print-off", "The box has no printer any more.");
    fail(q, p, &o);
}

static void begin(struct queue *q, struct print *p)
{
    struct faxbox box;
    struct fax f;
    if (!has_printer(q, p->faxbox, &box) || !fax_find(&q->store, p->fax, &q->arena, &f))
        call_off(q, p);
    else
        flight_begin(q, WORK_PRINT, p->id,
                     p->state == PRINT_TAKEN ? ask_printer(q, p, &box, -1) : ask_file(q, p, &f, &box));
}

void pump_print(struct queue *q)
{
    struct id ids[PRINT_DUE];
    size_t n = print_due(&q->store, q->now_ms, ids, ARRAY_LEN(ids));
    for (size_t i = 0; i < n && flight_count(q, WORK_PRINT) < PRINT_AT_ONCE; i++) {
        struct print p;
        if (!flight_find(q, WORK_PRINT, ids[i]) && print_find(&q->store, ids[i], &q->arena, &p))
            begin(q, &p);
    }
}

void print_ask_anew(struct queue *q)
{
    list_each_safe (it, &q->flights) {
        const struct flight *f = CONTAINER_OF(it, struct flight, node);
        if (f->kind != WORK_PRINT)
            continue;
        peers_withdraw(q->peers, f->request);
        (void)flight_end(q, WORK_PRINT, f->id);
    }
}

/* ---- what came of it ---- */

static void later(struct queue *q, struct print *p, const struct outcome *o)
{
    size_t i = p->tries < ARRAY_LEN(waits_s) ? p->tries : ARRAY_LEN(waits_s) - 1;
    if (o->verdict == VERDICT_GIVE_UP || q->now_ms - p->created_ms > GIVE_UP_AFTER_MS) {
        fail(q, p, o);
        return;
    }
    p->tries++;
    p->next_ms = q->now_ms + waits_s[i] * 1000;
    p->code = o->code;
    p->reason = o->text;
    print_set(&q->store, p);
}

void on_print_made(void *context, const struct sender *from, struct msg_print_made *m)
{
    struct queue *q = context;
    struct outcome o;
    struct faxbox box;
    struct print p;
    queue_enter(q);
    message_get_outcome(m, &o);
    if (!flight_end(q, WORK_PRINT, m->print) || !print_find(&q->store, m->print, &q->arena, &p) ||
        p.state != PRINT_WAITING)
        return;
    if (!has_printer(q, p.faxbox, &box)) {
        call_off(q, &p);
    } else if (o.verdict != VERDICT_DONE) {
        later(q, &p, &o);
    } else {
        flight_begin(q, WORK_PRINT, p.id, ask_printer(q, &p, &box, m->file));
        p.begun = true; /* committed before the question leaves */
        print_set(&q->store, &p);
    }
}

static void taken(struct queue *q, struct print *p, unsigned job)
{
    p->state = PRINT_TAKEN;
    p->job = job;
    p->tries = 0;
    p->next_ms = q->now_ms + ASK_FIRST_S * 1000;
    p->code = p->reason = "";
    print_set(&q->store, p);
    log_info(id_text(p->fax), "the printer of box %s has the fax as its job %u", p->faxbox, job);
}

static void done(struct queue *q, struct print *p)
{
    p->state = PRINT_DONE;
    p->ended_ms = q->now_ms;
    p->code = p->reason = "";
    print_set(&q->store, p);
    log_info(id_text(p->fax), "the fax is printed by the printer of box %s", p->faxbox);
}

/* It has it and is not through: somebody has to fill in paper, perhaps. */
static void ask_again(struct queue *q, struct print *p, const struct outcome *o)
{
    int64_t wait_s = ASK_FIRST_S;
    for (unsigned i = 0; i < p->tries && wait_s < ASK_LATEST_S; i++)
        wait_s *= 2;
    if (p->tries >= ASK_MOST) {
        fail(q, p, o);
        return;
    }
    p->tries++;
    p->next_ms = q->now_ms + (wait_s < ASK_LATEST_S ? wait_s : ASK_LATEST_S) * 1000;
    p->code = o->code;
    p->reason = str_equal(o->code, "print-goes-on") ? "" : o->text;
    print_set(&q->store, p);
}

static void other_format(struct queue *q, struct print *p, const struct msg_printed *m)
{
    p->format = m->format;
    p->dpi = m->dpi;
    p->begun = false;
    p->next_ms = q->now_ms;
    print_set(&q->store, p);
    log_info(id_text(p->fax), "the printer of box %s does not take PDF: it gets %s", p->faxbox,
             ipp_format_names[p->format]);
}

static void sent(struct queue *q, struct print *p, const struct msg_printed *m, const struct outcome *o)
{
    bool other = str_equal(o->code, "print-format") && m->format < IPP_FORMAT_COUNT &&
                 (m->format != p->format || m->dpi != p->dpi);
    if (o->verdict == VERDICT_DONE && m->job > 0) {
        taken(q, p, m->job);
    } else if (o->verdict == VERDICT_DONE) {
        done(q, p);
    } else if (other) {
        other_format(q, p, m);
    } else {
        p->begun = p->begun && str_equal(o->code, "print-unclear");
        later(q, p, o);
    }
}

void on_printed(void *context, const struct sender *from, struct msg_printed *m)
{
    struct queue *q = context;
    struct outcome o;
    struct print p;
    queue_enter(q);
    message_get_outcome(m, &o);
    if (!flight_end(q, WORK_PRINT, m->print) || !print_find(&q->store, m->print, &q->arena, &p))
        return;
    if (p.state == PRINT_WAITING)
        sent(q, &p, m, &o);
    else if (p.state != PRINT_TAKEN)
        return;
    else if (o.verdict == VERDICT_DONE)
        done(q, &p);
    else if (o.verdict == VERDICT_GIVE_UP)
        fail(q, &p, &o);
    else
        ask_again(q, &p, &o);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From a submission's documents to pages, and from pages to one job a number. */
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/page_set.h"
#include "queue/queue.h"
#include "store/blob.h"
#include "store/config.h"

enum { RENDER_AT_ONCE = 8 };

static enum page_resolution resolution_of(const struct faxbox *box)
{
    for (int r = 0; r < PAGE_RESOLUTION_COUNT; r++)
        if (str_equal(page_resolution_name((enum page_resolution)r), box->resolution))
            return (enum page_resolution)r;
    return PAGE_FINE;
}

/* One job for each line "number TAB as written". */
static void admit(struct queue *q, const struct submission *s, const struct faxbox *box, unsigned pages)
{
    char *rest = arena_strdup(&q->arena, s->numbers), *line;
    submission_move(&q->store, s->id, SUBMISSION_ADMITTED, "", "");
    while ((line = strsep(&rest, "\n")) != NULL) {
        const char *number = strsep(&line, "\t");
        if (!number || !*number)
            continue;
        const struct job j = {.id = id_new(),
                              .submission = s->id,
                              .tenant = s->tenant,
                              .faxbox = s->faxbox,
                              .number = number,
                              .display_number = line ? line : number,
                              .created_ms = q->now_ms,
                              .next_ms = q->now_ms,
                              .pages = pages,
                              .max_tries = box->tries};
        job_add(&q->store, &j);
        log_info(id_text(j.id), "job to %s: %u pages from box %s", number, pages, s->faxbox);
    }
    queue_wants(q, WORK_DIAL);
}

static void refuse(struct queue *q, const struct submission *s, const struct outcome *o)
{
    log_info(id_text(s->id), "refused: %s", o->code); /* the text names the document */
    submission_move(&q->store, s->id, SUBMISSION_REFUSED, o->code, o->text);
    if (!*s->sender)
        return;
    struct mail_out answer = {.tenant = s->tenant,
                              .kind = "answer",
                              .about = s->id,
                              .sender = from_address(q, s->tenant),
                              .recipient = s->sender,
                              .text = arena_format(&q->arena, "Nothing was faxed. %s", o->text),
                              .message_id = s->message_id,
                              .subject = s->subject};
    mail_to(q, &answer);
}

/* Each document is within its limits, but all of them go into one page set. */
static bool fits_a_call(struct queue *q, struct id submission, unsigned pages, struct outcome *o)
{
    if (pages > 0 && pages <= PAGE_SET_PAGES_MAX &&
        page_set_fits(pages, submission_page_bytes(&q->store, submission)))
        return true;
    outcome_set(
        o, VERDICT_GIVE_UP, "too-many-pages",
        "The documents have %u pages together, which is more than goes out in one call. Send them in several "
        "mails.",
        pages);
    return false;
}

/* The next document that has no pages yet, or, where all have, admission. */
static void advance(struct queue *q, struct id id)
{
    struct submission s;
    struct document d;
    struct faxbox box = {.paper = "a4", .resolution = "fine", .tries = 3};
    struct stored_page *pages;
    struct outcome o;
    if (!submission_find(&q->store, id, &q->arena, &s) || s.state != SUBMISSION_RECEIVED)
        return;
    (void)config_box(&q->store, &q->arena, s.faxbox, &box);
    if (!document_to_render(&q->store, id, &q->arena, &d)) {
        unsigned count = (unsigned)submission_pages(&q->store, id, &q->arena, &pages);
        if (fits_a_call(q, id, count, &o))
            admit(q, &s, &box, count);
        else
            refuse(q, &s, &o);
        return;
    }
    SCOPED_FD int bytes = blob_open(&q->store, d.blob);
    struct message ask = {.type = MSG_render,
                          .render = {.document = id,
                                     .name = d.name,
                                     .type = d.type,
                                     .resolution = (uint32_t)resolution_of(&box),
                                     .paper = box.paper,
                                     .bytes = bytes}};
    flight_begin(q, WORK_RENDER, id, peers_ask(q->peers, ROLE_CONVERT, 0, &ask));
}

void pump_render(struct queue *q)
{
    struct id ids[RENDER_AT_ONCE * 2];
    size_t n = submission_to_render(&q->store, ids, ARRAY_LEN(ids));
    for (size_t i = 0; i < n && flight_count(q, WORK_RENDER) < RENDER_AT_ONCE; i++)
        if (!flight_find(q, WORK_RENDER, ids[i]))
            advance(q, ids[i]);
}

static void store_pages(struct queue *q, struct id submission, int place, int fd)
{
    struct page_set set;
    uint64_t size;
    if (fd_checked_size(fd, PAGE_SET_BYTES_MAX, &size) != 0 || page_set_read(fd, size, &set) != 0)
        panic("convert sent pages that are none");
    struct page *pages = arena_alloc(&q->arena, set.count * sizeof(*pages));
    for (size_t i = 0; i < set.count; i++) {
        uint8_t *bytes = arena_alloc(&q->arena, set.places[i].len);
        if (page_set_read_page(fd, &set.places[i], bytes) != 0)
            panic("convert took a page back");
        pages[i] = (struct page){set.places[i].form, span_of(bytes, set.places[i].len)};
    }
    document_rendered(&q->store, submission, place, pages, set.count);
    page_set_clear(&set);
}

void on_rendered(void *context, const struct sender *from, struct msg_rendered *m)
{
    struct queue *q = context;
    struct submission s;
    struct document d;
    struct outcome o;
    queue_enter(q);
    message_get_outcome(m, &o);
    if (!flight_end(q, WORK_RENDER, m->document))
        return; /* an answer to our former life's ask would be for another document */
    if (!submission_find(&q->store, m->document, &q->arena, &s) || s.state != SUBMISSION_RECEIVED ||
        !document_to_render(&q->store, s.id, &q->arena, &d))
        return;
    if (o.verdict == VERDICT_DONE)
        store_pages(q, s.id, d.place, m->page_set);
    else
        refuse(q, &s, &o);
}

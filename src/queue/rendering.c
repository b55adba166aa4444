/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From a submission's documents to pages. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/scope.h"
#include "base/str.h"
#include "queue/admission.h"
#include "queue/covers.h"
#include "queue/old_faxes.h"
#include "queue/rendered_pages.h"
#include "queue/room.h"
#include "store/blob.h"
#include "store/config.h"

enum { RENDER_AT_ONCE = 8 };

static enum page_resolution resolution_of(const char *name)
{
    enum page_resolution r;
    return page_resolution_parse(name, &r) ? r : PAGE_FINE;
}

/* The next document that has no pages yet, or, where all have, admission. */
static void advance(struct queue *q, struct id id)
{
    struct submission s;
    struct document d;
    struct faxbox box = {.id = "", .paper = "a4", .resolution = "fine", .tries = 3};
    struct tenant tenant = {.zone = "UTC", .country = ""};
    struct stored_page *pages;
    if (!submission_find(&q->store, id, &q->arena, &s) || s.state != SUBMISSION_RECEIVED)
        return;
    (void)config_box(&q->store, &q->arena, s.faxbox, &box);
    if (!document_to_render(&q->store, id, &q->arena, &d)) {
        admit_submission(q, &s, &box);
        return;
    }
    (void)config_tenant(&q->store, &q->arena, s.tenant, &tenant);
    /* A cover page comes last, when it is known how many pages it covers, itself among them. */
    bool cover = d.target != TARGET_ALL;
    size_t count = cover ? submission_pages(&q->store, id, TARGET_ALL, &q->arena, &pages) + 1 : 0;
    SCOPED_FD int bytes = blob_open(&q->store, d.blob);
    struct message ask = {
        .type = MSG_render,
        .render = {.document = id,
                   .name = d.name,
                   .type = d.type,
                   .resolution = (uint32_t)resolution_of(*s.resolution ? s.resolution : box.resolution),
                   .paper = *s.paper ? s.paper : box.paper,
                   .cover = (uint32_t)count,
                   .zone = tenant.zone,
                   .country = tenant.country,
                   .created_ms = s.created_ms,
                   .template =
                       cover ? cover_template(q, s.tenant, s.faxbox, blob_read(&q->store, d.blob, &q->arena))
                             : "",
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

static void store_pages(struct queue *q, struct id submission, int place, const struct msg_rendered *m)
{
    struct rendered_pages r;
    rendered_pages_read(q, m->page_set, m->lower, &r);
    document_rendered(&q->store, submission, place, r.pages, r.lower, r.count, m->small_text, m->misnamed);
}

/* The sender is told to send a PDF; only the administrator can do something about the cause. */
static void tell_of_office(struct queue *q, const struct outcome *o)
{
    static const struct {
        const char *code, *why;
    } causes[] = {
        {"document-office", "is not installed: apt install libreoffice-calc libreoffice-writer-nogui "
                            "libreoffice-impress-nogui, then restart Faxpost"},
        {"office-start", "does not start: the log says why"},
        {"office-unsafe", "cannot be shut in safely: this kernel has no Landlock"},
    };
    for (size_t i = 0; i < ARRAY_LEN(causes); i++)
        if (str_equal(o->code, causes[i].code)) {
            (void)str_format(
                q->office_refused, sizeof(q->office_refused),
                "Office documents are refused, for LibreOffice %s. Their senders are told to send a PDF.",
                causes[i].why);
            q->look_now = true;
            queue_wants(q, WORK_ALARMS);
        }
}

void on_rendered(void *context, const struct sender *from, struct msg_rendered *m)
{
    struct queue *q = context;
    struct submission s;
    struct document d;
    struct outcome o;
    queue_enter(q);
    message_get_outcome(m, &o);
    if (old_fax_rendered(q, m, &o))
        return;
    if (!flight_end(q, WORK_RENDER, m->document))
        return; /* an answer to our former life's ask would be for another document */
    if (!submission_find(&q->store, m->document, &q->arena, &s) || s.state != SUBMISSION_RECEIVED ||
        !document_to_render(&q->store, s.id, &q->arena, &d))
        return;
    if (o.verdict == VERDICT_DONE) {
        store_pages(q, s.id, d.place, m);
    } else if (!room_lacks(q)) { /* a full disk may have been the cause: it is rendered again */
        refuse_submission(q, &s, &o);
        tell_of_office(q, &o);
    }
}

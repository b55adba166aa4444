/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/reading.h"

#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/page_text.h"
#include "queue/answers.h"
#include "store/blob.h"
#include "store/readings.h"

enum { READ_TRIES_MAX = 3, TEXTS_BYTES_MAX = 32 * 1024 * 1024 };
/* No mail waits longer for it: at 15 minutes somebody would be alarmed (D7). */
#define PATIENCE_MS (10LL * 60 * 1000)
/* While it cannot be done here at all, it is tried so often: somebody may have installed it. */
#define REST_MS (10LL * 60 * 1000)

/* ---- beginning ---- */

void reading_begin(struct queue *q, struct id fax)
{
    struct fax f;
    struct faxbox box;
    if (!fax_find(&q->store, fax, &q->arena, &f) || !config_box(&q->store, &q->arena, f.faxbox, &box) ||
        str_equal(box.ocr, "off"))
        return;
    bool waits = str_equal(box.ocr, "wait");
    reading_want(&q->store, f.id, waits);
    /* Mails of a fax that broke off have a wait of their own (joining.h). */
    if (waits && f.state == FAX_COMPLETE)
        mail_out_delay(&q->store, f.id, q->now_ms + PATIENCE_MS);
    queue_wants(q, WORK_READ);
}

/* ---- asking ---- */

/* Those of the box, or the one of its mails. */
static const char *languages(struct queue *q, const struct fax *f, const struct faxbox *box)
{
    static const char *const names[][2] = {
        {"en", "eng"}, {"de", "deu"}, {"it", "ita"}, {"fr", "fra"}, {"es", "spa"}};
    const char *own = answer_language(q, f->tenant, f->faxbox);
    if (*box->ocr_languages)
        return box->ocr_languages;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_equal(own, names[i][0]))
            return arena_format(&q->arena, "%s%s", names[i][1], i > 0 ? " eng" : "");
    return "eng";
}

void pump_read(struct queue *q)
{
    struct reading r;
    struct fax f;
    struct faxbox box = {.ocr_languages = ""};
    if (flight_count(q, WORK_READ) > 0 || q->steady_ms < q->reading_rests_until_ms ||
        !reading_next(&q->store, &r) || !fax_find(&q->store, r.fax, &q->arena, &f))
        return;
    (void)config_box(&q->store, &q->arena, f.faxbox, &box);
    SCOPED_FD int t6 = blob_open(&q->store, r.stored.blob);
    const struct message ask = {.type = MSG_read_page,
                                .read_page = {.fax = r.fax,
                                              .page = r.page,
                                              .languages = languages(q, &f, &box),
                                              .width = r.stored.form.width,
                                              .rows = r.stored.form.rows,
                                              .resolution = (uint32_t)r.stored.form.resolution,
                                              .t6 = t6}};
    flight_begin(q, WORK_READ, r.fax, peers_ask(q->peers, ROLE_CONVERT, 0, &ask));
}

/* ---- what came of it ---- */

static void take_text(struct queue *q, const struct msg_page_read *m, const struct page_form *form)
{
    SCOPED_BUF struct buf bytes, plain;
    uint64_t size;
    struct span rest, text;
    buf_init(&bytes, PAGE_TEXT_BYTES_MAX + 1);
    buf_init(&plain, PAGE_TEXT_BYTES_MAX);
    if (fd_checked_size(m->text, PAGE_TEXT_BYTES_MAX + 1, &size) != 0)
        panic("convert sent a text that is no file");
    uint8_t *data = arena_alloc(&q->arena, (size_t)size + 1);
    if (fd_pread_all(m->text, data, (size_t)size, 0) != 0)
        panic("convert took a text back");
    rest = span_of(data, (size_t)size);
    if (!page_text_next_page(&rest, &text) || !page_text_valid(text, form))
        panic("convert sent a text that is none");
    page_text_plain(&plain, text, form);
    reading_done(&q->store, m->fax, m->page, text, buf_text(&plain));
}

/* It is not this page's fault. */
static void rest(struct queue *q, const struct outcome *o)
{
    (void)str_copy(q->reader_trouble, sizeof(q->reader_trouble), o->text);
    q->look_now = true;
    queue_wants(q, WORK_ALARMS);
    q->reading_rests_until_ms = q->steady_ms + REST_MS;
}

static void not_read(struct queue *q, const struct msg_page_read *m, const struct outcome *o)
{
    if (str_equal(o->code, "ocr-missing")) {
        rest(q, o);
        return;
    }
    if (o->verdict == VERDICT_RETRY && reading_tried(&q->store, m->fax, m->page) < READ_TRIES_MAX)
        return;
    log_warning(id_text(m->fax), "page %u is not read: %s", m->page + 1, o->text);
    reading_failed(&q->store, m->fax, m->page);
}

static void all_read(struct queue *q, struct id fax)
{
    struct fax f;
    struct faxbox box;
    log_info(id_text(fax), "the words on its pages are read");
    if (fax_find(&q->store, fax, &q->arena, &f) && f.state == FAX_COMPLETE &&
        config_box(&q->store, &q->arena, f.faxbox, &box) && str_equal(box.ocr, "wait"))
        mail_out_delay(&q->store, fax, q->now_ms);
    queue_wants(q, WORK_COMPOSE);
}

void on_page_read(void *context, const struct sender *from, struct msg_page_read *m)
{
    struct queue *q = context;
    struct page_form form;
    struct outcome o;
    queue_enter(q);
    message_get_outcome(m, &o);
    if (!flight_end(q, WORK_READ, m->fax) || !reading_open(&q->store, m->fax, m->page, &form))
        return;
    if (o.verdict == VERDICT_DONE) {
        q->reader_trouble[0] = 0;
        take_text(q, m, &form);
    } else {
        not_read(q, m, &o);
    }
    if (reading_left(&q->store, m->fax) == 0)
        all_read(q, m->fax);
}

int reading_to_file(struct queue *q, struct id fax)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, TEXTS_BYTES_MAX);
    return reading_texts(&q->store, fax, true, &q->arena, &b) ? fd_sealed_memory("texts", buf_span(&b)) : -1;
}

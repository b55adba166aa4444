/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is kept no longer than a tenant or box wants (store/retention.h). A round goes over all boxes, then
 * over mails of their own; a step of it is a few items, so that no call waits; each item is one transaction
 * with the note of it, so a kill loses at most the step. Then the index of words and the log of the database
 * let go of what was deleted, which is owed across restarts (meta retention.owed). */
#include <inttypes.h>

#include "base/log.h"
#include "base/str.h"
#include "queue/archiving.h"
#include "queue/audit_notes.h"
#include "queue/queue.h"
#include "store/retention.h"

enum { BOXES_AT_ONCE = 50, ITEMS_AT_ONCE = 10, BLOBS_AT_ONCE = 200, STEP_MS = 50, KEEP_MAILS_DAYS = 90 };
#define DAY_MS   (24LL * 3600 * 1000)
#define PAUSE_MS (3600LL * 1000)
#define BUSY_MS  5000

/* What a step may still do. */
struct budget {
    unsigned items, blobs;
};

static bool is_spent(const struct budget *b)
{
    return b->items >= ITEMS_AT_ONCE || b->blobs >= BLOBS_AT_ONCE;
}

static void note_deleted(struct queue *q, const struct kept_box *b, const char *kind, struct id id, int days)
{
    const struct doer nobody = {.who = "retention", .client_ip = ""};
    const char *detail = arena_format(&q->arena, "%s of box %s, older than %d days", kind, b->name, days);
    note_deed(q, b->tenant, &nobody, "retention.delete", id_text(id), detail);
    log_info(id_text(id), "deleted: %s", detail);
    store_set_meta(&q->store, "retention.owed", "1");
}

/* A document that is held ready for polling stays; who fetched it is forgotten in time. */
static const struct kind {
    const char *what;
    bool received;
    size_t (*find)(struct store *s, const struct kept_box *b, int64_t before_ms, struct id *ids, size_t most);
    unsigned (*remove)(struct store *s, struct id id);
} kinds[] = {
    {"received fax", true, retention_faxes, retention_delete_fax},
    {"sent fax", false, retention_submissions, retention_delete_submission},
    {"fetched fax", false, retention_deliveries, retention_delete_delivery},
};

static void delete_some(struct queue *q, const struct kind *k, const struct kept_box *b, int days,
                        struct budget *spent)
{
    struct id ids[ITEMS_AT_ONCE];
    size_t n = days > 0 ? k->find(&q->store, b, q->now_ms - days * DAY_MS, ids, ITEMS_AT_ONCE) : 0;
    for (size_t i = 0; i < n && !is_spent(spent); i++) {
        spent->blobs += k->remove(&q->store, ids[i]);
        spent->items++;
        note_deleted(q, b, k->what, ids[i], days);
    }
}

/* True: nothing of the box has to go (now). */
static bool see_to_box(struct queue *q, const struct kept_box *b, struct budget *spent)
{
    struct keeping k = retention_of(&q->store, b);
    if (k.legal_hold)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(kinds) && !is_spent(spent); i++)
        delete_some(q, &kinds[i], b, kinds[i].received ? k.received_days : k.sent_days, spent);
    if (k.archive_received_days > 0 && !is_spent(spent))
        spent->items += archive_expire(q, b, false, k.archive_received_days, ITEMS_AT_ONCE - spent->items);
    if (k.archive_sent_days > 0 && !is_spent(spent))
        spent->items += archive_expire(q, b, true, k.archive_sent_days, ITEMS_AT_ONCE - spent->items);
    return !is_spent(spent);
}

/* True: all boxes were seen to. */
static bool see_to_boxes(struct queue *q, struct budget *spent)
{
    struct kept_box list[BOXES_AT_ONCE];
    size_t n = retention_boxes(&q->store, q->retention.after, &q->arena, list, BOXES_AT_ONCE);
    for (size_t i = 0; i < n; i++) {
        if (!see_to_box(q, &list[i], spent))
            return false; /* it is gone on with there */
        (void)str_copy(q->retention.after, sizeof(q->retention.after), list[i].name);
    }
    return n < BOXES_AT_ONCE;
}

/* True: there are no more. */
static bool see_to_mails(struct queue *q)
{
    uint64_t days;
    struct mail_walk *w = &q->retention.mails;
    if (!str_to_u64(store_meta(&q->store, &q->arena, "keep_mails_days"), 100000, &days))
        days = KEEP_MAILS_DAYS;
    int64_t before_ms = q->now_ms - (int64_t)days * DAY_MS;
    if (days == 0)
        return true;
    size_t gone = retention_delete_mails(&q->store, w, before_ms);
    if (gone > 0) {
        log_info(NULL, "deleted: %zu mails older than %" PRIu64 " days that are about nothing that is kept",
                 gone, days);
        store_set_meta(&q->store, "retention.owed", "1");
    }
    return w->sent_ms >= before_ms && w->received_ms >= before_ms;
}

static bool is_owed(struct queue *q)
{
    return str_equal(store_meta(&q->store, &q->arena, "retention.owed"), "1");
}

/* ---- steps ---- */

static void on_step(void *context)
{
    struct queue *q = context;
    queue_enter(q);
    queue_wants(q, WORK_RETENTION);
}

static void go_on_in(struct queue *q, int64_t ms)
{
    q->retention.step.on_due = on_step;
    q->retention.step.context = q;
    timer_start(&q->retention.step, q->loop, ms);
}

static void take_step(struct queue *q)
{
    struct budget spent = {0};
    struct retention *t = &q->retention;
    if (t->log_emptied)
        store_set_meta(&q->store, "retention.owed", "0");
    t->log_emptied = false;
    if (!t->boxes_done)
        t->boxes_done = see_to_boxes(q, &spent);
    else if (!t->mails_done)
        t->mails_done = see_to_mails(q);
    else if (is_owed(q) && !t->merged)
        t->merged = retention_merge_search(&q->store);
    else
        t->empty_log = is_owed(q); /* after this commit */
    bool over = t->boxes_done && t->mails_done && !is_owed(q);
    t->running = !over;
    if (t->running && !t->empty_log)
        go_on_in(q, STEP_MS);
}

void retention_begin(struct queue *q)
{
    struct timer step = q->retention.step;
    q->retention = (struct retention){.step = step, .running = true, .began_ms = q->steady_ms};
    queue_wants(q, WORK_RETENTION);
}

/* To a clock that was set far ahead everything is old. Who is told of it (alarm clock-set) has a day. */
static bool clock_is_doubtful(const struct queue *q)
{
    return q->clock_set_ms && q->clock_set_by_ms > DAY_MS && q->steady_ms - q->clock_set_ms < DAY_MS;
}

void pump_retention(struct queue *q)
{
    struct retention *t = &q->retention;
    if (clock_is_doubtful(q)) {
        t->running = false;
        return;
    }
    if (!t->running && (t->began_ms == 0 || q->steady_ms - t->began_ms >= PAUSE_MS))
        retention_begin(q);
    if (t->running && !timer_running(&t->step))
        take_step(q);
}

void retention_after_commit(struct queue *q)
{
    struct retention *t = &q->retention;
    if (!t->empty_log)
        return;
    t->empty_log = false;
    t->log_emptied = retention_empty_log(&q->store);
    go_on_in(q, t->log_emptied ? STEP_MS : BUSY_MS);
}

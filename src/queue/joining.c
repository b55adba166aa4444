/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/joining.h"

#include "base/log.h"
#include "model/page_set.h"
#include "store/looks.h"
#include "store/prints.h"

enum { BROKEN_OFF_MAX = 16 };
/* No mail waits longer, whatever its sender does: at 15 minutes somebody would be alarmed (D7). */
#define LONGEST_MS (12LL * 60 * 1000)

static int64_t window_ms(const struct faxbox *box)
{
    return box->join_seconds * 1000LL;
}

/* A subaddress may have led it to another box than was called: that one says how long. */
static int64_t window_of(struct queue *q, const struct fax *f)
{
    struct faxbox box;
    return config_box(&q->store, &q->arena, f->faxbox, &box) ? window_ms(&box) : 0;
}

/* Was nobody told of it yet, and will somebody be? */
static bool all_wait(struct queue *q, struct id fax)
{
    unsigned mails = mail_out_unmade(&q->store, fax), prints = print_unbegun(&q->store, fax);
    bool waits = mails > 0 || prints > 0 || look_is_wanted(&q->store, fax, LOOK_ARRIVAL);
    return waits && mails == mail_out_of_fax(&q->store, fax) && prints == print_own(&q->store, fax);
}

static void delay(struct queue *q, struct id fax, int64_t until_ms)
{
    mail_out_delay(&q->store, fax, until_ms);
    print_delay(&q->store, fax, until_ms);
}

void join_call_begins(struct queue *q, const struct faxbox *box, const char *calling)
{
    struct id ids[BROKEN_OFF_MAX];
    if (!*calling)
        return;
    size_t n = fax_broken_off(&q->store, box->id, calling, q->now_ms - LONGEST_MS, ids, BROKEN_OFF_MAX);
    for (size_t i = 0; i < n; i++) {
        struct fax f;
        if (fax_find(&q->store, ids[i], &q->arena, &f) && q->now_ms - f.ended_ms <= window_of(q, &f) &&
            all_wait(q, f.id))
            delay(q, f.id, f.ended_ms + LONGEST_MS);
    }
}

/* Tries that this one and those before it are, and the bytes of their pages. */
static unsigned tries_of(struct queue *q, struct id fax, uint64_t *bytes)
{
    struct fax f;
    unsigned n = 0;
    for (; !id_is_none(fax) && fax_find(&q->store, fax, &q->arena, &f); fax = f.continues) {
        *bytes += fax_page_bytes(&q->store, fax);
        n++;
    }
    return n;
}

/* Is it one mail then that a server takes? */
static bool fits(struct queue *q, const struct fax *second, struct id first)
{
    struct stored_page *pages;
    size_t earlier;
    uint64_t bytes = fax_page_bytes(&q->store, second->id);
    unsigned tries = tries_of(q, first, &bytes);
    size_t count = fax_pages_of_all_tries(&q->store, first, &q->arena, &pages, &earlier);
    return tries < JOINED_TRIES_MAX && page_set_fits(count + second->pages, bytes);
}

void join_to_first_try(struct queue *q, struct id fax)
{
    struct fax f;
    struct faxbox box;
    struct id first;
    if (!fax_find(&q->store, fax, &q->arena, &f) || !config_box(&q->store, &q->arena, f.faxbox, &box) ||
        window_ms(&box) == 0 || !fax_first_try(&q->store, &f, f.answered_ms - window_ms(&box), &first) ||
        !all_wait(q, first) || !fits(q, &f, first))
        return;
    fax_set_continues(&q->store, f.id, first);
    mail_out_withdraw(&q->store, first);
    print_withdraw(&q->store, first);
    look_settled(&q->store, first);
    log_info(id_text(f.id), "fax from %s to box %s is the second try of %s: one mail brings both", f.calling,
             f.faxbox, id_text(first));
}

void join_call_ended(struct queue *q, struct id fax)
{
    struct id ids[BROKEN_OFF_MAX];
    struct fax f;
    if (!fax_find(&q->store, fax, &q->arena, &f) || !*f.calling)
        return;
    size_t n = fax_broken_off(&q->store, f.faxbox, f.calling, q->now_ms - LONGEST_MS, ids, BROKEN_OFF_MAX);
    for (size_t i = 0; i < n; i++) {
        struct fax waits;
        if (!fax_find(&q->store, ids[i], &q->arena, &waits) || !all_wait(q, waits.id))
            continue;
        int64_t window = window_of(q, &waits), until_ms = waits.ended_ms + window;
        if (window == 0)
            continue;
        delay(q, waits.id, until_ms > q->now_ms ? until_ms : q->now_ms);
    }
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/admission.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "model/mail_manners.h"
#include "model/page_set.h"
#include "queue/answers.h"
#include "queue/dialling.h"
#include "queue/fax_secrets.h"
#include "queue/offers.h"
#include "queue/previews.h"
#include "queue/send_times.h"
#include "queue/submitting.h"
#include "queue/unusual.h"
#include "store/mails.h"
#include "store/snapshot.h"
#include "store/usage.h"

#define DAY_MS (24LL * 3600 * 1000)

struct admission {
    const struct submission *s;
    const struct faxbox *box;
    struct target_row *targets;
    size_t count;
    unsigned *pages; /* of each target */
    int64_t all_pages;
};

/* ---- no ---- */

/* As with a mail that becomes no submission: one answer a mail and reason, however often it comes. */
void refuse_submission(struct queue *q, const struct submission *s, const struct outcome *o)
{
    log_info(id_text(s->id), "refused: %s", o->code); /* the text names the document */
    submission_move(&q->store, s->id, SUBMISSION_REFUSED, o->code, o->text);
    replay_keys_release(&q->store, s->id);
    mail_in_bury(&q->store, s->mail, o->code, o->text);
    const struct mail_out answer = {.tenant = s->tenant,
                                    .kind = "answer",
                                    .about = s->id,
                                    .sender = from_address(q, s->tenant),
                                    .faxbox = s->faxbox,
                                    .text = arena_format(&q->arena, "Nothing was faxed. %s", o->text),
                                    .answer_code = o->code,
                                    .dsn = notify_wants_dsn(&q->store, &q->arena, s),
                                    .message_id = s->message_id,
                                    .subject = s->subject};
    if (s->preview)
        preview_ready(q, s->id);
    else if (!(s->manners & MAIL_IS_AUTOMATIC) && notify_of_refusal(&q->store, &q->arena, s) != NOTIFY_NO &&
             submit_first_refusal(q, s, o->code))
        answer_sender(q, &answer, s->sender);
}

/* ---- may it go? ---- */

/* Each document is within its limits, but all of them go into one page set. */
static bool fits_a_call(struct queue *q, const struct admission *a, struct outcome *o)
{
    for (size_t i = 0; i < a->count; i++) {
        unsigned pages = a->pages[i];
        if (a->s->purpose == PURPOSE_POLL)
            continue;
        if (pages > 0 && pages <= PAGE_SET_PAGES_MAX &&
            page_set_fits(pages, submission_page_bytes(&q->store, a->s->id, (int)i)))
            continue;
        outcome_set(
            o, VERDICT_GIVE_UP, "too-many-pages",
            "The documents have %u pages together, which is more than goes out in one call. Send them in "
            "several mails.",
            pages);
        return false;
    }
    return true;
}

/* D3: pages and minutes of a sender and day. Who is nobody by mail is the administrator at his own machine.
 */
bool admission_within_limits(struct queue *q, const struct submission *s, int64_t pages, struct outcome *o)
{
    struct tenant t;
    if (!*s->sender || !config_tenant(&q->store, &q->arena, s->tenant, &t))
        return true;
    if (t.pages_per_day == 0 && t.minutes_per_day == 0)
        return true;
    struct usage used = usage_of_sender(&q->store, t.id, s->sender, q->now_ms - DAY_MS);
    if (t.pages_per_day > 0 && used.pages + pages > t.pages_per_day) {
        outcome_set(
            o, VERDICT_GIVE_UP, "limit-pages",
            "This fax has %lld pages, you sent %lld in the last 24 hours, and %u a day are allowed. Send it "
            "later, or ask the administrator.",
            (long long)pages, (long long)used.pages, t.pages_per_day);
        return false;
    }
    if (t.minutes_per_day > 0 && used.telephone_ms >= t.minutes_per_day * 60000LL) {
        outcome_set(
            o, VERDICT_GIVE_UP, "limit-minutes",
            "Your faxes took %lld minutes of telephone calls in the last 24 hours, and %u a day are allowed. "
            "Send it later, or ask the administrator.",
            (long long)(used.telephone_ms / 60000), t.minutes_per_day);
        return false;
    }
    return true;
}

/* ---- when ---- */

static int64_t earliest(struct queue *q, const struct target_row *t)
{
    return t->not_before_ms > q->now_ms ? t->not_before_ms : q->now_ms;
}

/* What goes to many numbers is bulk, unless its sender gave it a priority. */
static unsigned priority_of(const struct admission *a, const struct target_row *t)
{
    bool many = a->box->bulk_from > 0 && a->count >= a->box->bulk_from;
    return many && t->priority == PRIORITY_USUAL ? PRIORITY_BULK : t->priority;
}

/* ---- a dry run (A3) ---- */

static const char *trunk_name(struct queue *q, const struct admission *a, const struct target_row *t)
{
    struct trunk trunk;
    return expected_trunk(q, t->trunk, a->box, &trunk) ? trunk.name : "";
}

/* A row of compose_preview for each number, as many as fit. */
static void mail_preview(struct queue *q, const struct admission *a)
{
    struct tenant tenant = {.zone = "UTC"};
    (void)config_tenant(&q->store, &q->arena, a->s->tenant, &tenant);
    enum { ROWS_BYTES_MAX = 16000 };
    const char *text = "";
    for (size_t i = 0; i < a->count; i++) {
        const struct target_row *t = &a->targets[i];
        int64_t at_ms = send_time(a->box, tenant.zone, priority_of(a, t), earliest(q, t));
        const char *longer =
            arena_format(&q->arena, "%s%s\t%s\t%s\t%s\t%u\t%lld\t%s\n", text, t->display, t->number, t->kind,
                         trunk_name(q, a, t), a->pages[i],
                         (long long)(at_ms < INT64_MAX ? at_ms : earliest(q, t)), a->box->id);
        text = strlen(longer) <= ROWS_BYTES_MAX ? longer : text;
    }
    struct mail_out preview = {.tenant = a->s->tenant,
                               .kind = "preview",
                               .about = a->s->id,
                               .sender = from_address(q, a->s->tenant),
                               .recipient = a->s->sender,
                               .faxbox = a->s->faxbox,
                               .text = text,
                               .message_id = a->s->message_id,
                               .subject = a->s->subject};
    mail_to(q, &preview);
}

static void show(struct queue *q, const struct admission *a)
{
    submission_move(&q->store, a->s->id, SUBMISSION_ADMITTED, "", "");
    submission_move(&q->store, a->s->id, SUBMISSION_FINISHED, "dry-run", "");
    if (a->s->preview)
        preview_ready(q, a->s->id);
    else
        mail_preview(q, a);
}

/* ---- jobs ---- */

/* What came before the backup that this store was made of may have been sent since. */
static void hold_if_restored(struct queue *q, const struct submission *s, struct id job)
{
    uint64_t restored_ms;
    struct outcome o;
    if (!str_to_u64(store_meta(&q->store, &q->arena, RESTORED_META), INT64_MAX, &restored_ms) ||
        s->created_ms >= (int64_t)restored_ms)
        return;
    outcome_set(&o, VERDICT_RETRY, RESTORED_CODE, RESTORED_WHY);
    job_hold(&q->store, job, &o);
}

static void add_jobs(struct queue *q, const struct admission *a)
{
    const struct submission *s = a->s;
    submission_move(&q->store, s->id, SUBMISSION_ADMITTED, "", "");
    for (size_t i = 0; i < a->count; i++) {
        const struct target_row *t = &a->targets[i];
        const struct job j = {.id = id_new(),
                              .submission = s->id,
                              .tenant = s->tenant,
                              .faxbox = s->faxbox,
                              .number = t->number,
                              .display_number = t->display,
                              .created_ms = q->now_ms,
                              .next_ms = earliest(q, t),
                              .deadline_ms = send_deadline(a->box, earliest(q, t)),
                              .kind = t->kind,
                              .pages = a->pages[i],
                              .purpose = s->purpose,
                              .max_tries = t->tries ? t->tries : a->box->tries,
                              .target = (int)i,
                              .trunk = t->trunk,
                              .billing = t->billing,
                              .subaddress = t->subaddress,
                              .fax_password = fax_secret_seal(q, t->fax_password),
                              .priority = priority_of(a, t),
                              .not_before_ms = t->not_before_ms};
        job_add(&q->store, &j);
        hold_if_restored(q, s, j.id);
        hold_if_unusual(q, j.id);
        log_info(id_text(j.id), "job to %s: %u pages from box %s", t->number, j.pages, s->faxbox);
    }
    submission_forget_passwords(&q->store, s->id);
    queue_wants(q, WORK_DIAL);
}

void admit_submission(struct queue *q, const struct submission *s, const struct faxbox *box)
{
    struct admission a = {.s = s, .box = box};
    struct stored_page *pages;
    struct outcome o;
    a.count = submission_targets(&q->store, s->id, &q->arena, &a.targets);
    a.pages = arena_alloc(&q->arena, (a.count + 1) * sizeof(*a.pages));
    for (size_t i = 0; i < a.count; i++) {
        a.pages[i] = (unsigned)submission_pages(&q->store, s->id, (int)i, &q->arena, &pages);
        if (s->purpose == PURPOSE_POLL)
            a.pages[i] = 1; /* or more: nobody knows yet */
        a.all_pages += a.pages[i];
    }
    if (s->purpose == PURPOSE_POLLED) {
        offer_admitted(q, s);
        return;
    }
    if (!fits_a_call(q, &a, &o) || (!s->dry && !admission_within_limits(q, s, a.all_pages, &o)))
        refuse_submission(q, s, &o);
    else if (s->dry)
        show(q, &a);
    else
        add_jobs(q, &a);
}

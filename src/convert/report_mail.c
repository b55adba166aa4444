/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/report_mail.h"

#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/mail_values.h"
#include "model/states.h"
#include "proto/mail_reason.h"

static size_t delivered(const struct report_facts *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->count; i++)
        n += report_job_delivered(&f->jobs[i]);
    return n;
}

static void add_state(struct mail_values *v, const char *name, const struct report_job *j,
                      enum job_state state)
{
    mail_value_flag(v, name, str_equal(j->state, job_state_name(state)));
}

static void take_job(struct mail_values *v, const struct report_job *j, const char *language,
                     char why[MAIL_REASON_LEN])
{
    const struct report_attempt *last = j->attempt_count ? &j->attempts[j->attempt_count - 1] : NULL;
    mail_value_text(v, "number", j->number);
    add_state(v, "delivered", j, JOB_DONE);
    add_state(v, "failed", j, JOB_FAILED);
    add_state(v, "unknown", j, JOB_UNKNOWN);
    add_state(v, "cancelled", j, JOB_CANCELLED);
    add_state(v, "expired", j, JOB_EXPIRED);
    mail_value_count(v, "pages", j->pages);
    mail_value_flag(v, "one_page", j->pages == 1);
    mail_value_count(v, "confirmed", j->confirmed);
    mail_value_text(v, "station", j->station_id);
    mail_value_count(v, "calls", j->attempt_count);
    mail_value_flag(v, "one_call", j->attempt_count == 1);
    if (last)
        mail_value_time(v, "last_call", last->started_ms);
    mail_value_count(v, "last_seconds", last ? last->seconds : 0);
    (void)mail_reason(language, report_job_code(j), why);
    mail_value_text(v, "reason", j->text);
    mail_value_text(v, "why", why);
    mail_value_text(v, "code", j->code);
}

bool report_words(struct mail_words *words, const char *template, const char *language,
                  const struct report_facts *f)
{
    SCOPED_FREE struct mail_values *jobs = mem_zalloc((f->count + 1) * sizeof(*jobs));
    SCOPED_FREE struct mail_template_values *each = mem_zalloc((f->count + 1) * sizeof(*each));
    SCOPED_FREE char *whys = mem_zalloc((f->count + 1) * MAIL_REASON_LEN);
    struct mail_values v = {.count = 0};
    for (size_t i = 0; i < f->count; i++) {
        take_job(&jobs[i], &f->jobs[i], language, whys + i * MAIL_REASON_LEN);
        each[i] = (struct mail_template_values){.list = jobs[i].list, .count = jobs[i].count};
    }
    mail_value_text(&v, "serial", f->serial);
    mail_value_text(&v, "box", f->box);
    mail_value_text(&v, "subject", f->subject);
    mail_value_time(&v, "time", f->received_ms);
    mail_value_count(&v, "count", f->count);
    mail_value_count(&v, "delivered_count", delivered(f));
    mail_value_flag(&v, "several", f->count > 1);
    mail_value_flag(&v, "control", f->control);
    mail_value_text(&v, "misnamed", f->misnamed);
    const struct mail_template_values values = {
        .list = v.list, .count = v.count, .each = each, .each_count = f->count};
    return mail_template_fill(MAIL_TEMPLATE_REPORT, template, &values, words);
}

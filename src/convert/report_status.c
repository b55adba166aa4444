/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/report_status.h"

#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/local_time.h"
#include "convert/received_mail.h"
#include "proto/dsn.h"

static const char date_form[] = "%a, %d %b %Y %H:%M:%S %z";

struct texts {
    char address[500], last[64];
};

static void take_job(const struct report_job *j, const char *domain, struct texts *t, struct dsn_recipient *r)
{
    char number[RECEIVED_NUMBER_LEN];
    received_clean_number(number, *j->dial ? j->dial : j->number);
    (void)str_format(t->address, sizeof(t->address), "FAX=%s@%s", number, domain);
    if (j->attempt_count > 0)
        local_time_format(t->last, sizeof(t->last), date_form, j->attempts[j->attempt_count - 1].started_ms);
    *r = (struct dsn_recipient){.address = t->address,
                                .status = dsn_status(j->state, j->code),
                                .code = *j->code ? j->code : j->state,
                                .text = j->text,
                                .last_attempt = t->last,
                                .original = j->original};
}

void report_status(struct buf *b, const struct report_facts *f, const char *host_name, const char *domain)
{
    SCOPED_FREE struct texts *texts = mem_zalloc((f->count + 1) * sizeof(*texts));
    SCOPED_FREE struct dsn_recipient *list = mem_zalloc((f->count + 1) * sizeof(*list));
    char arrival[64];
    local_time_format(arrival, sizeof(arrival), date_form, f->received_ms);
    size_t n = 0;
    for (size_t i = 0; i < f->count; i++) {
        if (f->jobs[i].unasked)
            continue;
        take_job(&f->jobs[i], domain, &texts[n], &list[n]);
        n++;
    }
    if (n > 0)
        dsn_format(b, &(struct dsn){host_name, arrival, list, n, f->envid});
}

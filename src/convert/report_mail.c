/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/report_mail.h"

#include "base/str.h"
#include "convert/local_time.h"
#include "convert/received_mail.h"

static size_t delivered(const struct report_facts *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->count; i++)
        n += report_job_delivered(&f->jobs[i]);
    return n;
}

static const char *pages_word(uint32_t n)
{
    return n == 1 ? "page" : "pages";
}

void report_subject(char to[REPORT_LINE_LEN], const struct report_facts *f)
{
    const struct report_job *j = &f->jobs[0];
    if (f->count > 1)
        (void)str_format(to, REPORT_LINE_LEN, "Fax: %zu of %zu delivered", delivered(f), f->count);
    else if (report_job_delivered(j))
        (void)str_format(to, REPORT_LINE_LEN, "Fax to %s delivered (%u %s)", j->number, j->pages,
                         pages_word(j->pages));
    else
        (void)str_format(to, REPORT_LINE_LEN, "Fax to %s: %s", j->number, report_job_result(j));
}

static void job_lines(struct buf *b, const struct report_job *j)
{
    (void)buf_printf(b, "Fax to %s: %s\n", j->number, report_job_result(j));
    (void)buf_printf(b, "  Pages confirmed: %u of %u\n", j->confirmed, j->pages);
    if (j->station_id[0])
        (void)buf_printf(b, "  Answered by: %s\n", j->station_id);
    if (j->attempt_count > 0) {
        char when[64];
        const struct report_attempt *last = &j->attempts[j->attempt_count - 1];
        local_time_format(when, sizeof(when), "%d/%m/%Y %H:%M:%S", last->started_ms);
        (void)buf_printf(b, "  Last call: %s, %u seconds (%zu %s in all)\n", when, last->seconds,
                         j->attempt_count, j->attempt_count == 1 ? "call" : "calls");
    }
    if (!report_job_delivered(j) && j->text[0])
        (void)buf_printf(b, "  Reason: %s\n", j->text);
    (void)buf_append_str(b, "\n");
}

void report_body(struct buf *b, const struct report_facts *f)
{
    for (size_t i = 0; i < f->count; i++)
        job_lines(b, &f->jobs[i]);
    (void)buf_append_str(b, "The attached report shows each page and call.\n");
}

void report_file_name(char to[REPORT_LINE_LEN], const struct report_facts *f)
{
    char number[RECEIVED_NUMBER_LEN], when[32];
    received_clean_number(number, f->count == 1 ? f->jobs[0].number : "");
    local_time_format(when, sizeof(when), "%Y-%m-%d_%H_%M_%S", f->received_ms);
    (void)str_format(to, REPORT_LINE_LEN, "fax-report_%s%s%s.pdf", number, number[0] ? "_" : "", when);
}

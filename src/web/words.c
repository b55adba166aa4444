/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/words.h"

#include <time.h>

#include "base/str.h"

static const char *const job_words[JOB_STATE_COUNT] = {
    [JOB_WAITING] = "Waiting",      [JOB_HELD] = "Held",
    [JOB_CALLING] = "Calling",      [JOB_DONE] = "Delivered",
    [JOB_FAILED] = "Not delivered", [JOB_UNKNOWN] = "Uncertain",
    [JOB_CANCELLED] = "Cancelled",  [JOB_EXPIRED] = "Expired"};

static const char *const fax_words[FAX_STATE_COUNT] = {[FAX_RECEIVING] = "Receiving",
                                                       [FAX_COMPLETE] = "Received",
                                                       [FAX_PARTIAL] = "Incomplete",
                                                       [FAX_EMPTY] = "No page"};

static const char *const mail_words[MAIL_OUT_STATE_COUNT] = {[MAIL_OUT_COMPOSING] = "Being written",
                                                             [MAIL_OUT_WAITING] = "Waiting",
                                                             [MAIL_OUT_HELD] = "Held",
                                                             [MAIL_OUT_SENT] = "Sent",
                                                             [MAIL_OUT_FAILED] = "Not delivered",
                                                             [MAIL_OUT_RETURNED] = "Came back"};

const char *word_of_mail(enum mail_out_state state)
{
    return mail_words[state];
}

static const char *at_time(int64_t wall_ms, bool with_date, char text[32])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    text[0] = 0;
    if (localtime_r(&seconds, &tm))
        (void)(with_date ? strftime(text, 32, "%d/%m/%Y %H:%M:%S", &tm)
                         : strftime(text, 32, "%H:%M:%S", &tm));
    return text;
}

static const char *pages(unsigned n, char text[32])
{
    (void)str_format(text, 32, n == 1 ? "%u page" : "%u pages", n);
    return text;
}

static void say_waiting(const struct job *j, int64_t now_ms, char detail[WORDS_LEN])
{
    char at[32];
    detail[0] = 0;
    if (*j->reason && j->next_ms > now_ms && j->tries + j->dials > 0)
        (void)str_format(detail, WORDS_LEN, "try %u of %u at %s: %s", j->tries + 1, j->max_tries,
                         at_time(j->next_ms, false, at), j->reason);
    else if (*j->reason)
        (void)str_format(detail, WORDS_LEN, "%s", j->reason);
    else if (j->next_ms > now_ms)
        (void)str_format(detail, WORDS_LEN, "for %s", at_time(j->next_ms, true, at));
}

static void say_ended(const struct job *j, char detail[WORDS_LEN])
{
    char count[32], at[32];
    if (j->state == JOB_DONE)
        (void)str_format(detail, WORDS_LEN, "%s confirmed by %s, %s", pages(j->pages, count),
                         *j->station_id ? j->station_id : j->display_number, at_time(j->ended_ms, true, at));
    else if (j->confirmed > 0)
        (void)str_format(detail, WORDS_LEN, "%s (%u of %s confirmed)", j->reason, j->confirmed,
                         pages(j->pages, count));
    else
        (void)str_format(detail, WORDS_LEN, "%s", j->reason);
    if (j->state == JOB_UNKNOWN && !*detail)
        (void)str_copy(
            detail, WORDS_LEN,
            "The call broke off while the last page was being confirmed. It may have arrived. Ask, or send "
            "again.");
}

void words_of_job(const struct job *j, int64_t now_ms, char word[WORDS_LEN], char detail[WORDS_LEN])
{
    (void)str_copy(word, WORDS_LEN, job_words[j->state]);
    detail[0] = 0;
    if (j->state == JOB_WAITING)
        say_waiting(j, now_ms, detail);
    else if (j->state != JOB_CALLING)
        say_ended(j, detail);
}

static const struct {
    const char *phase, *out, *in;
} call_words[] = {{"incoming", "Calling", "Coming in"},      {"dialling", "Calling", "Coming in"},
                  {"trying", "Calling", "Coming in"},        {"ringing", "Ringing", "Ringing"},
                  {"answered", "Connected", "Connected"},    {"connecting", "Connected", "Connected"},
                  {"negotiating", "Connected", "Connected"}, {"sending", "Sending", "Sending"},
                  {"receiving", "Receiving", "Receiving"},   {"confirming", "Sending", "Receiving"}};

void words_of_call(bool out, const char *phase, unsigned page, unsigned pages, char word[WORDS_LEN])
{
    const char *said = "Ending";
    for (size_t i = 0; i < ARRAY_LEN(call_words); i++)
        if (str_equal(call_words[i].phase, phase))
            said = out ? call_words[i].out : call_words[i].in;
    bool pages_go = str_equal(said, "Sending") || str_equal(said, "Receiving");
    if (pages_go && page > 0 && pages > 0)
        (void)str_format(word, WORDS_LEN, "%s page %u of %u", said, page, pages);
    else if (pages_go && page > 0)
        (void)str_format(word, WORDS_LEN, "%s page %u", said, page);
    else
        (void)str_copy(word, WORDS_LEN, said);
}

void words_of_fax(const struct fax *f, char word[WORDS_LEN], char detail[WORDS_LEN])
{
    char count[32], at[32];
    (void)str_copy(word, WORDS_LEN, fax_words[f->state]);
    const char *when = at_time(f->answered_ms, true, at);
    if (f->state == FAX_PARTIAL)
        (void)str_format(detail, WORDS_LEN, "%s, then the line broke off; %s", pages(f->pages, count), when);
    else
        (void)str_format(detail, WORDS_LEN, "%s, %s", pages(f->pages, count), when);
}

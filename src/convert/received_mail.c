/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/received_mail.h"

#include "base/str.h"
#include "convert/local_time.h"

void received_clean_number(char to[RECEIVED_NUMBER_LEN], const char *number)
{
    size_t n = 0;
    for (const char *p = number; *p && n + 1 < RECEIVED_NUMBER_LEN; p++)
        if (char_is_digit(*p) || char_is_alpha(*p) || *p == '+' || *p == '*' || *p == '#')
            to[n++] = *p;
    to[n] = 0;
}

/* Who called; prefixed: as one would dial it from inside. */
static void caller(char to[2 * RECEIVED_NUMBER_LEN], const struct received_facts *f, bool prefixed)
{
    char number[RECEIVED_NUMBER_LEN], prefix[RECEIVED_NUMBER_LEN];
    received_clean_number(number, f->calling);
    received_clean_number(prefix, f->outside_prefix);
    if (number[0] == 0)
        (void)str_copy(to, 2 * RECEIVED_NUMBER_LEN, "anonymous");
    else
        (void)str_format(to, 2 * RECEIVED_NUMBER_LEN, "%s%s", prefixed ? prefix : "", number);
}

void received_subject(char to[RECEIVED_LINE_LEN], const struct received_facts *f)
{
    char from[2 * RECEIVED_NUMBER_LEN];
    caller(from, f, true);
    (void)str_format(to, RECEIVED_LINE_LEN, "[%.100s] FAX %s received from %s", f->serial,
                     f->partial ? "partially" : "successfully", from);
}

void received_body(struct buf *b, const struct received_facts *f)
{
    char from[2 * RECEIVED_NUMBER_LEN], when[32];
    caller(from, f, false);
    local_time_format(when, sizeof(when), "%d/%m/%Y %H:%M:%S", f->answered_ms);
    (void)buf_printf(b, "FAX %sreceived from %s\n\n", f->partial ? "partially " : "", from);
    (void)buf_printf(b, "Date and time: %s\nTransmission time : %u seconds\n", when, f->seconds);
    if (f->partial)
        (void)buf_printf(b, "Pages received: %u (transmission broke off)\n", f->pages);
    else
        (void)buf_printf(b, "Number of pages: %u\n", f->pages);
}

void received_file_name(char to[RECEIVED_LINE_LEN], const struct received_facts *f)
{
    char from[2 * RECEIVED_NUMBER_LEN], reached[RECEIVED_NUMBER_LEN], when[32];
    caller(from, f, true);
    received_clean_number(reached, f->called);
    local_time_format(when, sizeof(when), "%Y-%m-%d_%H_%M_%S", f->answered_ms);
    (void)str_format(to, RECEIVED_LINE_LEN, "F%s_T%s_%s_%llu.pdf", from, reached, when,
                     (unsigned long long)f->faxid);
}

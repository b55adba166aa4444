/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/received_mail.h"

#include "base/str.h"
#include "convert/mail_values.h"

void received_clean_number(char to[RECEIVED_NUMBER_LEN], const char *number)
{
    size_t n = 0;
    for (const char *p = number; *p && n + 1 < RECEIVED_NUMBER_LEN; p++)
        if (char_is_digit(*p) || char_is_alpha(*p) || *p == '+' || *p == '*' || *p == '#')
            to[n++] = *p;
    to[n] = 0;
}

bool received_words(struct mail_words *words, const char *template, const struct received_facts *f)
{
    char caller[RECEIVED_NUMBER_LEN], prefix[RECEIVED_NUMBER_LEN], dialled[2 * RECEIVED_NUMBER_LEN];
    struct mail_values v = {.count = 0};
    received_clean_number(caller, f->calling);
    received_clean_number(prefix, f->outside_prefix);
    bool anonymous = caller[0] == 0;
    if (anonymous) {
        (void)str_copy(caller, sizeof(caller), "anonymous");
        prefix[0] = 0;
    }
    (void)str_format(dialled, sizeof(dialled), "%s%s", prefix, caller);
    mail_value_text(&v, "serial", f->serial);
    mail_value_text(&v, "caller", caller);
    mail_value_text(&v, "dialled", dialled);
    mail_value_text(&v, "called", f->called);
    mail_value_text(&v, "station", f->station_id);
    mail_value_text(&v, "box", f->box);
    mail_value_time(&v, "time", f->answered_ms);
    mail_value_count(&v, "seconds", f->seconds);
    mail_value_count(&v, "pages", f->pages);
    mail_value_count(&v, "faxid", f->faxid);
    mail_value_count(&v, "earlier", f->earlier_pages);
    mail_value_flag(&v, "joined", f->earlier_pages > 0);
    mail_value_flag(&v, "anonymous", anonymous);
    mail_value_flag(&v, "partial", f->partial);
    const char *blank = f->blank ? f->blank : "";
    mail_value_text(&v, "blank", blank);
    mail_value_flag(&v, "blanks", *blank != 0);
    mail_value_flag(&v, "dropped", *blank && f->dropped);
    const struct mail_template_values values = {.list = v.list, .count = v.count};
    return mail_template_fill(MAIL_TEMPLATE_RECEIVED, template, &values, words);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/mail_values.h"

#include "base/panic.h"
#include "base/str.h"
#include "convert/local_time.h"

static struct mail_template_value *add(struct mail_values *v, const char *name)
{
    if (v->count == MAIL_VALUES_MAX)
        panic("more than %d values of a mail", MAIL_VALUES_MAX);
    struct mail_template_value *value = &v->list[v->count++];
    *value = (struct mail_template_value){.name = name, .text = ""};
    return value;
}

void mail_value_text(struct mail_values *v, const char *name, const char *text)
{
    add(v, name)->text = text;
}

void mail_value_count(struct mail_values *v, const char *name, uint64_t count)
{
    struct mail_template_value *value = add(v, name);
    char *room = v->counts[v->count - 1];
    (void)str_format(room, sizeof(v->counts[0]), "%llu", (unsigned long long)count);
    value->text = room;
}

void mail_value_flag(struct mail_values *v, const char *name, bool flag)
{
    mail_value_text(v, name, flag ? "1" : "");
}

void mail_value_time(struct mail_values *v, const char *name, int64_t wall_ms)
{
    local_time_fields(wall_ms, &add(v, name)->time);
}

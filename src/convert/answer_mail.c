/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/answer_mail.h"

#include <string.h>

#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/local_time.h"
#include "convert/mail_values.h"
#include "proto/dsn.h"
#include "proto/mail_reason.h"

enum { RECIPIENTS_MAX = 100, RECIPIENT_LEN = 321, LINE_LEN = 128 };

/* The next line of *p, cut where it does not fit. */
static void take_line(const char **p, char *to, size_t room)
{
    size_t len = strcspn(*p, "\n");
    (void)str_copy_span(to, room, span_of(*p, len));
    *p += len + ((*p)[len] == '\n');
}

static bool fill(struct mail_words *words, enum mail_template_kind kind, const char *template,
                 const struct mail_values *v)
{
    const struct mail_template_values values = {.list = v->list, .count = v->count};
    return mail_template_fill(kind, template, &values, words);
}

static bool kept_words(struct mail_words *words, const struct msg_compose_answer *m)
{
    static const char *const names[] = {"caller", "called", "pages", "id"};
    char lines[ARRAY_LEN(names)][LINE_LEN];
    struct mail_values v = {.count = 0};
    const char *p = m->text;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        take_line(&p, lines[i], LINE_LEN);
    bool anonymous = lines[0][0] == 0;
    if (anonymous)
        (void)str_copy(lines[0], LINE_LEN, "anonymous");
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        mail_value_text(&v, names[i], lines[i]);
    mail_value_flag(&v, "anonymous", anonymous);
    return fill(words, MAIL_TEMPLATE_KEPT, m->template, &v);
}

/* Complaints about a number or a flag are parts of sentences elsewhere. */
static void whole_sentence(char *to, size_t room, const char *text)
{
    size_t len = strlen(text);
    bool ends = len == 0 || strchr(".!?\n", text[len - 1]);
    (void)str_format(to, room, "%s%s", text, ends ? "" : ".");
    if (to[0] >= 'a' && to[0] <= 'z')
        to[0] = (char)(to[0] - 'a' + 'A');
}

static bool refused_words(struct mail_words *words, const struct msg_compose_answer *m)
{
    struct mail_values v = {.count = 0};
    char why[MAIL_REASON_LEN];
    size_t room = strlen(m->text) + 2;
    SCOPED_FREE char *reason = mem_zalloc(room);
    whole_sentence(reason, room, m->text);
    (void)mail_reason(m->language, m->code, why);
    mail_value_text(&v, "subject", m->subject);
    mail_value_text(&v, "reason", reason);
    mail_value_text(&v, "why", why);
    mail_value_text(&v, "code", m->code);
    return fill(words, MAIL_TEMPLATE_REFUSED, m->template, &v);
}

bool answer_words(struct mail_words *words, const struct msg_compose_answer *m)
{
    struct mail_values v = {.count = 0};
    memset(words, 0, sizeof(*words));
    if (m->kind == MAIL_TEMPLATE_KEPT)
        return kept_words(words, m);
    if (m->kind == MAIL_TEMPLATE_REFUSED)
        return refused_words(words, m);
    mail_value_text(&v, "subject", m->subject);
    mail_value_text(&v, "numbers", m->text);
    return m->kind == MAIL_TEMPLATE_REPEATED && fill(words, MAIL_TEMPLATE_REPEATED, m->template, &v);
}

bool preview_words(struct mail_words *words, const struct msg_compose_preview *m)
{
    struct mail_values v = {.count = 0};
    mail_value_text(&v, "subject", m->subject);
    mail_value_text(&v, "facts", m->text);
    return fill(words, MAIL_TEMPLATE_PREVIEW, m->template, &v);
}

void answer_status(struct buf *b, const struct msg_compose_answer *m)
{
    SCOPED_FREE char *addresses = mem_zalloc((size_t)RECIPIENTS_MAX * RECIPIENT_LEN);
    struct dsn_recipient list[RECIPIENTS_MAX];
    size_t n = 0;
    char arrival[64] = "";
    const char *p = m->recipients;
    while (n < RECIPIENTS_MAX && (*p || n == 0)) {
        char *address = addresses + n * RECIPIENT_LEN;
        take_line(&p, address, RECIPIENT_LEN);
        list[n] = (struct dsn_recipient){.address = address,
                                         .status = dsn_status("", m->code),
                                         .code = m->code,
                                         .text = m->text,
                                         .last_attempt = ""};
        n++;
    }
    if (m->received_ms != 0)
        local_time_format(arrival, sizeof(arrival), "%a, %d %b %Y %H:%M:%S %z", m->received_ms);
    dsn_format(b, &(struct dsn){m->host_name, arrival, list, n});
}

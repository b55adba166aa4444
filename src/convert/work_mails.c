/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The mails that we write. */
#include "convert/work_inner.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/answer_mail.h"
#include "convert/local_time.h"
#include "convert/mime_writer.h"
#include "convert/pdf_writer.h"
#include "convert/pgp_mail.h"
#include "convert/received_mail.h"
#include "convert/report_mail.h"
#include "convert/report_page.h"
#include "convert/report_status.h"
#include "convert/tiff_writer.h"
#include "model/page_set.h"

static void set_composed(struct work *w, struct id mail)
{
    w->answer =
        (struct message){.type = MSG_composed, .composed = {.mail = mail, MESSAGE_OUTCOME(&w->outcome)}};
}

/* Ours, the same each time the mail is made: a mail made twice is one mail. */
static void make_message_id(char *to, size_t room, struct id mail, const char *from)
{
    const char *at = strrchr(from, '@');
    (void)str_format(to, room, "faxpost-%s@%s", id_text(mail), at ? at + 1 : "localhost");
}

/* Only who has one of the keys can read it. */
static void encrypt_mail(struct work *w)
{
    struct openpgp *o = openpgp_new();
    openpgp_add_keys(o, w->keys);
    (void)pgp_mail_encrypt(o, &w->payload, &w->outcome);
    openpgp_free(o);
}

static void refuse_mail(struct work *w, const char *from, const char *to)
{
    outcome_set(
        &w->outcome, VERDICT_GIVE_UP, "mail-address",
        "A mail from %.100s to %.100s cannot be made: an address is malformed, or the mail too large.", from,
        to);
}

static void write_mail(struct work *w, const struct mime_head *head, const struct mime_body *body)
{
    if (!mime_write(&w->payload, head, body))
        refuse_mail(w, head->from, head->to);
    else if (*w->keys)
        encrypt_mail(w);
}

/* The queue takes no template that cannot be filled. */
static void bad_template(struct work *w)
{
    outcome_set(&w->outcome, VERDICT_GIVE_UP, "mail-template", "The template of this mail cannot be used.");
}

/* What is the same in all our mails. */
#define MAIL_HEAD(m, words, id)                                                                              \
    {                                                                                                        \
        .from = (m)->from, .from_name = "Fax", .to = (m)->to, .subject = buf_text(&(words)->subject),        \
        .message_id = (id), .in_reply_to = "", .date_ms = clock_wall_ms()                                    \
    }

/* ---- a received fax ---- */

/* File and its MIME type; false where it does not fit. */
static bool wrap_pages(const struct msg_compose_received *m, const char *title, const struct page_list *l,
                       struct buf *file)
{
    const struct pdf_opts opts = {.title = title,
                                  .created_ms = m->answered_ms,
                                  .zone_minutes = local_time_zone_minutes(m->answered_ms)};
    return m->tiff ? tiff_write(file, m->answered_ms, l->pages, l->count)
                   : pdf_write(file, &opts, l->pages, l->count);
}

static void write_received(struct work *w, const struct msg_compose_received *m,
                           const struct page_list *pages, const struct mail_words *words)
{
    char name[MAIL_TEMPLATE_FILE_MAX + 5], message_id[800];
    SCOPED_BUF struct buf file;
    buf_init(&file, PAGE_SET_BYTES_MAX);
    make_message_id(message_id, sizeof(message_id), m->mail, m->from);
    (void)str_format(name, sizeof(name), "%s.%s", buf_text(&words->file), m->tiff ? "tif" : "pdf");
    if (!wrap_pages(m, buf_text(&words->subject), pages, &file)) {
        work_too_large(&w->outcome);
        return;
    }
    const struct mime_head head = MAIL_HEAD(m, words, message_id);
    write_mail(w, &head,
               &(struct mime_body){
                   .text = buf_text(&words->text),
                   .html = buf_text(&words->html),
                   .attachments = &(struct mime_attachment){name, m->tiff ? "image/tiff" : "application/pdf",
                                                            buf_span(&file)},
                   .count = 1});
}

void work_compose_received(struct work *w, struct render *render, const struct message *ask)
{
    const struct msg_compose_received *m = &ask->compose_received;
    struct page_list pages = {0};
    struct mail_words words;
    const struct received_facts facts = {.serial = m->serial,
                                         .outside_prefix = m->outside_prefix,
                                         .calling = m->calling,
                                         .called = m->called,
                                         .station_id = m->station_id,
                                         .box = m->box,
                                         .answered_ms = m->answered_ms,
                                         .seconds = m->seconds,
                                         .pages = m->pages,
                                         .partial = m->partial != 0,
                                         .faxid = m->faxid};
    if (!received_words(&words, m->template, &facts))
        bad_template(w);
    else if (work_read_pages(m->page_set, &pages, &w->outcome))
        write_received(w, m, &pages, &words);
    mail_words_clear(&words);
    page_list_clear(&pages);
    set_composed(w, m->mail);
}

/* ---- a report ---- */

static void write_report(struct work *w, const struct msg_compose_report *m, const struct report_facts *facts,
                         struct span pdf, const struct mail_words *words)
{
    char name[MAIL_TEMPLATE_FILE_MAX + 5], message_id[800];
    SCOPED_BUF struct buf status;
    buf_init(&status, 1 << 20);
    if (m->dsn)
        report_status(&status, facts, m->host_name, m->domain);
    make_message_id(message_id, sizeof(message_id), m->mail, m->from);
    (void)str_format(name, sizeof(name), "%s.pdf", buf_text(&words->file));
    struct mime_head head = MAIL_HEAD(m, words, message_id);
    head.in_reply_to = m->message_id;
    head.reply_to = m->reply_to;
    head.answers = true;
    write_mail(w, &head,
               &(struct mime_body){.text = buf_text(&words->text),
                                   .html = buf_text(&words->html),
                                   .attachments = &(struct mime_attachment){name, "application/pdf", pdf},
                                   .count = 1,
                                   .delivery_status = buf_span(&status)});
}

static void draw_report(struct work *w, struct render *render, const struct msg_compose_report *m,
                        const struct report_facts *facts, const struct page_list *pages)
{
    struct mail_words words;
    SCOPED_BUF struct buf pdf;
    buf_init(&pdf, PAGE_SET_BYTES_MAX);
    if (!report_draw(render_context(render), facts, pages->count > 0 ? &pages->pages[0] : NULL, &pdf))
        outcome_set(&w->outcome, VERDICT_RETRY, "report-drawing", "The report could not be drawn.");
    bool good = report_words(&words, m->template, m->language, facts);
    if (!good)
        bad_template(w);
    else if (w->outcome.verdict == VERDICT_DONE)
        write_report(w, m, facts, buf_span(&pdf), &words);
    mail_words_clear(&words);
}

void work_compose_report(struct work *w, struct render *render, const struct message *ask)
{
    const struct msg_compose_report *m = &ask->compose_report;
    struct page_list pages = {0};
    struct report_facts facts = {.box = m->box,
                                 .serial = m->serial,
                                 .subject = m->subject,
                                 .misnamed = m->misnamed,
                                 .language = m->language,
                                 .envid = m->envid,
                                 .received_ms = m->received_ms,
                                 .control = *m->reply_to != 0};
    if (!report_facts_parse(&facts, m->jobs))
        outcome_set(&w->outcome, VERDICT_GIVE_UP, "report-facts",
                    "The facts of a report are no list of jobs.");
    else if (m->page_set <= 0 || work_read_pages(m->page_set, &pages, &w->outcome))
        draw_report(w, render, m, &facts, &pages);
    report_facts_clear(&facts);
    page_list_clear(&pages);
    set_composed(w, m->mail);
}

/* ---- answers in words ---- */

/* To people in charge, in our own words. */
static void compose_notice(struct work *w, const struct msg_compose_answer *m, const char *message_id)
{
    const struct mime_head head = {.from = m->from,
                                   .from_name = "Fax",
                                   .to = m->to,
                                   .subject = m->subject,
                                   .message_id = message_id,
                                   .in_reply_to = "",
                                   .date_ms = clock_wall_ms()};
    write_mail(w, &head, &(struct mime_body){.text = m->text});
    set_composed(w, m->mail);
}

void work_compose_answer(struct work *w, struct render *render, const struct message *ask)
{
    const struct msg_compose_answer *m = &ask->compose_answer;
    char message_id[800];
    struct mail_words words;
    SCOPED_BUF struct buf status;
    buf_init(&status, 1 << 20);
    make_message_id(message_id, sizeof(message_id), m->mail, m->from);
    if (m->notice) {
        compose_notice(w, m, message_id);
        return;
    }
    if (m->dsn)
        answer_status(&status, m);
    if (answer_words(&words, m)) {
        struct mime_head head = MAIL_HEAD(m, &words, message_id);
        head.in_reply_to = m->message_id;
        head.reply_to = m->reply_to;
        head.answers = m->kind != MAIL_TEMPLATE_KEPT;
        write_mail(w, &head,
                   &(struct mime_body){.text = buf_text(&words.text),
                                       .html = buf_text(&words.html),
                                       .delivery_status = buf_span(&status)});
    } else {
        bad_template(w);
    }
    mail_words_clear(&words);
    set_composed(w, m->mail);
}

static void write_preview(struct work *w, const struct msg_compose_preview *m, const struct page_list *pages,
                          const struct mail_words *words)
{
    char name[MAIL_TEMPLATE_FILE_MAX + 5], message_id[800];
    SCOPED_BUF struct buf pdf;
    buf_init(&pdf, PAGE_SET_BYTES_MAX);
    make_message_id(message_id, sizeof(message_id), m->mail, m->from);
    (void)str_format(name, sizeof(name), "%s.pdf", buf_text(&words->file));
    const struct pdf_opts opts = {.title = buf_text(&words->subject), .created_ms = clock_wall_ms()};
    if (!pdf_write(&pdf, &opts, pages->pages, pages->count)) {
        work_too_large(&w->outcome);
        return;
    }
    struct mime_head head = MAIL_HEAD(m, words, message_id);
    head.in_reply_to = m->message_id;
    head.answers = true;
    write_mail(
        w, &head,
        &(struct mime_body){.text = buf_text(&words->text),
                            .html = buf_text(&words->html),
                            .attachments = &(struct mime_attachment){name, "application/pdf", buf_span(&pdf)},
                            .count = 1});
}

void work_compose_preview(struct work *w, struct render *render, const struct message *ask)
{
    struct page_list pages = {0};
    struct mail_words words;
    if (!preview_words(&words, &ask->compose_preview))
        bad_template(w);
    else if (work_read_pages(ask->compose_preview.page_set, &pages, &w->outcome))
        write_preview(w, &ask->compose_preview, &pages, &words);
    mail_words_clear(&words);
    page_list_clear(&pages);
    set_composed(w, ask->compose_preview.mail);
}

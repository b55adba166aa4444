/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails that go out: the words of a template, a file where there is one, encrypted where keys were given. */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/answer_mail.h"
#include "convert/mime_writer.h"
#include "convert/pgp_mail.h"
#include "convert/received_mail.h"
#include "convert/report_mail.h"
#include "convert/report_page.h"
#include "convert/report_status.h"
#include "convert/smime.h"
#include "convert/work_inner.h"
#include "model/page_set.h"
#include "model/wire_time.h"

enum { STATUS_BYTES_MAX = 1 << 20 };

static const char pdf_type[] = "application/pdf", tiff_type[] = "image/tiff";

/* ---- one mail ---- */

struct letter {
    struct id mail;
    const char *from, *to;
    const char *in_reply_to; /* a Message-ID, or "" */
    const char *reply_to;    /* NULL or "": answers go to `from` */
    bool answers;            /* a mail of theirs */
    const char *file_type;   /* NULL: no file; its name is in the words */
    struct span file, delivery_status;
    struct span fax; /* a PDF beside the file; empty: none */
};

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
    if (smime_wanted(w->keys)) {
        (void)!smime_encrypt(w->keys, clock_wall_ms(), &w->payload, &w->outcome);
        return;
    }
    struct openpgp *o = openpgp_new();
    openpgp_add_keys(o, w->keys);
    (void)pgp_mail_encrypt(o, &w->payload, &w->outcome);
    openpgp_free(o);
}

static void write_letter(struct work *w, const struct letter *l, const char *subject,
                         const struct mime_body *body)
{
    char message_id[800];
    make_message_id(message_id, sizeof(message_id), l->mail, l->from);
    const struct mime_head head = {.from = l->from,
                                   .from_name = "Fax",
                                   .to = l->to,
                                   .subject = subject,
                                   .message_id = message_id,
                                   .in_reply_to = l->in_reply_to,
                                   .reply_to = l->reply_to,
                                   .date_ms = clock_wall_ms(),
                                   .answers = l->answers};
    if (!mime_write(&w->payload, &head, body))
        outcome_set(
            &w->outcome, VERDICT_GIVE_UP, "mail-address",
            "A mail from %.100s to %.100s cannot be made: an address is malformed, or the mail too large.",
            l->from, l->to);
    else if (*w->keys)
        encrypt_mail(w);
}

static void write_words(struct work *w, const struct letter *l, const struct mail_words *words)
{
    char name[MAIL_TEMPLATE_FILE_MAX + 5];
    const struct mime_attachment files[] = {{name, l->file_type, l->file}, {"fax.pdf", pdf_type, l->fax}};
    (void)str_format(name, sizeof(name), "%s.%s", buf_text(&words->file),
                     l->file_type == tiff_type ? "tif" : "pdf");
    write_letter(w, l, buf_text(&words->subject),
                 &(struct mime_body){.text = buf_text(&words->text),
                                     .html = buf_text(&words->html),
                                     .attachments = files,
                                     .count = !l->file_type    ? 0
                                              : l->fax.len > 0 ? 2
                                                               : 1,
                                     .delivery_status = l->delivery_status});
}

/* The queue takes no template that cannot be filled. */
static void bad_template(struct work *w)
{
    outcome_set(&w->outcome, VERDICT_GIVE_UP, "mail-template", "The template of this mail cannot be used.");
}

/* ---- a received fax ---- */

static void write_received(struct work *w, const struct msg_compose_received *m, struct page_list *pages,
                           const struct mail_words *words)
{
    SCOPED_BUF struct buf file;
    buf_init(&file, PAGE_SET_BYTES_MAX);
    struct shown_pages shown;
    work_show_pages(&shown, pages, m->texts, m->deskew != 0, m->drop_blank ? m->blank : "");
    bool fits = work_wrap_pages(&file, m->tiff, buf_text(&words->subject), m->answered_ms, &shown);
    work_shown_clear(&shown);
    if (fits)
        write_words(w,
                    &(struct letter){.mail = m->mail,
                                     .from = m->from,
                                     .to = m->to,
                                     .in_reply_to = "",
                                     .reply_to = m->reply_to,
                                     .file_type = m->tiff ? tiff_type : pdf_type,
                                     .file = buf_span(&file)},
                    words);
    else
        work_too_large(&w->outcome);
}

static bool put_above(struct buf *text, const char *note)
{
    SCOPED_BUF struct buf whole;
    buf_init(&whole, text->limit);
    if (!*note)
        return true;
    bool fits = buf_printf(&whole, "%s\n%s", note, buf_text(text));
    buf_reset(text);
    return fits && buf_append(text, whole.data, whole.len);
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
                                         .earlier_pages = m->earlier_pages,
                                         .partial = m->partial != 0,
                                         .blank = m->blank,
                                         .dropped = m->drop_blank != 0,
                                         .faxid = m->faxid};
    if (!received_words(&words, m->template, &facts) || !put_above(&words.text, m->note))
        bad_template(w);
    else if (work_read_pages(m->page_set, &pages, &w->outcome))
        write_received(w, m, &pages, &words);
    mail_words_clear(&words);
    page_list_clear(&pages);
    set_composed(w, m->mail);
}

/* ---- a report ---- */

struct report_files {
    struct span report, fax; /* fax: empty where nobody mails it on */
};

static void write_report(struct work *w, const struct msg_compose_report *m, const struct report_facts *facts,
                         const struct report_files *files, const struct mail_words *words)
{
    SCOPED_BUF struct buf status;
    buf_init(&status, STATUS_BYTES_MAX);
    if (m->dsn)
        report_status(&status, facts, m->host_name, m->domain);
    write_words(w,
                &(struct letter){.mail = m->mail,
                                 .from = m->from,
                                 .to = m->to,
                                 .in_reply_to = m->message_id,
                                 .reply_to = m->reply_to,
                                 .answers = !m->forwarded,
                                 .file_type = pdf_type,
                                 .file = files->report,
                                 .fax = files->fax,
                                 .delivery_status = buf_span(&status)},
                words);
}

/* What was sent, page by page. */
static void wrap_sent(struct work *w, const struct msg_compose_report *m, struct page_list *pages,
                      struct buf *pdf)
{
    struct shown_pages shown;
    work_show_pages(&shown, pages, -1, false, "");
    if (!work_wrap_pages(pdf, false, m->subject, m->received_ms, &shown))
        work_too_large(&w->outcome);
    work_shown_clear(&shown);
}

/* Above the words stands what the person who mails the fax on says; theirs is plain text. */
static bool report_says(struct mail_words *words, const struct msg_compose_report *m,
                        const struct report_facts *facts)
{
    bool good = report_words(words, m->template, m->language, facts);
    if (m->forwarded)
        buf_reset(&words->html);
    return good && put_above(&words->text, m->note);
}

static void draw_report(struct work *w, struct render *render, const struct msg_compose_report *m,
                        struct report_facts *facts, struct page_list *pages)
{
    struct mail_words words;
    SCOPED_BUF struct buf pdf, fax;
    buf_init(&pdf, PAGE_SET_BYTES_MAX);
    buf_init(&fax, PAGE_SET_BYTES_MAX);
    if (!report_make(render_context(render), facts, pages->count > 0 ? &pages->pages[0] : NULL,
                     m->certificate, &pdf))
        outcome_set(&w->outcome, VERDICT_RETRY, "report-drawing", "The report could not be drawn.");
    if (m->forwarded)
        wrap_sent(w, m, pages, &fax);
    if (!report_says(&words, m, facts))
        bad_template(w);
    else if (w->outcome.verdict == VERDICT_DONE)
        write_report(w, m, facts, &(const struct report_files){buf_span(&pdf), buf_span(&fax)}, &words);
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
                                 .control = *m->reply_to != 0 && !m->forwarded};
    if (!report_facts_parse(&facts, m->jobs, m->documents))
        outcome_set(&w->outcome, VERDICT_GIVE_UP, "report-facts",
                    "The facts of a report are no list of jobs.");
    else if (m->page_set <= 0 || work_read_pages(m->page_set, &pages, &w->outcome))
        draw_report(w, render, m, &facts, &pages);
    report_facts_clear(&facts);
    page_list_clear(&pages);
    set_composed(w, m->mail);
}

/* ---- answers in words ---- */

static void write_answer(struct work *w, const struct msg_compose_answer *m)
{
    struct mail_words words;
    SCOPED_BUF struct buf status;
    buf_init(&status, STATUS_BYTES_MAX);
    if (m->dsn)
        answer_status(&status, m);
    if (answer_words(&words, m))
        write_words(w,
                    &(struct letter){.mail = m->mail,
                                     .from = m->from,
                                     .to = m->to,
                                     .in_reply_to = m->message_id,
                                     .reply_to = m->reply_to,
                                     .answers = m->kind != MAIL_TEMPLATE_KEPT,
                                     .delivery_status = buf_span(&status)},
                    &words);
    else
        bad_template(w);
    mail_words_clear(&words);
}

void work_compose_answer(struct work *w, struct render *render, const struct message *ask)
{
    const struct msg_compose_answer *m = &ask->compose_answer;
    if (m->notice) /* to people in charge, in our own words */
        write_letter(w, &(struct letter){.mail = m->mail, .from = m->from, .to = m->to, .in_reply_to = ""},
                     m->subject, &(struct mime_body){.text = m->text});
    else
        write_answer(w, m);
    set_composed(w, m->mail);
}

/* ---- what a dry run would send ---- */

static void write_preview(struct work *w, const struct msg_compose_preview *m, struct page_list *pages,
                          const struct mail_words *words)
{
    SCOPED_BUF struct buf pdf;
    buf_init(&pdf, PAGE_SET_BYTES_MAX);
    struct shown_pages shown;
    work_show_pages(&shown, pages, -1, false, "");
    bool fits = work_wrap_pages(&pdf, false, buf_text(&words->subject), clock_wall_ms(), &shown);
    work_shown_clear(&shown);
    if (fits)
        write_words(w,
                    &(struct letter){.mail = m->mail,
                                     .from = m->from,
                                     .to = m->to,
                                     .in_reply_to = m->message_id,
                                     .answers = true,
                                     .file_type = pdf_type,
                                     .file = buf_span(&pdf)},
                    words);
    else
        work_too_large(&w->outcome);
}

/* Of all pages; those that keep are coded by T.6, which is what most machines take. */
static unsigned call_seconds(const struct page_list *pages)
{
    static const struct wire_way usual = {.rate = 14400, .ecm = true};
    SCOPED_FREE struct wire_page *list = mem_alloc((pages->count + 1) * sizeof(*list));
    for (size_t i = 0; i < pages->count; i++)
        list[i] = (struct wire_page){pages->pages[i].t6.len * 8, pages->pages[i].form.resolution};
    return (unsigned)(wire_seconds(&usual, list, pages->count) + 0.5);
}

void work_compose_preview(struct work *w, struct render *render, const struct message *ask)
{
    const struct msg_compose_preview *m = &ask->compose_preview;
    struct page_list pages = {0};
    struct mail_words words;
    bool read = work_read_pages(m->page_set, &pages, &w->outcome);
    if (!preview_words(&words, m, call_seconds(&pages)))
        bad_template(w);
    else if (read)
        write_preview(w, m, &pages, &words);
    mail_words_clear(&words);
    page_list_clear(&pages);
    set_composed(w, m->mail);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <string.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/cover.h"
#include "convert/local_time.h"
#include "convert/looker.h"
#include "convert/page_png.h"
#include "convert/reader.h"
#include "convert/received_mail.h"
#include "convert/report_facts.h"
#include "convert/report_page.h"
#include "convert/t6.h"
#include "convert/work_inner.h"
#include "model/page_text.h"
#include "proto/fax_encode.h"

/* A page of random pixels, whole and at its longest, fits. */
enum { PICTURE_BYTES_MAX = 64 * 1024 * 1024 };

/* ---- a page as a picture ---- */

/* The page that a message carries; bytes are its data. */
static bool read_page(const struct page_form *form, int t6, struct page *page, uint8_t **bytes,
                      struct outcome *o)
{
    uint64_t size = 0;
    page->form = *form;
    int error = fd_checked_size(t6, PAGE_BYTES_MAX, &size);
    bool good = (unsigned)form->resolution < PAGE_RESOLUTION_COUNT && page_form_valid(form);
    if (!error && good) {
        *bytes = mem_alloc((size_t)size + 1);
        error = fd_pread_all(t6, *bytes, (size_t)size, 0);
        page->t6 = span_of(*bytes, (size_t)size);
    }
    if (!good)
        outcome_set(o, VERDICT_GIVE_UP, "convert-input", "That is no page of a fax.");
    else if (error)
        outcome_set(o, VERDICT_RETRY, "convert-input", "The page could not be read from the store (%s).",
                    strerror(error));
    return good && !error;
}

static bool good_width(uint32_t width, struct outcome *o)
{
    bool good = width == 0 || (width >= PAGE_PNG_WIDTH_MIN && width <= PAGE_PNG_WIDTH_MAX);
    if (!good)
        outcome_set(o, VERDICT_GIVE_UP, "convert-input", "No picture is that wide.");
    return good;
}

void work_make_picture(struct work *w, struct render *render, const struct message *ask)
{
    const struct msg_make_picture *m = &ask->make_picture;
    struct page page;
    SCOPED_FREE uint8_t *bytes = NULL;
    SCOPED_BUF struct buf png;
    buf_init(&png, PICTURE_BYTES_MAX);
    const struct page_form form = {m->page_width, m->rows, (enum page_resolution)m->resolution};
    bool read = good_width(m->width, &w->outcome) && read_page(&form, m->t6, &page, &bytes, &w->outcome);
    if (read && (!page_png(&png, &page, m->width, m->turned, m->deskew != 0) ||
                 !buf_append(&w->payload, png.data, png.len)))
        work_too_large(&w->outcome);
    w->answer = (struct message){.type = MSG_picture_made,
                                 .picture_made = {.page = m->page, MESSAGE_OUTCOME(&w->outcome)}};
}

/* ---- a cover page for who writes it ---- */

void work_draw_cover(struct work *w, struct render *render, const struct message *ask)
{
    const struct msg_draw_cover *m = &ask->draw_cover;
    struct render_opts o = {.name = "", .pages_max = 1000, .resolution = PAGE_FINE};
    struct page_list pages = {0};
    struct cover_page cover = {.html = false};
    buf_init(&cover.bytes, WORK_INPUT_BYTES_MAX);
    (void)!paper_parse(m->paper, &o.paper);
    if (good_width(m->width, &w->outcome) && cover_example(&cover, m->template, m->at_ms, &w->outcome)) {
        cover_page_opts(&cover, &o);
        render_document(render, &o, buf_span(&cover.bytes), &pages, &w->outcome);
    }
    buf_clear(&cover.bytes);
    if (w->outcome.verdict == VERDICT_DONE && !page_png(&w->payload, &pages.pages[0], m->width, 0, false))
        work_too_large(&w->outcome);
    page_list_clear(&pages);
    w->answer = (struct message){.type = MSG_picture_made,
                                 .picture_made = {.page = m->page, MESSAGE_OUTCOME(&w->outcome)}};
}

/* ---- a first look at a received fax ---- */

void work_look_at_fax(struct work *w, struct render *render, const struct message *ask)
{
    struct page_list pages = {0};
    SCOPED_FREE struct look *look = mem_zalloc(sizeof(*look));
    if (work_read_pages(ask->look_at_fax.page_set, &pages, &w->outcome))
        for (size_t i = 0; i < pages.count; i++)
            looker_look(&pages.pages[i], i, ask->look_at_fax.blank != 0, look);
    look_format(&w->payload, look);
    page_list_clear(&pages);
    w->answer =
        (struct message){.type = MSG_fax_looked_at,
                         .fax_looked_at = {.fax = ask->look_at_fax.fax, MESSAGE_OUTCOME(&w->outcome)}};
}

/* ---- the words on a page ---- */

void work_read_page(struct work *w, struct render *render, const struct message *ask)
{
    const struct msg_read_page *m = &ask->read_page;
    const struct page_form form = {m->width, m->rows, (enum page_resolution)m->resolution};
    struct page page;
    SCOPED_FREE uint8_t *bytes = NULL;
    if (read_page(&form, m->t6, &page, &bytes, &w->outcome)) {
        reader_read(&page, &w->payload, &w->outcome);
        (void)buf_append_byte(&w->payload, PAGE_TEXT_PAGE_END);
    }
    w->answer = (struct message){.type = MSG_page_read,
                                 .page_read = {.fax = m->fax, .page = m->page, MESSAGE_OUTCOME(&w->outcome)}};
}

/* ---- files ---- */

bool work_file_name_good(const char *name)
{
    for (const char *c = name; *c; c++)
        if (!char_is_digit(*c) && !char_is_alpha(*c) && !strchr("+*#_-.", *c))
            return false;
    return *name && *name != '.' && strlen(name) < MAIL_TEMPLATE_FILE_MAX + 5;
}

static void answer_file(struct work *w, struct id about)
{
    w->answer = (struct message){
        .type = MSG_file_made, .file_made = {.about = about, MESSAGE_OUTCOME(&w->outcome), .name = w->name}};
}

/* S2.17 for a received fax; of a sent one the same without what it has not. */
static void name_file(struct work *w, const struct msg_make_file *m, size_t pages)
{
    struct mail_words words = {0};
    const char *ending = m->tiff ? "tif" : "pdf";
    const struct received_facts facts = {.serial = "",
                                         .outside_prefix = m->outside_prefix,
                                         .calling = m->calling,
                                         .called = m->called,
                                         .station_id = "",
                                         .box = "",
                                         .answered_ms = m->at_ms,
                                         .pages = (uint32_t)pages,
                                         .faxid = m->faxid};
    char number[RECEIVED_NUMBER_LEN], when[24];
    if (m->faxid > 0) {
        if (received_words(&words, mail_template_shipped(MAIL_TEMPLATE_RECEIVED, "en", false), &facts))
            (void)str_format(w->name, sizeof(w->name), "%s.%s", buf_text(&words.file), ending);
        mail_words_clear(&words);
        return;
    }
    received_clean_number(number, m->called);
    local_time_format(when, sizeof(when), "%Y-%m-%d_%H_%M_%S", m->at_ms);
    (void)str_format(w->name, sizeof(w->name), "T%s_%s.%s", number, when, ending);
}

void work_make_file(struct work *w, struct render *render, const struct message *ask)
{
    const struct msg_make_file *m = &ask->make_file;
    struct page_list pages = {0};
    if (work_read_pages(m->page_set, &pages, &w->outcome)) {
        name_file(w, m, pages.count);
        struct shown_pages shown;
        work_show_pages(&shown, &pages, m->texts, m->deskew != 0, "");
        if (!work_wrap_pages(&w->payload, m->tiff, m->title, m->at_ms, &shown))
            work_too_large(&w->outcome);
        work_shown_clear(&shown);
    }
    page_list_clear(&pages);
    answer_file(w, m->about);
}

void work_make_report(struct work *w, struct render *render, const struct message *ask)
{
    const struct msg_make_report *m = &ask->make_report;
    struct page_list pages = {0};
    struct report_facts facts = {.box = m->box,
                                 .serial = m->serial,
                                 .subject = m->subject,
                                 .misnamed = "",
                                 .language = "en",
                                 .envid = "",
                                 .received_ms = m->received_ms};
    char number[RECEIVED_NUMBER_LEN];
    if (!report_facts_parse(&facts, m->jobs, m->documents) || facts.count == 0)
        outcome_set(&w->outcome, VERDICT_GIVE_UP, "report-facts",
                    "The facts of a report are no list of jobs.");
    else if ((m->page_set <= 0 || work_read_pages(m->page_set, &pages, &w->outcome)) &&
             !report_make(render_context(render), &facts, pages.count > 0 ? &pages.pages[0] : NULL,
                          m->certificate, &w->payload))
        outcome_set(&w->outcome, VERDICT_RETRY, "report-drawing", "The report could not be drawn.");
    if (facts.count > 0) {
        received_clean_number(number, facts.jobs[0].dial);
        (void)str_format(w->name, sizeof(w->name), "report_T%s.pdf", number);
    }
    report_facts_clear(&facts);
    page_list_clear(&pages);
    answer_file(w, m->about);
}

/* ---- what pages cost ---- */

static uint64_t bits_of(enum fax_coding coding, const struct page_form *form, const uint8_t *bits)
{
    SCOPED_BUF struct buf coded;
    buf_init(&coded, 2 * PAGE_BYTES_MAX);
    unsigned k = form->resolution == PAGE_STANDARD ? 2 : 4; /* T.4 §4.2.2 */
    const struct fax_pixels pixels = {bits, form->width, form->rows};
    return (fax_encode(coding, k, &pixels, &coded, NULL) ? coded.len : coded.limit) * 8;
}

void work_make_forecast(struct work *w, struct render *render, const struct message *ask)
{
    static const char *const names[FAX_CODING_COUNT] = {"t4_1d", "t4_2d", "t6"};
    struct page_list pages = {0};
    if (work_read_pages(ask->make_forecast.page_set, &pages, &w->outcome)) {
        (void)buf_append_str(&w->payload, "{\"pages\":[");
        for (size_t i = 0; i < pages.count; i++) {
            const struct page_form *form = &pages.pages[i].form;
            SCOPED_FREE uint8_t *bits = mem_alloc(t6_row_bytes(form->width) * form->rows);
            (void)buf_printf(&w->payload, "%s{\"rows\":%u,\"resolution\":%d", i ? "," : "",
                             t6_decode(&pages.pages[i], bits), (int)form->resolution);
            for (int c = 0; c < FAX_CODING_COUNT; c++)
                (void)buf_printf(&w->payload, ",\"%s\":%llu", names[c],
                                 (unsigned long long)bits_of((enum fax_coding)c, form, bits));
            (void)buf_append_str(&w->payload, "}");
        }
        (void)buf_append_str(&w->payload, "]}");
    }
    page_list_clear(&pages);
    (void)str_copy(w->name, sizeof(w->name), "forecast.json");
    answer_file(w, ask->make_forecast.about);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/cover.h"

#include <jansson.h>
#include <string.h>

#include "base/base64.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/mail_values.h"
#include "convert/png_writer.h"
#include "proto/qr_code.h"

/* Of 80 columns, on the shortest paper with its margins and what stands above. */
enum { TEXT_LINES_MAX = 28, COLUMNS = 80, WORDS_MAX = 8192 };

static const char *text_of(const json_t *facts, const char *name)
{
    const char *text = json_string_value(json_object_get(facts, name));
    return text ? text : "";
}

/* As many lines as fit, the long ones counted as what they break into. */
static void put_text(struct buf *to, const char *text)
{
    size_t lines = 0;
    while (*text) {
        size_t len = strcspn(text, "\n");
        lines += 1 + len / COLUMNS;
        if (lines > TEXT_LINES_MAX) {
            (void)buf_append_str(to, "[...]\n");
            return;
        }
        (void)buf_append(to, text, len);
        (void)buf_append_byte(to, '\n');
        text += len + (text[len] != 0);
    }
}

/* Eight pixels a module, so that a fax's own pixels fall well inside one, and four modules of white around.
 */
enum { MODULE = 8, QUIET = 4, QR_PIXELS = (QR_SIZE_MAX + 2 * QUIET) * MODULE, QR_URI_MAX = 8192 };

static void put_modules(struct png_writer *w, const struct qr_code *q, unsigned pixels)
{
    for (unsigned y = 0; y < pixels; y++) {
        uint8_t row[QR_PIXELS / 8];
        for (unsigned i = 0; i < q->size + 2 * QUIET; i++) {
            bool inside =
                i >= QUIET && i < q->size + QUIET && y >= QUIET * MODULE && y < (q->size + QUIET) * MODULE;
            row[i] = inside && q->dark[y / MODULE - QUIET][i - QUIET] ? 0 : 0xff;
        }
        png_row(w, row);
    }
}

/* A code as the address of its own picture; nothing where there is no text. */
static void put_code(struct buf *uri, const char *text)
{
    SCOPED_BUF struct buf png;
    struct qr_code q;
    struct png_writer w;
    buf_init(&png, QR_URI_MAX);
    if (!*text || !qr_encode(text, &q))
        return;
    unsigned pixels = (q.size + 2 * QUIET) * MODULE;
    png_begin(&w, &png, &(struct png_form){.width = pixels, .height = pixels, .depth = 1, .per_metre = 8000});
    put_modules(&w, &q, pixels);
    if (!png_end(&w) || !buf_append_str(uri, "data:image/png;base64,") || !base64_encode(buf_span(&png), uri))
        buf_reset(uri);
}

static void set_values(struct mail_values *v, const json_t *facts, const struct msg_render *ask,
                       const char *words, const char *code)
{
    static const char *const texts[][2] = {
        {"to", "to"},   {"company", "company"}, {"number", "number"},   {"from", "from"},
        {"box", "box"}, {"fax", "station_id"},  {"subject", "subject"}, {"billing", "billing"}};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        mail_value_text(v, texts[i][0], text_of(facts, texts[i][1]));
    mail_value_text(v, "words", words);
    mail_value_text(v, "code", code);
    mail_value_count(v, "pages", ask->cover);
    mail_value_time(v, "time", ask->created_ms);
}

/* What is plain is drawn below its title. */
static void put_page(struct cover_page *to, const struct mail_words *page)
{
    to->html = page->html.len > 0;
    if (to->html)
        (void)buf_append_str(&to->bytes, buf_text(&page->html));
    else
        (void)buf_printf(&to->bytes, "\n\n%s\n\n\n%s", buf_text(&page->subject), buf_text(&page->text));
}

/* A template of the tenant's has passed the check; should it fail yet, a plain page is better than no fax. */
static bool fill(struct cover_page *to, const struct msg_render *ask, const json_t *facts)
{
    struct mail_values v = {.count = 0};
    struct mail_words page;
    SCOPED_BUF struct buf words, code;
    buf_init(&words, WORDS_MAX);
    buf_init(&code, QR_URI_MAX);
    put_text(&words, text_of(facts, "text"));
    put_code(&code, text_of(facts, "code"));
    set_values(&v, facts, ask, buf_text(&words), buf_text(&code));
    const struct mail_template_values values = {.list = v.list, .count = v.count};
    const char *shipped = mail_template_shipped(MAIL_TEMPLATE_COVER, "en", false);
    bool good =
        mail_template_fill(MAIL_TEMPLATE_COVER, *ask->template ? ask->template : shipped, &values, &page);
    if (!good) {
        mail_words_clear(&page);
        good = mail_template_fill(MAIL_TEMPLATE_COVER, shipped, &values, &page);
    }
    if (good)
        put_page(to, &page);
    mail_words_clear(&page);
    return good && !to->bytes.overflow;
}

void cover_page_opts(const struct cover_page *page, struct render_opts *o)
{
    o->known = page->html ? DOCUMENT_HTML : DOCUMENT_TEXT;
    o->cover = true;
    (void)str_copy(o->charset, sizeof(o->charset), "utf-8");
}

bool cover_write(struct cover_page *to, const struct msg_render *ask, const char *facts,
                 struct outcome *outcome)
{
    json_t *all = json_loads(facts, 0, NULL);
    bool good = json_is_object(all) && fill(to, ask, all);
    if (!good)
        outcome_set(outcome, VERDICT_GIVE_UP, "cover-facts", "The facts of a cover page are none.");
    json_decref(all);
    return good;
}

/* Their names as queue/covers.h has them. */
static json_t *example_facts(void)
{
    json_t *facts = json_object();
    for (const struct mail_template_variable *v = mail_template_variables(MAIL_TEMPLATE_COVER); v->name;
         v++) {
        const char *name = str_equal(v->name, "fax")     ? "station_id"
                           : str_equal(v->name, "words") ? "text"
                                                         : v->name;
        (void)json_object_set_new(facts, name, json_string(v->example));
    }
    return facts;
}

bool cover_example(struct cover_page *to, const char *template, int64_t at_ms, struct outcome *outcome)
{
    const struct msg_render ask = {.cover = 3, .created_ms = at_ms, .template = template};
    json_t *facts = example_facts();
    (void)json_object_set_new(facts, "code", json_string("faxpost:front"));
    bool good = fill(to, &ask, facts);
    if (!good)
        outcome_set(outcome, VERDICT_GIVE_UP, "cover-facts", "That cover page cannot be filled.");
    json_decref(facts);
    return good;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any title, date, view, words and T.6 data as pages of a PDF: whatever they are, its objects lie where its
 * table says and one behind the other, no text leaves the place it was put in, and no number in it is none.
 * First bytes: how many pages, and of each its form, its view and the lengths of its words and its data. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/pdf_writer.h"
#include "model/page_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { PAGES_MAX = 4, TITLE_MAX = 60 };

static void expect(bool good)
{
    if (!good)
        abort();
}

/* ---- what is written ---- */

static struct span take(struct span *rest, size_t most)
{
    struct span taken = span_of(rest->data, most < rest->len ? most : rest->len);
    *rest = span_of(rest->data + taken.len, rest->len - taken.len);
    return taken;
}

static unsigned take_byte(struct span *rest)
{
    struct span byte = take(rest, 1);
    return byte.len ? byte.data[0] : 0;
}

static struct page take_page(struct span *rest, struct page_view *view, struct span *text)
{
    static const uint32_t widths[] = {PAGE_WIDTH_A4, PAGE_WIDTH_B4, PAGE_WIDTH_A3};
    unsigned way = take_byte(rest);
    struct page page = {.form = {.width = widths[way % 3],
                                 .rows = 1 + take_byte(rest) * 125,
                                 .resolution = (enum page_resolution)(way / 3 % PAGE_RESOLUTION_COUNT)}};
    *view = (struct page_view){.quarters = way / 64};
    if (way & 32)
        view->skew = (struct skew){((int)take_byte(rest) - 128) / 1000.0, take_byte(rest) / 1e4,
                                   take_byte(rest) / 1e4, take_byte(rest) / 1e4, take_byte(rest) / 1e4};
    unsigned words = take_byte(rest), t6 = take_byte(rest);
    *text = take(rest, words);
    if (!page_text_valid(*text, &page.form)) /* as who reads it asks first */
        *text = span_of(text->data, 0);
    page.t6 = take(rest, t6);
    return page;
}

/* ---- what is read of it ---- */

static bool starts_with(struct span s, const char *text)
{
    return s.len >= strlen(text) && memcmp(s.data, text, strlen(text)) == 0;
}

static struct span behind(struct span s, const char *text)
{
    expect(starts_with(s, text));
    return span_of(s.data + strlen(text), s.len - strlen(text));
}

static size_t take_number(struct span *s)
{
    size_t n = 0;
    expect(s->len > 0 && s->data[0] >= '0' && s->data[0] <= '9');
    while (s->len > 0 && s->data[0] >= '0' && s->data[0] <= '9')
        n = n * 10 + (take(s, 1).data[0] - '0');
    return n;
}

/* Up to the end of a dictionary, whose strings are hexadecimal or the writer's own: nothing in it is a
 * stranger's character.
 */
static struct span take_dictionary(struct span *s, struct span *number)
{
    unsigned depth = 0;
    size_t at = 0;
    static const char length[] = "/Length ";
    do {
        expect(at + 1 < s->len && s->data[at] >= ' ' && s->data[at] < 0x7f);
        struct span here = span_of(s->data + at, s->len - at);
        if (starts_with(here, length))
            *number = behind(here, length);
        bool opens = starts_with(here, "<<"), closes = starts_with(here, ">>");
        depth += opens;
        depth -= closes;
        at += opens || closes ? 2 : 1;
    } while (depth > 0);
    return take(s, at);
}

/* One behind another: nothing but operators and numbers, and these are such. */
static void judge_contents(struct span s)
{
    char text[4096];
    for (size_t i = 0; i < s.len; i++)
        expect(s.data[i] == '\n' || (s.data[i] >= ' ' && s.data[i] < 0x7f));
    while (s.len > 0) {
        struct span part = take(&s, sizeof(text) - 1);
        memcpy(text, part.data, part.len);
        text[part.len] = 0;
        expect(!strstr(text, "inf") && !strstr(text, "nan"));
    }
}

/* XML: a title that is marks would end before its end. */
static void judge_metadata(struct span s)
{
    static const char begins[] = "\"x-default\">", ends[] = "</rdf:li>";
    SCOPED_BUF struct buf b;
    buf_init(&b, 1 << 16);
    expect(buf_append(&b, s.data, s.len));
    const char *title = strstr(buf_text(&b), begins);
    expect(title != NULL);
    for (title += strlen(begins); strncmp(title, ends, strlen(ends)) != 0; title++) {
        expect((unsigned char)*title >= 0x20 && *title != '<' && *title != '>');
        if (*title == '&')
            expect(!strncmp(title, "&amp;", 5) || !strncmp(title, "&lt;", 4) || !strncmp(title, "&gt;", 4));
        expect(strncmp(title, "\xef\xbf\xbe", 3) != 0 && strncmp(title, "\xef\xbf\xbf", 3) != 0);
    }
}

/* Object n, and what follows it. */
static struct span judge_object(struct span s, size_t n, size_t pages)
{
    struct span length = span_of(NULL, 0), stream;
    expect(take_number(&s) == n);
    s = behind(s, " 0 obj\n");
    (void)take_dictionary(&s, &length);
    if (starts_with(s, "stream\n")) {
        s = behind(s, "stream\n");
        size_t bytes = take_number(&length);
        stream = take(&s, bytes);
        expect(stream.len == bytes);
        s = behind(s, "\nendstream");
        bool picture = n > 5 && n <= 5 + 3 * pages && (n - 5) % 3 == 0;
        if (n == 4)
            judge_metadata(stream);
        else if (n > 5 && !picture)
            judge_contents(stream);
    }
    return behind(s, "\nendobj\n");
}

static void judge_file(struct span file, size_t pages)
{
    struct span s = behind(file, "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n");
    size_t objects = 0, offsets[64];
    while (!starts_with(s, "xref\n")) {
        expect(objects < ARRAY_LEN(offsets));
        offsets[objects++] = file.len - s.len;
        s = judge_object(s, objects, pages);
    }
    size_t table = file.len - s.len;
    s = behind(s, "xref\n0 ");
    expect(take_number(&s) == objects + 1);
    s = behind(s, "\n0000000000 65535 f \n");
    for (size_t i = 0; i < objects; i++) {
        expect(take_number(&s) == offsets[i]);
        s = behind(s, " 00000 n \n");
    }
    s = behind(s, "trailer\n");
    (void)take_dictionary(&s, &(struct span){NULL, 0});
    s = behind(s, "\nstartxref\n");
    expect(take_number(&s) == table);
    expect(behind(s, "\n%%EOF\n").len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct span rest = span_of(data, len), texts[PAGES_MAX];
    struct page pages[PAGES_MAX];
    struct page_view views[PAGES_MAX];
    char title[TITLE_MAX + 1] = "";
    unsigned way = take_byte(&rest), count = 1 + way % PAGES_MAX;
    struct span words = take(&rest, take_byte(&rest) % TITLE_MAX);
    if (words.len > 0)
        memcpy(title, words.data, words.len);
    title[words.len] = 0;
    int64_t days = take_byte(&rest) << 8 | take_byte(&rest);
    for (unsigned i = 0; i < count; i++)
        pages[i] = take_page(&rest, &views[i], &texts[i]);
    const struct pdf_opts o = {.title = title,
                               .created_ms = (days - 30000) * 86400000,
                               .zone_minutes = (int)(way >> 4) * 60 - 480,
                               .texts = way & 4 ? texts : NULL,
                               .views = way & 8 ? views : NULL};
    SCOPED_BUF struct buf b;
    buf_init(&b, 1 << 22);
    expect(pdf_write(&b, &o, pages, count));
    judge_file(buf_span(&b), count);
    return 0;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/joined_text.h"

#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/render_kinds.h"

/* Most of a page that is made of a text. */
#define PAGE_BYTES ((size_t)256 << 20)

enum direction { NONE, LEFT, RIGHT };

/* Blocks of Unicode: Hebrew to Samaritan, the scripts of India to Myanmar, Khmer and Mongolian, Arabic's
 * forms. */
static const struct {
    int from, to;
    enum direction direction;
} joined[] = {{0x590, 0x8ff, RIGHT},     {0x900, 0x109f, LEFT},    {0x1780, 0x18af, LEFT},
              {0x1a20, 0x1aad, LEFT},    {0xfb1d, 0xfdff, RIGHT},  {0xfe70, 0xfefc, RIGHT},
              {0x10800, 0x10fff, RIGHT}, {0x1e800, 0x1efff, RIGHT}};

static enum direction joins(int c)
{
    for (size_t i = 0; i < ARRAY_LEN(joined); i++)
        if (c >= joined[i].from && c <= joined[i].to)
            return joined[i].direction;
    return NONE;
}

/* Of a character alone: NONE where it goes with its neighbours. */
static enum direction direction_of(int c)
{
    enum direction d = joins(c);
    bool neutral = c < 'A' || (c > 'Z' && c < 'a') || (c > 'z' && c < 0xc0) || (c >= 0x2000 && c <= 0x2bff) ||
                   (c >= 0x660 && c <= 0x669);
    return neutral ? NONE : d == NONE ? LEFT : d;
}

bool joined_text_needed(struct span utf8)
{
    for (size_t at = 0; at < utf8.len;) {
        int c;
        at += (size_t)fz_chartorune(&c, (const char *)utf8.data + at);
        if (joins(c) != NONE)
            return true;
    }
    return false;
}

/* Its first letter tells (UAX #9, P2 and P3). */
static bool runs_to_the_left(struct span line)
{
    enum direction d = NONE;
    for (size_t at = 0; at < line.len && d == NONE;) {
        int c;
        at += (size_t)fz_chartorune(&c, (const char *)line.data + at);
        d = direction_of(c);
    }
    return d == RIGHT;
}

static void put_line(struct buf *to, struct span line, bool new_page)
{
    (void)buf_printf(to, "<p%s%s>", runs_to_the_left(line) ? " dir=\"rtl\"" : "",
                     new_page ? " style=\"page-break-before:always\"" : "");
    for (size_t i = 0; i < line.len; i++) {
        uint8_t c = line.data[i];
        if (c == '<' || c == '&')
            (void)buf_append_str(to, c == '<' ? "&lt;" : "&amp;");
        else if (c >= 0x20 || c == '\t')
            (void)buf_append_byte(to, c == '\t' ? ' ' : c);
    }
    (void)buf_append_str(to, line.len == 0 ? "&#160;</p>" : "</p>");
}

/* Without what ends it: CR LF, LF, CR or a form feed. */
static size_t line_len(struct span text)
{
    size_t len = 0;
    while (len < text.len && text.data[len] != '\n' && text.data[len] != '\r' && text.data[len] != '\f')
        len++;
    return len;
}

static void put_page(struct buf *to, struct span text)
{
    bool new_page = false;
    (void)buf_append_str(to, "<html><head><style>body{font-family:sans-serif;font-size:10pt}"
                             "p{margin:0;text-indent:0;white-space:pre-wrap}</style></head><body>");
    while (text.len > 0) {
        size_t len = line_len(text), end = len + 1;
        bool more = len < text.len;
        if (more && text.data[len] == '\r' && end < text.len && text.data[end] == '\n')
            end++;
        put_line(to, span_of(text.data, len), new_page);
        new_page = more && text.data[len] == '\f';
        text = more ? span_of(text.data + end, text.len - end) : span_of(NULL, 0);
    }
    (void)buf_append_str(to, "</body></html>");
}

bool render_joined_text(struct render_job *job, struct span utf8)
{
    struct buf page;
    buf_init(&page, PAGE_BYTES);
    put_page(&page, utf8);
    if (!page.overflow)
        return job_draw_and_free(job, &page, render_laid_out);
    buf_clear(&page);
    job_refuse(job, "document-too-many-pages", "is a text of more pages than are faxed. Send it in parts.");
    return false;
}

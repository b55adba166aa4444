/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model/page_text.h"

#include <string.h>

#include "base/str.h"

enum { NUMBERS = 4, NUMBER_MAX = 1000000 };

static bool fits(const struct page_word *w, const struct page_form *form)
{
    return w->width > 0 && w->height > 0 && w->x < form->width && w->width <= form->width - w->x &&
           w->y < form->rows && w->height <= form->rows - w->y;
}

/* ---- writing ---- */

static uint32_t clip(uint32_t at, uint32_t len, uint32_t end)
{
    return at >= end ? 0 : len < end - at ? len : end - at;
}

/* Of each of its characters that may stand in a word. */
static size_t clean(struct span text, char to[PAGE_TEXT_WORD_MAX + 1])
{
    size_t n = 0;
    for (size_t i = 0; i < text.len && n < PAGE_TEXT_WORD_MAX; i++)
        if (text.data[i] > ' ' && text.data[i] != 0x7f)
            to[n++] = (char)text.data[i];
    to[n] = 0;
    while (n > 0 && !utf8_valid(span_str(to))) /* cut within a character */
        to[--n] = 0;
    return n;
}

void page_text_put(struct buf *b, const struct page_form *form, const struct page_word *word)
{
    char text[PAGE_TEXT_WORD_MAX + 1];
    struct page_word w = *word;
    w.width = clip(w.x, w.width, form->width);
    w.height = clip(w.y, w.height, form->rows);
    if (!fits(&w, form) || clean(w.text, text) == 0 ||
        b->len + strlen(text) + NUMBERS * 8 + sizeof(PAGE_TEXT_TURNED " 1\n") > PAGE_TEXT_BYTES_MAX)
        return;
    (void)buf_printf(b, "%u %u %u %u %s\n", w.x, w.y, w.width, w.height, text);
}

/* ---- reading ---- */

static bool take_number(struct span *line, uint32_t *n)
{
    size_t i = 0;
    *n = 0;
    for (; i < line->len && char_is_digit((char)line->data[i]) && *n < NUMBER_MAX; i++)
        *n = *n * 10 + (uint32_t)(line->data[i] - '0');
    if (i == 0 || i >= line->len || line->data[i] != ' ')
        return false;
    *line = span_of(line->data + i + 1, line->len - i - 1);
    return true;
}

static bool good_word(struct span text)
{
    char copy[PAGE_TEXT_WORD_MAX + 1];
    if (text.len == 0 || text.len > PAGE_TEXT_WORD_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] <= ' ' || text.data[i] == 0x7f)
            return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = 0;
    return utf8_valid(span_str(copy));
}

bool page_text_next(struct span *rest, const struct page_form *form, struct page_word *word)
{
    const uint8_t *end = rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;
    if (!end)
        return false;
    struct span line = span_of(rest->data, (size_t)(end - rest->data));
    if (!take_number(&line, &word->x) || !take_number(&line, &word->y) || !take_number(&line, &word->width) ||
        !take_number(&line, &word->height))
        return false;
    word->text = line;
    if (!fits(word, form) || !good_word(line))
        return false;
    *rest = span_of(end + 1, rest->len - (size_t)(end + 1 - rest->data));
    return true;
}

/* Two quarters are written as they were before there were others. */
static const char *const turned_lines[] = {NULL, PAGE_TEXT_TURNED " 1\n", PAGE_TEXT_TURNED "\n",
                                           PAGE_TEXT_TURNED " 3\n"};

void page_text_put_turned(struct buf *b, unsigned quarters)
{
    if (quarters % 4 != 0)
        (void)buf_append_str(b, turned_lines[quarters % 4]);
}

unsigned page_text_take_turned(struct span *text)
{
    for (unsigned q = 1; q < 4; q++) {
        size_t len = strlen(turned_lines[q]);
        if (text->len < len || memcmp(text->data, turned_lines[q], len) != 0)
            continue;
        *text = span_of(text->data + len, text->len - len);
        return q;
    }
    return 0;
}

bool page_text_valid(struct span text, const struct page_form *form)
{
    struct page_word word;
    if (text.len > PAGE_TEXT_BYTES_MAX)
        return false;
    (void)page_text_take_turned(&text);
    while (page_text_next(&text, form, &word))
        ;
    return text.len == 0;
}

void page_text_plain(struct buf *b, struct span text, const struct page_form *form)
{
    struct page_word word;
    (void)page_text_take_turned(&text);
    for (bool first = true; page_text_next(&text, form, &word); first = false) {
        (void)buf_append_str(b, first ? "" : " ");
        (void)buf_append(b, word.text.data, word.text.len);
    }
}

bool page_text_next_page(struct span *rest, struct span *text)
{
    const uint8_t *end = rest->len > 0 ? memchr(rest->data, PAGE_TEXT_PAGE_END, rest->len) : NULL;
    if (!end)
        return false;
    *text = span_of(rest->data, (size_t)(end - rest->data));
    *rest = span_of(end + 1, rest->len - (size_t)(end + 1 - rest->data));
    return true;
}

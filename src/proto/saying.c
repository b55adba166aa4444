/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/saying.h"

#include <string.h>

#include "base/str.h"
#include "proto/mail_template_files.h"

/* A phrase in a phrase in a sentence. Each that is looked up reads all rows: a sentence of ours needs a few,
 * a text that somebody has made of many beginnings would need thousands. */
enum { DEPTH_MOST = 3, SEARCHES_MOST = 40 };

struct reader {
    const char *table; /* NULL: those that are built in */
    unsigned left;     /* searches */
};

const char *const saying_languages[] = {"en", "it", "de", "fr", "es", NULL};

/* ---- one pattern ---- */

struct hole {
    size_t from, to; /* of "{name}" in the pattern */
    struct span name;
    char kind; /* '!', '?', or 0 */
};

static bool next_hole(struct span p, size_t from, struct hole *h)
{
    const uint8_t *open = from < p.len ? memchr(p.data + from, '{', p.len - from) : NULL;
    const uint8_t *close = open ? memchr(open, '}', (size_t)(p.data + p.len - open)) : NULL;
    if (!close || close == open + 1)
        return false;
    char last = (char)close[-1];
    h->from = (size_t)(open - p.data);
    h->to = (size_t)(close - p.data) + 1;
    h->kind = (char)(last == '!' || last == '?' ? last : 0);
    h->name = span_of(open + 1, (size_t)(close - open) - 1 - (h->kind != 0));
    return true;
}

/* Where a value ends: before these words, or, behind the last hole, before the end. */
static bool value_end(struct span text, size_t from, struct span words, bool last, size_t *end)
{
    if (last) {
        if (text.len < from + words.len)
            return false;
        *end = text.len - words.len;
        return span_equal(span_of(text.data + *end, words.len), words);
    }
    const uint8_t *at =
        from <= text.len ? memmem(text.data + from, text.len - from, words.data, words.len) : NULL;
    if (!at)
        return false;
    *end = (size_t)(at - text.data);
    return true;
}

struct match {
    struct saying_value values[SAYING_VALUES_MAX];
    char kinds[SAYING_VALUES_MAX];
    unsigned count;
    size_t words; /* bytes that are the pattern's own */
};

static bool matches(struct span pattern, struct span text, struct match *m)
{
    struct hole h, next;
    bool any = next_hole(pattern, 0, &h);
    size_t lead = any ? h.from : pattern.len;
    *m = (struct match){.words = lead};
    if (text.len < lead || !span_equal(span_of(text.data, lead), span_of(pattern.data, lead)))
        return false;
    if (!any)
        return text.len == lead;
    for (size_t at = lead, end; any; at = end, h = next) {
        any = next_hole(pattern, h.to, &next);
        struct span words = span_of(pattern.data + h.to, (any ? next.from : pattern.len) - h.to);
        if (m->count == SAYING_VALUES_MAX || !value_end(text, at, words, !any, &end))
            return false;
        m->kinds[m->count] = h.kind;
        m->values[m->count++] = (struct saying_value){h.name, span_of(text.data + at, end - at), h.kind != 0};
        m->words += words.len;
        end += words.len;
    }
    return true;
}

/* ---- the tables ---- */

/* The next line of a table; false behind the last. */
static bool next_line(const char **rest, struct span *line)
{
    size_t len = strcspn(*rest, "\n");
    *line = span_of(*rest, len);
    if (!**rest)
        return false;
    *rest += len + ((*rest)[len] == '\n');
    return true;
}

/* "de: words" of that language. */
static bool is_of(struct span line, const char *language, struct span *words)
{
    size_t len = strlen(language);
    if (line.len < len + 2 || memcmp(line.data, language, len) != 0 || memcmp(line.data + len, ": ", 2) != 0)
        return false;
    *words = span_of(line.data + len + 2, line.len - len - 2);
    return true;
}

struct search {
    struct reader *by;
    struct span english;
    struct saying *found;
    size_t words; /* of the best row so far */
    unsigned depth;
};

static bool search(struct reader *by, struct span english, unsigned depth, struct saying *found);

static bool phrases_are_known(const struct search *s, const struct match *m)
{
    struct saying inner;
    for (unsigned i = 0; i < m->count; i++)
        if (m->kinds[i] == '!' && !search(s->by, m->values[i].text, s->depth + 1, &inner))
            return false;
    return true;
}

static void search_table(struct search *s, const char *table)
{
    struct span line, code = span_str(""), pattern;
    struct match m;
    for (const char *rest = table; next_line(&rest, &line);) {
        if (!is_of(line, saying_languages[0], &pattern)) {
            code = line; /* where none of a row it is of no account: the line before "en:" counts */
            continue;
        }
        if (!matches(pattern, s->english, &m) || (s->found->code.len > 0 && m.words <= s->words) ||
            !phrases_are_known(s, &m))
            continue;
        const char *end = strstr(rest, "\n\n");
        *s->found = (struct saying){
            .code = code,
            .rows = span_of(rest, end ? (size_t)(end - rest) + 1 : strlen(rest)),
            .count = m.count,
        };
        memcpy(s->found->values, m.values, sizeof(m.values));
        s->words = m.words;
    }
}

static bool search(struct reader *by, struct span english, unsigned depth, struct saying *found)
{
    struct search s = {.by = by, .english = english, .found = found, .depth = depth};
    found->code = span_str("");
    if (english.len == 0 || english.len > SAYING_ENGLISH_MAX || depth > DEPTH_MOST || by->left == 0)
        return false;
    by->left--;
    if (by->table)
        search_table(&s, by->table);
    else
        for (const struct mail_template_file *f = mail_template_files; f->name; f++)
            if (str_equal(f->language, "sayings"))
                search_table(&s, f->text);
    return found->code.len > 0;
}

bool saying_find_by(const char *table, struct span english, struct saying *found)
{
    struct reader by = {.table = table, .left = SEARCHES_MOST};
    return search(&by, english, 0, found);
}

bool saying_find(struct span english, struct saying *found)
{
    return saying_find_by(NULL, english, found);
}

/* ---- in a language ---- */

static bool say(struct reader *by, const char *language, struct span english, unsigned depth, struct buf *to);

/* The row in that language. */
static bool words_of(const struct saying *s, const char *language, struct span *words)
{
    size_t at = 0;
    while (at < s->rows.len) {
        const uint8_t *from = s->rows.data + at, *end = memchr(from, '\n', s->rows.len - at);
        struct span line = span_of(from, end ? (size_t)(end - from) : s->rows.len - at);
        if (is_of(line, language, words))
            return true;
        at += line.len + 1;
    }
    return false;
}

static const struct saying_value *value_of(const struct saying *s, struct span name)
{
    for (unsigned i = 0; i < s->count; i++)
        if (span_equal(s->values[i].name, name))
            return &s->values[i];
    return NULL;
}

static void fill(struct reader *by, const char *language, const struct saying *s, struct span words,
                 unsigned depth, struct buf *to)
{
    struct hole h;
    size_t at = 0;
    for (; next_hole(words, at, &h); at = h.to) {
        const struct saying_value *v = value_of(s, h.name);
        (void)buf_append(to, words.data + at, h.from - at);
        if (v && (!v->phrase || !say(by, language, v->text, depth + 1, to)))
            (void)buf_append(to, v->text.data, v->text.len);
    }
    (void)buf_append(to, words.data + at, words.len - at);
}

static bool say(struct reader *by, const char *language, struct span english, unsigned depth, struct buf *to)
{
    struct saying s;
    struct span words;
    if (!search(by, english, depth, &s))
        return false;
    if (str_equal(language, saying_languages[0]))
        return buf_append(to, english.data, english.len);
    if (!words_of(&s, language, &words))
        return false;
    fill(by, language, &s, words, depth, to);
    return true;
}

bool saying_by(const char *table, const char *language, struct span english, struct buf *to)
{
    struct reader by = {.table = table, .left = SEARCHES_MOST};
    return say(&by, language, english, 0, to) && !to->overflow;
}

bool saying_in(const char *language, struct span english, struct buf *to)
{
    return saying_by(NULL, language, english, to);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Checking and filling are one walk over the text: without values it only looks whether it could. */
#include "proto/mail_template.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "proto/mail_template_value.h"

enum { DEPTH_MAX = 8, TAG_MAX = 80, SUBJECT_MAX = 900, TEXT_MAX = 512 * 1024 };

struct walk {
    enum mail_template_kind kind;
    const struct mail_template_values *all, *one; /* one: of the {each} we are in; NULL: nothing is written */
    struct buf *out;
    enum mail_template_form form;
    const char *from, *end; /* of the field */
    unsigned depth;
    bool in_each;
    const char *wrong_at; /* NULL: nothing is wrong */
    char wrong[300];
};

static const char *PRINTF_LIKE(3, 4) complain(struct walk *w, const char *at, const char *format, ...)
{
    va_list args;
    if (w->wrong_at)
        return w->end;
    w->wrong_at = at;
    va_start(args, format);
    (void)vsnprintf(w->wrong, sizeof(w->wrong), format, args);
    va_end(args);
    utf8_clean(w->wrong);
    return w->end;
}

/* ---- tags ---- */

struct tag {
    char name[TAG_MAX];
    char *argument; /* into name, behind the first blank; "" without */
    const char *at, *after;
};

static bool read_tag(struct walk *w, const char *at, struct tag *t)
{
    const char *close = at;
    while (close < w->end && *close != '}' && *close != '\n')
        close++;
    size_t len = (size_t)(close - at - 1);
    if (close == w->end || *close != '}') {
        (void)complain(w, at, "a { without its }; a brace of the text is written {{");
        return false;
    }
    if (len >= sizeof(t->name)) {
        (void)complain(w, at, "what stands in these braces is too long");
        return false;
    }
    (void)str_copy_span(t->name, sizeof(t->name), span_of(at + 1, len));
    t->argument = strchr(t->name, ' ');
    if (t->argument)
        *t->argument++ = 0;
    else
        t->argument = t->name + strlen(t->name);
    t->at = at;
    t->after = close + 1;
    return true;
}

/* Behind a word of ours: a line that holds nothing else is no line. */
static const char *behind(const struct walk *w, const struct tag *t)
{
    bool starts = t->at == w->from || t->at[-1] == '\n';
    return starts && t->after < w->end && *t->after == '\n' ? t->after + 1 : t->after;
}

static const struct mail_template_variable *find_variable(const struct walk *w, const char *name)
{
    const struct mail_template_variable *v = mail_template_variables(w->kind);
    while (v->name && !str_equal(v->name, name))
        v++;
    return v->name ? v : NULL;
}

static const struct mail_template_variable *need_variable(struct walk *w, const char *at, const char *name)
{
    const struct mail_template_variable *v = find_variable(w, name);
    char list[250] = "";
    if (v)
        return v;
    for (v = mail_template_variables(w->kind); v->name; v++) {
        size_t n = strlen(list);
        (void)str_format(list + n, sizeof(list) - n, "%s%s", n ? ", " : "", v->name);
    }
    (void)complain(w, at, "there is no {%.60s} here; there are %.180s", name, list);
    return NULL;
}

static const struct mail_template_value *value_of(const struct walk *w,
                                                  const struct mail_template_variable *v)
{
    const struct mail_template_values *from = w->all;
    if (v->of_each)
        from = w->one ? w->one : from->each_count > 0 ? &from->each[0] : NULL;
    for (size_t i = 0; from && i < from->count; i++)
        if (str_equal(from->list[i].name, v->name))
            return &from->list[i];
    return NULL;
}

static bool has_value(const struct mail_template_variable *v, const struct mail_template_value *value)
{
    if (!value)
        return false;
    return v->class == TEMPLATE_TIME ? value->time.year != 0 : *value->text && !str_equal(value->text, "0");
}

/* ---- the walk ---- */

static const char *walk_block(struct walk *w, const char *p, bool live);

static void put_variable(struct walk *w, const struct tag *t, bool live)
{
    const struct mail_template_variable *v = need_variable(w, t->at, t->name);
    if (!v)
        return;
    if (v->class == TEMPLATE_FLAG)
        (void)complain(w, t->at, "{%s} says yes or no; use {if %s}...{end}", v->name, v->name);
    else if (*t->argument && v->class != TEMPLATE_TIME)
        (void)complain(w, t->at, "only a time has a form behind its name, and {%s} is none", v->name);
    else if (*t->argument && !mail_template_time_form_good(t->argument))
        (void)complain(w, t->at,
                       "a time is written with %%d %%m %%Y %%y %%H %%M %%S and what stands between");
    else if (live && w->out)
        mail_template_put(w->out, w->form, v, value_of(w, v), t->argument);
}

static bool is_word(const char *p, const char *end, const char *word)
{
    size_t n = strlen(word);
    return (size_t)(end - p) >= n && memcmp(p, word, n) == 0;
}

/* Behind {end}, which has to stand at p. */
static const char *take_end(struct walk *w, const char *p, const struct tag *opened)
{
    struct tag t;
    if (w->wrong_at)
        return w->end;
    if (!is_word(p, w->end, "{end}"))
        return complain(w, opened->at, "{%s %s} without its {end}", opened->name, opened->argument);
    return read_tag(w, p, &t) ? behind(w, &t) : w->end;
}

static const char *walk_if(struct walk *w, struct tag *t, bool live)
{
    const char *name = t->argument;
    bool negated = str_starts(name, "not ");
    struct tag other;
    if (negated)
        name += 4;
    const struct mail_template_variable *v = need_variable(w, t->at, name);
    if (!v)
        return w->end;
    bool yes = live && w->out && has_value(v, value_of(w, v)) != negated;
    const char *p = walk_block(w, behind(w, t), yes);
    if (!w->wrong_at && is_word(p, w->end, "{else}") && read_tag(w, p, &other))
        p = walk_block(w, behind(w, &other), live && !yes);
    return take_end(w, p, t);
}

static bool speaks_of_several(enum mail_template_kind kind)
{
    return kind == MAIL_TEMPLATE_REPORT || kind == MAIL_TEMPLATE_CONTROL || kind == MAIL_TEMPLATE_PREVIEW;
}

static const char *walk_each(struct walk *w, const struct tag *t, bool live)
{
    const char *start = behind(w, t), *p;
    size_t count = live && w->out ? w->all->each_count : 0;
    if (!str_equal(t->argument, "fax") || !speaks_of_several(w->kind))
        return complain(w, t->at,
                        "there is {each fax} alone, in the templates `report`, `control` and `preview`");
    if (w->in_each)
        return complain(w, t->at, "an {each fax} in another");
    w->in_each = true;
    p = walk_block(w, start, false);
    for (size_t i = 0; i < count && !w->wrong_at; i++) {
        w->one = &w->all->each[i];
        p = walk_block(w, start, true);
    }
    w->one = NULL;
    w->in_each = false;
    return take_end(w, p, t);
}

static const char *walk_tag(struct walk *w, const char *p, bool live)
{
    struct tag t;
    if (!read_tag(w, p, &t))
        return w->end;
    if (str_equal(t.name, "if"))
        return walk_if(w, &t, live);
    if (str_equal(t.name, "each"))
        return walk_each(w, &t, live);
    put_variable(w, &t, live);
    return w->wrong_at ? w->end : t.after;
}

/* Up to an {else} or {end} that is not its own, or the end of the field. */
static const char *walk_block(struct walk *w, const char *p, bool live)
{
    if (++w->depth > DEPTH_MAX)
        return complain(w, p, "more than %d of {if} and {each} in one another", DEPTH_MAX);
    while (p < w->end && !w->wrong_at) {
        const char *brace = memchr(p, '{', (size_t)(w->end - p));
        const char *upto = brace ? brace : w->end;
        if (live && w->out)
            (void)buf_append(w->out, p, (size_t)(upto - p));
        p = upto;
        if (!brace || is_word(p, w->end, "{else}") || is_word(p, w->end, "{end}"))
            break;
        if (is_word(p, w->end, "{{")) {
            if (live && w->out)
                (void)buf_append_byte(w->out, '{');
            p += 2;
        } else {
            p = walk_tag(w, p, live);
        }
    }
    w->depth--;
    return p;
}

static void walk_field(struct walk *w, struct span field, struct buf *out, enum mail_template_form form)
{
    if (w->wrong_at)
        return;
    w->from = (const char *)field.data;
    w->end = w->from + field.len;
    w->out = w->all ? out : NULL;
    w->form = form;
    w->depth = 0;
    const char *p = walk_block(w, w->from, true);
    if (!w->wrong_at && p < w->end)
        (void)complain(w, p, "an {end} or {else} without its {if}");
}

/* ---- fields ---- */

struct fields {
    struct span subject, file, text, html; /* data NULL: not given */
};

static bool has_file(enum mail_template_kind kind)
{
    return kind == MAIL_TEMPLATE_RECEIVED || kind == MAIL_TEMPLATE_REPORT || kind == MAIL_TEMPLATE_PREVIEW;
}

static struct span rest_of_line(const char *p, size_t len, size_t skip)
{
    while (skip < len && p[skip] == ' ')
        skip++;
    while (len > skip && p[len - 1] == ' ')
        len--;
    return span_of(p + skip, len - skip);
}

/* Both bodies: the second begins at a line `html:`. */
static void split_bodies(const char *p, struct fields *f)
{
    const char *html = str_starts(p, "html:\n") ? p : strstr(p, "\nhtml:\n");
    if (html && html != p)
        html++;
    f->text = span_of(p, html ? (size_t)(html - p) : strlen(p));
    if (html)
        f->html = span_str(html + strlen("html:\n"));
}

static bool read_head_line(struct walk *w, const char *p, size_t len, struct fields *f)
{
    if (len == 0 || *p == '#')
        return true;
    struct span *to = NULL;
    if (len >= 8 && memcmp(p, "subject:", 8) == 0)
        to = &f->subject;
    else if (len >= 5 && memcmp(p, "file:", 5) == 0)
        to = &f->file;
    if (to && to->data)
        (void)complain(w, p, "this field stands here already");
    else if (to == &f->file && !has_file(w->kind))
        (void)complain(w, p, "this mail has no attachment, so no `file:`");
    else if (to)
        *to = rest_of_line(p, len, to == &f->file ? 5 : 8);
    else
        (void)complain(w, p,
                       "there is no such field; there are `subject:`%s, and `text:` on a line of its own",
                       has_file(w->kind) ? ", `file:`" : "");
    return !w->wrong_at;
}

static void read_fields(struct walk *w, const char *text, struct fields *f)
{
    const char *p = text;
    while (*p && !f->text.data) {
        size_t len = strcspn(p, "\n");
        const char *next = p + len + (p[len] == '\n');
        if (len == 5 && memcmp(p, "text:", 5) == 0)
            split_bodies(next, f);
        else if (!read_head_line(w, p, len, f))
            return;
        p = next;
    }
    if (f->subject.len == 0)
        (void)complain(w, text, "`subject:` is missing");
    else if (f->file.len == 0 && has_file(w->kind))
        (void)complain(w, text, "`file:` is missing, the name of the attachment");
    else if (f->text.len == 0)
        (void)complain(w, p, "`text:` is missing, on a line of its own and the mail's words below it");
}

/* ---- whole ---- */

/* Line ends become LF. */
static void take_text(struct walk *w, const char *text, struct buf *clean)
{
    buf_init(clean, mail_template_most(w->kind) + 1);
    for (const char *p = text; *p; p++)
        if (*p != '\r' || p[1] != '\n')
            (void)buf_append_byte(clean, (uint8_t)*p);
    const char *all = buf_text(clean);
    if (clean->overflow)
        (void)complain(w, all, "it is longer than %zu bytes", mail_template_most(w->kind));
    else if (!utf8_valid(buf_span(clean)))
        (void)complain(w, all, "it is not UTF-8");
    for (const char *p = all; *p; p++)
        if ((unsigned char)*p < 0x20 && *p != '\n' && *p != '\t')
            (void)complain(w, p, "a control character");
}

static void walk_all(struct walk *w, const char *text, struct mail_words *to)
{
    struct fields f = {.subject = {0}};
    read_fields(w, text, &f);
    walk_field(w, f.subject, &to->subject, TEMPLATE_FORM_SUBJECT);
    if (f.file.data)
        walk_field(w, f.file, &to->file, TEMPLATE_FORM_FILE);
    walk_field(w, f.text, &to->text, TEMPLATE_FORM_TEXT);
    if (f.html.data)
        walk_field(w, f.html, &to->html, TEMPLATE_FORM_HTML);
}

static unsigned line_of(const char *text, const char *at)
{
    unsigned line = 1;
    for (; text < at && *text; text++)
        line += *text == '\n';
    return line;
}

bool mail_template_check(enum mail_template_kind kind, const char *text, struct mail_template_error *error)
{
    SCOPED_BUF struct buf clean;
    struct mail_words none = {.subject = {0}};
    struct walk w = {.kind = kind};
    take_text(&w, text, &clean);
    if (!w.wrong_at)
        walk_all(&w, buf_text(&clean), &none);
    if (w.wrong_at) {
        error->line = line_of(buf_text(&clean), w.wrong_at);
        (void)str_copy(error->text, sizeof(error->text), w.wrong);
    }
    return !w.wrong_at;
}

bool mail_template_fill(enum mail_template_kind kind, const char *text,
                        const struct mail_template_values *values, struct mail_words *words)
{
    SCOPED_BUF struct buf clean, file;
    struct walk w = {.kind = kind, .all = values};
    buf_init(&words->subject, SUBJECT_MAX);
    buf_init(&words->file, SUBJECT_MAX);
    buf_init(&words->text, TEXT_MAX);
    buf_init(&words->html, TEXT_MAX);
    buf_init(&file, SUBJECT_MAX);
    take_text(&w, text, &clean);
    if (!w.wrong_at)
        walk_all(&w, buf_text(&clean), words);
    if (!w.wrong_at && words->file.len > 0) {
        (void)buf_append(&file, words->file.data, words->file.len);
        buf_reset(&words->file);
        mail_template_put_file_name(&words->file, buf_text(&file));
    }
    return !w.wrong_at && !words->text.overflow && !words->html.overflow;
}

void mail_words_clear(struct mail_words *words)
{
    buf_clear(&words->subject);
    buf_clear(&words->file);
    buf_clear(&words->text);
    buf_clear(&words->html);
}

/* ---- a preview ---- */

enum { VARIABLES_MAX = 40 };

static size_t take_examples(enum mail_template_kind kind, bool of_each, struct mail_template_value *list)
{
    static const struct mail_template_time time = {2020, 3, 12, 11, 51, 38};
    size_t n = 0;
    for (const struct mail_template_variable *v = mail_template_variables(kind); v->name; v++)
        if (v->of_each == of_each && n < VARIABLES_MAX)
            list[n++] = (struct mail_template_value){v->name, v->example, time};
    return n;
}

bool mail_template_preview(enum mail_template_kind kind, const char *text, struct mail_words *words)
{
    struct mail_template_value all[VARIABLES_MAX], each[VARIABLES_MAX];
    const struct mail_template_values one = {.list = each, .count = take_examples(kind, true, each)};
    const struct mail_template_values values = {
        .list = all, .count = take_examples(kind, false, all), .each = &one, .each_count = 1};
    return mail_template_fill(kind, text, &values, words);
}

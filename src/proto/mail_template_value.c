/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/mail_template_value.h"

#include <string.h>

#include "base/str.h"

/* ---- times ---- */

static const struct {
    char letter;
    size_t at; /* in struct mail_template_time */
    int width, modulo;
} time_parts[] = {
    {'d', offsetof(struct mail_template_time, day), 2, 100},
    {'m', offsetof(struct mail_template_time, month), 2, 100},
    {'Y', offsetof(struct mail_template_time, year), 4, 10000},
    {'y', offsetof(struct mail_template_time, year), 2, 100},
    {'H', offsetof(struct mail_template_time, hour), 2, 100},
    {'M', offsetof(struct mail_template_time, minute), 2, 100},
    {'S', offsetof(struct mail_template_time, second), 2, 100},
};

static int find_part(char letter)
{
    for (size_t i = 0; i < ARRAY_LEN(time_parts); i++)
        if (time_parts[i].letter == letter)
            return (int)i;
    return -1;
}

bool mail_template_time_form_good(const char *form)
{
    for (; *form; form++)
        if (*form == '%' && find_part(*++form) < 0)
            return false;
    return true;
}

static void put_time(struct buf *to, const struct mail_template_time *t, const char *form)
{
    for (; *form; form++) {
        if (*form != '%') {
            (void)buf_append_byte(to, (uint8_t)*form);
            continue;
        }
        int part = find_part(*++form);
        if (part < 0)
            return;
        const int *number = (const int *)((const char *)t + time_parts[part].at);
        (void)buf_printf(to, "%0*d", time_parts[part].width, *number % time_parts[part].modulo);
    }
}

/* ---- texts ---- */

static bool is_kept(char c, enum mail_template_class class)
{
    if (char_is_alpha(c) || char_is_digit(c) || (c && strchr("+*#", c)))
        return true;
    return class == TEMPLATE_STATION && c && strchr("()-", c);
}

/* What is left of a number; elsewhere blanks stand for what was taken out, so that no two words become one.
 */
static void put_number(struct buf *to, enum mail_template_class class, unsigned most, const char *text)
{
    bool gap = false;
    for (unsigned n = 0; *text && n < most; text++) {
        if (!is_kept(*text, class)) {
            gap = class == TEMPLATE_STATION && n > 0;
            continue;
        }
        if (gap)
            (void)buf_append_byte(to, ' ');
        (void)buf_append_byte(to, (uint8_t)*text);
        n += gap ? 2 : 1;
        gap = false;
    }
}

/* Characters that turn the direction of what follows them, or are not seen: U+200B-U+200F, U+202A-U+202E,
 * U+2060-U+2069, U+FEFF, and the controls of Latin 1. Their length. */
static size_t unseen(const unsigned char *p)
{
    if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
        return 2;
    if (p[0] == 0xe2 && p[1] == 0x80 &&
        ((p[2] >= 0x8b && p[2] <= 0x8f) || (p[2] >= 0xaa && p[2] <= 0xae) || p[2] == 0xa8 || p[2] == 0xa9))
        return 3;
    if (p[0] == 0xe2 && p[1] == 0x81 && p[2] >= 0xa0 && p[2] <= 0xa9)
        return 3;
    return p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf ? 3 : 0;
}

static void put_html_byte(struct buf *to, char c)
{
    static const struct {
        char c;
        const char *entity;
    } entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\n', "<br>\n"}};
    for (size_t i = 0; i < ARRAY_LEN(entities); i++)
        if (entities[i].c == c) {
            (void)buf_append_str(to, entities[i].entity);
            return;
        }
    (void)buf_append_byte(to, (uint8_t)c);
}

static void put_byte(struct buf *to, enum mail_template_form form, enum mail_template_class class, char c)
{
    bool breaks = c == '\n' && class == TEMPLATE_LINES && form >= TEMPLATE_FORM_TEXT;
    if (((unsigned char)c < 0x20 || c == 0x7f) && !breaks)
        c = ' ';
    if (form == TEMPLATE_FORM_HTML)
        put_html_byte(to, c);
    else
        (void)buf_append_byte(to, (uint8_t)c);
}

/* A mail program makes a link of what has "://" in it, or begins with "www." */
static bool begins_link(const char *p)
{
    return str_starts(p, "://") || str_starts_nocase(p, "www.");
}

static void put_line(struct buf *to, enum mail_template_form form, const struct mail_template_variable *v,
                     const char *text)
{
    char clean[MAIL_TEMPLATE_MAX + 4];
    size_t most = v->most < MAIL_TEMPLATE_MAX ? v->most : MAIL_TEMPLATE_MAX;
    (void)str_copy(clean, most + 1, text);
    size_t len = strlen(clean);
    /* Cut between characters. */
    while (len > 0 && len == most && ((unsigned char)text[len] & 0xc0) == 0x80)
        clean[--len] = 0;
    utf8_clean(clean);
    memset(clean + len, 0, 4);
    for (const char *p = clean; *p; p++) {
        size_t skip = unseen((const unsigned char *)p);
        if (skip > 0) {
            p += skip - 1;
            continue;
        }
        put_byte(to, form, v->class, *p);
        if (begins_link(p)) {
            const char *upto = *p == ':' ? p : p + 2;
            while (p < upto)
                put_byte(to, form, v->class, *++p);
            (void)buf_append_byte(to, ' ');
        }
    }
}

void mail_template_put(struct buf *to, enum mail_template_form form, const struct mail_template_variable *v,
                       const struct mail_template_value *value, const char *time_form)
{
    if (!value)
        return;
    const char *usual = form == TEMPLATE_FORM_FILE ? "%Y-%m-%d_%H_%M_%S" : "%d/%m/%Y %H:%M:%S";
    if (v->class == TEMPLATE_TIME && value->time.year != 0)
        put_time(to, &value->time, *time_form ? time_form : usual);
    else if (v->class == TEMPLATE_NUMBER || v->class == TEMPLATE_STATION)
        put_number(to, form == TEMPLATE_FORM_FILE ? TEMPLATE_NUMBER : v->class, v->most, value->text);
    else if (v->class == TEMPLATE_IMAGE && form == TEMPLATE_FORM_HTML && strlen(value->text) <= v->most)
        (void)buf_append_str(to, value->text);
    else if (v->class == TEMPLATE_LINK)
        for (const char *c = value->text; *c && c < value->text + v->most; c++)
            put_byte(to, form, v->class, *c);
    else if (v->class == TEMPLATE_LINE || v->class == TEMPLATE_LINES)
        put_line(to, form, v, value->text);
}

void mail_template_put_file_name(struct buf *to, const char *name)
{
    for (; *name && to->len < MAIL_TEMPLATE_FILE_MAX; name++) {
        bool kept =
            is_kept(*name, TEMPLATE_NUMBER) || *name == '-' || *name == '_' || (*name == '.' && to->len > 0);
        if (kept || *name == ' ')
            (void)buf_append_byte(to, *name == ' ' ? '_' : (uint8_t)*name);
    }
    if (to->len == 0)
        (void)buf_append_str(to, "fax");
}

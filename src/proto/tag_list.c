/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/tag_list.h"

#include "base/str.h"

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span span_trim(struct span text)
{
    while (text.len > 0 && is_blank(text.data[0]))
        text = span_of(text.data + 1, text.len - 1);
    while (text.len > 0 && is_blank(text.data[text.len - 1]))
        text.len--;
    return text;
}

bool span_take_until(struct span *text, char stop, struct span *piece)
{
    if (!text->data)
        return false;
    const uint8_t *end = text->len ? memchr(text->data, stop, text->len) : NULL;
    size_t len = end ? (size_t)(end - text->data) : text->len;
    *piece = span_trim(span_of(text->data, len));
    *text = end ? span_of(end + 1, text->len - len - 1) : span_of(NULL, 0);
    return true;
}

static bool is_name(struct span name)
{
    if (name.len == 0 || !char_is_alpha((char)name.data[0]))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = (char)name.data[i];
        if (!char_is_alpha(c) && !char_is_digit(c) && c != '_')
            return false;
    }
    return true;
}

static const struct tag *find(const struct tag_list *list, struct span name)
{
    for (size_t i = 0; i < list->count; i++)
        if (span_equal(list->tags[i].name, name))
            return &list->tags[i];
    return NULL;
}

bool tag_list_parse(struct span text, struct tag_list *list)
{
    struct span piece, name;
    list->count = 0;
    while (span_take_until(&text, ';', &piece)) {
        if (piece.len == 0 && !text.data)
            break; /* behind the last ';' */
        struct span value = piece;
        if (piece.len == 0 || !span_take_until(&value, '=', &name) || !value.data)
            return false;
        if (!is_name(name) || find(list, name) || list->count == TAGS_MAX)
            return false;
        list->tags[list->count++] = (struct tag){name, span_trim(value)};
    }
    return list->count > 0;
}

bool tag_find(const struct tag_list *list, const char *name, struct span *value)
{
    const struct tag *t = find(list, span_str(name));
    *value = t ? t->value : span_of(NULL, 0);
    return t != NULL;
}

bool tag_is(const struct tag_list *list, const char *name, const char *value)
{
    struct span found;
    return tag_find(list, name, &found) && span_equal_nocase(found, value);
}

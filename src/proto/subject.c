/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/subject.h"

#include <string.h>

#include "base/str.h"

enum { PART_LEN = 1024 };

static const char blanks[] = " \t\r\n";

/* Answer marks of the common mail programs in the languages we ship. */
static const char *const marks[] = {"re:", "aw:", "fwd:", "fw:", "wg:", "r:", "i:", "tr:", "rv:", "antw:"};

static const char *skip_mark(const char *text)
{
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (str_starts_nocase(text, marks[i]))
            return text + strlen(marks[i]);
    return text;
}

static const char *skip_tag(const char *text)
{
    const char *end = *text == '[' ? strchr(text, ']') : NULL;
    return end ? end + 1 : text;
}

/* Behind all marks, tags and blanks. */
static const char *skip_front(const char *text)
{
    const char *before;
    do {
        before = text;
        text += strspn(text, blanks);
        text = skip_tag(skip_mark(text));
    } while (text != before);
    return text;
}

/* Copies [part, part + len) without its tags, trimmed. False where it does not fit. */
static bool clean(const char *part, size_t len, char to[PART_LEN])
{
    size_t n = 0;
    bool tag = false;
    for (size_t i = 0; i < len; i++) {
        if (part[i] == '[' && memchr(part + i, ']', len - i))
            tag = true;
        if (!tag && n >= PART_LEN - 1)
            return false;
        if (!tag)
            to[n++] = part[i];
        if (part[i] == ']')
            tag = false;
    }
    while (n > 0 && strchr(blanks, to[n - 1]))
        n--;
    to[n] = 0;
    size_t front = strspn(to, blanks);
    memmove(to, to + front, n - front + 1);
    return true;
}

/* Cuts "@box" out of "number@box^FLAGS". The box reaches to the flags or the end: names have blanks in them.
 */
static bool take_box(char *part, char box[SUBJECT_BOX_LEN], struct complaint *why)
{
    char *at = strchr(part, '@');
    size_t flags_at = strcspn(part, "^");
    box[0] = 0;
    if (!at || at > part + flags_at)
        return true;
    char *name = at + 1 + strspn(at + 1, blanks);
    size_t len = strcspn(name, "^");
    const char *flags = name + len;
    while (len > 0 && strchr(blanks, name[len - 1]))
        len--;
    if (len == 0 || memchr(name, '@', len) || !str_copy_span(box, SUBJECT_BOX_LEN, span_of(name, len)))
        return complain_code(why, "box-unnamed", "\"%s\" names no fax box after the @; write number@box",
                             QUOTED(part));
    memmove(at, flags, strlen(flags) + 1);
    return true;
}

static bool take_part(struct subject *s, char *part, struct complaint *why)
{
    if (s->count == SUBJECT_TARGETS_MAX)
        return complain_code(why, "too-many-numbers", "more than %d numbers in one subject",
                             SUBJECT_TARGETS_MAX);
    struct subject_target *t = &s->targets[s->count];
    if (!take_box(part, t->box, why) || !target_find(part, &t->target, why))
        return false;
    s->count++;
    return true;
}

static bool take_check(const char **text)
{
    static const char word[] = "check";
    size_t len = sizeof(word) - 1;
    if (!str_starts_nocase(*text, word) || !strchr(" \t+", (*text)[len]) || !(*text)[len])
        return false;
    *text += len + ((*text)[len] == '+' ? 0 : 1);
    return true;
}

bool subject_parse(const char *text, struct subject *s, struct complaint *why)
{
    s->count = 0;
    text = skip_front(text);
    s->check = take_check(&text);
    if (s->check && *text == '+' && !char_is_digit(text[1]))
        text++;
    while (*text) {
        char part[PART_LEN];
        size_t len = strcspn(text, ",;|");
        if (!clean(text, len, part))
            return complain_code(why, "number-long", "\"%s\" is too long for a fax number", QUOTED(text));
        if (*part && !take_part(s, part, why))
            return false;
        text += len + (text[len] != 0);
    }
    return s->count > 0 || complain_code(why, "no-number", "the subject holds no fax number");
}

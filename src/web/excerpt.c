/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/excerpt.h"

#include <string.h>

#include "base/str.h"

enum { WORD_LEAST = 3, WORD_MOST = 64 };
static const char blanks[] = " \t\r\n";

/* The first place at which one of the words stands; NULL: none does. *len: of the word there. */
static const char *find_word(const char *text, const char *question, size_t *len)
{
    const char *found = NULL;
    for (const char *at = question + strspn(question, blanks); *at; at += strspn(at, blanks)) {
        char word[WORD_MOST];
        size_t n = strcspn(at, blanks);
        if (n >= WORD_LEAST && str_format(word, sizeof(word), "%.*s", (int)n, at)) {
            const char *here = strcasestr(text, word);
            if (here && (!found || here < found)) {
                found = here;
                *len = n;
            }
        }
        at += n;
    }
    return found;
}

static bool is_inside_character(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* Where to begin: behind the blank next to it, else at a whole character. */
static const char *begin_of(const char *text, const char *found)
{
    const char *from = found - text > EXCERPT_BEFORE ? found - EXCERPT_BEFORE : text;
    if (from == text)
        return from;
    size_t rest = strcspn(from, blanks);
    if (from + rest < found)
        return from + rest + strspn(from + rest, blanks);
    while (is_inside_character(*from))
        from++;
    return from;
}

static const char *end_of(const char *found, size_t len)
{
    const char *to = found + len;
    to += strnlen(to, EXCERPT_AFTER);
    const char *whole = to;
    while (*to && whole > found + len && !strchr(blanks, *whole))
        whole--;
    if (*to && whole > found + len)
        return whole;
    while (is_inside_character(*to))
        to--;
    return to;
}

const char *excerpt_of(struct arena *a, const char *text, const char *question)
{
    size_t len = 0;
    const char *found = find_word(text, question, &len);
    if (!found)
        return NULL;
    const char *from = begin_of(text, found), *to = end_of(found, len);
    char *line = arena_format(a, "%s%.*s%s", from > text ? "…" : "", (int)(to - from), from, *to ? "…" : "");
    for (char *at = line; (at = strpbrk(at, "\t\r\n")); at++)
        *at = ' ';
    return line;
}

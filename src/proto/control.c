/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/control.h"

#include <string.h>

#include "base/hex.h"
#include "base/span.h"
#include "base/str.h"

static const char prefix[] = CONTROL_NAME "+";

/* ---- words ---- */

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Blanks at both ends, and what ends a sentence; U+00A0 too, which mail programs put for a blank. */
static struct span trim(struct span s)
{
    for (;;) {
        if (s.len > 0 && is_blank(s.data[0]))
            s = span_of(s.data + 1, s.len - 1);
        else if (s.len > 1 && s.data[0] == 0xc2 && s.data[1] == 0xa0)
            s = span_of(s.data + 2, s.len - 2);
        else if (s.len > 0 && (is_blank(s.data[s.len - 1]) || strchr(".!", s.data[s.len - 1])))
            s.len--;
        else if (s.len > 1 && s.data[s.len - 2] == 0xc2 && s.data[s.len - 1] == 0xa0)
            s.len -= 2;
        else
            return s;
    }
}

/* The next word of *rest, "" at its end. */
static struct span take_word(struct span *rest)
{
    size_t n = 0;
    *rest = trim(*rest);
    while (n < rest->len && !is_blank(rest->data[n]))
        n++;
    struct span word = span_of(rest->data, n);
    *rest = span_of(rest->data + n, rest->len - n);
    return word;
}

static bool is_word(struct span s, const char *word)
{
    return span_equal_nocase(s, word);
}

/* One or two digits; how many, 0 for none. */
static size_t take_digits(struct span s, int *value)
{
    size_t n = 0;
    *value = 0;
    while (n < s.len && n < 2 && char_is_digit((char)s.data[n]))
        *value = *value * 10 + (s.data[n++] - '0');
    return n;
}

/* "8:00", "08.30", "0830" is none. */
static bool read_clock(struct span s, struct control_command *c)
{
    size_t n = take_digits(s, &c->hour);
    if (n == 0 || n >= s.len || !strchr(":.h", s.data[n]))
        return false;
    struct span minute = span_of(s.data + n + 1, s.len - n - 1);
    return take_digits(minute, &c->minute) == 2 && minute.len == 2 && c->hour < 24 && c->minute < 60;
}

/* ---- the command ---- */

static const struct verb {
    const char *word;
    enum control_verb verb;
} verbs[] = {{"CANCEL", CONTROL_CANCEL},
             {"RETRY", CONTROL_RETRY},
             {"HOLD", CONTROL_HOLD},
             {"RELEASE", CONTROL_RELEASE},
             {"STATUS", CONTROL_STATUS}};

static enum control_verb find_verb(struct span word)
{
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (is_word(word, verbs[i].word))
            return verbs[i].verb;
    return CONTROL_UNCLEAR;
}

static struct control_command parse_line(struct span line)
{
    const struct control_command unclear = {.verb = CONTROL_UNCLEAR, .hour = -1, .minute = -1};
    struct control_command c = unclear;
    c.verb = find_verb(trim(take_word(&line)));
    struct span more = take_word(&line);
    if (c.verb == CONTROL_HOLD && is_word(more, "UNTIL")) {
        if (!read_clock(take_word(&line), &c))
            return unclear;
        more = take_word(&line);
    }
    return more.len > 0 ? unclear : c;
}

struct control_command control_parse(const char *own)
{
    while (*own) {
        size_t len = strcspn(own, "\n");
        struct span line = trim(span_of(own, len));
        if (line.len > 0 && line.data[0] != '>')
            return parse_line(line);
        own += len + (own[len] != 0);
    }
    return (struct control_command){.verb = CONTROL_UNCLEAR, .hour = -1, .minute = -1};
}

/* ---- the token ---- */

bool control_is_local(const char *local)
{
    size_t len = sizeof(prefix) - 2;
    return str_starts_nocase(local, CONTROL_NAME) && (local[len] == '+' || !local[len]);
}

bool control_token_parse(const char *local, uint8_t token[CONTROL_TOKEN_LEN])
{
    return str_starts_nocase(local, prefix) &&
           hex_parse(local + sizeof(prefix) - 1, token, CONTROL_TOKEN_LEN);
}

void control_token_format(const uint8_t token[CONTROL_TOKEN_LEN], char local[CONTROL_LOCAL_LEN])
{
    memcpy(local, prefix, sizeof(prefix));
    hex_format(token, CONTROL_TOKEN_LEN, local + sizeof(prefix) - 1);
}

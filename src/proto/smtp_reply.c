/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/smtp_reply.h"

#include <string.h>

#include "base/str.h"
#include "proto/sasl_mechanism.h"

enum { CODE_DIGITS = 3 };

void smtp_reply_start(struct smtp_reply_parser *p)
{
    p->reply.code = 0;
    p->reply.enhanced = (struct smtp_enhanced){0};
    p->reply.text[0] = 0;
    p->lines = 0;
    p->text_len = 0;
    p->line_len = 0;
}

/* ---- enhanced codes ---- */

/* 1 to 3 digits; moves past them. */
static bool take_number(const char **at, const char *end, uint16_t *value)
{
    const char *start = *at;
    unsigned n = 0;
    while (*at < end && char_is_digit(**at) && *at - start < 3)
        n = n * 10 + (unsigned)(*(*at)++ - '0');
    *value = (uint16_t)n;
    return *at > start;
}

static bool take_dot(const char **at, const char *end)
{
    if (*at == end || **at != '.')
        return false;
    (*at)++;
    return true;
}

/* Length of the enhanced code and its blank at the start of the text; 0 where none stands there. */
static size_t parse_enhanced(const char *text, size_t len, unsigned code, struct smtp_enhanced *e)
{
    const char *at = text, *end = text + len;
    struct smtp_enhanced found;
    if (!take_number(&at, end, &found.class) || !take_dot(&at, end) ||
        !take_number(&at, end, &found.subject) || !take_dot(&at, end) ||
        !take_number(&at, end, &found.detail))
        return 0;
    /* RFC 2034 §4: its class is the first digit of the code. Else it is text that looks like one. */
    if (found.class != code / 100 || (at < end && *at != ' '))
        return 0;
    *e = found;
    return (size_t)(at - text) + (at < end);
}

/* ---- lines ---- */

static void append_text(struct smtp_reply_parser *p, const char *text, size_t len)
{
    bool utf8 = utf8_valid(span_of(text, len));
    char *to = p->reply.text;
    if (p->lines > 0 && p->text_len + 1 < SMTP_REPLY_TEXT_LEN)
        to[p->text_len++] = '\n';
    for (size_t i = 0; i < len && p->text_len + 1 < SMTP_REPLY_TEXT_LEN; i++) {
        unsigned char c = (unsigned char)text[i];
        bool control = c < 0x20 || c == 0x7f;
        to[p->text_len++] = control ? ' ' : c >= 0x80 && !utf8 ? '?' : (char)c;
    }
    to[p->text_len] = 0;
}

/* The buffer's end may have cut a character in two. */
static void drop_cut_character(struct smtp_reply_parser *p)
{
    char *text = p->reply.text;
    while (p->text_len > 0 && !utf8_valid(span_of(text, p->text_len)))
        text[--p->text_len] = 0;
}

static bool parse_code(const char *line, size_t len, unsigned *code)
{
    if (len < CODE_DIGITS)
        return false;
    for (int i = 0; i < CODE_DIGITS; i++)
        if (!char_is_digit(line[i]))
            return false;
    *code = (unsigned)(line[0] - '0') * 100 + (unsigned)(line[1] - '0') * 10 + (unsigned)(line[2] - '0');
    return *code >= 200 && *code <= 599;
}

static enum smtp_reply_step take_line(struct smtp_reply_parser *p)
{
    const char *line = p->line;
    size_t len = p->line_len;
    unsigned code;
    p->line_len = 0;
    if (len > 0 && line[len - 1] == '\r')
        len--;
    if (!parse_code(line, len, &code) || (p->lines > 0 && code != p->reply.code) ||
        p->lines == SMTP_REPLY_LINES_MAX)
        return SMTP_REPLY_BAD;
    char mark = len > CODE_DIGITS ? line[CODE_DIGITS] : ' ';
    if (mark != ' ' && mark != '-')
        return SMTP_REPLY_BAD;
    p->reply.code = code;
    size_t at = len > CODE_DIGITS ? CODE_DIGITS + 1 : len;
    at += parse_enhanced(line + at, len - at, code, &p->reply.enhanced);
    append_text(p, line + at, len - at);
    p->lines++;
    if (mark == '-')
        return SMTP_REPLY_MORE;
    drop_cut_character(p);
    p->lines = 0;
    return SMTP_REPLY_COMPLETE;
}

enum smtp_reply_step smtp_reply_feed(struct smtp_reply_parser *p, struct span *in)
{
    if (p->lines == 0 && p->line_len == 0)
        smtp_reply_start(p);
    while (in->len > 0) {
        char c = (char)*in->data;
        in->data++;
        in->len--;
        if (c != '\n') {
            if (p->line_len == SMTP_REPLY_LINE_MAX)
                return SMTP_REPLY_BAD;
            p->line[p->line_len++] = c;
            continue;
        }
        enum smtp_reply_step step = take_line(p);
        if (step != SMTP_REPLY_MORE)
            return step;
    }
    return SMTP_REPLY_MORE;
}

void smtp_reply_format(const struct smtp_reply *r, char *text, size_t room)
{
    const struct smtp_enhanced *e = &r->enhanced;
    if (e->class)
        (void)str_format(text, room, "%u %u.%u.%u %s", r->code, e->class, e->subject, e->detail, r->text);
    else
        (void)str_format(text, room, "%u %s", r->code, r->text);
    for (; *text; text++)
        if (*text == '\n')
            *text = ' ';
}

/* ---- capabilities ---- */

static const struct {
    const char *keyword;
    unsigned feature;
} keywords[] = {
    {"STARTTLS", SMTP_STARTTLS}, {"PIPELINING", SMTP_PIPELINING},
    {"8BITMIME", SMTP_8BITMIME}, {"SMTPUTF8", SMTP_SMTPUTF8},
    {"SIZE", SMTP_SIZE},         {"ENHANCEDSTATUSCODES", SMTP_ENHANCEDSTATUSCODES},
    {"DSN", SMTP_DSN},
};

/* The next word of a line, without blanks around it; len 0 at the end. */
static struct span next_word(const char **at, const char *end)
{
    while (*at < end && **at == ' ')
        (*at)++;
    const char *start = *at;
    while (*at < end && **at != ' ')
        (*at)++;
    return span_of(start, (size_t)(*at - start));
}

static void parse_size(struct span word, struct smtp_capabilities *c)
{
    char digits[24];
    uint64_t value;
    if (str_copy_span(digits, sizeof(digits), word) && str_to_u64(digits, UINT64_MAX, &value))
        c->size_max = value;
}

static void parse_mechanisms(const char *at, const char *end, struct smtp_capabilities *c)
{
    for (struct span word = next_word(&at, end); word.len > 0; word = next_word(&at, end))
        c->logins |= sasl_bit(word);
}

static void parse_capability(const char *at, const char *end, struct smtp_capabilities *c)
{
    static const char old_auth[] = "AUTH="; /* Exchange's of the last century, still imitated */
    if (span_equal_nocase(span_of(at, sizeof(old_auth) - 1 < (size_t)(end - at) ? sizeof(old_auth) - 1 : 0),
                          old_auth)) {
        parse_mechanisms(at + sizeof(old_auth) - 1, end, c);
        return;
    }
    struct span word = next_word(&at, end);
    if (span_equal_nocase(word, "AUTH"))
        parse_mechanisms(at, end, c);
    for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
        if (span_equal_nocase(word, keywords[i].keyword))
            c->features |= keywords[i].feature;
    if (span_equal_nocase(word, "SIZE"))
        parse_size(next_word(&at, end), c);
}

void smtp_capabilities_parse(const struct smtp_reply *r, struct smtp_capabilities *c)
{
    *c = (struct smtp_capabilities){0};
    /* The first line is the server's name and greeting. */
    const char *line = strchr(r->text, '\n');
    while (line) {
        line++;
        const char *end = strchr(line, '\n');
        parse_capability(line, end ? end : line + strlen(line), c);
        line = end;
    }
}

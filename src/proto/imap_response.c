/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/imap_response.h"

#include <string.h>

#include "base/str.h"
#include "proto/sasl_mechanism.h"

/* ---- bytes to responses ---- */

void imap_reader_init(struct imap_reader *r)
{
    *r = (struct imap_reader){0};
    buf_init(&r->text, IMAP_TEXT_MAX);
}

void imap_reader_clear(struct imap_reader *r)
{
    buf_clear(&r->text);
    r->literal_left = 0;
    r->literals = 0;
    r->complete = false;
}

static bool starts_word(const char *at, const char *word)
{
    size_t n = strlen(word);
    return str_starts_nocase(at, word) && (!at[n] || at[n] == ' ');
}

static bool condition_at(const char *at, enum imap_condition *c)
{
    static const char *const words[] = {[IMAP_OK] = "OK",
                                        [IMAP_NO] = "NO",
                                        [IMAP_BAD] = "BAD",
                                        [IMAP_BYE] = "BYE",
                                        [IMAP_PREAUTH] = "PREAUTH"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (starts_word(at, words[i])) {
            *c = (enum imap_condition)i;
            return true;
        }
    return false;
}

/* "{n}" at the end of a response that carries data; a person's text may end so too, and means nothing by it.
 */
static bool literal_at_end(const struct buf *text, uint64_t *size)
{
    enum imap_condition c;
    const char *line = buf_text(text), *brace = strrchr(line, '{');
    char digits[24];
    if (!brace || text->data[text->len - 1] != '}' || !str_starts(line, "* ") || condition_at(line + 2, &c))
        return false;
    size_t n = strspn(brace + 1, "0123456789");
    return brace[1 + n] == '}' && !brace[2 + n] &&
           str_copy_span(digits, sizeof(digits), span_of(brace + 1, n)) &&
           str_to_u64(digits, UINT32_MAX, size);
}

static enum imap_step end_of_line(struct imap_reader *r)
{
    if (r->text.len > 0 && r->text.data[r->text.len - 1] == '\r')
        r->text.data[--r->text.len] = 0;
    if (literal_at_end(&r->text, &r->literal_left))
        return ++r->literals > IMAP_LITERALS_MAX ? IMAP_NONSENSE : IMAP_MORE;
    r->complete = true;
    return IMAP_RESPONSE;
}

static enum imap_step feed_line(struct imap_reader *r, struct span *in)
{
    const uint8_t *end = memchr(in->data, '\n', in->len);
    size_t n = end ? (size_t)(end - in->data) : in->len;
    if (memchr(in->data, 0, n) || !buf_append(&r->text, in->data, n))
        return IMAP_NONSENSE;
    *in = span_of(in->data + n + (end ? 1 : 0), in->len - n - (end ? 1 : 0));
    return end ? end_of_line(r) : IMAP_MORE;
}

enum imap_step imap_reader_feed(struct imap_reader *r, struct span *in, struct span *chunk)
{
    enum imap_step step = IMAP_MORE;
    if (r->complete) {
        buf_reset(&r->text);
        r->literals = 0;
        r->complete = false;
    }
    while (in->len > 0 && step == IMAP_MORE) {
        if (r->literal_left == 0) {
            step = feed_line(r, in);
            continue;
        }
        size_t n = in->len < r->literal_left ? in->len : (size_t)r->literal_left;
        *chunk = span_of(in->data, n);
        *in = span_of(in->data + n, in->len - n);
        r->literal_left -= n;
        return IMAP_LITERAL;
    }
    return step;
}

bool imap_reader_at_body(const struct imap_reader *r)
{
    const char *text = buf_text(&r->text), *brace = strrchr(text, '{');
    if (!brace || brace < text + 2 || brace[-1] != ' ' || brace[-2] != ']')
        return false;
    const char *open = brace - 2;
    while (open > text && *open != '[')
        open--;
    return open - text >= 4 && str_starts_nocase(open - 4, "BODY");
}

/* ---- responses ---- */

struct scan {
    const char *at;
};

static bool take(struct scan *s, char c)
{
    if (*s->at != c)
        return false;
    s->at++;
    return true;
}

static bool take_number(struct scan *s, uint64_t max, uint64_t *value)
{
    char digits[24];
    size_t n = strspn(s->at, "0123456789");
    if (n == 0 || !str_copy_span(digits, sizeof(digits), span_of(s->at, n)) ||
        !str_to_u64(digits, max, value))
        return false;
    s->at += n;
    return true;
}

/* A quoted string; its inside as it stands. */
static bool take_quoted(struct scan *s, struct span *inside)
{
    if (!take(s, '"'))
        return false;
    const char *start = s->at;
    while (*s->at && *s->at != '"')
        s->at += s->at[0] == '\\' && s->at[1] ? 2 : 1;
    *inside = span_of(start, (size_t)(s->at - start));
    return take(s, '"');
}

/* Any value: an atom, a string, a literal's "{n}", a list of such. Depth is counted, not recursed. */
static bool skip_value(struct scan *s)
{
    unsigned depth = 0;
    struct span inside;
    do {
        s->at += depth > 0 ? strspn(s->at, " ") : 0;
        if (take(s, '(')) {
            depth++;
        } else if (depth > 0 && take(s, ')')) {
            depth--;
        } else if (*s->at == '"') {
            if (!take_quoted(s, &inside))
                return false;
        } else {
            size_t n = strcspn(s->at, " ()\"");
            if (n == 0)
                return false;
            s->at += n;
        }
    } while (depth > 0);
    return true;
}

static bool take_body(struct scan *s, struct imap_response *r)
{
    if (r->has_body)
        return false; /* one mail was asked for */
    r->has_body = true;
    if (*s->at == '"')
        return take_quoted(s, &r->body);
    r->body_was_literal = *s->at == '{';
    return skip_value(s);
}

/* The item's name; BODY[...] may hold blanks and lists between its brackets. */
static struct span take_name(struct scan *s)
{
    const char *start = s->at;
    size_t n = strcspn(s->at, " ()[");
    s->at += n;
    if (*s->at == '[') {
        s->at += strcspn(s->at, "]");
        s->at += *s->at == ']';
        s->at += strcspn(s->at, " ()"); /* <0> */
    }
    return span_of(start, (size_t)(s->at - start));
}

static bool take_item(struct scan *s, struct imap_response *r)
{
    uint64_t n;
    struct span name = take_name(s);
    if (name.len == 0 || !take(s, ' '))
        return false;
    if (span_equal_nocase(name, "UID")) {
        if (!take_number(s, UINT32_MAX, &n))
            return false;
        r->uid = (uint32_t)n;
        return true;
    }
    if (span_equal_nocase(name, "RFC822.SIZE"))
        return r->has_size = take_number(s, INT64_MAX, &r->size);
    if (name.len >= 5 && span_equal_nocase(span_of(name.data, 5), "BODY["))
        return take_body(s, r);
    return skip_value(s);
}

static bool parse_fetch(struct scan *s, struct imap_response *r)
{
    r->kind = IMAP_FETCH;
    if (!take(s, '('))
        return false;
    while (*s->at && *s->at != ')') {
        if (!take_item(s, r))
            return false;
        s->at += strspn(s->at, " ");
    }
    return take(s, ')');
}

static const struct {
    const char *word;
    unsigned feature;
} words[] = {{"STARTTLS", MAILBOX_TLS},
             {"LOGINDISABLED", MAILBOX_LOGIN_DISABLED},
             {"SASL-IR", MAILBOX_INITIAL},
             {"IDLE", MAILBOX_IDLE},
             {"UIDPLUS", MAILBOX_UIDPLUS}};

static void parse_capabilities(struct scan *s, struct imap_response *r)
{
    const size_t auth = strlen("AUTH=");
    r->has_features = true;
    r->features = MAILBOX_PASSWORD | MAILBOX_UIDL | MAILBOX_TOP;
    for (;;) {
        s->at += strspn(s->at, " ");
        size_t n = strcspn(s->at, " ]");
        if (n == 0)
            break;
        for (size_t i = 0; i < ARRAY_LEN(words); i++)
            if (span_equal_nocase(span_of(s->at, n), words[i].word))
                r->features |= words[i].feature;
        if (n > auth && span_equal_nocase(span_of(s->at, auth), "AUTH="))
            r->features |= sasl_bit(span_of(s->at + auth, n - auth)) << MAILBOX_LOGINS_SHIFT;
        s->at += n;
    }
    if (r->features & MAILBOX_LOGIN_DISABLED)
        r->features &= ~(unsigned)MAILBOX_PASSWORD;
}

/* "OK [CODE ...] text" */
static void parse_condition(const char *at, struct imap_response *r)
{
    uint64_t n;
    at += strcspn(at, " ");
    at += strspn(at, " ");
    r->text = at;
    if (*at != '[')
        return;
    struct scan s = {at + 1};
    size_t len = strcspn(s.at, " ]");
    struct span code = span_of(s.at, len);
    s.at += len;
    if (span_equal_nocase(code, "CAPABILITY"))
        parse_capabilities(&s, r);
    else if (span_equal_nocase(code, "UIDVALIDITY") && take(&s, ' ') && take_number(&s, UINT32_MAX, &n))
        r->uid_validity = (uint32_t)n;
}

static bool parse_numbered(struct scan *s, struct imap_response *r)
{
    uint64_t n;
    if (!take_number(s, UINT32_MAX, &n) || !take(s, ' '))
        return false;
    r->number = (uint32_t)n;
    if (starts_word(s->at, "FETCH")) {
        s->at += 5;
        return take(s, ' ') && parse_fetch(s, r);
    }
    r->kind = starts_word(s->at, "EXISTS") ? IMAP_EXISTS : IMAP_OTHER;
    return true;
}

static bool parse_untagged(const char *at, struct imap_response *r)
{
    struct scan s = {at};
    if (condition_at(at, &r->condition)) {
        r->kind = IMAP_STATUS;
        parse_condition(at, r);
    } else if (starts_word(at, "CAPABILITY")) {
        r->kind = IMAP_CAPABILITY;
        s.at += strlen("CAPABILITY");
        parse_capabilities(&s, r);
    } else if (char_is_digit(*at)) {
        return parse_numbered(&s, r);
    } else {
        r->kind = IMAP_OTHER;
    }
    return *at != 0;
}

bool imap_response_parse(const char *text, struct imap_response *r)
{
    *r = (struct imap_response){.kind = IMAP_OTHER, .text = ""};
    if (text[0] == '*' && text[1] == ' ')
        return parse_untagged(text + 2, r);
    if (text[0] == '+' && (text[1] == ' ' || !text[1])) {
        r->kind = IMAP_CONTINUE;
        r->text = text + 1 + (text[1] == ' ');
        return true;
    }
    size_t n = strcspn(text, " ");
    r->kind = IMAP_TAGGED;
    r->tag = span_of(text, n);
    if (n == 0 || !text[n] || !condition_at(text + n + 1, &r->condition))
        return false;
    parse_condition(text + n + 1, r);
    return r->condition <= IMAP_BAD;
}

bool imap_quote(const char *text, struct buf *to)
{
    for (const char *c = text; *c; c++)
        if (*c == '\r' || *c == '\n' || (unsigned char)*c >= 0x7f)
            return false;
    (void)buf_append_byte(to, '"');
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\')
            (void)buf_append_byte(to, '\\');
        (void)buf_append_byte(to, (uint8_t)*c);
    }
    return buf_append_byte(to, '"');
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/pop3_reply.h"

#include <string.h>

#include "base/str.h"
#include "proto/sasl_mechanism.h"

enum pop3_status pop3_status_parse(const char *line, const char **text)
{
    static const struct {
        const char *word;
        enum pop3_status status;
    } words[] = {{"+OK", POP3_OK}, {"-ERR", POP3_ERR}, {"+", POP3_CONTINUE}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        size_t n = strlen(words[i].word);
        if (!str_starts_nocase(line, words[i].word) || (line[n] && line[n] != ' '))
            continue;
        if (text)
            *text = line + n + (line[n] == ' ');
        return words[i].status;
    }
    return POP3_NONSENSE;
}

/* Digits and the blanks after them; NULL where none stand there. */
static const char *take_number(const char *at, uint64_t max, uint64_t *value)
{
    char digits[24];
    size_t n = strspn(at, "0123456789");
    if (n == 0 || !str_copy_span(digits, sizeof(digits), span_of(at, n)) || !str_to_u64(digits, max, value))
        return NULL;
    return at + n + strspn(at + n, " ");
}

bool pop3_list_parse(const char *line, uint32_t *number, uint64_t *size)
{
    uint64_t n;
    const char *at = take_number(line, UINT32_MAX, &n);
    if (!at || n == 0 || !take_number(at, INT64_MAX, size))
        return false;
    *number = (uint32_t)n;
    return true;
}

bool pop3_uidl_parse(const char *line, uint32_t *number, char uidl[POP3_UIDL_LEN])
{
    uint64_t n;
    const char *at = take_number(line, UINT32_MAX, &n);
    if (!at || n == 0)
        return false;
    size_t len = strcspn(at, " ");
    for (size_t i = 0; i < len; i++)
        if (at[i] < 0x21 || at[i] > 0x7e) /* RFC 1939 §7 */
            return false;
    *number = (uint32_t)n;
    return len > 0 && str_copy_span(uidl, POP3_UIDL_LEN, span_of(at, len));
}

static unsigned mechanisms(const char *at)
{
    unsigned found = 0;
    while (*at) {
        at += strspn(at, " ");
        size_t n = strcspn(at, " ");
        found |= sasl_bit(span_of(at, n)) << MAILBOX_LOGINS_SHIFT;
        at += n;
    }
    return found;
}

unsigned pop3_capability_parse(const char *line)
{
    static const struct {
        const char *word;
        unsigned feature;
    } words[] = {
        {"STLS", MAILBOX_TLS}, {"USER", MAILBOX_PASSWORD}, {"UIDL", MAILBOX_UIDL}, {"TOP", MAILBOX_TOP}};
    size_t n = strcspn(line, " ");
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (span_equal_nocase(span_of(line, n), words[i].word))
            return words[i].feature;
    return span_equal_nocase(span_of(line, n), "SASL") ? mechanisms(line + n) : 0;
}

/* ---- bodies ---- */

static void put_one(struct pop3_body *b, uint8_t c, struct buf *to)
{
    switch (b->state) {
    case POP3_AFTER_DOT:
        if (c == '\r') {
            b->state = POP3_AFTER_DOT_CR;
            return;
        }
        break; /* the dot was stuffing */
    case POP3_AFTER_DOT_CR:
        if (c == '\n') {
            b->state = POP3_BODY_ENDED;
            return;
        }
        (void)buf_append_byte(to, '\r'); /* a line of one stuffed dot that was none, and a lone CR */
        break;
    case POP3_AT_LINE:
        if (c == '.') {
            b->state = POP3_AFTER_DOT;
            return;
        }
        break;
    case POP3_AFTER_CR:
    case POP3_IN_LINE:
    case POP3_BODY_ENDED: break;
    }
    bool line_ends = c == '\n' && b->state == POP3_AFTER_CR;
    b->state = line_ends ? POP3_AT_LINE : c == '\r' ? POP3_AFTER_CR : POP3_IN_LINE;
    (void)buf_append_byte(to, c);
}

size_t pop3_body_put(struct pop3_body *b, struct span in, struct buf *to)
{
    size_t n = 0;
    while (n < in.len && b->state != POP3_BODY_ENDED)
        put_one(b, in.data[n++], to);
    return n;
}

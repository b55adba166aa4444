/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/bounce.h"

#include <string.h>

#include "base/str.h"
#include "proto/mail_header.h"

/* Folding and blanks become one blank; what no screen shows goes. */
static void tidy(struct span value, char *to, size_t room)
{
    size_t n = 0;
    bool blank = false;
    for (size_t i = 0; i < value.len && n + 1 < room; i++) {
        uint8_t c = value.data[i];
        if (c <= ' ' || c == 0x7f) {
            blank = n > 0;
            continue;
        }
        if (blank && n + 2 < room)
            to[n++] = ' ';
        blank = false;
        to[n++] = (char)c;
    }
    to[n] = 0;
    while (n > 0 && !utf8_valid(span_str(to))) /* cut within a character, or another character set */
        to[--n] = 0;
}

/* "smtp; 550 no": what stands behind the type (RFC 3464 §2.1.2). */
static struct span behind_type(struct span value)
{
    const uint8_t *mark = value.len > 0 ? memchr(value.data, ';', value.len) : NULL;
    size_t at = mark ? (size_t)(mark - value.data) + 1 : 0;
    return span_of(value.data + at, value.len - at);
}

static enum bounce_action action_of(struct span value)
{
    static const struct {
        const char *name;
        enum bounce_action action;
    } actions[] = {{"failed", BOUNCE_FAILED},
                   {"delayed", BOUNCE_DELAYED},
                   {"delivered", BOUNCE_DELIVERED},
                   {"relayed", BOUNCE_DELIVERED},
                   {"expanded", BOUNCE_DELIVERED}};
    char text[32];
    tidy(value, text, sizeof(text));
    text[strcspn(text, " ;(")] = 0;
    for (size_t i = 0; i < ARRAY_LEN(actions); i++)
        if (str_equal_nocase(text, actions[i].name))
            return actions[i].action;
    return BOUNCE_NONE;
}

/* Digits and two dots (RFC 3463 §2), a comment may follow. */
static void status_of(struct span value, char to[BOUNCE_STATUS_LEN])
{
    char text[BOUNCE_STATUS_LEN];
    tidy(value, text, sizeof(text));
    size_t len = strspn(text, "0123456789.");
    text[len] = 0;
    (void)str_copy(to, BOUNCE_STATUS_LEN, text);
}

static void take_field(struct bounce *b, const struct header_field *f)
{
    if (header_is(f, "Original-Envelope-Id"))
        tidy(f->value, b->envid, sizeof(b->envid));
    else if (header_is(f, "Action"))
        b->action = action_of(f->value);
    else if (header_is(f, "Status"))
        status_of(f->value, b->status);
    else if (header_is(f, "Diagnostic-Code"))
        tidy(behind_type(f->value), b->words, sizeof(b->words));
    else if (header_is(f, "Original-Recipient") || (header_is(f, "Final-Recipient") && !*b->recipient))
        tidy(behind_type(f->value), b->recipient, sizeof(b->recipient));
}

static void skip_line(struct span *rest)
{
    const uint8_t *lf = rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;
    size_t len = lf ? (size_t)(lf - rest->data) + 1 : rest->len;
    *rest = span_of(rest->data + len, rest->len - len);
}

/* One block of fields, up to the empty line behind it. */
static void take_block(struct span *rest, struct bounce *b)
{
    struct header_field f;
    for (;;) {
        switch (header_next(rest, &f)) {
        case HEADER_FIELD: take_field(b, &f); break;
        case HEADER_BAD: skip_line(rest); break;
        case HEADER_END: return;
        }
    }
}

bool bounce_parse(struct span status, struct bounce *b)
{
    struct bounce common = {.action = BOUNCE_NONE};
    *b = common;
    take_block(&status, &common);
    if (common.action != BOUNCE_NONE) /* some leave out the line between */
        *b = common;
    for (unsigned i = 0; status.len > 0 && i < BOUNCE_RECIPIENTS_MAX; i++) {
        struct bounce one = {.action = BOUNCE_NONE};
        take_block(&status, &one);
        if (one.action > b->action)
            *b = one;
    }
    memcpy(b->envid, common.envid, sizeof(b->envid));
    return b->action != BOUNCE_NONE;
}

void bounce_message_id(struct span header, char *to, size_t room)
{
    struct header_field f;
    enum header_step step;
    to[0] = 0;
    while (!*to && (step = header_next(&header, &f)) != HEADER_END) {
        if (step == HEADER_BAD)
            skip_line(&header);
        else if (header_is(&f, "Message-ID"))
            tidy(f.value, to, room);
    }
    size_t len = strlen(to);
    if (len >= 2 && to[0] == '<' && to[len - 1] == '>') {
        memmove(to, to + 1, len - 2);
        to[len - 2] = 0;
    }
}

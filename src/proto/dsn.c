/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/dsn.h"

#include <string.h>

#include "base/str.h"

enum { LINE_MAX_CHARS = 76, VALUE_MAX = 800 };

/* A word at a time, so that a line is only folded where a blank stands. */
static void put_value(struct buf *b, size_t column, const char *value)
{
    size_t left = VALUE_MAX;
    bool first = true;
    while (left > 0) {
        while (*value && ((unsigned char)*value <= ' ' || *value == 0x7f))
            value++;
        size_t len = 0;
        while ((unsigned char)value[len] > ' ' && value[len] != 0x7f && len < left)
            len++;
        if (len == 0)
            break;
        bool folds = !first && column + 1 + len > LINE_MAX_CHARS;
        (void)buf_append_str(b, folds ? "\r\n " : " ");
        for (size_t i = 0; i < len; i++)
            (void)buf_append_byte(b, (unsigned char)value[i] < 0x7f ? (uint8_t)value[i] : '?');
        column = folds ? 1 + len : column + 1 + len;
        value += len;
        left -= len;
        first = false;
    }
    (void)buf_append_str(b, "\r\n");
}

static void put_field(struct buf *b, const char *name, const char *value)
{
    (void)buf_append_str(b, name);
    put_value(b, strlen(name), value);
}

static bool is_address(const char *text)
{
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] <= ' ' || (unsigned char)text[i] >= 0x7f ||
            strchr("<>()[],;:\\\"", text[i]))
            return false;
    return n <= 320 && strchr(text, '@');
}

static void put_recipient(struct buf *b, const struct dsn_recipient *r)
{
    char line[1000];
    bool delivered = r->status[0] == '2';
    (void)str_format(line, sizeof(line), "rfc822; %s", is_address(r->address) ? r->address : "unknown");
    put_field(b, "Final-Recipient:", line);
    put_field(b, "Action:", delivered ? "delivered" : "failed");
    put_field(b, "Status:", r->status);
    if (!delivered && *r->code) {
        (void)str_format(line, sizeof(line), "x-faxpost; %.60s: %.700s", r->code, r->text);
        put_field(b, "Diagnostic-Code:", line);
    }
    if (*r->last_attempt)
        put_field(b, "Last-Attempt-Date:", r->last_attempt);
}

void dsn_format(struct buf *b, const struct dsn *d)
{
    char line[300];
    (void)str_format(line, sizeof(line), "dns; %s", d->reporting_mta);
    put_field(b, "Reporting-MTA:", line);
    if (*d->arrival)
        put_field(b, "Arrival-Date:", d->arrival);
    for (size_t i = 0; i < d->count; i++) {
        (void)buf_append_str(b, "\r\n");
        put_recipient(b, &d->recipients[i]);
    }
}

/* ---- status ---- */

/* The first row whose code begins the outcome's counts. */
static const struct {
    const char *code, *status;
} codes[] = {
    {"sip-404", "5.1.1"},   {"sip-410", "5.1.6"},   {"sip-484", "5.1.3"},         {"sip-485", "5.1.4"},
    {"sip-604", "5.1.1"},   {"sip-486", "4.4.1"},   {"sip-600", "4.4.1"},         {"sip-408", "4.4.1"},
    {"sip-480", "4.4.1"},   {"sip-4", "5.4.0"},     {"sip-5", "4.4.0"},           {"sip-6", "5.7.1"},
    {"sip-", "4.4.0"},      {"own-", "4.3.0"},      {"outcome-unknown", "4.4.2"}, {"t30-", "4.4.2"},
    {"limit-", "5.7.1"},    {"pin-", "5.7.8"},      {"number-", "5.1.3"},         {"no-number", "5.1.3"},
    {"too-", "5.3.4"},      {"document-", "5.6.1"}, {"convert-", "5.6.1"},        {"no-document", "5.6.0"},
    {"cancelled", "5.0.0"},
};

const char *dsn_status(const char *state, const char *code)
{
    if (str_equal(state, "done"))
        return "2.0.0";
    if (str_equal(state, "expired"))
        return "4.4.7";
    if (code[0] == '5' && code[1] == '.')
        return code; /* it is one */
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        if (str_starts(code, codes[i].code))
            return codes[i].status;
    return "5.0.0";
}

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
    if (*r->original) {
        size_t type = strcspn(r->original, ";");
        (void)str_format(line, sizeof(line), "%.*s; %s", (int)type, r->original,
                         r->original[type] ? r->original + type + 1 : "");
        put_field(b, "Original-Recipient:", line);
    }
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
    if (*d->envid)
        put_field(b, "Original-Envelope-Id:", d->envid);
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

static const struct {
    const char *code, *status;
} rows[] = {
#define REASON(code, status) {code, status},
#include "proto/reasons.def"
#undef REASON
};

const char *dsn_reason(size_t at)
{
    return at < ARRAY_LEN(rows) ? rows[at].code : NULL;
}

/* How much of the code the row speaks for; 0: it is about others. */
static size_t covers(const char *row, const char *code)
{
    size_t n = 0;
    while (row[n] && (row[n] == code[n] || (row[n] == 'x' && char_is_digit(code[n]))))
        n++;
    return !row[n] && (!code[n] || row[n - 1] == '-') ? n : 0;
}

const char *dsn_status(const char *state, const char *code)
{
    if (str_equal(state, "done"))
        return "2.0.0";
    if (str_equal(state, "expired"))
        return "4.4.7";
    if (code[0] == '5' && code[1] == '.')
        return code; /* it is one */
    const char *status = "5.0.0";
    size_t best = 0;
    bool whole = false;
    for (size_t i = 0; i < ARRAY_LEN(rows) && !whole; i++) {
        size_t n = covers(rows[i].code, code);
        whole = str_equal(rows[i].code, code);
        if (n > best || whole) {
            status = rows[i].status;
            best = n;
        }
    }
    return status;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/dsn_request.h"

#include <string.h>

#include "base/str.h"

static int upper_hex(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* xtext (RFC 3461 §4): printable characters but + and =; +XX with upper-case digits for any other. What it
 * stands for has to be printable too: blank to tilde. */
static bool decode_xtext(struct span in, char *to, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i < in.len; i++) {
        int c = in.data[i];
        if (c == '+') {
            int high = i + 1 < in.len ? upper_hex(in.data[i + 1]) : -1;
            int low = i + 2 < in.len ? upper_hex(in.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = high * 16 + low;
            i += 2;
        } else if (c <= ' ' || c > '~' || c == '=') {
            return false;
        }
        if (c < ' ' || c > '~' || n + 1 >= room)
            return false;
        to[n++] = (char)c;
    }
    to[n] = 0;
    return n > 0;
}

bool dsn_parse_ret(struct span value, bool *full)
{
    *full = span_equal_nocase(value, "FULL");
    return *full || span_equal_nocase(value, "HDRS");
}

bool dsn_parse_envid(struct span value, char envid[DSN_ENVID_LEN])
{
    return value.len < DSN_ENVID_LEN && decode_xtext(value, envid, DSN_ENVID_LEN);
}

bool dsn_parse_notify(struct span value, unsigned *notify)
{
    static const struct {
        const char *word;
        enum dsn_notify bit;
    } words[] = {{"NEVER", DSN_NOTIFY_NEVER},
                 {"SUCCESS", DSN_NOTIFY_SUCCESS},
                 {"FAILURE", DSN_NOTIFY_FAILURE},
                 {"DELAY", DSN_NOTIFY_DELAY}};
    *notify = 0;
    for (size_t at = 0; at <= value.len;) {
        const uint8_t *comma = at < value.len ? memchr(value.data + at, ',', value.len - at) : NULL;
        size_t len = comma ? (size_t)(comma - value.data) - at : value.len - at;
        unsigned bit = 0;
        for (size_t i = 0; i < ARRAY_LEN(words); i++)
            if (span_equal_nocase(span_of(value.data + at, len), words[i].word))
                bit = words[i].bit;
        if (bit == 0 || (*notify & bit) != 0)
            return false;
        *notify |= bit;
        at += len + 1;
    }
    return *notify == DSN_NOTIFY_NEVER || (*notify & DSN_NOTIFY_NEVER) == 0;
}

/* addr-type is an atom (RFC 3461 §4.2). */
static bool is_atom(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!char_is_alpha((char)s.data[i]) && !char_is_digit((char)s.data[i]) && s.data[i] != '-')
            return false;
    return s.len > 0;
}

bool dsn_parse_orcpt(struct span value, char orcpt[DSN_ORCPT_LEN])
{
    const uint8_t *semicolon = value.len > 0 ? memchr(value.data, ';', value.len) : NULL;
    size_t type = semicolon ? (size_t)(semicolon - value.data) : 0;
    if (!semicolon || value.len >= DSN_ORCPT_LEN || !is_atom(span_of(value.data, type)))
        return false;
    memcpy(orcpt, value.data, type + 1);
    return decode_xtext(span_of(semicolon + 1, value.len - type - 1), orcpt + type + 1,
                        DSN_ORCPT_LEN - type - 1);
}

/* ---- what was kept ---- */

/* Its line at that place; empty where there is none. */
static struct span line_at(const char *kept, size_t place)
{
    for (; place > 0 && *kept; place--) {
        kept += strcspn(kept, "\n");
        kept += *kept == '\n';
    }
    return span_of(kept, strcspn(kept, "\n"));
}

/* The line's number, and in *value what stands behind it. */
static unsigned take_line(struct span line, struct span *value)
{
    bool good = line.len >= 2 && line.data[1] == ' ' && upper_hex(line.data[0]) >= 0;
    *value = good ? span_of(line.data + 2, line.len - 2) : span_of("", 0);
    return good ? (unsigned)upper_hex(line.data[0]) : 0;
}

bool dsn_asked(const char *kept)
{
    return *kept != 0;
}

void dsn_kept_envid(const char *kept, char envid[DSN_ENVID_LEN])
{
    struct span value;
    (void)take_line(line_at(kept, 0), &value);
    (void)str_copy_span(envid, DSN_ENVID_LEN, value);
}

unsigned dsn_kept_notify(const char *kept, size_t recipient)
{
    struct span value;
    return take_line(line_at(kept, recipient + 1), &value);
}

void dsn_kept_orcpt(const char *kept, size_t recipient, char orcpt[DSN_ORCPT_LEN])
{
    struct span value;
    (void)take_line(line_at(kept, recipient + 1), &value);
    (void)str_copy_span(orcpt, DSN_ORCPT_LEN, value);
}

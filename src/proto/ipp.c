/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/ipp.h"

#include <string.h>

#include "base/panic.h"
#include "base/str.h"

const char *const ipp_format_names[IPP_FORMAT_COUNT] = {
    [IPP_PDF] = "application/pdf", [IPP_PWG] = "image/pwg-raster", [IPP_TIFF] = "image/tiff"};

/* ---- requests ---- */

static void put_u16(struct buf *b, unsigned n)
{
    const uint8_t bytes[] = {(uint8_t)(n >> 8), (uint8_t)n};
    (void)buf_append(b, bytes, sizeof(bytes));
}

static void put_value(struct buf *b, enum ipp_tag tag, const char *name, struct span value)
{
    enum { LONGEST = 1023 };
    if (value.len > LONGEST)
        panic("a value of %zu bytes in IPP", value.len);
    (void)buf_append_byte(b, (uint8_t)tag);
    put_u16(b, (unsigned)strlen(name));
    (void)buf_append_str(b, name);
    put_u16(b, (unsigned)value.len);
    (void)buf_append(b, value.data, value.len);
}

void ipp_put_text(struct buf *b, enum ipp_tag tag, const char *name, const char *value)
{
    put_value(b, tag, name, span_str(value));
}

void ipp_put_number(struct buf *b, enum ipp_tag tag, const char *name, int32_t value)
{
    uint32_t n = (uint32_t)value;
    const uint8_t bytes[] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    put_value(b, tag, name, span_of(bytes, sizeof(bytes)));
}

void ipp_group(struct buf *b, enum ipp_tag group)
{
    (void)buf_append_byte(b, (uint8_t)group);
}

void ipp_begin(struct buf *b, enum ipp_operation operation, const char *printer_uri)
{
    static const uint8_t request_id[] = {0, 0, 0, 1};
    put_u16(b, 0x0101); /* what every printer takes */
    put_u16(b, operation);
    (void)buf_append(b, request_id, sizeof(request_id));
    ipp_group(b, IPP_OPERATION_GROUP);
    ipp_put_text(b, IPP_CHARSET, "attributes-charset", "utf-8");
    ipp_put_text(b, IPP_LANGUAGE, "attributes-natural-language", "en");
    ipp_put_text(b, IPP_URI, "printer-uri", printer_uri);
    ipp_put_text(b, IPP_NAME, "requesting-user-name", "faxpost");
}

void ipp_end(struct buf *b)
{
    (void)buf_append_byte(b, IPP_END);
}

/* ---- answers ---- */

/* Groups are tags below 0x10; values above. */
enum { GROUP_LAST = 0x0F, COLLECTION_BEGIN = 0x34, COLLECTION_END = 0x37, HEAD_LEN = 8 };

struct reader {
    struct span rest;
    bool bad;
    unsigned group, depth; /* of collections, whose members are nobody's business here */
    struct span name;
};

struct value {
    unsigned group, tag;
    bool new_group; /* the first of its group */
    struct span name, bytes;
};

static unsigned take(struct reader *r, size_t bytes)
{
    unsigned n = 0;
    if (r->rest.len < bytes) {
        r->bad = true;
        return 0;
    }
    for (size_t i = 0; i < bytes; i++)
        n = n << 8 | r->rest.data[i];
    r->rest = span_of(r->rest.data + bytes, r->rest.len - bytes);
    return n;
}

static struct span take_span(struct reader *r)
{
    size_t len = take(r, 2);
    if (r->bad || r->rest.len < len) {
        r->bad = true;
        return span_of(NULL, 0);
    }
    struct span s = span_of(r->rest.data, len);
    r->rest = span_of(r->rest.data + len, r->rest.len - len);
    return s;
}

static bool begin(struct reader *r, struct span in, unsigned *status)
{
    *r = (struct reader){.rest = in};
    unsigned version = take(r, 2);
    *status = take(r, 2);
    (void)take(r, 4);
    return !r->bad && version >> 8 >= 1 && version >> 8 <= 2;
}

/* The next value outside of collections; false at the end, or where it is bad. */
static bool next(struct reader *r, struct value *v)
{
    bool new_group = false;
    while (r->rest.len > 0) {
        unsigned tag = take(r, 1);
        if (tag == IPP_END)
            return false;
        if (tag <= GROUP_LAST) {
            new_group = true;
            r->group = tag;
            r->name = span_of(NULL, 0);
            r->depth = 0;
            continue;
        }
        struct span name = take_span(r), bytes = take_span(r);
        if (r->bad)
            return false;
        if (tag == COLLECTION_BEGIN)
            r->depth++;
        if (r->depth == 0) {
            if (name.len > 0)
                r->name = name;
            *v = (struct value){r->group, tag, new_group, r->name, bytes};
            return true;
        }
        if (tag == COLLECTION_END)
            r->depth--;
    }
    r->bad = true; /* no end of attributes */
    return false;
}

static bool is(struct span s, const char *text)
{
    return span_equal(s, span_str(text));
}

static uint32_t number(struct span s)
{
    uint32_t n = 0;
    for (size_t i = 0; i < s.len && s.len == 4; i++)
        n = n << 8 | s.data[i];
    return n;
}

/* What people read, at the length they do. */
static void keep_text(char to[IPP_TEXT_MAX], struct span s)
{
    size_t n = 0;
    for (; n < s.len && n + 1 < IPP_TEXT_MAX; n++)
        to[n] = s.data[n] >= ' ' && s.data[n] < 127 ? (char)s.data[n] : '?';
    to[n] = 0;
}

/* "none" says nothing. */
static void add_reason(char to[IPP_TEXT_MAX], struct span s)
{
    char word[IPP_TEXT_MAX];
    size_t len = strlen(to);
    keep_text(word, s);
    if (!str_equal(word, "none"))
        (void)str_format(to + len, IPP_TEXT_MAX - len, "%s%s", len ? ", " : "", word);
}

/* 4 bytes each: across, along; then 3: an inch, 4: a centimetre. */
static void take_resolution(struct ipp_printer *p, struct span s)
{
    enum { LEAST = 150, MOST = 1200 };
    if (s.len != 9 || s.data[8] != 3)
        return;
    uint32_t across = number(span_of(s.data, 4)), along = number(span_of(s.data + 4, 4));
    if (across == along && across >= LEAST && across <= MOST && (p->dpi == 0 || across < p->dpi))
        p->dpi = across;
}

static void take_of_printer(struct ipp_printer *p, const struct value *v, const char *media)
{
    if (is(v->name, "document-format-supported")) {
        p->lists_formats = true;
        for (int f = 0; f < IPP_FORMAT_COUNT; f++)
            p->formats[f] = p->formats[f] || is(v->bytes, ipp_format_names[f]);
    } else if (is(v->name, "printer-is-accepting-jobs")) {
        p->accepting = v->bytes.len != 1 || v->bytes.data[0] != 0;
    } else if (is(v->name, "printer-state")) {
        p->stopped = number(v->bytes) == 5;
    } else if (is(v->name, "print-scaling-supported")) {
        p->fits = p->fits || is(v->bytes, "fit");
    } else if (is(v->name, "pwg-raster-document-resolution-supported")) {
        take_resolution(p, v->bytes);
    } else if (is(v->name, "media-supported") && is(v->bytes, media)) {
        keep_text(p->media, v->bytes);
    } else if (is(v->name, "printer-state-reasons")) {
        add_reason(p->reasons, v->bytes);
    } else if (is(v->name, "printer-state-message") || is(v->name, "status-message")) {
        keep_text(p->message, v->bytes);
    }
}

bool ipp_read_printer(struct span in, const char *media, unsigned *status, struct ipp_printer *p)
{
    struct reader r;
    struct value v;
    *p = (struct ipp_printer){.accepting = true};
    if (!begin(&r, in, status))
        return false;
    while (next(&r, &v))
        take_of_printer(p, &v, media);
    p->formats[IPP_PWG] = p->formats[IPP_PWG] && p->dpi > 0;
    return !r.bad;
}

static void take_of_job(struct ipp_job *j, const struct value *v)
{
    if (is(v->name, "job-id"))
        j->id = number(v->bytes);
    else if (is(v->name, "job-state"))
        j->state = (enum ipp_job_state)number(v->bytes);
    else if (is(v->name, "job-state-reasons"))
        add_reason(j->reasons, v->bytes);
    else if (is(v->name, "job-state-message") || is(v->name, "status-message") ||
             is(v->name, "job-printer-state-message"))
        keep_text(j->message, v->bytes);
}

bool ipp_read_job(struct span in, unsigned *status, struct ipp_job *j)
{
    struct reader r;
    struct value v;
    *j = (struct ipp_job){.id = 0};
    if (!begin(&r, in, status))
        return false;
    while (next(&r, &v))
        take_of_job(j, &v);
    return !r.bad;
}

bool ipp_find_job(struct span in, const char *name, unsigned *status, struct ipp_job *j)
{
    struct reader r;
    struct value v;
    struct ipp_job one = {.id = 0};
    bool named = false;
    *j = one;
    if (!begin(&r, in, status))
        return false;
    while (next(&r, &v)) {
        if (v.new_group && !named)
            one = (struct ipp_job){.id = 0};
        if (v.new_group && named)
            break;
        if (v.group == IPP_JOB_GROUP)
            take_of_job(&one, &v);
        named = named || (v.group == IPP_JOB_GROUP && is(v.name, "job-name") && is(v.bytes, name));
    }
    if (named)
        *j = one;
    return !r.bad;
}

/* ---- addresses ---- */

bool ipp_url(const char *uri, char url[IPP_URL_MAX])
{
    bool secure = str_starts_nocase(uri, "ipps://");
    uint64_t port = 631;
    if (!secure && !str_starts_nocase(uri, "ipp://"))
        return false;
    const char *host = strstr(uri, "://") + 3, *path = host + strcspn(host, "/");
    size_t len = (size_t)(path - host);
    for (const char *c = host; *c; c++)
        if (*c <= ' ' || *c >= 127 || strchr("\"<>\\^`{|}#", *c))
            return false;
    const char *bracket = memchr(host, ']', len);
    const char *colon = memchr(bracket ? bracket : host, ':', bracket ? len - (size_t)(bracket - host) : len);
    if (len == 0 || colon == host || memchr(host, '@', len) || memchr(host, '?', len))
        return false;
    if (colon) {
        char digits[8];
        if (!str_copy_span(digits, sizeof(digits), span_of(colon + 1, (size_t)(path - colon - 1))) ||
            !str_to_u64(digits, 65535, &port) || port == 0)
            return false;
        len = (size_t)(colon - host);
    }
    return str_format(url, IPP_URL_MAX, "%s://%.*s:%u%s", secure ? "https" : "http", (int)len, host,
                      (unsigned)port, *path ? path : "/");
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/http_response.h"

#include <string.h>

#include "base/str.h"

void http_response_init(struct http_response *r)
{
    *r = (struct http_response){0};
    buf_init(&r->body, HTTP_BODY_MAX);
    line_reader_init(&r->line, HTTP_LINE_MAX);
}

void http_response_clear(struct http_response *r)
{
    if (r->body.data)
        explicit_bzero(r->body.data, r->body.len);
    buf_clear(&r->body);
    line_reader_clear(&r->line);
}

static bool parse_status(struct http_response *r, const char *line)
{
    if (!str_starts(line, "HTTP/1.") || !char_is_digit(line[7]) || line[8] != ' ')
        return false;
    for (int i = 9; i < 12; i++)
        if (!char_is_digit(line[i]))
            return false;
    r->status =
        (unsigned)(line[9] - '0') * 100 + (unsigned)(line[10] - '0') * 10 + (unsigned)(line[11] - '0');
    if (r->status < 100 || (line[12] && line[12] != ' '))
        r->status = 0;
    return r->status > 0;
}

/* The value where the line is that header; NULL else. */
static const char *header_value(const char *line, const char *name)
{
    size_t n = strlen(name);
    if (!str_starts_nocase(line, name) || line[n] != ':')
        return NULL;
    line += n + 1;
    return line + strspn(line, " \t");
}

static bool take_header(struct http_response *r, const char *line)
{
    const char *length = header_value(line, "Content-Length");
    const char *coding = header_value(line, "Transfer-Encoding");
    if (++r->headers > HTTP_HEADERS_MAX)
        return false;
    if (length) {
        r->has_length = true;
        return str_to_u64(length, HTTP_BODY_MAX, &r->left);
    }
    if (coding)
        r->chunked = str_equal_nocase(coding, "chunked");
    return !coding || r->chunked;
}

static enum http_step end_headers(struct http_response *r)
{
    if (r->status < 200) { /* 100 Continue: another one follows */
        r->at = HTTP_AT_STATUS;
        return HTTP_MORE;
    }
    r->at = r->chunked ? HTTP_AT_CHUNK : HTTP_IN_BODY;
    bool none = r->status == 204 || r->status == 304 || (!r->chunked && r->has_length && r->left == 0);
    return none ? HTTP_COMPLETE : HTTP_MORE;
}

static int hex_value(char c)
{
    c = char_lower(c);
    return char_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_chunk_size(struct http_response *r, const char *line)
{
    r->left = 0;
    size_t n = 0;
    for (; hex_value(line[n]) >= 0; n++) {
        r->left = r->left * 16 + (uint64_t)hex_value(line[n]);
        if (r->left > HTTP_BODY_MAX)
            return false;
    }
    r->at = r->left > 0 ? HTTP_IN_CHUNK : HTTP_AT_TRAILER;
    return n > 0 && (!line[n] || line[n] == ';' || line[n] == ' ');
}

static enum http_step take_line(struct http_response *r, const char *line)
{
    bool good = true;
    switch (r->at) {
    case HTTP_AT_STATUS:
        good = parse_status(r, line);
        r->at = HTTP_AT_HEADER;
        break;
    case HTTP_AT_HEADER:
        if (!*line)
            return end_headers(r);
        good = take_header(r, line);
        break;
    case HTTP_AT_CHUNK: good = parse_chunk_size(r, line); break;
    case HTTP_AFTER_CHUNK:
        good = !*line;
        r->at = HTTP_AT_CHUNK;
        break;
    case HTTP_AT_TRAILER:
        if (!*line)
            return HTTP_COMPLETE;
        good = ++r->headers <= HTTP_HEADERS_MAX;
        break;
    case HTTP_IN_BODY:
    case HTTP_IN_CHUNK: break;
    }
    return good ? HTTP_MORE : HTTP_BAD;
}

static enum http_step take_body(struct http_response *r, struct span *in)
{
    bool bounded = r->at == HTTP_IN_CHUNK || r->has_length;
    size_t n = bounded && r->left < in->len ? (size_t)r->left : in->len;
    if (!buf_append(&r->body, in->data, n))
        return HTTP_BAD;
    *in = span_of(in->data + n, in->len - n);
    r->left -= bounded ? n : 0;
    if (!bounded || r->left > 0)
        return HTTP_MORE;
    if (r->at == HTTP_IN_BODY)
        return HTTP_COMPLETE;
    r->at = HTTP_AFTER_CHUNK;
    return HTTP_MORE;
}

enum http_step http_response_feed(struct http_response *r, struct span in)
{
    enum http_step step = HTTP_MORE;
    while (in.len > 0 && step == HTTP_MORE) {
        if (r->at == HTTP_IN_BODY || r->at == HTTP_IN_CHUNK) {
            step = take_body(r, &in);
            continue;
        }
        enum line_step line = line_reader_feed(&r->line, &in);
        step = line == LINE_BAD        ? HTTP_BAD
               : line == LINE_COMPLETE ? take_line(r, buf_text(&r->line.line))
                                       : HTTP_MORE;
    }
    return step;
}

bool http_response_end(const struct http_response *r)
{
    return r->at == HTTP_IN_BODY && !r->has_length;
}

void form_put(struct buf *form, const char *name, const char *value)
{
    static const char hex[] = "0123456789ABCDEF";
    (void)buf_printf(form, "%s%s=", form->len ? "&" : "", name);
    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;
        bool plain = char_is_alpha(*value) || char_is_digit(*value) || strchr("-._~", c);
        if (plain) {
            (void)buf_append_byte(form, c);
        } else {
            const char escaped[] = {'%', hex[c >> 4], hex[c & 15]};
            (void)buf_append(form, escaped, sizeof(escaped));
        }
    }
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The answer to one HTTP/1.1 request (RFC 9112): status and body, of bounded length; all else is skipped. */
#pragma once

#include "base/buf.h"
#include "proto/line_reader.h"

enum { HTTP_BODY_MAX = 65536, HTTP_LINE_MAX = 16384, HTTP_HEADERS_MAX = 200 };

enum http_step { HTTP_MORE, HTTP_COMPLETE, HTTP_BAD };

struct http_response {
    unsigned status; /* 0: not there yet */
    struct buf body;
    /* inner */
    enum {
        HTTP_AT_STATUS,
        HTTP_AT_HEADER,
        HTTP_IN_BODY,
        HTTP_AT_CHUNK,
        HTTP_IN_CHUNK,
        HTTP_AFTER_CHUNK,
        HTTP_AT_TRAILER
    } at;
    struct line_reader line;
    unsigned headers;
    bool chunked, has_length;
    uint64_t left;
};

void http_response_init(struct http_response *r);
void http_response_clear(struct http_response *r);
enum http_step http_response_feed(struct http_response *r, struct span in);
/* The connection ended: is that the end of the answer? */
bool http_response_end(const struct http_response *r);

/* Appends name=value, percent-encoded (application/x-www-form-urlencoded), with '&' before it where needed.
 */
void form_put(struct buf *form, const char *name, const char *value);

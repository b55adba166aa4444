/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What all servers that are places share: one connection, by libcurl, that blocks. */
#pragma once

#include <curl/curl.h>

#include "archive/place_inner.h"

enum { REMOTE_URL_LEN = 1200, REMOTE_SAID_LEN = 600 };

struct remote {
    const struct place_settings *settings;
    CURL *curl;
    char error[CURL_ERROR_SIZE];
    char said[REMOTE_SAID_LEN]; /* what the server wrote beside a status that is no success */
    size_t said_len;
    struct sealed_source *from; /* of the request under way; NULL: none */
    struct sealed_sink *into;
    char seen_key[64]; /* of SSH: what the server showed */
};

void *remote_open(const struct place_settings *s);
void remote_close(void *at);

/* Forgets the last request; the URL of that name there. */
void remote_begin(struct remote *r, const char *url);
bool remote_url(const struct remote *r, const char *name, const char *ending,
                char url[REMOTE_URL_LEN]) MUST_USE;
void remote_send(struct remote *r, struct sealed_source *from);
void remote_take(struct remote *r, struct sealed_sink *into);
/* HTTP status; 0 with an outcome where there was no answer. headers: taken, may be NULL. */
unsigned remote_http(struct remote *r, struct curl_slist *headers, struct outcome *o) MUST_USE;
/* What a transfer that failed means. False. */
bool remote_failed(const struct remote *r, CURLcode code, struct outcome *o);
/* The same of a status. False. */
bool remote_refused(const struct remote *r, unsigned status, const char *doing, struct outcome *o);
bool remote_missing(struct outcome *o); /* false */

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/request.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "store/reports.h"
#include "web/say.h"

/* ---- what was asked ---- */

const char *request_argument(const struct request *r, const char *name, const char *missing)
{
    const char *value = MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name);
    return value ? value : missing;
}

const char *request_header(const struct request *r, const char *name, const char *missing)
{
    const char *value = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
    return value ? value : missing;
}

struct each_argument {
    const char *name;
    void (*each)(void *context, const char *value);
    void *context;
};

static enum MHD_Result on_argument(void *context, enum MHD_ValueKind kind, const char *key, const char *value)
{
    const struct each_argument *a = context;
    if (str_equal(key, a->name) && value)
        a->each(a->context, value);
    return MHD_YES;
}

const char *request_if_match(const struct request *r, const char *missing)
{
    enum { ETAGS_MAX = 200 };
    const char *match = request_header(r, MHD_HTTP_HEADER_IF_MATCH, missing);
    return strlen(match) <= ETAGS_MAX ? match : "\"\"";
}

void request_each_argument(const struct request *r, const char *name,
                           void (*each)(void *context, const char *value), void *context)
{
    struct each_argument a = {name, each, context};
    (void)MHD_get_connection_values(r->connection, MHD_GET_ARGUMENT_KIND, on_argument, &a);
}

bool request_limit(struct request *r, size_t *most)
{
    uint64_t value;
    if (!str_to_u64(request_argument(r, "limit", "50"), REQUEST_LIST_MOST, &value) || value == 0) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-limit", "limit is a whole number from 1 to %d.",
                      REQUEST_LIST_MOST);
        return false;
    }
    *most = (size_t)value;
    return true;
}

bool request_cursor(struct request *r, struct report_cursor *c)
{
    const char *before = request_argument(r, "before", "");
    *c = (struct report_cursor){.before = ID_NONE};
    if (!request_limit(r, &c->most))
        return false;
    if (!*before || id_parse(before, &c->before))
        return true;
    reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-before", "before is the \"next\" of an earlier answer.");
    return false;
}

json_t *request_object(struct request *r)
{
    SCOPED_BUF struct buf text;
    json_error_t error;
    buf_init(&text, REQUEST_OBJECT_MAX);
    json_t *body = NULL;
    error.text[0] = 0;
    if (r->body_fd >= 0 && lseek(r->body_fd, 0, SEEK_SET) == 0 && fd_read_rest(r->body_fd, &text) == 0)
        body =
            json_loadb(text.len > 0 ? (const char *)text.data : "", text.len, JSON_REJECT_DUPLICATES, &error);
    if (json_is_object(body)) {
        explicit_bzero(text.data, text.len);
        return body;
    }
    json_decref(body);
    reply_problem(r, MHD_HTTP_BAD_REQUEST, "no-json", "The body has to be a JSON object%s%.100s.",
                  error.text[0] ? ": " : "", error.text);
    return NULL;
}

bool request_new_id(struct request *r, struct id *id)
{
    enum { KEY_MAX = 199 };
    const char *key = request_header(r, "Idempotency-Key", "");
    struct id about = r->id;
    crypto_generichash_state hash;
    if (strlen(key) > KEY_MAX) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-key", "Idempotency-Key has at most %d characters.",
                      KEY_MAX);
        return false;
    }
    *id = id_new();
    if (!*key)
        return true;
    (void)crypto_generichash_init(&hash, NULL, 0, sizeof(id->bytes));
    (void)crypto_generichash_update(&hash, r->actor.user.bytes, sizeof(r->actor.user.bytes));
    (void)crypto_generichash_update(&hash, about.bytes, sizeof(about.bytes));
    (void)crypto_generichash_update(&hash, (const uint8_t *)r->route->path, strlen(r->route->path) + 1);
    (void)crypto_generichash_update(&hash, (const uint8_t *)key, strlen(key));
    (void)crypto_generichash_final(&hash, id->bytes, sizeof(id->bytes));
    id->bytes[6] = 0x80 | (id->bytes[6] & 0x0f); /* RFC 9562 §5.8 */
    id->bytes[8] = 0x80 | (id->bytes[8] & 0x3f);
    return true;
}

const char *request_asker(struct request *r)
{
    if (!r->actor.local)
        return r->actor.name;
    const char *user = request_argument(r, "user", "the command line");
    if (strlen(user) <= 320 && !user[strcspn(user, "\r\n")])
        return user;
    reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-user", "user is one line of up to 320 bytes.");
    return NULL;
}

const char *request_agent(struct request *r)
{
    enum { AGENT_MAX = 160 };
    return arena_format(&r->arena, "%.*s", AGENT_MAX, request_header(r, MHD_HTTP_HEADER_USER_AGENT, ""));
}

void request_seal(struct request *r)
{
    if (fcntl(r->body_fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0 ||
        lseek(r->body_fd, 0, SEEK_SET) < 0)
        panic("a memory file cannot be sealed");
}

int request_sealed_body(struct request *r)
{
    if (r->body_fd < 0 || r->body_len == 0)
        return -1;
    request_seal(r);
    return r->body_fd;
}

/* ---- replies ---- */

void reply_empty(struct request *r, unsigned status)
{
    r->status = status;
    r->response = MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
    if (!r->response)
        panic("no memory for a response");
}

static void reply(struct request *r, unsigned status, const char *type, char *text)
{
    r->status = status;
    r->response = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    if (!r->response)
        panic("no memory for a response");
    (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (r->allow && status == MHD_HTTP_METHOD_NOT_ALLOWED)
        (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_ALLOW, r->allow);
    if (status == MHD_HTTP_UNAUTHORIZED)
        (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
                                      "Bearer realm=\"faxpost\"");
}

static void add_missing(struct request *r, const char *name, const char *value)
{
    if (!MHD_get_response_header(r->response, name))
        (void)MHD_add_response_header(r->response, name, value);
}

void reply_secure(struct request *r)
{
    static const char *const headers[][2] = {
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
        {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
    };
    for (size_t i = 0; i < ARRAY_LEN(headers); i++)
        add_missing(r, headers[i][0], headers[i][1]);
}

static void reply_as(struct request *r, unsigned status, const char *type, json_t *body)
{
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    if (!text)
        panic("an answer that is no JSON");
    reply(r, status, type, text);
}

void reply_json(struct request *r, unsigned status, json_t *body)
{
    reply_as(r, status, "application/json", body);
}

void reply_plain(struct request *r, unsigned status, const char *type, const char *bytes)
{
    char *text = strdup(bytes);
    if (!text)
        panic("no memory for a response");
    reply(r, status, type, text);
}

void reply_text(struct request *r, unsigned status, const char *json)
{
    reply_plain(r, status, "application/json", json);
}

static void reply_detail(struct request *r, unsigned status, const char *code, json_t *more,
                         const char *format, va_list args) PRINTF_LIKE(5, 0);
static void reply_detail(struct request *r, unsigned status, const char *code, json_t *more,
                         const char *format, va_list args)
{
    char detail[900];
    (void)vsnprintf(detail, sizeof(detail), format, args);
    utf8_clean(detail);
    const char *title = MHD_get_reason_phrase_for(status), *language = say_language(r);
    json_t *body = json_pack("{s:s, s:s, s:i, s:s, s:s}", "type", "about:blank", "title", title ? title : "",
                             "status", (int)status, "code", code, "detail", detail);
    (void)json_object_update(body, more);
    json_decref(more);
    bool translated = say_problem(body, language);
    say_each(json_object_get(body, "errors"), "detail", language);
    reply_as(r, status, "application/problem+json", body);
    if (translated)
        (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_CONTENT_LANGUAGE, language);
}

void reply_problem(struct request *r, unsigned status, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    reply_detail(r, status, code, NULL, format, args);
    va_end(args);
}

void reply_problem_with(struct request *r, unsigned status, const char *code, json_t *more,
                        const char *format, ...)
{
    va_list args;
    va_start(args, format);
    reply_detail(r, status, code, more, format, args);
    va_end(args);
}

void reply_queue_away(struct request *r, const char *consequence)
{
    reply_problem(r, MHD_HTTP_SERVICE_UNAVAILABLE, "queue-away",
                  "The part of Faxpost that decides (queue) did not answer. %s", consequence);
}

void reply_too_often(struct request *r, unsigned wait_s)
{
    char text[16];
    reply_problem(r, MHD_HTTP_TOO_MANY_REQUESTS, "too-many-requests",
                  "That is too much at once. Go on in %u seconds.", wait_s);
    (void)str_format(text, sizeof(text), "%u", wait_s);
    (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_RETRY_AFTER, text);
}

void reply_list(struct request *r, json_t *items, size_t most, struct id last)
{
    json_t *body = json_object();
    if (json_array_size(items) == most && most > 0)
        (void)json_object_set_new(body, "next", json_string(id_text(last)));
    (void)json_object_set_new(body, "items", items);
    reply_json(r, MHD_HTTP_OK, body);
}

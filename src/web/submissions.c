/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sending in two steps, documents first, then whom they go to; and the same wish only shown. What a wish may
 * say is queue's to judge (queue/wishing.c); who may ask it is judged here. */
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/wire_time.h"
#include "store/config.h"
#include "store/stored_set.h"
#include "web/reply_file.h"
#include "web/resources.h"

/* Rendering takes its time: three minutes for a document at most. */
enum { PATIENCE_MS = 30000, PREVIEW_PATIENCE_MS = 180000, FORECAST_PATIENCE_MS = 30000 };
enum { WISH_MAX = 65000, KEY_MAX = 199, NAME_LEN_MAX = 255, FORECAST_MAX = 1 << 20 };
/* A page that takes longer at 14400 bit/s is worth a word. */
enum { SLOW_PAGE_S = 90, SLOW_PAGES_SAID = 5 };

/* ---- uploads ---- */

static void on_uploaded(struct request *r, const struct message *m)
{
    if (!m)
        reply_queue_away(r, "The document was not taken: hand it over again.");
    else if (m->uploaded.status >= 400)
        reply_problem(r, m->uploaded.status, m->uploaded.code, "%s", m->uploaded.reason);
    else
        reply_json(r, m->uploaded.status,
                   json_pack("{s:s, s:s, s:I}", "id", id_text(r->subject), "name",
                             request_argument(r, "name", "document"), "bytes", (json_int_t)r->body_len));
}

/* One line that may stand on a screen and in a header of a mail. */
static bool is_line(const char *text, size_t most)
{
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return false;
    return *text && strlen(text) <= most && utf8_valid(span_str(text));
}

void post_uploads(struct request *r)
{
    const char *name = request_argument(r, "name", "document");
    const char *type = request_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, "application/octet-stream");
    int body = request_sealed_body(r);
    if (!request_new_id(r, &r->subject))
        return;
    if (body < 0)
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "no-document", "The document is the body, and there is none.");
    else if (!is_line(name, NAME_LEN_MAX) || !is_line(type, NAME_LEN_MAX))
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-name",
                      "name and Content-Type are one line of at most %d bytes each.", NAME_LEN_MAX);
    else
        request_ask(r,
                    &(struct message){.type = MSG_upload,
                                      .upload = {.upload = r->subject,
                                                 .owner = r->actor.user,
                                                 .name = name,
                                                 .type = type,
                                                 .bytes = body}},
                    PATIENCE_MS, on_uploaded);
}

/* ---- wishes ---- */

static void reply_refused(struct request *r, unsigned status, json_t *result)
{
    const char *code = json_string_value(json_object_get(result, "code"));
    const char *detail = json_string_value(json_object_get(result, "detail"));
    json_t *errors = json_object_get(result, "errors");
    json_t *more = json_object();
    if (errors)
        (void)json_object_set(more, "errors", errors);
    reply_problem_with(r, status, code ? code : "", more, "%s", detail ? detail : "");
}

static json_t *result_of(const struct message *m)
{
    json_t *result = json_loads(m->wished.result, 0, NULL);
    if (!json_is_object(result))
        panic("queue answered a wish with no object");
    return result;
}

static void on_sent(struct request *r, const struct message *m)
{
    if (!m) {
        reply_queue_away(
            r, "Whether the fax was taken is not known: ask again with the same Idempotency-Key, or look "
               "at the jobs before you send it anew.");
        return;
    }
    json_t *result = result_of(m);
    if (m->wished.status >= 400)
        reply_refused(r, m->wished.status, result);
    else
        reply_json(r, m->wished.status, json_incref(result));
    json_decref(result);
}

static void on_previewed(struct request *r, const struct message *m);

static void ask_wish(struct request *r, json_t *body, bool preview)
{
    SCOPED_FREE char *text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
    const char *key = request_header(r, "Idempotency-Key", "");
    const char *box = json_string_value(json_object_get(body, "box"));
    if (!text || strlen(text) > WISH_MAX)
        reply_problem(r, MHD_HTTP_CONTENT_TOO_LARGE, "too-large",
                      "The request is larger than %d bytes. Send to fewer numbers at once.", WISH_MAX);
    else if (*key && !is_line(key, KEY_MAX))
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-key",
                      "Idempotency-Key is one line of at most %d bytes.", KEY_MAX);
    else if (request_may_send_from(r, box ? box : ""))
        request_ask(r,
                    &(struct message){.type = MSG_wish,
                                      .wish = {.submission = r->subject,
                                               .owner = r->actor.user,
                                               .user = request_sender(r),
                                               .user_name = r->actor.local ? "" : r->actor.name,
                                               .preview = preview,
                                               .key = preview ? "" : key,
                                               .json = text}},
                    preview ? PREVIEW_PATIENCE_MS : PATIENCE_MS, preview ? on_previewed : on_sent);
}

static void take_wish(struct request *r, bool preview)
{
    json_t *body = request_object(r);
    r->subject = id_new();
    if (body)
        ask_wish(r, body, preview);
    json_decref(body);
}

void post_submissions(struct request *r)
{
    take_wish(r, false);
}

/* ---- previews ---- */

/* One of the forecast: how many bits it is by that coding. */
static struct wire_page wire_page_of(const json_t *page, const char *coding)
{
    json_int_t resolution = json_integer_value(json_object_get(page, "resolution"));
    bool known = resolution >= 0 && resolution < PAGE_RESOLUTION_COUNT;
    return (struct wire_page){(uint64_t)json_integer_value(json_object_get(page, coding)),
                              known ? (enum page_resolution)resolution : PAGE_FINE};
}

static double call_seconds(struct request *r, const json_t *pages, const char *coding,
                           const struct wire_way *way)
{
    size_t count = json_array_size(pages);
    struct wire_page *list = arena_alloc(&r->arena, (count + 1) * sizeof(*list));
    for (size_t i = 0; i < count; i++)
        list[i] = wire_page_of(json_array_get(pages, i), coding);
    return wire_seconds(way, list, count);
}

/* What machines usually agree on. */
static const struct wire_way usual_way = {.rate = 14400, .ecm = true};

static double tenths(double seconds)
{
    return (double)(int64_t)(seconds * 10 + 0.5) / 10;
}

/* Error correction goes with T.6, and without it T.4. */
static json_t *wire_json(struct request *r, const json_t *pages)
{
    static const struct {
        const char *member, *name;
        bool ecm;
    } codings[] = {{"t6", "T.6", true}, {"t4_2d", "T.4 2-D", false}, {"t4_1d", "T.4 1-D", false}};
    static const uint32_t rates[] = {14400, 9600};
    json_t *list = json_array();
    for (size_t k = 0; k < ARRAY_LEN(rates); k++)
        for (size_t c = 0; c < ARRAY_LEN(codings); c++) {
            const struct wire_way way = {rates[k], codings[c].ecm};
            double seconds = tenths(call_seconds(r, pages, codings[c].member, &way));
            (void)json_array_append_new(list, json_pack("{s:i, s:s, s:f}", "rate", (int)rates[k], "coding",
                                                        codings[c].name, "seconds", seconds));
        }
    return list;
}

static void warn_of_slow_pages(const json_t *pages, json_t *warnings)
{
    size_t said = 0;
    for (size_t i = 0; i < json_array_size(pages) && said < SLOW_PAGES_SAID; i++) {
        char text[200];
        const struct wire_page page = wire_page_of(json_array_get(pages, i), "t6");
        double seconds = wire_page_seconds(&usual_way, &page);
        if (seconds <= SLOW_PAGE_S)
            continue;
        (void)str_format(
            text, sizeof(text),
            "Page %zu takes %.0f seconds at 14400 bit/s: it has pictures or grey areas. A plainer document, "
            "or a lower resolution, goes faster.",
            i + 1, seconds);
        (void)json_array_append_new(
            warnings, json_pack("{s:s, s:s, s:[i]}", "code", "slow-page", "text", text, "pages", (int)i + 1));
        said++;
    }
}

static json_t *read_forecast(const struct message *m)
{
    SCOPED_BUF struct buf text;
    buf_init(&text, FORECAST_MAX);
    if (!m || m->file_made.verdict != VERDICT_DONE || fd_read_rest(m->file_made.file, &text) != 0)
        return NULL;
    return json_loads(buf_text(&text), 0, NULL);
}

static void on_forecast(struct request *r, const struct message *m)
{
    json_t *result = json_loads(r->kept, 0, NULL), *forecast = read_forecast(m);
    const json_t *pages = json_object_get(forecast, "pages");
    if (json_is_array(pages)) {
        warn_of_slow_pages(pages, json_object_get(result, "warnings"));
        (void)json_object_set_new(result, "seconds",
                                  json_real(tenths(call_seconds(r, pages, "t6", &usual_way))));
        (void)json_object_set_new(result, "wire", wire_json(r, pages));
    } else { /* the pages are there all the same */
        (void)json_object_set_new(result, "seconds", json_null());
        (void)json_object_set_new(result, "wire", json_array());
    }
    json_decref(forecast);
    reply_json(r, MHD_HTTP_OK, result);
}

static void ask_forecast(struct request *r, const char *result)
{
    struct stored_page *pages;
    size_t count = submission_pages(r->store, r->subject, 0, &r->arena, &pages);
    SCOPED_FD int set = stored_set(r->store, pages, count);
    r->kept = arena_strdup(&r->arena, result);
    if (set < 0)
        on_forecast(r, NULL);
    else
        request_ask_role(r, ROLE_CONVERT,
                         &(struct message){.type = MSG_make_forecast,
                                           .make_forecast = {.about = r->subject, .page_set = set}},
                         FORECAST_PATIENCE_MS, on_forecast);
}

static void on_previewed(struct request *r, const struct message *m)
{
    if (!m) {
        reply_problem(
            r, MHD_HTTP_SERVICE_UNAVAILABLE, "preview-late",
            "The pages are not ready yet: much is being made into pages just now. Nothing was faxed; ask "
            "again.");
    } else if (m->wished.status >= 400) {
        json_t *result = result_of(m);
        reply_refused(r, m->wished.status, result);
        json_decref(result);
    } else {
        ask_forecast(r, m->wished.result);
    }
}

void post_previews(struct request *r)
{
    take_wish(r, true);
}

bool request_preview(struct request *r, struct submission *s)
{
    if (submission_find(r->store, r->id, &r->arena, s) && s->preview && id_equal(s->owner, r->actor.user))
        return true;
    reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-preview",
                  "There is no such preview; the newest few are kept for a day.");
    return false;
}

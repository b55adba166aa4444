/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The document that a box holds ready for callers who poll. */
#include <microhttpd.h>
#include <string.h>

#include "base/str.h"
#include "proto/flags.h"
#include "store/config.h"
#include "store/offers.h"
#include "web/resources.h"

enum { PATIENCE_MS = 30000, NAME_LEN_MAX = 255 };

static json_t *polled_json(struct request *r, const struct offer *f, const struct submission *s)
{
    struct stored_page *pages;
    size_t count = submission_pages(r->store, s->id, 0, &r->arena, &pages);
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:b, s:o, s:s, s:o}", "box", f->faxbox, "submission",
                     id_text(s->id), "state", submission_state_name(s->state), "name", s->subject, "pages",
                     (int)count, "selective", f->selective, "has_password", *f->password != 0, "created_ms",
                     json_time(f->created_ms), "created_by", f->created_by, "outcome",
                     json_outcome(s->code, s->reason));
}

/* Of the boxes that he may send from; a page ends with the box that `before` then names. */
void get_polled(struct request *r)
{
    const char *boxes[REQUEST_LIST_MOST];
    const struct scope w = actor_scope(&r->actor);
    json_t *items = json_array(), *body = json_pack("{s:o}", "items", items);
    size_t n = offer_boxes(r->store, &w, request_argument(r, "box", ""), request_argument(r, "before", ""),
                           &r->arena, boxes, REQUEST_LIST_MOST);
    for (size_t i = 0; i < n; i++) {
        struct offer f;
        struct submission s;
        if (offer_find(r->store, boxes[i], &r->arena, &f) &&
            submission_find(r->store, f.submission, &r->arena, &s))
            (void)json_array_append_new(items, polled_json(r, &f, &s));
    }
    if (n == REQUEST_LIST_MOST)
        (void)json_object_set_new(body, "next", json_string(boxes[n - 1]));
    reply_json(r, MHD_HTTP_OK, body);
}

static void on_offered(struct request *r, const struct message *m)
{
    if (!m)
        reply_queue_away(r, "Whether the document is held ready is not known: look at it, or ask again.");
    else if (m->offered.status >= 400)
        reply_problem(r, m->offered.status, m->offered.code, "%s", m->offered.reason);
    else if (m->offered.status == MHD_HTTP_ACCEPTED)
        reply_json(r, MHD_HTTP_ACCEPTED,
                   json_pack("{s:s, s:s}", "submission", id_text(m->offered.submission), "note", ""));
    else
        reply_empty(r, MHD_HTTP_NO_CONTENT);
}

static bool is_digits_or_none(const char *text)
{
    return !*text || flags_are_digits(text);
}

static bool is_line(const char *text, size_t most)
{
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return false;
    return strlen(text) <= most && utf8_valid(span_str(text));
}

void post_polled(struct request *r)
{
    const char *box = request_argument(r, "box", ""), *name = request_argument(r, "name", "document");
    const char *selective = request_argument(r, "selective", ""),
               *password = request_header(r, REQUEST_FAX_PASSWORD, "");
    const char *own_id = request_argument(r, "submission", ""), *user = request_asker(r);
    int body = request_sealed_body(r);
    r->subject = id_new();
    if (!user)
        return;
    if (body < 0 || !is_line(name, NAME_LEN_MAX) || (*own_id && !id_parse(own_id, &r->subject)))
        reply_problem(
            r, MHD_HTTP_BAD_REQUEST, "wrong-arguments",
            "Give box and the document as the body; name is one line, submission a UUID of your own "
            "making.");
    else if (*request_argument(r, "password", ""))
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "password-in-address", "%s", request_password_in_address);
    else if (!is_digits_or_none(selective) || !is_digits_or_none(password))
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-arguments",
                      "selective and the header " REQUEST_FAX_PASSWORD " are up to %d of digits, * and #.",
                      FLAG_DIGITS_MAX);
    else if (request_may_send_from(r, box))
        request_ask(r,
                    &(struct message){.type = MSG_offer,
                                      .offer = {.submission = r->subject,
                                                .box = box,
                                                .name = name,
                                                .selective = selective,
                                                .password = password,
                                                .user = user,
                                                .actor = r->actor.user,
                                                .client_ip = r->actor.client_ip,
                                                .document = body}},
                    PATIENCE_MS, on_offered);
}

void delete_polled(struct request *r)
{
    const char *box = request_argument(r, "box", ""), *user = request_asker(r);
    if (user && request_may_send_from(r, box))
        request_ask(r,
                    &(struct message){.type = MSG_offer,
                                      .offer = {.submission = id_new(),
                                                .box = box,
                                                .name = "",
                                                .selective = "",
                                                .password = "",
                                                .remove = 1,
                                                .user = user,
                                                .actor = r->actor.user,
                                                .client_ip = r->actor.client_ip,
                                                .document = -1}},
                    PATIENCE_MS, on_offered);
}

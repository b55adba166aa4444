/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A fax, received or sent, is mailed on. To whom it may go is queue's to judge. */
#include <microhttpd.h>
#include <string.h>

#include "base/str.h"
#include "store/config.h"
#include "web/resources.h"

enum { PATIENCE_MS = 30000, ADDRESSES_BYTES = 4000, TEXT_BYTES = 2000, KEY_MAX = 180 };

static void on_forwarded(struct request *r, const struct message *m)
{
    const char *field;
    if (!m) {
        reply_queue_away(r,
                         "Whether the fax was mailed is not known: look at its mails before you try again.");
        return;
    }
    field = str_equal(m->mailed_on.code, "wrong-text") ? "text" : "to";
    if (m->mailed_on.status == MHD_HTTP_UNPROCESSABLE_CONTENT)
        reply_problem_with(
            r, m->mailed_on.status, m->mailed_on.code,
            json_pack("{s:[{s:s, s:s}]}", "errors", "field", field, "detail", m->mailed_on.reason), "%s",
            m->mailed_on.reason);
    else if (m->mailed_on.status >= 400)
        reply_problem(r, m->mailed_on.status, m->mailed_on.code, "%s", m->mailed_on.reason);
    else {
        json_t *mails = json_array();
        json_add_mails(r, mails, r->subject);
        reply_json(r, m->mailed_on.status, json_pack("{s:o}", "mails", mails));
    }
}

/* One a line. NULL: that is no list of addresses. */
static const char *addresses_of(struct request *r, const json_t *to)
{
    SCOPED_BUF struct buf lines;
    buf_init(&lines, ADDRESSES_BYTES);
    bool good = json_is_array(to) && json_array_size(to) > 0;
    for (size_t i = 0; good && i < json_array_size(to); i++) {
        const char *address = json_string_value(json_array_get(to, i));
        good = address && !strpbrk(address, "\r\n") && buf_printf(&lines, "%s\n", address);
    }
    return good ? arena_strdup(&r->arena, buf_text(&lines)) : NULL;
}

static const char *words_of(const json_t *text)
{
    const char *words = text && !json_is_null(text) ? json_string_value(text) : "";
    return words && strlen(words) <= TEXT_BYTES ? words : NULL;
}

void mail_fax(struct request *r)
{
    struct fax f;
    struct job j;
    bool sent = str_starts(r->route->path, "jobs/");
    r->subject = r->id;
    if (sent ? !request_job(r, &j) : !request_fax(r, &f))
        return;
    const char *who = request_asker(r), *key = request_header(r, "Idempotency-Key", "");
    json_t *body = who ? request_object(r) : NULL;
    if (!body)
        return;
    const char *to = addresses_of(r, json_object_get(body, "to")),
               *text = words_of(json_object_get(body, "text"));
    if (!to || !text || strlen(key) > KEY_MAX)
        reply_problem(
            r, MHD_HTTP_BAD_REQUEST, "wrong-arguments",
            "to is a list of email addresses, text what is written above the fax, of at most %d bytes.",
            TEXT_BYTES);
    else {
        const struct message m = {.type = MSG_mail_on,
                                  .mail_on = {.fax = r->id,
                                              .sent = sent,
                                              .key = *key ? key : arena_strdup(&r->arena, id_text(id_new())),
                                              .to = to,
                                              .text = text,
                                              .reply_to = request_sender(r),
                                              .actor = r->actor.user,
                                              .who = who,
                                              .client_ip = r->actor.client_ip}};
        request_ask(r, &m, PATIENCE_MS, on_forwarded);
    }
    json_decref(body);
}

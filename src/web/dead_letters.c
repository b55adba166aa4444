/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails that became no fax, with the reason (S4.5). */
#include <microhttpd.h>

#include "base/str.h"
#include "store/mails.h"
#include "store/reports.h"
#include "web/resources.h"

enum { PATIENCE_MS = 30000 };

static json_t *json_dead_letter(const struct dead_letter *d)
{
    return json_pack("{s:s, s:o, s:s, s:s, s:s, s:I, s:o}", "id", id_text(d->mail.id), "received_ms",
                     json_time(d->mail.received_ms), "sender", d->mail.sender, "recipients",
                     d->mail.recipients, "client_ip", d->mail.client_ip, "bytes", (json_int_t)d->size,
                     "outcome", json_outcome(d->code, d->reason));
}

void get_dead_letters(struct request *r)
{
    struct id ids[REQUEST_LIST_MOST];
    struct report_cursor c;
    if (!request_cursor(r, &c))
        return;
    size_t n = dead_letters(r->store, c.before, ids, c.most);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++) {
        struct dead_letter d;
        if (dead_letter_find(r->store, ids[i], &r->arena, &d))
            (void)json_array_append_new(items, json_dead_letter(&d));
    }
    reply_list(r, items, c.most, n > 0 ? ids[n - 1] : ID_NONE);
}

void get_dead_letter(struct request *r)
{
    struct dead_letter d;
    if (dead_letter_find(r->store, r->id, &r->arena, &d))
        reply_json(r, MHD_HTTP_OK, json_dead_letter(&d));
    else
        reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-dead-letter",
                      "There is no such dead letter. /api/v1/deadletters lists them.");
}

static void on_done(struct request *r, const struct message *m)
{
    if (!m)
        reply_queue_away(r, "Whether it was done is not known: look at the dead letter, or ask again.");
    else if (m->dead_letter_done.status >= 400)
        reply_problem(r, m->dead_letter_done.status, m->dead_letter_done.code, "%s",
                      m->dead_letter_done.reason);
    else
        reply_json(r, m->dead_letter_done.status, json_pack("{s:s}", "mail", id_text(r->id)));
}

static void ask(struct request *r, bool remove)
{
    const char *user = request_asker(r);
    if (!user)
        return;
    const struct message m = {.type = MSG_dead_letter,
                              .dead_letter = {.mail = r->id,
                                              .remove = remove,
                                              .user = user,
                                              .actor = r->actor.user,
                                              .client_ip = r->actor.client_ip}};
    request_ask(r, &m, PATIENCE_MS, on_done);
}

void replay_dead_letter(struct request *r)
{
    ask(r, false);
}

void delete_dead_letter(struct request *r)
{
    ask(r, true);
}

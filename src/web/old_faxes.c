/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Faxes that another fax server had; what a wish may say is queue's to judge (queue/old_faxes.c). */
#include <microhttpd.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "store/old_faxes.h"
#include "web/resources.h"

/* Its documents are rendered meanwhile: three minutes for one at most. */
enum { PATIENCE_MS = 600000, WISH_MAX = 65000 };

static void on_taken(struct request *r, const struct message *m)
{
    const struct msg_old_fax_taken *t = m ? &m->old_fax_taken : NULL;
    if (!t)
        reply_queue_away(r, "Whether the fax was taken over is not known: ask again, it is taken once.");
    else if (t->status >= 400)
        reply_problem(r, t->status, t->code, "%s", t->reason);
    else
        reply_json(r, t->status,
                   json_pack("{s:s, s:b}", "id", id_text(t->id), "known", (int)(t->status == MHD_HTTP_OK)));
}

void get_old_fax(struct request *r)
{
    const char *source = request_argument(r, "source", "");
    uint64_t at_ms;
    if (!*source || !str_to_u64(request_argument(r, "at_ms", ""), INT64_MAX, &at_ms)) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-query",
                      "Say source and at_ms, as they were handed over.");
        return;
    }
    struct id id = old_fax_id((int64_t)at_ms, source);
    reply_json(r, MHD_HTTP_OK,
               json_pack("{s:s, s:b}", "id", id_text(id), "known", (int)old_fax_exists(r->store, id)));
}

void post_old_faxes(struct request *r)
{
    json_t *body = request_object(r);
    const char *who = body ? request_asker(r) : NULL;
    SCOPED_FREE char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    if (!who)
        return;
    if (!text || strlen(text) > WISH_MAX)
        reply_problem(r, MHD_HTTP_CONTENT_TOO_LARGE, "too-large", "The request is larger than %d bytes.",
                      WISH_MAX);
    else
        request_ask(r,
                    &(struct message){.type = MSG_old_fax,
                                      .old_fax = {.owner = r->actor.user,
                                                  .user = who,
                                                  .actor = r->actor.user,
                                                  .client_ip = r->actor.client_ip,
                                                  .json = text}},
                    PATIENCE_MS, on_taken);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Webhooks are settings; here is what they were told, and the button that tries one. */
#include "store/webhooks.h"

#include <microhttpd.h>
#include <string.h>

#include "base/str.h"
#include "web/resources.h"

enum { PATIENCE_MS = 30000, TEST_PATIENCE_MS = 45000, NAME_MOST = 200 };

static json_t *call_json(struct request *r, const struct webhook_call *c)
{
    static const char *const states[] = {"waiting", "delivered", "dead"};
    struct webhook w = {.name = ""};
    char about[ID_TEXT_LEN];
    (void)webhook_find(r->store, c->webhook, &r->arena, &w);
    id_format(c->about, about);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:i, s:i, s:o}", "id", id_text(c->id), "webhook",
                     w.name, "event", c->event, "about", about, "state", states[c->state], "created_ms",
                     json_time(c->created_ms), "next_ms",
                     c->state == HOOK_CALL_WAITING ? json_time(c->next_ms) : json_null(), "tries",
                     (int)c->tries, "http", (int)c->http, "outcome", json_outcome(c->code, c->reason));
}

static bool find(struct request *r, struct id id, struct webhook_call *c)
{
    const struct scope w = actor_scope(&r->actor);
    return webhook_call_find(r->store, id, &r->arena, c) &&
           scope_has(r->store, &w, c->tenant, "", SCOPE_SEND);
}

void get_webhook_calls(struct request *r)
{
    struct report_cursor c;
    struct id ids[REQUEST_LIST_MOST];
    const char *name = request_argument(r, "webhook", "");
    if (!request_cursor(r, &c))
        return;
    const struct scope w = actor_scope(&r->actor);
    size_t n = webhook_call_list(r->store, &w, name, &c, ids);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++) {
        struct webhook_call call;
        if (webhook_call_find(r->store, ids[i], &r->arena, &call))
            (void)json_array_append_new(items, call_json(r, &call));
    }
    reply_list(r, items, c.most, n > 0 ? ids[n - 1] : ID_NONE);
}

/* ---- a test ---- */

static void on_tested(struct request *r, const struct message *m)
{
    if (!m)
        reply_queue_away(r, "The webhook was not tried, or its server is slow; try again.");
    else if (m->hook_tested.status >= 400)
        reply_problem(r, m->hook_tested.status, m->hook_tested.code, "%s", m->hook_tested.reason);
    else
        reply_json(r, MHD_HTTP_OK,
                   json_pack("{s:b, s:i, s:o}", "ok", m->hook_tested.verdict == VERDICT_DONE, "http",
                             (int)m->hook_tested.http, "outcome",
                             json_outcome(m->hook_tested.code, m->hook_tested.reason)));
}

void test_webhook(struct request *r)
{
    struct webhook hook;
    const char *name = request_argument(r, "name", "");
    const struct scope w = actor_scope(&r->actor);
    if (!*name || strlen(name) > NAME_MOST)
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-name", "name is that of a webhook.");
    else if (!webhook_named(r->store, name, &r->arena, &hook) ||
             !scope_has(r->store, &w, hook.tenant_id, "", SCOPE_SEND))
        reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-webhook", "There is no webhook of that name.");
    else
        request_ask(
            r,
            &(struct message){.type = MSG_hook_test,
                              .hook_test = {.webhook = hook.id, .call = id_new(), .who = r->actor.name}},
            TEST_PATIENCE_MS, on_tested);
}

/* ---- once more ---- */

static void on_retried(struct request *r, const struct message *m)
{
    struct webhook_call c;
    if (!m)
        reply_queue_away(r, "Whether it is tried again is not known: look at it, or ask again.");
    else if (m->hook_retried.status >= 400)
        reply_problem(r, m->hook_retried.status, m->hook_retried.code, "%s", m->hook_retried.reason);
    else if (find(r, r->id, &c))
        reply_json(r, MHD_HTTP_OK, call_json(r, &c));
    else
        reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-call", "Its webhook was deleted meanwhile.");
}

void retry_webhook_call(struct request *r)
{
    struct webhook_call c;
    const char *who = request_asker(r);
    if (!who)
        return;
    if (!find(r, r->id, &c)) {
        reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-call", "There is no such call of a webhook.");
        return;
    }
    request_ask(r,
                &(struct message){.type = MSG_hook_retry,
                                  .hook_retry = {.call = r->id,
                                                 .who = who,
                                                 .actor = r->actor.user,
                                                 .client_ip = r->actor.client_ip}},
                PATIENCE_MS, on_retried);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/webhooks.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "queue/audit_notes.h"
#include "queue/queue.h"
#include "queue/waiting.h"

/* However many servers hang, half of the places are those of others. */
enum { AT_ONCE = 8, AT_ONCE_A_HOOK = 2, AT_ONCE_FAILING = 4, DUE_AT_ONCE = 64 };

/* Between one try and the next: about two days in all. */
static const int64_t waits_s[] = {10, 60, 300, 1800, 2 * 3600, 6 * 3600, 12 * 3600, 24 * 3600};
enum { TRIES_MAX = ARRAY_LEN(waits_s) + 1 };

/* ---- noting ---- */

static bool wants(const struct webhook *w, const char *event)
{
    size_t len = strlen(event);
    for (const char *at = w->events; (at = strstr(at, event)) != NULL; at += len)
        if ((at == w->events || at[-1] == ' ') && (at[len] == 0 || at[len] == ' '))
            return w->enabled;
    return false;
}

void hooks_note(struct queue *q, const char *event, struct id tenant, struct id about)
{
    struct webhook *list;
    size_t n = webhook_of_tenant(&q->store, tenant, &q->arena, &list);
    for (size_t i = 0; i < n; i++) {
        if (!wants(&list[i], event))
            continue;
        const struct webhook_call c = {.id = id_new(),
                                       .webhook = list[i].id,
                                       .tenant = tenant,
                                       .about = about,
                                       .event = event,
                                       .created_ms = q->now_ms,
                                       .next_ms = q->now_ms};
        webhook_call_add(&q->store, &c);
        queue_wants(q, WORK_HOOKS);
    }
}

/* ---- the words ---- */

static json_t *fax_json(struct queue *q, struct id id)
{
    struct fax f;
    if (!fax_find(&q->store, id, &q->arena, &f))
        return json_null();
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:i}", "id", id_text(id), "box", f.faxbox, "state",
                     fax_state_name(f.state), "calling", f.calling, "called", f.called, "station_id",
                     f.station_id, "answered_ms", (json_int_t)f.answered_ms, "pages", (int)f.pages);
}

static json_t *job_json(struct queue *q, struct id id)
{
    struct job j;
    char submission[ID_TEXT_LEN];
    if (!job_find(&q->store, id, &q->arena, &j))
        return json_null();
    id_format(j.submission, submission);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s, s:I, s:{s:s, s:s}}", "id", id_text(id),
                     "submission", submission, "box", j.faxbox, "state", job_state_name(j.state), "number",
                     j.display_number, "pages", (int)j.pages, "confirmed", (int)j.confirmed, "billing",
                     j.billing, "ended_ms", (json_int_t)j.ended_ms, "outcome", "code", j.code, "text",
                     j.reason);
}

/* The same each time it is told, but for what changed since. New text. */
static char *words_of(struct queue *q, const struct webhook *w, const struct webhook_call *c)
{
    json_t *o = json_pack("{s:s, s:I, s:s}", "type", c->event, "timestamp_ms", (json_int_t)c->created_ms,
                          "tenant", w->tenant);
    if (str_equal(c->event, HOOK_RECEIVED))
        (void)json_object_set_new(o, "fax", fax_json(q, c->about));
    else if (!id_is_none(c->about))
        (void)json_object_set_new(o, "job", job_json(q, c->about));
    char *text = json_dumps(o, JSON_COMPACT);
    json_decref(o);
    if (!text)
        panic("a webhook's words do not print");
    return text;
}

/* ---- telling ---- */

static uint64_t ask(struct queue *q, const struct webhook *w, const struct webhook_call *c)
{
    SCOPED_FREE char *text = words_of(q, w, c);
    const struct message m = {.type = MSG_hook_call,
                              .hook_call = {.call = c->id,
                                            .url = w->url,
                                            .pin = w->pin,
                                            .secret = w->secret,
                                            .networks = store_meta(&q->store, &q->arena, "webhook_networks"),
                                            .at_s = q->now_ms / 1000,
                                            .body = text}};
    return peers_ask(q->peers, ROLE_MAILOUT, 0, &m);
}

/* One that answers slowly keeps no other waiting, and neither do many that answer nothing. */
static bool has_room(struct queue *q, struct id webhook)
{
    unsigned own = 0, failing = 0;
    bool fails = webhook_fails(&q->store, webhook);
    list_each (it, &q->flights) {
        const struct flight *f = CONTAINER_OF(it, struct flight, node);
        struct webhook_call c;
        if (f->kind != WORK_HOOKS || !webhook_call_find(&q->store, f->id, &q->arena, &c))
            continue;
        own += id_equal(c.webhook, webhook);
        failing += webhook_fails(&q->store, c.webhook);
    }
    return fails ? own == 0 && failing < AT_ONCE_FAILING : own < AT_ONCE_A_HOOK;
}

void pump_hooks(struct queue *q)
{
    struct id ids[DUE_AT_ONCE];
    size_t n = webhook_calls_due(&q->store, q->now_ms, 2 * AT_ONCE_A_HOOK, ids, ARRAY_LEN(ids));
    for (size_t i = 0; i < n && flight_count(q, WORK_HOOKS) < AT_ONCE; i++) {
        struct webhook_call c;
        struct webhook w;
        if (flight_find(q, WORK_HOOKS, ids[i]) || !webhook_call_find(&q->store, ids[i], &q->arena, &c) ||
            !webhook_find(&q->store, c.webhook, &q->arena, &w) || !has_room(q, c.webhook))
            continue;
        flight_begin(q, WORK_HOOKS, c.id, ask(q, &w, &c));
    }
}

static void settle(struct queue *q, struct webhook_call *c, unsigned http, const struct outcome *o)
{
    c->http = http;
    c->tries++;
    c->code = o->code;
    c->reason = o->text;
    c->next_ms = q->now_ms;
    if (o->verdict == VERDICT_DONE) {
        c->state = HOOK_CALL_DONE;
        c->code = c->reason = "";
    } else if (o->verdict == VERDICT_GIVE_UP || c->tries >= TRIES_MAX) {
        c->state = HOOK_CALL_DEAD;
        log_warning(id_text(c->id), "webhook given up after %u tries: %s", c->tries, o->text);
    } else {
        c->next_ms += waits_s[c->tries - 1] * 1000;
    }
    webhook_call_set(&q->store, c);
    queue_wants(q, WORK_HOOKS);
}

/* ---- a test ---- */

static void answer_test(struct queue *q, const struct sender *to, struct id call, unsigned status,
                        unsigned http, const struct outcome *o)
{
    struct message m = {.type = MSG_hook_tested,
                        .hook_tested = {.call = call, .status = status, .http = http, MESSAGE_OUTCOME(o)}};
    peers_answer(q->peers, to, &m);
}

void on_hook_test(void *context, const struct sender *from, struct msg_hook_test *m)
{
    struct queue *q = context;
    struct outcome o;
    struct webhook w;
    queue_enter(q);
    struct waiting *t = waiting_find(&q->hook_tests, m->call);
    if (t) {
        t->from = *from;
        return;
    }
    if (!webhook_find(&q->store, m->webhook, &q->arena, &w)) {
        outcome_set(&o, VERDICT_GIVE_UP, "unknown-webhook", "There is no such webhook.");
        answer_test(q, from, m->call, 404, 0, &o);
        return;
    }
    (void)waiting_new(&q->hook_tests, sizeof(*t), m->call, from);
    const struct webhook_call c = {.id = m->call, .event = "test", .created_ms = q->now_ms};
    (void)ask(q, &w, &c);
}

void on_hook_called(void *context, const struct sender *from, struct msg_hook_called *m)
{
    struct queue *q = context;
    struct outcome o;
    struct webhook_call c;
    queue_enter(q);
    message_get_outcome(m, &o);
    struct waiting *t = waiting_find(&q->hook_tests, m->call);
    if (t) {
        answer_test(q, &t->from, m->call, 200, m->http, &o);
        waiting_end(t);
        return;
    }
    (void)flight_end(q, WORK_HOOKS, m->call);
    if (webhook_call_find(&q->store, m->call, &q->arena, &c) && c.state == HOOK_CALL_WAITING)
        settle(q, &c, m->http, &o);
    queue_wants(q, WORK_HOOKS);
}

/* ---- once more ---- */

void on_hook_retry(void *context, const struct sender *from, struct msg_hook_retry *m)
{
    struct queue *q = context;
    struct outcome o;
    struct webhook_call c;
    unsigned status = 404;
    queue_enter(q);
    outcome_done(&o);
    if (!webhook_call_find(&q->store, m->call, &q->arena, &c)) {
        outcome_set(&o, VERDICT_GIVE_UP, "unknown-call", "There is no such call of a webhook.");
    } else if (c.state == HOOK_CALL_DONE) {
        status = 409;
        outcome_set(&o, VERDICT_GIVE_UP, "call-done", "The webhook's server has taken this already.");
    } else {
        status = 200;
        c.state = HOOK_CALL_WAITING;
        c.tries = 0;
        c.next_ms = q->now_ms;
        webhook_call_set(&q->store, &c);
        note_deed(q, c.tenant, &(struct doer){m->actor, m->who, m->client_ip}, "webhook-calls.retry",
                  id_text(c.id), "");
        queue_wants(q, WORK_HOOKS);
    }
    struct message answer = {.type = MSG_hook_retried,
                             .hook_retried = {.call = m->call, .status = status, MESSAGE_OUTCOME(&o)}};
    peers_answer(q->peers, from, &answer);
}

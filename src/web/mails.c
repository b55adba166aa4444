/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The queue of outgoing mail (S3.10). */
#include <microhttpd.h>

#include "base/panic.h"
#include "base/str.h"
#include "proto/address.h"
#include "store/mail_history.h"
#include "store/outbox.h"
#include "store/reports.h"
#include "web/resources.h"
#include "web/words.h"

enum { PATIENCE_MS = 30000, MAILS_ABOUT_MAX = 50 };

static json_t *json_mail(const struct mail_out *m)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:i, s:o}", "id", id_text(m->id), "kind",
                     m->kind, "about", id_text(m->about), "state", mail_out_state_name(m->state), "word",
                     word_of_mail(m->state), "sender", m->sender, "recipient", m->recipient, "created_ms",
                     json_time(m->created_ms), "next_ms", json_time(m->next_ms), "tries", (int)m->tries,
                     "outcome", json_outcome(m->code, m->reason));
}

/* Who else gets mails of a box is its tenant's business; whom a fax was mailed on to is everybody's who sees
 * it. */
void json_add_mails(struct request *r, json_t *list, struct id about)
{
    struct id ids[MAILS_ABOUT_MAX];
    size_t n = report_mails_about(r->store, about, MAILS_ABOUT_MAX, ids);
    for (size_t i = 0; i < n; i++) {
        struct mail_out m;
        if (mail_out_find(r->store, ids[i], &r->arena, &m) &&
            (r->actor.role >= ACTOR_TENANT || str_equal(m.kind, MAIL_KIND_FORWARDED) ||
             str_equal(m.kind, MAIL_KIND_SENT_ON)))
            (void)json_array_append_new(list, json_mail(&m));
    }
}

/* Of struct report_mail_filter. */
static bool find_state(const char *name, int *state)
{
    *state = REPORT_MAILS_UNSENT;
    if (str_equal(name, "open"))
        return true;
    for (int s = 0; s < MAIL_OUT_STATE_COUNT; s++)
        if (str_equal(name, mail_out_state_name((enum mail_out_state)s))) {
            *state = s;
            return true;
        }
    return false;
}

void get_mails(struct request *r)
{
    struct id ids[REQUEST_LIST_MOST];
    struct report_cursor c;
    struct report_mail_filter f = {.state = REPORT_MAILS_ALL,
                                   .recipient = request_argument(r, "recipient", "")};
    const char *name = request_argument(r, "state", "");
    if (!request_cursor(r, &c))
        return;
    if (*name && !find_state(name, &f.state)) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-state",
                      "state is one of open (all that are not sent), composing, waiting, held, sent, failed "
                      "and returned.");
        return;
    }
    const struct scope w = actor_scope(&r->actor);
    size_t n = report_mails(r->store, &w, &f, &c, ids);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++) {
        struct mail_out m;
        if (mail_out_find(r->store, ids[i], &r->arena, &m))
            (void)json_array_append_new(items, json_mail(&m));
    }
    reply_list(r, items, c.most, n > 0 ? ids[n - 1] : ID_NONE);
}

static json_t *json_mail_detail(struct request *r, const struct mail_out *m)
{
    struct mail_event *events;
    size_t n = mail_events(r->store, m->id, &r->arena, &events);
    json_t *mail = json_mail(m), *list = json_array();
    for (size_t i = 0; i < n; i++) {
        const struct mail_event *e = &events[i];
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:o, s:i, s:o, s:o}", "what", e->what, "who", e->who, "server",
                            e->server, "outcome", json_outcome(e->code, e->text), "times", (int)e->times,
                            "at_ms", json_time(e->at_ms), "last_ms", json_time(e->last_ms)));
    }
    (void)json_object_set_new(mail, "history", list);
    return mail;
}

/* The mail of the path; false where he sees none, and that is answered. */
static bool find_mail(struct request *r, struct mail_out *m)
{
    if (mail_out_find(r->store, r->id, &r->arena, m) && actor_sees_mail(&r->actor, r->store, m))
        return true;
    reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-mail", "There is no such mail. /api/v1/mails lists them.");
    return false;
}

void get_mail(struct request *r)
{
    struct mail_out m;
    if (find_mail(r, &m))
        reply_json(r, MHD_HTTP_OK, json_mail_detail(r, &m));
}

/* ---- hold, release, retry, delete ---- */

static void on_wished(struct request *r, const struct message *m)
{
    if (!m)
        reply_queue_away(r, "Whether it was done is not known: look at the mail, or ask again.");
    else if (m->mail_wished.status >= 400)
        reply_problem(r, m->mail_wished.status, m->mail_wished.code, "%s", m->mail_wished.reason);
    else
        reply_json(r, m->mail_wished.status, json_pack("{s:i}", "mails", (int)m->mail_wished.count));
}

/* The id of the path; ID_NONE where it has none: all. */
static void wish(struct request *r, enum mail_wish wish)
{
    struct mail_out about;
    const char *user = request_asker(r);
    const struct message m = {.type = MSG_mail_wish,
                              .mail_wish = {.mail = r->id,
                                            .wish = (uint32_t)wish,
                                            .user = user,
                                            .actor = r->actor.user,
                                            .client_ip = r->actor.client_ip}};
    if (user && (r->actor.local || id_is_none(r->id) || find_mail(r, &about)))
        request_ask(r, &m, PATIENCE_MS, on_wished);
}

void hold_mail(struct request *r)
{
    wish(r, MAIL_WISH_HOLD);
}

void release_mail(struct request *r)
{
    wish(r, MAIL_WISH_RELEASE);
}

void retry_mail(struct request *r)
{
    wish(r, MAIL_WISH_RETRY);
}

void delete_mail(struct request *r)
{
    wish(r, MAIL_WISH_DELETE);
}

/* ---- that a mail server spoke TLS ---- */

static void on_reset(struct request *r, const struct message *m)
{
    if (!m)
        reply_queue_away(r, "Whether it was done is not known: ask again.");
    else if (m->tls_was_reset.status >= 400)
        reply_problem(r, m->tls_was_reset.status, m->tls_was_reset.code, "%s", m->tls_was_reset.reason);
    else
        reply_json(r, m->tls_was_reset.status, json_pack("{s:b}", "reset", 1));
}

/* server: host:port. */
void post_tls_reset(struct request *r)
{
    const char *user = request_asker(r), *server = request_argument(r, "server", "");
    if (!user)
        return;
    if (!*server || strlen(server) > 290 || server[strcspn(server, "\r\n")]) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-server", "server is host:port of a mail server.");
        return;
    }
    const struct message m = {
        .type = MSG_tls_reset,
        .tls_reset = {
            .server = server, .user = user, .actor = r->actor.user, .client_ip = r->actor.client_ip}};
    request_ask(r, &m, PATIENCE_MS, on_reset);
}

/* ---- trying the mail server ---- */

enum { TEST_PATIENCE_MS = 90000 };

static void on_mail_tested(struct request *r, const struct message *m)
{
    if (!m) {
        reply_queue_away(r, "The mail server was not tried.");
        return;
    }
    if (m->mail_tested.status >= 400) {
        reply_problem(r, m->mail_tested.status, m->mail_tested.code, "%s", m->mail_tested.reason);
        return;
    }
    json_t *steps = json_loads(m->mail_tested.steps, 0, NULL);
    if (!json_is_array(steps))
        panic("queue told of steps in no list");
    reply_json(r, MHD_HTTP_OK,
               json_pack("{s:b, s:s, s:s, s:o, s:o}", "ok", (int)(m->mail_tested.verdict == VERDICT_DONE),
                         "sender", m->mail_tested.sender, "recipient", m->mail_tested.recipient, "steps",
                         steps, "outcome", json_outcome(m->mail_tested.code, m->mail_tested.reason)));
}

static void on_test_seen(struct request *r, const struct message *m)
{
    if (!m) {
        reply_queue_away(r, "The test is not known.");
        return;
    }
    json_t *steps = json_loads(m->mail_test_seen.steps, 0, NULL);
    if (!json_is_array(steps))
        panic("queue told of steps in no list");
    if (m->mail_test_seen.status == MHD_HTTP_OK)
        reply_json(r, MHD_HTTP_OK, json_pack("{s:O}", "steps", steps));
    else
        reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-test", "No such test is under way.");
    json_decref(steps);
}

void get_mail_test(struct request *r)
{
    const struct message m = {.type = MSG_mail_test_look, .mail_test_look = {.probe = r->id}};
    request_ask(r, &m, PATIENCE_MS, on_test_seen);
}

/* to: whom the server is asked to take a mail for; none is sent. id: of the asker's making, by which he may
 * look at it meanwhile. */
void post_mail_test(struct request *r)
{
    struct address address;
    struct id probe = id_new();
    const char *to = request_argument(r, "to", ""), *id = request_argument(r, "id", "");
    if (*id && (!id_parse(id, &probe) || id_is_none(probe))) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-id", "id is a UUID of your making.");
        return;
    }
    if (*to && address_parse(span_str(to), &address) != ADDRESS_OK) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-address", "\"%.100s\" is no email address.", to);
        return;
    }
    const struct message m = {.type = MSG_mail_test, .mail_test = {.probe = probe, .recipient = to}};
    request_ask(r, &m, TEST_PATIENCE_MS, on_mail_tested);
}

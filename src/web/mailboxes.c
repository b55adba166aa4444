/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a person does with a mailbox beside its settings: try it, authorise it. */
#include <microhttpd.h>

#include "base/str.h"
#include "web/resources.h"

/* The slowest server there may be: a minute for each of some steps. */
enum { TEST_PATIENCE_MS = 180000, AUTHORIZE_PATIENCE_MS = 45000, NAME_MAX_BYTES = 128 };

static void away(struct request *r)
{
    reply_problem(
        r, MHD_HTTP_SERVICE_UNAVAILABLE, "fetch-away",
        "The part of Faxpost that reads mailboxes (fetch) did not answer in time; the log says why.");
}

static const char *name_of(struct request *r)
{
    const char *name = request_argument(r, "name", "");
    const struct scope w = actor_scope(&r->actor);
    if (!*name || strlen(name) >= NAME_MAX_BYTES)
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-name", "name is that of a mailbox.");
    else if (!r->actor.local && !mailbox_is_of(r->store, &w, name))
        reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-mailbox", "There is no such mailbox.");
    else
        return name;
    return NULL;
}

/* What servers say may be no UTF-8. */
static json_t *text_json(const char *text)
{
    json_t *json = json_string(text);
    return json ? json : json_string("(not readable)");
}

static void on_tested(struct request *r, const struct message *m)
{
    if (!m)
        away(r);
    else if (m->mailbox_tested.verdict == VERDICT_GIVE_UP)
        reply_problem(r, MHD_HTTP_NOT_FOUND, m->mailbox_tested.code, "%s", m->mailbox_tested.reason);
    else
        reply_json(r, MHD_HTTP_OK,
                   json_pack("{s:b, s:o, s:o, s:o}", "ok", (int)(m->mailbox_tested.verdict == VERDICT_DONE),
                             "code", text_json(m->mailbox_tested.code), "text",
                             text_json(m->mailbox_tested.reason), "said", text_json(m->mailbox_tested.text)));
}

void test_mailbox(struct request *r)
{
    const char *name = name_of(r);
    if (!name)
        return;
    const struct message m = {.type = MSG_mailbox_test, .mailbox_test = {.name = name}};
    request_ask_role(r, ROLE_FETCH, &m, TEST_PATIENCE_MS, on_tested);
}

static void on_authorization(struct request *r, const struct message *m)
{
    if (!m)
        away(r);
    else if (m->mailbox_authorization.verdict != VERDICT_DONE)
        reply_problem(r, MHD_HTTP_CONFLICT, m->mailbox_authorization.code, "%s",
                      m->mailbox_authorization.reason);
    else
        reply_json(r, MHD_HTTP_OK,
                   json_pack("{s:o, s:o, s:i}", "user_code", text_json(m->mailbox_authorization.user_code),
                             "uri", text_json(m->mailbox_authorization.uri), "seconds",
                             (int)m->mailbox_authorization.seconds));
}

void authorize_mailbox(struct request *r)
{
    const char *name = name_of(r);
    if (!name)
        return;
    const struct message m = {.type = MSG_mailbox_authorize, .mailbox_authorize = {.name = name}};
    request_ask_role(r, ROLE_FETCH, &m, AUTHORIZE_PATIENCE_MS, on_authorization);
}

void get_mailboxes(struct request *r)
{
    struct mailbox_state *list;
    json_t *items = json_array();
    const struct scope w = actor_scope(&r->actor);
    size_t n = mailbox_states(r->store, &w, &r->arena, &list);
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(items, json_pack("{s:s, s:b, s:s, s:s, s:o}", "name", list[i].name, "ok",
                                                     (int)list[i].ok, "code", list[i].code, "text",
                                                     list[i].text, "since_ms", json_time(list[i].since_ms)));
    reply_json(r, MHD_HTTP_OK, json_pack("{s:o}", "items", items));
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a person does with a mailbox beside its settings: try it, authorise it. */
#include <microhttpd.h>
#include <string.h>

#include "base/fd.h"
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

/* Of a mailbox that is in use, and within what the asker may see. */
static const char *name_of(struct request *r)
{
    struct mailbox_state *list;
    const struct scope w = actor_scope(&r->actor);
    const char *name = request_argument(r, "name", "");
    if (!*name || strlen(name) >= NAME_MAX_BYTES) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-name", "name is that of a mailbox.");
        return NULL;
    }
    size_t n = mailbox_states(r->store, &w, &r->arena, &list);
    for (size_t i = 0; i < n; i++)
        if (str_equal(list[i].name, name))
            return name;
    reply_problem(r, MHD_HTTP_NOT_FOUND, "no-mailbox", "There is no enabled mailbox \"%.100s\".", name);
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
    const struct message m = {
        .type = MSG_mailbox_authorize,
        .mailbox_authorize = {.name = name, .by_code = *request_argument(r, "code", "") != 0}};
    request_ask_role(r, ROLE_FETCH, &m, AUTHORIZE_PATIENCE_MS, on_authorization);
}

static void on_redeemed(struct request *r, const struct message *m)
{
    if (!m)
        away(r);
    else if (m->mailbox_redeemed.verdict != VERDICT_DONE)
        reply_problem(r, MHD_HTTP_CONFLICT, m->mailbox_redeemed.code, "%s", m->mailbox_redeemed.reason);
    else
        reply_json(r, MHD_HTTP_OK, json_pack("{s:b}", "ok", 1));
}

/* The body: what the person's browser was sent back with. */
void redeem_mailbox(struct request *r)
{
    const char *name = name_of(r);
    SCOPED_BUF struct buf pasted;
    int body = request_sealed_body(r);
    buf_init(&pasted, REDEEM_BODY_MAX);
    if (!name)
        return;
    if (body < 0 || fd_read_rest(body, &pasted) != 0 || strlen(buf_text(&pasted)) != pasted.len) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "no-code", "The body is the address or the code, as text.");
        return;
    }
    const struct message m = {.type = MSG_mailbox_redeem,
                              .mailbox_redeem = {.name = name, .pasted = buf_text(&pasted)}};
    request_ask_role(r, ROLE_FETCH, &m, AUTHORIZE_PATIENCE_MS, on_redeemed);
    explicit_bzero(pasted.data, pasted.len);
}

json_t *json_mailbox_states(struct request *r)
{
    struct mailbox_state *list;
    json_t *items = json_array();
    const struct scope w = actor_scope(&r->actor);
    size_t n = mailbox_states(r->store, &w, &r->arena, &list);
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(items, json_pack("{s:s, s:b, s:s, s:s, s:o}", "name", list[i].name, "ok",
                                                     (int)list[i].ok, "code", list[i].code, "text",
                                                     list[i].text, "since_ms", json_time(list[i].since_ms)));
    return items;
}

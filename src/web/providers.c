/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Logging in at somebody else's: the browser is sent to an OpenID provider and comes back with a code, which
 * role directory redeems. What comes back is bound to the browser that was sent by a cookie, and where it is
 * sent comes from settings alone, never from a request. */
#include <microhttpd.h>
#include <string.h>

#include "base/hex.h"
#include "base/str.h"
#include "model/identity.h"
#include "provision/settings.h"
#include "store/identities.h"
#include "web/identity.h"
#include "web/login.h"
#include "web/resources.h"

#define BROWSER_COOKIE "faxpost_login"
enum { PATIENCE_MS = 40000, FINISH_PATIENCE_MS = 120000, NAME_MOST = 64, COOKIE_S = 600 };
enum { STATE_MOST = 127, CODE_MOST = 4096, ERROR_MOST = 250, ISSUER_MOST = 499 };

/* ---- which there are ---- */

void get_login_providers(struct request *r)
{
    json_t *all = settings_list(r->store, "identity-providers", NULL), *items = json_array(), *p;
    size_t i;
    json_array_foreach(all, i, p)
    {
        const char *name = json_string_value(json_object_get(p, "name"));
        const char *label = json_string_value(json_object_get(p, "label"));
        if (json_is_true(json_object_get(p, "enabled")) && json_is_true(json_object_get(p, "shown")))
            (void)json_array_append_new(
                items, json_pack("{s:s, s:s}", "name", name, "label", label && *label ? label : name));
    }
    json_decref(all);
    reply_json(r, MHD_HTTP_OK, json_pack("{s:o}", "items", items));
}

/* ---- the browser goes, or comes back ---- */

struct going {
    char token[TOKEN_TEXT_LEN];
    uint8_t hash[TOKEN_HASH_LEN];
};

/* Two windows of one browser may log in at once: it keeps the word it has. */
static bool known_browser(struct request *r, struct going *g)
{
    const char *cookie = MHD_lookup_connection_value(r->connection, MHD_COOKIE_KIND, BROWSER_COOKIE);
    return cookie && token_hash(cookie, g->hash) && str_copy(g->token, sizeof(g->token), cookie);
}

static void set_browser(struct request *r, const char *token, int seconds)
{
    char text[200];
    const char *proto = request_header(r, "X-Forwarded-Proto", "http");
    (void)str_format(text, sizeof(text),
                     BROWSER_COOKIE
                     "=%s; Path=/api/v1/login-providers; HttpOnly; SameSite=Strict; Max-Age=%d%s",
                     token, seconds, str_equal_nocase(proto, "https") ? "; Secure" : "");
    (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_SET_COOKIE, text);
}

static unsigned status_of(const char *code)
{
    return str_equal(code, "unknown-provider") ? MHD_HTTP_NOT_FOUND
           : str_equal(code, "no-web-url")     ? MHD_HTTP_CONFLICT
                                               : MHD_HTTP_BAD_GATEWAY;
}

static bool refuse_wished(struct request *r, const struct message *m)
{
    if (!m)
        reply_problem(r, MHD_HTTP_SERVICE_UNAVAILABLE, "directory-away",
                      "The part of Faxpost that asks login providers does not answer. Try again.");
    else if (m->provider_wished.verdict != VERDICT_DONE)
        reply_problem(r, status_of(m->provider_wished.code), m->provider_wished.code, "%s",
                      m->provider_wished.reason);
    return r->response != NULL;
}

static void on_going(struct request *r, const struct message *m)
{
    const struct going *g = r->state;
    if (refuse_wished(r, m))
        return;
    reply_json(r, MHD_HTTP_OK, json_pack("{s:s}", "url", m->provider_wished.url));
    set_browser(r, g->token, COOKIE_S);
}

static void ask_directory(struct request *r, const char *provider, enum provider_wish_kind what,
                          struct span browser, void (*on_answer)(struct request *r, const struct message *m))
{
    const struct message m = {
        .type = MSG_provider_wish,
        .provider_wish = {.provider = provider, .what = (unsigned)what, .browser = browser}};
    request_ask_role(r, ROLE_DIRECTORY, &m, PATIENCE_MS, on_answer);
}

/* A member of the body, in the arena; "" where it is no text of that length. */
static const char *text_of(struct request *r, const json_t *body, const char *name, size_t most)
{
    const char *text = json_string_value(json_object_get(body, name));
    return text && strlen(text) <= most ? arena_strdup(&r->arena, text) : "";
}

void begin_provider_login(struct request *r)
{
    json_t *body = request_object(r);
    if (!body)
        return;
    const char *provider = text_of(r, body, "provider", NAME_MOST);
    json_decref(body);
    if (!*provider) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-arguments",
                      "Give `provider`: the name of a login provider, as login-providers lists them.");
        return;
    }
    struct going *g = r->state = arena_alloc(&r->arena, sizeof(*g));
    if (!known_browser(r, g))
        token_make(g->token, g->hash);
    ask_directory(r, provider, PROVIDER_BEGIN, span_of(g->hash, sizeof(g->hash)), on_going);
}

static void on_left(struct request *r, const struct message *m)
{
    if (!refuse_wished(r, m))
        reply_json(r, MHD_HTTP_OK, json_pack("{s:s}", "url", m->provider_wished.url));
}

void leave_provider(struct request *r)
{
    if (!r->actor.provider || !*r->actor.provider)
        reply_json(r, MHD_HTTP_OK, json_pack("{s:s}", "url", ""));
    else
        ask_directory(r, r->actor.provider, PROVIDER_LEAVE, span_str(""), on_left);
}

static void on_finished(struct request *r, const struct message *m)
{
    const struct entry *l = r->state;
    if (!m)
        reply_problem(r, MHD_HTTP_SERVICE_UNAVAILABLE, "directory-away",
                      "The part of Faxpost that asks login providers does not answer. Begin again.");
    else if (m->provider_finished.status >= 400)
        reply_login_refused(r, m->provider_finished.status, m->provider_finished.wait_s,
                            m->provider_finished.code, m->provider_finished.reason);
    else
        reply_opened(r, l);
}

/* One that is too long to be anybody's is not left out: it must not count as none. */
static const char *issuer_of(struct request *r, const json_t *body)
{
    const json_t *iss = json_object_get(body, "iss");
    const char *text = text_of(r, body, "iss", ISSUER_MOST);
    return iss && !*text ? "?" : text;
}

void finish_provider_login(struct request *r)
{
    struct going g;
    json_t *body = request_object(r);
    if (!body)
        return;
    const char *state = text_of(r, body, "state", STATE_MOST), *code = text_of(r, body, "code", CODE_MOST),
               *error = text_of(r, body, "error", ERROR_MOST), *iss = issuer_of(r, body);
    json_decref(body);
    if (!*state || (!*code && !*error)) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-arguments",
                      "Give `state` and `code` (or `error`), as the provider gave them to the browser.");
        return;
    }
    if (!known_browser(r, &g)) {
        reply_problem(r, MHD_HTTP_UNAUTHORIZED, "login-not-begun",
                      "This login was not begun in this browser, or too long ago. Begin again.");
        return;
    }
    const struct entry *l = entry_new(r);
    const struct message m = {.type = MSG_provider_finish,
                              .provider_finish = {.state = state,
                                                  .code = code,
                                                  .error = error,
                                                  .iss = iss,
                                                  .browser = span_of(g.hash, sizeof(g.hash)),
                                                  .client_ip = r->actor.client_ip,
                                                  .agent = request_agent(r),
                                                  .session = l->session,
                                                  .hash = span_of(l->hash, sizeof(l->hash)),
                                                  .replaces = r->actor.session}};
    request_ask_role(r, ROLE_DIRECTORY, &m, FINISH_PATIENCE_MS, on_finished);
}

/* ---- for administrators ---- */

static void on_tested(struct request *r, const struct message *m)
{
    if (!m)
        (void)refuse_wished(r, m);
    else
        reply_json(r, MHD_HTTP_OK,
                   json_pack("{s:b, s:s, s:o}", "ok", m->provider_wished.verdict == VERDICT_DONE, "url",
                             m->provider_wished.url, "outcome",
                             json_outcome(m->provider_wished.code, m->provider_wished.reason)));
}

void test_provider(struct request *r)
{
    struct identity_source found;
    const char *name = request_argument(r, "name", "");
    const struct actor *a = &r->actor;
    bool there = identity_source_named(r->store, IDENTITY_PROVIDER, name, &r->arena, &found) &&
                 (a->role >= ACTOR_INSTALLATION || id_equal(found.tenant_id, a->tenant));
    if (!*name || strlen(name) > NAME_MOST)
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-name", "name is that of a login provider.");
    else if (!there)
        reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-provider", "There is no login provider of that name.");
    else
        ask_directory(r, arena_strdup(&r->arena, name), PROVIDER_TEST, span_str(""), on_tested);
}

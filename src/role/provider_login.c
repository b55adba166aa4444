/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/provider_login.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "net/bare_key.h"
#include "proto/http_response.h"
#include "proto/jws.h"
#include "role/pkce.h"

enum { LOGIN_LIFE_MS = 10 * 60 * 1000, LOGINS_MOST = 2000, FORM_MAX = 16 * 1024, URL_MAX = 8000 };
enum { GROUPS_MAX = 16000, CLAIM_MAX = 250 };

struct provider_login {
    struct list node;
    struct provider *provider;
    char state[PKCE_WORD_LEN], nonce[PKCE_WORD_LEN], verifier[PKCE_WORD_LEN];
    uint8_t browser[32];
    int64_t begun_ms;
    /* From the moment the browser came back. */
    bool back, renewed;
    struct sender from;
    struct provider_wait wait;
    struct https_post *request;
    char *code, *token, *access;
    json_t *claims;
    char *client_ip, *agent;
    uint8_t hash[32];
    struct id session, replaces;
    uint64_t ask; /* of queue; 0: none */
};

/* ---- life ---- */

static void login_free(struct provider_login *l)
{
    struct directory *d = l->provider->directory;
    list_remove(&l->node);
    d->login_count--;
    provider_wait_stop(&l->wait);
    https_post_cancel(l->request);
    if (l->ask)
        peers_withdraw(d->house.peers, l->ask);
    mem_free_secret(&l->code);
    mem_free_secret(&l->token);
    mem_free_secret(&l->access);
    json_decref(l->claims);
    free(l->client_ip);
    free(l->agent);
    explicit_bzero(l, sizeof(*l));
    free(l);
}

static struct provider_login *login_of(struct list *node)
{
    return CONTAINER_OF(node, struct provider_login, node);
}

/* Too old ones, and the oldest where there are too many; never one whose browser waits. */
static void forget_old(struct directory *d)
{
    int64_t now_ms = clock_mono_ms();
    list_each_safe (it, &d->logins) {
        struct provider_login *l = login_of(it);
        if (!l->back && (now_ms - l->begun_ms > LOGIN_LIFE_MS || d->login_count >= LOGINS_MOST))
            login_free(l);
    }
}

static void answer_web(struct directory *d, const struct sender *to, unsigned status, unsigned wait_s,
                       struct id user, const struct outcome *o)
{
    const struct message m = {
        .type = MSG_provider_finished,
        .provider_finished = {.status = status, .wait_s = wait_s, .user = user, MESSAGE_OUTCOME(o)}};
    peers_answer(d->house.peers, to, &m);
}

static void end_login(struct provider_login *l, unsigned status, const struct outcome *o)
{
    answer_web(l->provider->directory, &l->from, status, 0, ID_NONE, o);
    login_free(l);
}

void provider_logins_drop(struct provider *p)
{
    struct outcome o;
    outcome_set(&o, VERDICT_RETRY, "provider-changed",
                "The settings of this login provider were changed just now. Log in again.");
    list_each_safe (it, &p->directory->logins) {
        struct provider_login *l = login_of(it);
        if (l->provider != p)
            continue;
        if (l->back)
            end_login(l, 503, &o);
        else
            login_free(l);
    }
}

/* ---- the browser goes there ---- */

struct wish {
    struct provider_wait wait;
    struct provider *provider;
    struct sender from;
    unsigned what;
    uint8_t browser[32];
};

static void put_redirect(const struct directory *d, struct buf *form)
{
    char url[1024];
    (void)str_format(url, sizeof(url), "%.900s/login/back", d->web_url);
    form_put(form, "redirect_uri", url);
}

static struct provider_login *login_new(struct provider *p, const uint8_t browser[32])
{
    struct directory *d = p->directory;
    forget_old(d);
    struct provider_login *l = mem_zalloc(sizeof(*l));
    l->provider = p;
    l->begun_ms = clock_mono_ms();
    memcpy(l->browser, browser, sizeof(l->browser));
    pkce_random_word(l->state);
    pkce_random_word(l->nonce);
    pkce_random_word(l->verifier);
    list_init(&l->wait.node);
    list_append(&d->logins, &l->node);
    d->login_count++;
    return l;
}

static void put_url(struct buf *url, const char *base, const struct buf *query)
{
    (void)buf_printf(url, "%s%s%s", base, strchr(base, '?') ? "&" : "?", buf_text(query));
}

static void begin_url(const struct wish *w, struct buf *url)
{
    SCOPED_BUF struct buf query;
    const struct provider *p = w->provider;
    const struct provider_login *l = login_new(w->provider, w->browser);
    buf_init(&query, URL_MAX);
    form_put(&query, "response_type", "code");
    form_put(&query, "client_id", fetch_setting(p->settings, "client_id"));
    put_redirect(p->directory, &query);
    form_put(&query, "scope", fetch_setting(p->settings, "scope"));
    form_put(&query, "state", l->state);
    form_put(&query, "nonce", l->nonce);
    pkce_put_challenge(l->verifier, &query);
    put_url(url, provider_url(p, "authorization_endpoint"), &query);
}

/* OpenID Connect RP-Initiated Logout §2; "" where the provider has none. */
static void leave_url(const struct wish *w, struct buf *url)
{
    SCOPED_BUF struct buf query;
    const struct provider *p = w->provider;
    const char *base = provider_url(p, "end_session_endpoint");
    char back[1024];
    buf_init(&query, URL_MAX);
    if (!*base)
        return;
    (void)str_format(back, sizeof(back), "%.900s/", p->directory->web_url);
    form_put(&query, "client_id", fetch_setting(p->settings, "client_id"));
    form_put(&query, "post_logout_redirect_uri", back);
    put_url(url, base, &query);
}

static void answer_wish(struct directory *d, const struct sender *to, const struct outcome *o,
                        const char *url)
{
    const struct message m = {.type = MSG_provider_wished,
                              .provider_wished = {MESSAGE_OUTCOME(o), .url = url}};
    peers_answer(d->house.peers, to, &m);
}

static void on_learned(struct provider_wait *wait, const struct outcome *why)
{
    struct wish *w = CONTAINER_OF(wait, struct wish, wait);
    SCOPED_BUF struct buf url;
    struct outcome o;
    outcome_done(&o);
    buf_init(&url, URL_MAX);
    if (!why && w->what == PROVIDER_BEGIN)
        begin_url(w, &url);
    else if (!why && w->what == PROVIDER_LEAVE)
        leave_url(w, &url);
    else if (!why)
        (void)buf_append_str(&url, provider_url(w->provider, "authorization_endpoint"));
    answer_wish(w->provider->directory, &w->from, why ? why : &o, buf_text(&url));
    free(w);
}

void provider_on_wish(void *context, const struct sender *from, struct msg_provider_wish *m)
{
    struct directory *d = context;
    struct provider *p = provider_named(d, m->provider);
    struct outcome o;
    if (!p)
        outcome_set(&o, VERDICT_GIVE_UP, "unknown-provider", "There is no such login provider.");
    else if (!*d->web_url)
        outcome_set(
            &o, VERDICT_GIVE_UP, "no-web-url",
            "An administrator has to say where the application is found (installation.web_url) before "
            "a provider can send people back to it.");
    if (!p || !*d->web_url) {
        answer_wish(d, from, &o, "");
        return;
    }
    struct wish *w = mem_zalloc(sizeof(*w));
    *w = (struct wish){.wait = {.on_ready = on_learned}, .provider = p, .from = *from, .what = m->what};
    if (m->browser.len == sizeof(w->browser))
        memcpy(w->browser, m->browser.data, sizeof(w->browser));
    if (m->what == PROVIDER_TEST)
        p->learned_ms = INT64_MIN / 2; /* whatever is known already */
    provider_await(p, m->what == PROVIDER_TEST, &w->wait);
}

/* ---- what the provider says of him ---- */

static const char *text_claim(const struct provider_login *l, const char *name)
{
    const char *text = json_string_value(json_object_get(l->claims, name));
    return text && strlen(text) <= CLAIM_MAX ? text : "";
}

static const char *setting(const struct provider_login *l, const char *name)
{
    return fetch_setting(l->provider->settings, name);
}

/* One a line. */
static void list_groups(const struct provider_login *l, struct buf *to)
{
    const json_t *groups = json_object_get(l->claims, setting(l, "claim_groups"));
    if (json_is_string(groups) && !strchr(json_string_value(groups), '\n'))
        (void)buf_append_str(to, json_string_value(groups));
    for (size_t i = 0; i < json_array_size(groups); i++) {
        const char *one = json_string_value(json_array_get(groups, i));
        if (one && *one && !strchr(one, '\n') && to->len + strlen(one) + 1 < GROUPS_MAX)
            (void)buf_printf(to, "%s\n", one);
    }
}

/* SECURITY: an address that anybody may have written into his account there says nothing of who he is; who is
 * known already, by what the provider calls him, is let in all the same. */
static bool address_counts(const struct provider_login *l)
{
    bool counts = !str_equal(setting(l, "claim_address"), "email") ||
                  claim_grants(json_object_get(l->claims, "email_verified"));
    if (!counts)
        log_info(
            NULL,
            "the login provider %s does not say that it verified the address (email_verified): nobody is "
            "found by "
            "it. Let it send that claim, or name one in claim_address that nobody there can change himself",
            setting(l, "name"));
    return counts;
}

/* queue judges, and counts what went wrong: it knows who guesses. */
static void ask_queue(struct provider_login *l, const struct outcome *o)
{
    SCOPED_BUF struct buf groups;
    struct directory *d = l->provider->directory;
    buf_init(&groups, GROUPS_MAX + 1);
    bool known = o->verdict == VERDICT_DONE;
    if (known)
        list_groups(l, &groups);
    const struct message m = {.type = MSG_identity_login,
                              .identity_login = {.kind = IDENTITY_BY_PROVIDER,
                                                 .source = setting(l, "name"),
                                                 MESSAGE_OUTCOME(o),
                                                 .subject = known ? text_claim(l, "sub") : "",
                                                 .address = known && address_counts(l)
                                                                ? text_claim(l, setting(l, "claim_address"))
                                                                : "",
                                                 .name = known ? text_claim(l, setting(l, "claim_name")) : "",
                                                 .groups = buf_text(&groups),
                                                 .login = "",
                                                 .totp = "",
                                                 .passkey = "",
                                                 .host = "",
                                                 .client_ip = l->client_ip,
                                                 .agent = l->agent,
                                                 .session = l->session,
                                                 .hash = span_of(l->hash, sizeof(l->hash)),
                                                 .replaces = l->replaces}};
    l->ask = peers_ask(d->house.peers, ROLE_QUEUE, 0, &m);
}

static void distrust(struct provider_login *l, const char *why)
{
    struct outcome o;
    outcome_set(&o, VERDICT_GIVE_UP, "wrong-token",
                "What the login provider \"%.64s\" said is not believed: %.200s.", setting(l, "name"), why);
    ask_queue(l, &o);
}

static void be_known(struct provider_login *l)
{
    struct outcome o;
    const char *claim = setting(l, "claim_address");
    outcome_done(&o);
    if (!*text_claim(l, claim))
        distrust(l, "it does not tell his address (claim_address in the settings says which claim that is)");
    else if (str_equal(claim, "email") && claim_denies(json_object_get(l->claims, "email_verified")))
        distrust(l, "it has not verified that the address is his (email_verified)");
    else
        ask_queue(l, &o);
}

/* ---- what he may be asked for beside the token ---- */

static bool may(void *context, const struct endpoint *e)
{
    const struct provider_login *l = context;
    return provider_may_lie(l->provider, e);
}

static void fail(struct provider_login *l, const struct https_answer *a, const char *what)
{
    struct outcome o;
    json_t *json = json_loads(a->body, 0, NULL);
    if (a->status == 0)
        outcome_set(&o, VERDICT_RETRY, "provider-away",
                    "The login provider \"%.64s\" cannot be reached: %.250s", setting(l, "name"), a->error);
    else
        outcome_set(&o, VERDICT_GIVE_UP, "provider-refused",
                    "The login provider \"%.64s\" answered %u %s: %.60s %.120s", setting(l, "name"),
                    a->status, what, fetch_setting(json, "error"), fetch_setting(json, "error_description"));
    json_decref(json);
    utf8_clean(o.text);
    ask_queue(l, &o);
}

/* Only what the token did not say; and of the same person (OpenID Connect Core §5.3.2). */
static void on_userinfo(void *context, const struct https_answer *a)
{
    struct provider_login *l = context;
    l->request = NULL;
    json_t *info = a->status == 200 ? json_loads(a->body, JSON_REJECT_DUPLICATES, NULL) : NULL;
    if (!json_is_object(info))
        fail(l, a, "when it was asked for his address");
    else if (!str_equal(fetch_setting(info, "sub"), text_claim(l, "sub")))
        distrust(l, "it told of somebody else (userinfo's sub)");
    else {
        (void)json_object_update_missing(l->claims, info);
        be_known(l);
    }
    json_decref(info);
}

static bool wants_groups(const struct provider_login *l)
{
    return *setting(l, "group_required") || *setting(l, "group_tenant") || *setting(l, "group_installation");
}

/* Many providers put little into the token itself. */
static void complete(struct provider_login *l)
{
    char headers[9000];
    const char *url = provider_url(l->provider, "userinfo_endpoint");
    bool whole = json_object_get(l->claims, setting(l, "claim_address")) &&
                 (!wants_groups(l) || json_object_get(l->claims, setting(l, "claim_groups")));
    if (whole || !*url || !l->access ||
        !str_format(headers, sizeof(headers), "Authorization: Bearer %s\r\n", l->access)) {
        be_known(l);
        return;
    }
    const struct https_post_opts opts = {.url = url, .get = true, .type = "", .headers = headers, .may = may};
    l->request =
        https_post_send(l->provider->directory->house.loop,
                        directory_tls(l->provider->directory, l->provider->settings), &opts, on_userinfo, l);
    explicit_bzero(headers, sizeof(headers));
}

/* ---- the token ---- */

static bool verifies(const json_t *keys, const struct jws *j)
{
    struct jwk k;
    size_t at = 0;
    const struct span signature = span_of(j->signature, j->signature_len);
    while (jwk_next(keys, j, &at, &k)) {
        const struct span a = span_of(k.a, k.a_len), b = span_of(k.b, k.b_len);
        if (k.algorithm == JWS_RS256 ? bare_rsa_verifies(a, b, j->signed_part, signature)
                                     : bare_p256_verifies(a, b, j->signed_part, signature))
            return true;
    }
    return false;
}

static void believe(struct provider_login *l, struct jws *j)
{
    const struct id_token_wants wants = {.issuer = setting(l, "issuer"),
                                         .client = setting(l, "client_id"),
                                         .nonce = l->nonce,
                                         .now_s = clock_wall_ms() / 1000};
    const char *fault = id_token_fault(j->claims, &wants);
    if (fault) {
        distrust(l, fault);
        return;
    }
    l->claims = j->claims;
    j->claims = NULL;
    complete(l);
}

/* A key that we do not know may be new: we look once. */
static void judge_token(struct provider_login *l)
{
    struct jws j;
    bool parsed = jws_parse(l->token, &j);
    if (!parsed)
        distrust(l, "its ID token is none that is signed with RS256 or ES256");
    else if (verifies(l->provider->keys, &j))
        believe(l, &j);
    else if (!l->renewed) {
        l->renewed = true;
        provider_await(l->provider, true, &l->wait);
    } else
        distrust(l, "the signature of its ID token is not that of its keys");
    jws_clear(&j);
}

static char *taken(const json_t *json, const char *name, size_t most)
{
    const char *text = fetch_setting(json, name);
    if (!*text || strlen(text) > most)
        return NULL;
    for (const char *c = text; *c; c++)
        if (*c <= ' ' || *c > '~')
            return NULL;
    return mem_strdup(text);
}

static void on_token(void *context, const struct https_answer *a)
{
    struct provider_login *l = context;
    l->request = NULL;
    json_t *json = a->status == 200 ? json_loads(a->body, 0, NULL) : NULL;
    l->token = taken(json, "id_token", JWS_TEXT_MAX);
    l->access = taken(json, "access_token", 8192);
    json_decref(json);
    if (l->token)
        judge_token(l);
    else
        fail(l, a, "instead of an ID token");
}

/* RFC 6749 §2.3.1: either in the header, or in the body where it does not take that. */
static bool by_header(const struct provider *p)
{
    const json_t *methods = json_object_get(p->document, "token_endpoint_auth_methods_supported");
    return !json_is_array(methods) || claim_holds(methods, "client_secret_basic");
}

static void put_credentials(const struct provider_login *l, const char *secret, struct buf *form,
                            struct buf *headers)
{
    SCOPED_BUF struct buf id, word, pair;
    const char *client = setting(l, "client_id");
    buf_init(&id, FORM_MAX);
    buf_init(&word, FORM_MAX);
    buf_init(&pair, 2 * FORM_MAX);
    if (!*secret || !by_header(l->provider)) {
        form_put(form, "client_id", client);
        if (*secret)
            form_put(form, "client_secret", secret);
        return;
    }
    form_put(&id, "", client); /* "=" and the text as a form has it */
    form_put(&word, "", secret);
    (void)buf_printf(&pair, "%s:%s", buf_text(&id) + 1, buf_text(&word) + 1);
    (void)buf_append_str(headers, "Authorization: Basic ");
    (void)base64_encode(buf_span(&pair), headers);
    (void)buf_append_str(headers, "\r\n");
    explicit_bzero(word.data, word.len);
    explicit_bzero(pair.data, pair.len);
}

static void redeem(struct provider_login *l)
{
    SCOPED_BUF struct buf form, headers;
    struct directory *d = l->provider->directory;
    char secret[SECRET_TEXT_LEN];
    buf_init(&form, FORM_MAX);
    buf_init(&headers, 3 * FORM_MAX);
    if (!fetch_secret(&d->house, l->provider->settings, "client_secret", secret)) {
        struct outcome o;
        outcome_set(
            &o, VERDICT_GIVE_UP, "provider-secret",
            "The client secret of the login provider \"%.64s\" cannot be opened with this installation's "
            "key. An administrator has to set it again.",
            setting(l, "name"));
        ask_queue(l, &o);
        return;
    }
    form_put(&form, "grant_type", "authorization_code");
    form_put(&form, "code", l->code);
    put_redirect(d, &form);
    form_put(&form, "code_verifier", l->verifier);
    put_credentials(l, secret, &form, &headers);
    explicit_bzero(secret, sizeof(secret));
    mem_free_secret(&l->code);
    const struct https_post_opts opts = {.url = provider_url(l->provider, "token_endpoint"),
                                         .type = "application/x-www-form-urlencoded",
                                         .headers = buf_text(&headers),
                                         .body = buf_span(&form),
                                         .may = may};
    l->request = https_post_send(d->house.loop, directory_tls(d, l->provider->settings), &opts, on_token, l);
    explicit_bzero(form.data, form.len);
    if (headers.data)
        explicit_bzero(headers.data, headers.len);
}

static void on_ready(struct provider_wait *w, const struct outcome *why)
{
    struct provider_login *l = CONTAINER_OF(w, struct provider_login, wait);
    if (why)
        ask_queue(l, why);
    else if (l->token)
        judge_token(l);
    else
        redeem(l);
}

/* ---- the browser comes back ---- */

static struct provider_login *find_login(struct directory *d, const struct msg_provider_finish *m)
{
    list_each (it, &d->logins) {
        struct provider_login *l = login_of(it);
        if (!l->back && str_equal(l->state, m->state) && m->browser.len == sizeof(l->browser) &&
            sodium_memcmp(l->browser, m->browser.data, sizeof(l->browser)) == 0)
            return l;
    }
    return NULL;
}

/* RFC 9207 §2.4: a browser that was sent to one provider may be sent back by another, with that one's code.
 * What the provider announces was learned when the login began. */
static bool is_of_another(const struct provider_login *l, const char *iss)
{
    const json_t *says =
        json_object_get(l->provider->document, "authorization_response_iss_parameter_supported");
    return (*iss || json_is_true(says)) && !str_equal(iss, setting(l, "issuer"));
}

void provider_on_finish(void *context, const struct sender *from, struct msg_provider_finish *m)
{
    struct directory *d = context;
    struct outcome o;
    forget_old(d);
    struct provider_login *l = find_login(d, m);
    if (!l || m->hash.len != sizeof(l->hash)) {
        outcome_set(
            &o, VERDICT_RETRY, "login-not-begun",
            "This login was not begun in this browser, or too long ago, or it was finished already. Begin "
            "again.");
        answer_web(d, from, 401, 0, ID_NONE, &o);
        return;
    }
    l->back = true;
    l->from = *from;
    l->session = m->session;
    l->replaces = m->replaces;
    l->client_ip = mem_strdup(m->client_ip);
    l->agent = mem_strdup(m->agent);
    memcpy(l->hash, m->hash.data, sizeof(l->hash));
    if (is_of_another(l, m->iss)) {
        distrust(l, "another provider sent the browser back (iss)");
        return;
    }
    if (*m->error || !*m->code) {
        outcome_set(&o, VERDICT_GIVE_UP, "provider-refused", "The login provider \"%.64s\" says: %.250s",
                    setting(l, "name"), *m->error ? m->error : "nothing");
        utf8_clean(o.text);
        end_login(l, 401, &o);
        return;
    }
    l->code = mem_strdup(m->code);
    l->wait.on_ready = on_ready;
    provider_await(l->provider, false, &l->wait);
}

bool provider_on_judged(struct directory *d, uint64_t request, const struct msg_identity_judged *m)
{
    list_each (it, &d->logins) {
        struct provider_login *l = login_of(it);
        if (l->ask != request || request == 0)
            continue;
        directory_answer_login(d, &l->from, m);
        l->ask = 0;
        login_free(l);
        return true;
    }
    return false;
}

void provider_logins_clear(struct directory *d)
{
    while (!list_empty(&d->logins))
        login_free(login_of(d->logins.next));
}

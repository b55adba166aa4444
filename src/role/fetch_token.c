/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/fetch_token.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "proto/http_response.h"
#include "role/pkce.h"

enum { FORM_MAX = 16 * 1024, MARGIN_MS = 60000, STANDARD_LIFE_S = 300, SLOW_DOWN_MS = 5000 };
enum { CODE_LIFE_S = 900 };

/* ---- sending ---- */

static void put_client(const struct fetch_token *t, struct buf *form)
{
    char secret[SECRET_TEXT_LEN];
    form_put(form, "client_id", fetch_setting(t->settings, "oauth_client_id"));
    if (fetch_secret(t->house, t->settings, "oauth_client_secret", secret) && *secret)
        form_put(form, "client_secret", secret);
    explicit_bzero(secret, sizeof(secret));
}

static void put_scope(const struct fetch_token *t, struct buf *form)
{
    const char *scope = fetch_setting(t->settings, "oauth_scope");
    if (*scope)
        form_put(form, "scope", scope);
}

/* Each of the two goes its own way: a look at the mailbox, and a person's authorisation. */
static void send_form(struct fetch_token *t, struct https_post **slot, const char *url, struct buf *form,
                      void (*on_done)(void *context, const struct https_answer *a))
{
    char error[TLS_ERROR_LEN];
    struct tls_context *tls = fetch_house_tls(t->house, fetch_setting(t->settings, "ca_file"),
                                              fetch_setting(t->settings, "oauth_pin"), error);
    if (!tls) /* cannot be read: the handshake will say that nobody is trusted */
        tls = fetch_house_tls(t->house, "", "", error);
    if (!tls)
        panic("no TLS: %s", error);
    https_post_cancel(*slot);
    *slot = https_post_form(t->house->loop, tls, url, buf_text(form), on_done, t);
    explicit_bzero(form->data, form->len);
}

/* ---- answers ---- */

static json_t *read_answer(const struct https_answer *a, const char **error)
{
    json_t *json = a->status ? json_loads(a->body, 0, NULL) : NULL;
    *error = fetch_setting(json, "error");
    return json;
}

static void explain(const struct https_answer *a, const char *error, const json_t *json, struct outcome *o)
{
    if (a->status == 0)
        outcome_set(o, VERDICT_RETRY, "mailbox-token",
                    "The token server could not be asked: %.250s. It is tried again.", a->error);
    else if (str_equal(error, "invalid_grant") || str_equal(error, "invalid_client") ||
             str_equal(error, "unauthorized_client"))
        outcome_set(o, VERDICT_RETRY, FETCH_CODE_TOKEN_REFUSED,
                    "The token server refuses our authorisation: %.30s %.120s. Mail stays in the mailbox. "
                    "Authorise it "
                    "anew: faxpost mailbox authorize NAME",
                    error, fetch_setting(json, "error_description"));
    else
        outcome_set(
            o, VERDICT_RETRY, "mailbox-token",
            "The token server answered %u %.60s %.120s. It is tried again; check the oauth_ settings.",
            a->status, error, fetch_setting(json, "error_description"));
}

static void keep_refresh_token(struct fetch_token *t, const char *token)
{
    unsigned char box[crypto_box_SEALBYTES + SECRET_TEXT_LEN];
    char base64[8192];
    size_t len = strlen(token);
    if (len >= SECRET_TEXT_LEN || !t->house->key.known ||
        crypto_box_seal(box, (const unsigned char *)token, len, t->house->key.public) != 0) {
        log_warning(NULL, "mailbox %s: the token server gave a refresh token that cannot be kept", t->name);
        return;
    }
    len += crypto_box_SEALBYTES;
    (void)sodium_bin2base64(base64, sizeof(base64), box, len, sodium_base64_VARIANT_ORIGINAL);
    (void)json_object_set_new(t->settings, "oauth_refresh_token", json_string(base64));
    const struct message m = {.type = MSG_mailbox_token,
                              .mailbox_token = {.mailbox = t->mailbox, .refresh_token = span_of(box, len)}};
    (void)t->house->queue->ask(t->house, &m);
}

/* False where the answer holds no token. */
static bool take_token(struct fetch_token *t, const json_t *json)
{
    const char *access = fetch_setting(json, "access_token"), *refresh = fetch_setting(json, "refresh_token");
    char before[SECRET_TEXT_LEN];
    if (!*access || strlen(access) >= 8192)
        return false;
    json_int_t life_s = json_integer_value(json_object_get(json, "expires_in"));
    if (life_s <= 0 || life_s > 86400)
        life_s = STANDARD_LIFE_S;
    mem_free_secret(&t->access);
    t->access = mem_strdup(access);
    t->expires_ms = clock_mono_ms() + life_s * 1000 - MARGIN_MS;
    bool same =
        fetch_secret(t->house, t->settings, "oauth_refresh_token", before) && str_equal(before, refresh);
    explicit_bzero(before, sizeof(before));
    if (*refresh && !same)
        keep_refresh_token(t, refresh);
    return true;
}

static void on_token_answer(void *context, const struct https_answer *a)
{
    struct fetch_token *t = context;
    struct outcome o;
    const char *error;
    t->request = NULL;
    json_t *json = read_answer(a, &error);
    bool good = a->status == 200 && take_token(t, json);
    if (!good)
        explain(a, error, json, &o);
    json_decref(json);
    t->on_token(t->context, good ? NULL : &o);
}

/* ---- interface ---- */

bool fetch_token_ready(const struct fetch_token *t)
{
    return t->access && clock_mono_ms() < t->expires_ms;
}

void fetch_token_get(struct fetch_token *t)
{
    SCOPED_BUF struct buf form;
    char refresh[SECRET_TEXT_LEN] = "";
    const char *grant = fetch_setting(t->settings, "oauth_grant");
    buf_init(&form, FORM_MAX);
    form_put(&form, "grant_type", grant);
    if (str_equal(grant, "refresh_token")) {
        bool opened = fetch_secret(t->house, t->settings, "oauth_refresh_token", refresh);
        if (!opened || !*refresh) {
            struct outcome o;
            outcome_set(&o, VERDICT_RETRY, FETCH_CODE_TOKEN_REFUSED,
                        "The mailbox is not authorised yet. Authorise it: faxpost mailbox authorize NAME");
            t->on_token(t->context, &o);
            return;
        }
        form_put(&form, "refresh_token", refresh);
        explicit_bzero(refresh, sizeof(refresh));
    }
    put_client(t, &form);
    put_scope(t, &form);
    send_form(t, &t->request, fetch_setting(t->settings, "oauth_token_url"), &form, on_token_answer);
}

void fetch_token_forget(struct fetch_token *t)
{
    mem_free_secret(&t->access);
}

void fetch_token_clear(struct fetch_token *t)
{
    timer_stop(&t->poll);
    https_post_cancel(t->request);
    https_post_cancel(t->device_request);
    t->request = t->device_request = NULL;
    mem_free_secret(&t->access);
    mem_free_secret(&t->device_code);
    mem_free_secret(&t->verifier);
}

/* ---- device authorisation ---- */

static void end_polling(struct fetch_token *t, const struct outcome *why)
{
    mem_free_secret(&t->device_code);
    t->on_token(t->context, why);
}

static void on_poll_answer(void *context, const struct https_answer *a)
{
    struct fetch_token *t = context;
    struct outcome o;
    const char *error;
    t->device_request = NULL;
    json_t *json = read_answer(a, &error);
    bool slow = str_equal(error, "slow_down"),
         waits = slow || str_equal(error, "authorization_pending") || !a->status;
    bool good = a->status == 200 && take_token(t, json);
    if (!good)
        explain(a, error, json, &o);
    json_decref(json);
    if (slow)
        t->poll_ms += SLOW_DOWN_MS;
    if (!good && waits && clock_mono_ms() < t->poll_ends_ms)
        timer_start(&t->poll, t->house->loop, t->poll_ms);
    else
        end_polling(t, good ? NULL : &o);
}

static void on_poll(void *context)
{
    struct fetch_token *t = context;
    SCOPED_BUF struct buf form;
    buf_init(&form, FORM_MAX);
    form_put(&form, "grant_type", "urn:ietf:params:oauth:grant-type:device_code");
    form_put(&form, "device_code", t->device_code);
    put_client(t, &form);
    send_form(t, &t->device_request, fetch_setting(t->settings, "oauth_token_url"), &form, on_poll_answer);
}

static void on_device_answer(void *context, const struct https_answer *a)
{
    struct fetch_token *t = context;
    struct outcome o;
    const char *error;
    t->device_request = NULL;
    json_t *json = read_answer(a, &error);
    struct device_code d = {.user_code = fetch_setting(json, "user_code"),
                            .uri = fetch_setting(json, "verification_uri")};
    if (!*d.uri)
        d.uri = fetch_setting(json, "verification_url"); /* Google's, from before the RFC */
    json_int_t life_s = json_integer_value(json_object_get(json, "expires_in"));
    json_int_t every_s = json_integer_value(json_object_get(json, "interval"));
    const char *code = fetch_setting(json, "device_code");
    d.seconds = life_s > 0 && life_s < 86400 ? (unsigned)life_s : STANDARD_LIFE_S;
    if (a->status == 200 && *code && *d.user_code && strlen(d.user_code) < 100 && strlen(d.uri) < 1000) {
        mem_free_secret(&t->device_code);
        t->device_code = mem_strdup(code);
        t->poll_ms = (every_s > 0 && every_s < 600 ? every_s : 5) * 1000;
        t->poll_ends_ms = clock_mono_ms() + (int64_t)d.seconds * 1000;
        t->poll = (struct timer){.on_due = on_poll, .context = t};
        timer_start(&t->poll, t->house->loop, t->poll_ms);
        t->on_device(t->context, NULL, &d);
    } else {
        explain(a, error, json, &o);
        t->on_device(t->context, &o, &d);
    }
    json_decref(json);
}

void fetch_token_authorize(struct fetch_token *t)
{
    SCOPED_BUF struct buf form;
    buf_init(&form, FORM_MAX);
    timer_stop(&t->poll);
    put_client(t, &form);
    put_scope(t, &form);
    send_form(t, &t->device_request, fetch_setting(t->settings, "oauth_device_url"), &form, on_device_answer);
}

/* ---- authorization code ---- */

unsigned fetch_token_begin_code(struct fetch_token *t, struct buf *url)
{
    SCOPED_BUF struct buf query;
    const char *base = fetch_setting(t->settings, "oauth_authorize_url");
    char verifier[PKCE_WORD_LEN];
    pkce_random_word(verifier);
    pkce_random_word(t->state);
    mem_free_secret(&t->verifier);
    t->verifier = mem_strdup(verifier);
    t->code_ends_ms = clock_mono_ms() + CODE_LIFE_S * 1000LL;
    buf_init(&query, FORM_MAX);
    form_put(&query, "response_type", "code");
    form_put(&query, "client_id", fetch_setting(t->settings, "oauth_client_id"));
    form_put(&query, "redirect_uri", fetch_setting(t->settings, "oauth_redirect_url"));
    put_scope(t, &query);
    form_put(&query, "state", t->state);
    pkce_put_challenge(verifier, &query);
    explicit_bzero(verifier, sizeof(verifier));
    (void)buf_printf(url, "%s%s%s", base, strchr(base, '?') ? "&" : "?", buf_text(&query));
    return CODE_LIFE_S;
}

static void on_code_answer(void *context, const struct https_answer *a)
{
    struct fetch_token *t = context;
    struct outcome o;
    const char *error;
    t->device_request = NULL;
    json_t *json = read_answer(a, &error);
    bool good = a->status == 200 && take_token(t, json);
    if (!good)
        explain(a, error, json, &o);
    json_decref(json);
    if (good)
        t->on_token(t->context, NULL);
    t->on_redeemed(t->context, good ? NULL : &o);
}

/* True: r holds a code that belongs to what we began. */
static bool is_our_code(struct fetch_token *t, const char *pasted, struct oauth_redirect *r,
                        struct outcome *why)
{
    if (!t->verifier || clock_mono_ms() > t->code_ends_ms)
        outcome_set(why, VERDICT_RETRY, "mailbox-code-late",
                    "Nobody began to authorise this mailbox, or it was too long ago. Begin again: faxpost "
                    "mailbox authorize NAME");
    else if (!oauth_redirect_parse(pasted, r))
        outcome_set(why, VERDICT_RETRY, "mailbox-code",
                    "What was pasted is neither a code nor an address with one (code=...). Paste the whole "
                    "address that the browser shows after the login.");
    else if (*r->state && !str_equal(r->state, t->state))
        outcome_set(
            why, VERDICT_RETRY, "mailbox-code-state",
            "The address belongs to another authorisation (its state is not the one we gave). Nothing was "
            "done with it. Begin again, and paste the address of that login.");
    else if (*r->error)
        outcome_set(why, VERDICT_RETRY, "mailbox-code-refused", "The provider says: %.250s.", r->error);
    else
        return true;
    return false;
}

bool fetch_token_redeem(struct fetch_token *t, const char *pasted, struct outcome *why)
{
    SCOPED_BUF struct buf form;
    struct oauth_redirect r;
    buf_init(&form, FORM_MAX);
    if (!is_our_code(t, pasted, &r, why))
        return false;
    form_put(&form, "grant_type", "authorization_code");
    form_put(&form, "code", r.code);
    form_put(&form, "redirect_uri", fetch_setting(t->settings, "oauth_redirect_url"));
    form_put(&form, "code_verifier", t->verifier);
    put_client(t, &form);
    explicit_bzero(&r, sizeof(r));
    mem_free_secret(&t->verifier); /* a code is good once */
    timer_stop(&t->poll);
    send_form(t, &t->device_request, fetch_setting(t->settings, "oauth_token_url"), &form, on_code_answer);
    return true;
}

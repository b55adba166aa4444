/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/provider.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "proto/cidr.h"
#include "proto/public_ip.h"
#include "role/provider_login.h"

enum { FRESH_MS = 3600 * 1000, AGAIN_MS = 5000, URL_MOST = 2000 };

static const char no_key[] = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

struct tls_context *directory_tls(struct directory *d, const json_t *settings)
{
    char error[TLS_ERROR_LEN];
    struct tls_context *tls =
        fetch_house_tls(&d->house, fetch_setting(settings, "ca_file"), fetch_setting(settings, "pin"), error);
    if (!tls) { /* whom the settings do not mean is not trusted instead: no key has this fingerprint */
        log_error(NULL, "%s", error);
        tls = fetch_house_tls(&d->house, "", no_key, error);
    }
    if (!tls)
        panic("no TLS: %s", error);
    return tls;
}

bool provider_may_lie(const struct provider *p, const struct endpoint *e)
{
    char ip[ENDPOINT_TEXT_LEN];
    endpoint_format_host(e, ip);
    return !*fetch_setting(p->settings, "tenant") || ip_is_public(ip) ||
           cidr_list_holds(p->directory->networks, ip);
}

static bool may(void *context, const struct endpoint *e)
{
    return provider_may_lie(context, e);
}

const char *provider_url(const struct provider *p, const char *name)
{
    const char *url = fetch_setting(p->document, name);
    if (!str_starts(url, "https://") || strlen(url) > URL_MOST)
        return "";
    for (const char *c = url; *c; c++)
        if (*c <= ' ' || *c > '~' || strchr("\"<>\\", *c))
            return "";
    return url;
}

/* ---- learning ---- */

static void tell_all(struct provider *p, const struct outcome *why)
{
    while (!list_empty(&p->waiting)) {
        struct provider_wait *w = CONTAINER_OF(p->waiting.next, struct provider_wait, node);
        provider_wait_stop(w);
        w->on_ready(w, why);
    }
}

static void fail(struct provider *p, const struct https_answer *a, const char *what)
{
    struct outcome o;
    json_decref(p->learning);
    p->learning = NULL;
    if (a->status == 0)
        outcome_set(&o, VERDICT_RETRY, "provider-away",
                    "The login provider \"%.64s\" cannot be reached: %.250s",
                    fetch_setting(p->settings, "name"), a->error);
    else
        outcome_set(&o, VERDICT_RETRY, "provider-wrong",
                    "The login provider \"%.64s\" answered %u, and %s. An administrator has to look at its "
                    "issuer.",
                    fetch_setting(p->settings, "name"), a->status, what);
    tell_all(p, &o);
}

static json_t *object_of(const struct https_answer *a)
{
    json_t *o = a->status == 200 ? json_loads(a->body, JSON_REJECT_DUPLICATES, NULL) : NULL;
    if (json_is_object(o))
        return o;
    json_decref(o);
    return NULL;
}

static void on_keys(void *context, const struct https_answer *a)
{
    struct provider *p = context;
    p->request = NULL;
    json_t *keys = object_of(a);
    if (!json_is_array(json_object_get(keys, "keys"))) {
        json_decref(keys);
        fail(p, a, "what it shows at its jwks_uri are no keys");
        return;
    }
    json_decref(p->keys);
    json_decref(p->document);
    p->keys = keys;
    p->document = p->learning;
    p->learning = NULL;
    p->learned_ms = clock_mono_ms();
    tell_all(p, NULL);
}

static void get(struct provider *p, const char *url,
                void (*on_done)(void *context, const struct https_answer *a))
{
    const struct https_post_opts opts = {.url = url, .get = true, .type = "", .headers = "", .may = may};
    p->request = https_post_send(p->directory->house.loop, directory_tls(p->directory, p->settings), &opts,
                                 on_done, p);
}

static void on_document(void *context, const struct https_answer *a)
{
    struct provider *p = context;
    p->request = NULL;
    p->learning = object_of(a);
    if (!p->learning) {
        fail(p, a, "what it shows below /.well-known/openid-configuration is no description of a provider");
        return;
    }
    /* OpenID Connect Discovery §4.3: else somebody answers in another's name. */
    if (!str_equal(fetch_setting(p->learning, "issuer"), fetch_setting(p->settings, "issuer"))) {
        fail(p, a, "it calls itself another issuer than the one that is set");
        return;
    }
    const struct provider learned = {.document = p->learning};
    if (!*provider_url(&learned, "authorization_endpoint") || !*provider_url(&learned, "token_endpoint") ||
        !*provider_url(&learned, "jwks_uri"))
        fail(p, a,
             "it names no authorization_endpoint, token_endpoint and jwks_uri that begin with https://");
    else
        get(p, provider_url(&learned, "jwks_uri"), on_keys);
}

void provider_await(struct provider *p, bool anew, struct provider_wait *w)
{
    SCOPED_BUF struct buf url;
    buf_init(&url, URL_MOST);
    int64_t age_ms = clock_mono_ms() - p->learned_ms;
    if (p->keys && age_ms < (anew ? AGAIN_MS : FRESH_MS)) {
        list_init(&w->node);
        w->on_ready(w, NULL);
        return;
    }
    list_append(&p->waiting, &w->node);
    if (p->request)
        return;
    const char *issuer = fetch_setting(p->settings, "issuer");
    size_t len = strlen(issuer);
    bool slash = len > 0 && issuer[len - 1] == '/';
    (void)buf_printf(&url, "%.*s/.well-known/openid-configuration", (int)(len - slash), issuer);
    get(p, buf_text(&url), on_document);
}

void provider_wait_stop(struct provider_wait *w)
{
    if (w->node.next)
        list_remove(&w->node);
    list_init(&w->node);
}

/* ---- all of them ---- */

struct provider *provider_named(struct directory *d, const char *name)
{
    list_each (it, &d->providers) {
        struct provider *p = CONTAINER_OF(it, struct provider, node);
        if (str_equal(fetch_setting(p->settings, "name"), name))
            return p;
    }
    return NULL;
}

static void provider_free(struct provider *p)
{
    struct outcome o;
    outcome_set(&o, VERDICT_RETRY, "provider-changed",
                "The settings of this login provider were changed just now. Try again.");
    tell_all(p, &o);
    provider_logins_drop(p);
    https_post_cancel(p->request);
    json_decref(p->settings);
    json_decref(p->document);
    json_decref(p->learning);
    json_decref(p->keys);
    list_remove(&p->node);
    free(p);
}

static bool is_listed(const json_t *list, const json_t *settings)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), settings) == 1)
            return true;
    return false;
}

/* Those that stay as they are keep what they learned, and their logins. */
void providers_set(struct directory *d, const json_t *list)
{
    list_each_safe (it, &d->providers) {
        struct provider *p = CONTAINER_OF(it, struct provider, node);
        if (!is_listed(list, p->settings))
            provider_free(p);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *settings = json_array_get(list, i);
        if (provider_named(d, fetch_setting(settings, "name")))
            continue;
        struct provider *p = mem_zalloc(sizeof(*p));
        p->directory = d;
        p->settings = json_incref(settings);
        list_init(&p->waiting);
        list_append(&d->providers, &p->node);
    }
}

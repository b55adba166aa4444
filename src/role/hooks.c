/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/hooks.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "mail/hook_signature.h"
#include "mail/https_post.h"
#include "net/tls.h"
#include "proto/cidr.h"
#include "proto/public_ip.h"

struct hook_call {
    struct list node;
    struct hooks *hooks;
    struct id id;
    struct sender from;
    struct https_post *post;
    struct tls_context *tls;
    char *networks;
    bool plain;
};

static void answer(struct hooks *h, const struct sender *to, struct id id, unsigned http,
                   const struct outcome *o)
{
    struct message m = {.type = MSG_hook_called,
                        .hook_called = {.call = id, .http = http, MESSAGE_OUTCOME(o)}};
    peers_answer(h->peers, to, &m);
}

static void forget(struct hook_call *c)
{
    list_remove(&c->node);
    https_post_cancel(c->post);
    tls_context_free(c->tls);
    free(c->networks);
    free(c);
}

void hooks_init(struct hooks *h)
{
    list_init(&h->calls);
}

void hooks_clear(struct hooks *h)
{
    list_each_safe (it, &h->calls)
        forget(CONTAINER_OF(it, struct hook_call, node));
}

/* In the clear nothing goes beyond networks that an administrator of the installation has named. */
static bool may_call(void *context, const struct endpoint *e)
{
    const struct hook_call *c = context;
    char ip[ENDPOINT_TEXT_LEN];
    endpoint_format_host(e, ip);
    return cidr_list_holds(c->networks, ip) || (!c->plain && ip_is_public(ip));
}

static void on_done(void *context, const struct https_answer *a)
{
    struct hook_call *c = context;
    struct outcome o;
    if (a->status >= 200 && a->status < 300)
        outcome_done(&o);
    else if (a->status == 410)
        outcome_set(&o, VERDICT_GIVE_UP, "hook-gone", "The server said that it wants no more (410 Gone).");
    else if (a->status)
        outcome_set(&o, VERDICT_RETRY, "hook-refused",
                    "The server answered with HTTP %u; 200 to 299 is wanted.%s", a->status,
                    a->status >= 300 && a->status < 400
                        ? " Redirections are not followed: give the URL it leads to."
                        : "");
    else
        outcome_set(&o, VERDICT_RETRY, "hook-unreachable", "No answer: %s", a->error);
    c->post = NULL; /* it frees itself */
    answer(c->hooks, &c->from, c->id, a->status, &o);
    forget(c);
}

static void start(struct hook_call *c, const struct msg_hook_call *m, const char *headers)
{
    const struct https_post_opts opts = {.url = m->url,
                                         .plain = c->plain,
                                         .status_only = true,
                                         .type = "application/json",
                                         .headers = headers,
                                         .body = span_str(m->body),
                                         .may = may_call};
    c->post = https_post_send(c->hooks->loop, c->tls, &opts, on_done, c);
}

void hooks_call(struct hooks *h, const struct sender *from, const struct msg_hook_call *m)
{
    char headers[HOOK_HEADERS_LEN], secret[SECRET_TEXT_LEN], error[TLS_ERROR_LEN] = "";
    struct outcome o;
    list_each (it, &h->calls)
        if (id_equal(CONTAINER_OF(it, struct hook_call, node)->id, m->call)) {
            CONTAINER_OF(it, struct hook_call, node)->from = *from; /* the next life of the queue asks */
            return;
        }
    bool opened = secret_open(h->key, m->secret, secret) &&
                  hook_headers(id_text(m->call), m->at_s, secret, m->body, headers);
    explicit_bzero(secret, sizeof(secret));
    struct hook_call *c = mem_zalloc(sizeof(*c));
    *c = (struct hook_call){.hooks = h,
                            .id = m->call,
                            .from = *from,
                            .networks = mem_strdup(m->networks),
                            .plain = str_starts(m->url, "http://")};
    list_append(&h->calls, &c->node);
    c->tls = c->plain ? NULL : tls_client_new(&(struct tls_client_opts){.pin = m->pin}, error);
    if (opened && (c->plain || c->tls)) {
        start(c, m, headers);
        return;
    }
    outcome_set(&o, VERDICT_RETRY, "hook-settings", "%s%s",
                opened ? "" : "Its secret cannot be read with this installation's key; set it again. ",
                error);
    answer(h, from, m->call, 0, &o);
    forget(c);
}

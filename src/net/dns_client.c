/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/dns_client.h"

#include <stdlib.h>
#include <unbound.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

enum { DNS_CLASS_IN = 1, RCODE_OK = 0, RCODE_NO_NAME = 3 };

struct dns_client {
    struct loop *loop;
    struct ub_ctx *context;
    struct watch watch;
};

struct dns_query {
    struct dns_client *client;
    int id;
    struct timer failed; /* libunbound did not take the question */
    void (*on_done)(void *context, const struct dns_answer *answer);
    void *context;
};

static void on_ready(void *context, uint32_t events)
{
    const struct dns_client *c = context;
    (void)ub_process(c->context);
}

/* No cache file, no trust anchor, no wish to see the machine's own server spared. */
static bool set_up(const struct dns_client *c)
{
    static const char *const options[][2] = {
        {"module-config:", "iterator"}, {"do-not-query-localhost:", "no"}, {"msg-cache-size:", "1m"},
        {"rrset-cache-size:", "2m"},    {"infra-host-ttl:", "60"},
    };
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        int error = ub_ctx_set_option(c->context, options[i][0], options[i][1]);
        if (error)
            log_warning(NULL, "libunbound does not take %s %s: %s", options[i][0], options[i][1],
                        ub_strerror(error));
    }
    return ub_ctx_async(c->context, 1) == 0;
}

static bool set_servers(const struct dns_client *c, const struct endpoint *servers, unsigned count)
{
    char host[ENDPOINT_TEXT_LEN], text[ENDPOINT_TEXT_LEN + 8];
    if (count == 0 && ub_ctx_resolvconf(c->context, NULL) != 0)
        log_warning(NULL,
                    "cannot read /etc/resolv.conf: the DNS is asked from its root on; name resolvers with "
                    "dns_servers");
    for (unsigned i = 0; i < count; i++) {
        endpoint_format_host(&servers[i], host);
        (void)str_format(text, sizeof(text), "%s@%u", host, endpoint_port(&servers[i]));
        if (ub_ctx_set_fwd(c->context, text) != 0)
            return false;
    }
    return true;
}

struct dns_client *dns_client_new(struct loop *l, const struct endpoint *servers, unsigned count)
{
    struct dns_client *c = mem_zalloc(sizeof(*c));
    c->loop = l;
    c->context = ub_ctx_create();
    if (!c->context || !set_up(c) || !set_servers(c, servers, count)) {
        dns_client_free(c);
        return NULL;
    }
    c->watch = (struct watch){.on_ready = on_ready, .context = c};
    watch_start(&c->watch, l, ub_fd(c->context), EPOLLIN);
    return c;
}

void dns_client_free(struct dns_client *c)
{
    if (!c)
        return;
    watch_stop(&c->watch);
    if (c->context)
        ub_ctx_delete(c->context);
    free(c);
}

/* ---- queries ---- */

static void finish(struct dns_query *q, const struct dns_answer *answer)
{
    void (*on_done)(void *, const struct dns_answer *) = q->on_done;
    void *context = q->context;
    timer_stop(&q->failed);
    free(q);
    on_done(context, answer);
}

static void on_result(void *context, int error, struct ub_result *r)
{
    struct dns_answer answer = {.status = DNS_ANSWER_FAILED};
    if (!error && r && r->havedata && r->rcode == RCODE_OK) {
        answer.status = DNS_ANSWER_FOUND;
        for (size_t i = 0; r->data[i] && answer.count < DNS_ANSWER_RECORDS_MAX; i++)
            answer.records[answer.count++] = span_of(r->data[i], (size_t)r->len[i]);
    } else if (!error && r && r->rcode == RCODE_NO_NAME) {
        answer.status = DNS_ANSWER_NO_NAME;
    } else if (!error && r && r->rcode == RCODE_OK) {
        answer.status = DNS_ANSWER_NO_DATA;
    }
    finish(context, &answer);
    ub_resolve_free(r);
}

static void on_failed(void *context)
{
    const struct dns_answer answer = {.status = DNS_ANSWER_FAILED};
    finish(context, &answer);
}

struct dns_query *dns_query_start(struct dns_client *c, const char *name, int type,
                                  void (*on_done)(void *context, const struct dns_answer *answer),
                                  void *context)
{
    struct dns_query *q = mem_zalloc(sizeof(*q));
    *q = (struct dns_query){.client = c, .id = -1, .on_done = on_done, .context = context};
    q->failed = (struct timer){.on_due = on_failed, .context = q};
    if (ub_resolve_async(c->context, name, type, DNS_CLASS_IN, q, on_result, &q->id) != 0) {
        q->id = -1;
        timer_start(&q->failed, c->loop, 0);
    }
    return q;
}

void dns_query_cancel(struct dns_query *q)
{
    if (q->id >= 0)
        (void)ub_cancel(q->client->context, q->id);
    timer_stop(&q->failed);
    free(q);
}

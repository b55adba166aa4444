/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/mail_servers.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"

/* S3.12: a server that is away is tried again at a steady pace. One that refuses us, or whose settings are
 * wrong, is asked less often: too many wrong passwords lock an account. */
enum { AWAY_RETRY_MS = 30000, REFUSED_RETRY_MS = 300000 };

struct server_state *server_state(struct queue *q, const char *name)
{
    list_each (it, &q->mail_servers)
        if (str_equal(CONTAINER_OF(it, struct server_state, node)->name, name))
            return CONTAINER_OF(it, struct server_state, node);
    struct server_state *s = mem_zalloc(sizeof(*s));
    (void)str_copy(s->name, sizeof(s->name), name);
    list_append(&q->mail_servers, &s->node);
    return s;
}

void mail_servers_forget(struct queue *q)
{
    list_each_safe (it, &q->mail_servers) {
        list_remove(it);
        free(CONTAINER_OF(it, struct server_state, node));
    }
}

bool server_is_away(const struct queue *q, const struct server_state *s)
{
    return s->away_until_ms > q->steady_clock();
}

void server_failed(struct queue *q, struct server_state *s, enum delivery_fault fault,
                   const struct outcome *o)
{
    if (!s->doubtful)
        log_error(NULL, "ALARM mail-server: %s: %s Until then its mails wait in their order (%u wait in all)",
                  s->name, o->text, mail_out_waiting(&q->store));
    s->doubtful = true;
    s->away_until_ms = q->steady_clock() + (fault == FAULT_AWAY ? AWAY_RETRY_MS : REFUSED_RETRY_MS);
}

void server_did(struct server_state *s)
{
    if (s->doubtful)
        log_info(NULL, "the mail server %s takes mails again", s->name);
    s->doubtful = false;
    s->away_until_ms = 0;
}

void mail_servers_retry(struct queue *q)
{
    list_each (it, &q->mail_servers) {
        struct server_state *s = CONTAINER_OF(it, struct server_state, node);
        s->away_until_ms = 0;
        s->doubtful = false;
    }
}

const char *server_where(struct queue *q, const struct mail_server *s)
{
    return arena_format(&q->arena, "%s:%u", s->host, s->port);
}

void server_describe(struct queue *q, const struct mail_server *s, struct msg_deliver *to)
{
    /* A reset makes other settings of them, so that mailout forgets too what it has seen. */
    json_t *json =
        json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s}", "host", s->host, "port",
                  (int)s->port, "security", s->security, "user", s->username, "ca_file", s->ca_file, "pin",
                  s->pin, "auth", s->auth, "allow", s->allow, "tls_name", s->tls_name, "connections",
                  (int)s->connections, "reset", store_meta(&q->store, &q->arena, TLS_RESET_META));
    SCOPED_FREE char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    to->name = s->name;
    to->server = arena_strdup(&q->arena, text ? text : "{}");
    to->secret = s->secret;
    to->tls_seen = tls_seen(&q->store, server_where(q, s));
}

bool mail_route(struct queue *q, struct msg_deliver *to)
{
    struct mail_server s;
    if (str_starts(q->conf->deliver, "maildir:")) {
        to->maildir = q->conf->deliver + strlen("maildir:");
        return true;
    }
    if (!config_mail_server(&q->store, &q->arena, &s) || !s.enabled)
        return false;
    server_describe(q, &s, to);
    return true;
}

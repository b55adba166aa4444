/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which mail server takes which mails, and how each does at present. That a server is away concerns it and no
 * mail: those keep their places, and one of them tries again every 30 s (S3.12). Nothing of this is stored:
 * a new process tries at once. */
#pragma once

#include "queue/queue.h"
#include "store/config.h"
#include "store/outbox.h"

struct server_state {
    struct list node;
    char name[65];
    int64_t away_until_ms; /* steady clock; 0: it is there */
    bool doubtful;         /* the last try failed: the next one is a single mail */
    unsigned under_way;
    unsigned late;        /* of its mails, how many wait for too long */
    int64_t said_late_ms; /* steady clock */
};

/* Never NULL; lives as long as the queue. */
struct server_state *server_state(struct queue *q, const char *name);
bool server_is_away(const struct queue *q, const struct server_state *s);
/* What came of a try. The first failure in a row raises the alarm. */
void server_failed(struct queue *q, struct server_state *s, enum delivery_fault fault,
                   const struct outcome *o);
void server_did(struct server_state *s);
/* Settings have changed: all are tried at once. */
void mail_servers_retry(struct queue *q);

/* Its mails go to the tenant's fallback address instead, once for each fax (D7; delivering.c). */
void mail_use_fallback(struct queue *q, const struct mail_out *m);

/* Host, port, password ... into the question. */
void server_describe(struct queue *q, const struct mail_server *s, struct msg_deliver *to);
/* When an administrator last took back that a server speaks TLS; in meta. */
#define TLS_RESET_META "tls_reset_ms"
/* "host:port", as tls_seen knows it. */
const char *server_where(struct queue *q, const struct mail_server *s);

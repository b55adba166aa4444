/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which mail server takes which mails, and how each does at present. That a server is away concerns it and no
 * mail: those keep their places, and one of them tries again every 30 s (S3.12). Nothing of this is stored:
 * a new process tries at once. */
#pragma once

#include "queue/queue.h"

struct server_state {
    struct list node;
    char name[65];
    int64_t away_until_ms; /* steady clock; 0: it is there */
    bool doubtful;         /* the last try failed: the next one is a single mail */
    unsigned under_way;
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

/* Host, port, password ... into the question. */
void server_describe(struct queue *q, const struct mail_server *s, struct msg_deliver *to);
/* "host:port", as tls_seen knows it. */
const char *server_where(struct queue *q, const struct mail_server *s);

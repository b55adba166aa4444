/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The API's server with a queue and a convert of our own behind it, all in one process, and a client of it.
 */
#pragma once

#include <jansson.h>
#include <netinet/in.h>

#include "test.h"

#include "base/buf.h"
#include "ipc/peers.h"
#include "store/store.h"
#include "web/server.h"

struct web_place {
    char dir[64], path[100];
    struct loop *loop;
    struct store store; /* queue's */
    struct server *server;
    struct peers *web, *queue, *convert;
    int web_parent, queue_parent, convert_parent;
    struct sockaddr_in tcp; /* where strangers come */
    bool silent;            /* queue does not answer */
    struct sender asker;
    /* What queue was asked. */
    int asked;
    struct id submission;
    char box[64], numbers[256], name[64], user[64], document[64], live[1024];
};

/* With the tenant "t", the user "u" and the box "front". report: of struct server_opts; may be NULL. */
typedef void web_report(struct store *s, struct arena *a, struct id submission, struct id job,
                        struct buf *to);
struct web_place *web_place_new(web_report *report);
int web_place_setup(void **state);
int web_place_teardown(void **state);

/* ---- a client ---- */

struct reply {
    unsigned status;
    struct buf text; /* head and body */
    json_t *body;
};
void reply_clear(struct reply *a);
#define SCOPED_REPLY __attribute__((cleanup(reply_clear)))

/* Over the unix socket, whose clients administrate the installation. */
int web_connect(const struct web_place *p);
/* Runs all sides until the server closes; the client reads and writes as it can. */
void web_converse(struct web_place *p, int fd, struct span request, struct reply *a);
void web_ask(struct web_place *p, const char *method, const char *target, const char *body, struct reply *a);
const char *text_at(const json_t *o, const char *name);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One request on its way through a resource. A resource ends in exactly one of reply_* or request_ask_*. */
#pragma once

#include <jansson.h>

#include "base/list.h"
#include "ipc/message.h"
#include "store/store.h"

struct server;
struct request;
struct MHD_Connection;
struct MHD_Response;

struct route {
    const char *method, *path; /* below /api/v1/; ":id" stands for an id */
    size_t body_max;           /* 0: takes none */
    void (*handle)(struct request *r);
};

extern const struct route routes[];
extern const size_t route_count;

struct request {
    struct list node; /* of the server's waiting ones */
    struct server *server;
    struct MHD_Connection *connection;
    const struct route *route;
    struct id id;        /* of the path */
    struct store *store; /* read only; never NULL in a resource */
    struct arena arena;  /* until the reply */
    int body_fd;         /* memory file; -1: no body */
    size_t body_len;
    bool body_too_large;
    bool no_room; /* for its body, beside those of others */
    /* While queue is asked. */
    uint64_t ask;
    int64_t deadline_ms;
    /* The answer: m is NULL where none came in time. */
    void (*on_answer)(struct request *r, const struct message *m);
    struct id subject; /* what the question was about */
    /* What will be sent. */
    struct MHD_Response *response;
    unsigned status;
    const char *allow; /* methods, for 405 */
};

/* The argument of the query, or `missing`. */
const char *request_argument(const struct request *r, const char *name, const char *missing);
const char *request_header(const struct request *r, const char *name, const char *missing);
/* Calls `each` for every argument of that name. */
void request_each_argument(const struct request *r, const char *name,
                           void (*each)(void *context, const char *value), void *context);
/* Who asks, for the log and for histories; NULL where that is no name (a reply has been made then). */
const char *request_user(struct request *r);
/* limit and before of a list's query; false where they are wrong (a reply has been made then). */
struct report_cursor;
bool request_cursor(struct request *r, struct report_cursor *c);
enum { REQUEST_LIST_MOST = 200 };

/* Seals the body; -1 where there is none (an empty one counts as none). The request keeps it. */
int request_sealed_body(struct request *r);

/* Asks queue; the connection waits at most patience_ms. */
void request_ask(struct request *r, const struct message *m, int64_t patience_ms,
                 void (*on_answer)(struct request *r, const struct message *m));

/* The same, of another role. */
void request_ask_role(struct request *r, enum role role, const struct message *m, int64_t patience_ms,
                      void (*on_answer)(struct request *r, const struct message *m));

/* ---- replies ---- */

void reply_json(struct request *r, unsigned status, json_t *body); /* takes body */
void reply_text(struct request *r, unsigned status, const char *json);
/* RFC 9457; detail: what happened and what to do. */
void reply_problem(struct request *r, unsigned status, const char *code, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* Queue did not answer in time. */
void reply_queue_away(struct request *r, const char *consequence);
/* {"items": [...], "next": id} where there may be more. */
void reply_list(struct request *r, json_t *items, size_t most, struct id last);

/* ---- what resources share ---- */

bool request_maildir(const struct request *r);
void request_export(const struct request *r, struct buf *to);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One request on its way through a resource. A resource ends in exactly one of reply_* or request_ask_*. */
#pragma once

#include <jansson.h>

#include "base/list.h"
#include "ipc/message.h"
#include "store/store.h"
#include "web/actor.h"

struct client;
struct server;
struct setup;
struct request;
struct MHD_Connection;
struct MHD_Response;

struct route {
    const char *method;
    /* Below /api/v1/. ":id" stands for an id, ":n" (":n.png") for a number from 1, a last ":name" for a name.
     */
    const char *path;
    enum actor_role least; /* who may ask; ACTOR_STRANGER: everybody */
    size_t body_max;       /* 0: takes none */
    void (*handle)(struct request *r);
    const char *summary; /* one line for openapi.json */
};

extern const struct route routes[];
extern const size_t route_count;

struct request {
    struct list node; /* of the server's waiting ones */
    struct server *server;
    struct MHD_Connection *connection;
    struct client *client;
    const char *network; /* of whoever asks, by which his share is counted */
    struct actor actor;  /* who asks */
    const char *path;    /* from its '/' */
    bool is_get;         /* or HEAD */
    const struct route *route;
    struct id id;          /* of the path */
    unsigned number;       /* of the path */
    const char *path_name; /* of the path */
    struct store *store;   /* read only; never NULL in a resource */
    struct arena arena;    /* until the reply */
    int body_fd;           /* memory file; -1: no body */
    size_t body_len;
    bool body_too_large;
    bool no_room;                                /* for its body, beside those of others */
    bool overdue;                                /* PostgreSQL took too long for it */
    void (*step)(struct request *r, bool going); /* request_go_on */
    /* While queue is asked. */
    uint64_t ask;
    bool suspended;
    int64_t deadline_ms;
    /* The answer: m is NULL where none came in time. */
    void (*on_answer)(struct request *r, const struct message *m);
    struct id subject; /* what the question was about */
    void *state;       /* the resource's own, in the arena */
    /* waits.c: the calls of this moment, once they were asked for. */
    struct open_call *open_calls;
    size_t open_call_count;
    unsigned width;  /* of the picture that was asked for */
    unsigned turned; /* quarters clockwise that make its page upright */
    bool deskew;     /* its page is shown straight */
    const char *file_type;
    const char *kept; /* what is known while a second question is asked; in the arena */
    /* What will be sent. */
    struct MHD_Response *response;
    unsigned status;
    const char *allow; /* methods, for 405 */
};

/* How long refused logins take (base/pace.h). */
struct pace *request_pace(struct request *r);

/* The argument of the query, or `missing`. */
const char *request_argument(const struct request *r, const char *name, const char *missing);
const char *request_header(const struct request *r, const char *name, const char *missing);
/* A password of T.30 (PWD). Addresses are written into logs, headers are not. */
#define REQUEST_FAX_PASSWORD "Fax-Password"
extern const char request_password_in_address[];
/* If-Match; one that is too long to be of ours becomes one that matches nothing. */
const char *request_if_match(const struct request *r, const char *missing);
/* Calls `each` for every argument of that name. */
void request_each_argument(const struct request *r, const char *name,
                           void (*each)(void *context, const char *value), void *context);
/* limit and before of a list's query; false where they are wrong (a reply has been made then). */
struct report_cursor;
bool request_cursor(struct request *r, struct report_cursor *c);
bool request_limit(struct request *r, size_t *most); /* limit alone */
enum { REQUEST_LIST_MOST = 200 };

/* The body as a JSON object, a new reference; NULL where it is none (a reply has been made then). */
enum { REQUEST_OBJECT_MAX = 256 * 1024 };
json_t *request_object(struct request *r) MUST_USE;
/* In whose name something is done, as one line for the log; NULL where the unix socket's client gave none
 * that could stand there (a reply has been made then). */
const char *request_asker(struct request *r);
/* What the client calls itself, cut. */
const char *request_agent(struct request *r);
/* Seals the body; -1 where there is none (an empty one counts as none). The request keeps it. */
int request_sealed_body(struct request *r);
void request_seal(struct request *r); /* body_fd, written to its end */

/* Lays this provisioning over what there is and replies what queue says. */
void request_apply(struct request *r, const char *json, int64_t patience_ms);

/* Asks queue; the connection waits at most patience_ms. on_answer may ask again, but not where it got no
 * answer. */
void request_ask(struct request *r, const struct message *m, int64_t patience_ms,
                 void (*on_answer)(struct request *r, const struct message *m));

/* Calls step in the server's next turn, so that what takes long lets others in between; the connection waits.
 * going false: the server ends, and only what step holds is to be freed (a reply does no harm). */
void request_go_on(struct request *r, void (*step)(struct request *r, bool going));

/* Replies with a stream of events. */
void request_follow(struct request *r);
/* Tells queue. */
void request_tell(struct request *r, const struct message *m);

/* An id for what is to be made: a new one, or where the client gave an Idempotency-Key always the same for
 * this person, route and key, so that asking again makes nothing anew. False: the key is none, and that is
 * answered. */
bool request_new_id(struct request *r, struct id *id) MUST_USE;

/* The same as request_ask, of another role. */
void request_ask_role(struct request *r, enum role role, const struct message *m, int64_t patience_ms,
                      void (*on_answer)(struct request *r, const struct message *m));

/* From on_answer: on_due follows, with no message, at that moment of the steady clock. */
void request_pause(struct request *r, int64_t until_ms,
                   void (*on_due)(struct request *r, const struct message *m));

/* ---- replies ---- */

void reply_json(struct request *r, unsigned status, json_t *body); /* takes body */
void reply_text(struct request *r, unsigned status, const char *json);
/* Of that type. */
void reply_plain(struct request *r, unsigned status, const char *type, const char *text);
void reply_empty(struct request *r, unsigned status);
/* RFC 9457; detail: what happened and what to do. */
void reply_problem(struct request *r, unsigned status, const char *code, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* The same with further members; takes more. */
void reply_problem_with(struct request *r, unsigned status, const char *code, json_t *more,
                        const char *format, ...) PRINTF_LIKE(5, 6);
/* Queue did not answer in time. */
void reply_queue_away(struct request *r, const char *consequence);
/* 429, with the seconds after which to try again. */
void reply_too_often(struct request *r, unsigned wait_s);
/* {"items": [...], "next": id} where there may be more. */
void reply_list(struct request *r, json_t *items, size_t most, struct id last);

/* The headers that every reply has; a content policy or a rule of caching that it has already stays. */
void reply_secure(struct request *r);

/* ---- what resources share ---- */

bool request_has_queue(const struct request *r);

struct setup *request_setup(const struct request *r);
bool request_maildir(const struct request *r);
/* The facts of that job for its report, as make_report takes them. */
void request_report(struct request *r, struct id submission, struct id job, struct buf *to);

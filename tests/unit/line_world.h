/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Two user agents in one process on kernel-chosen loopback ports, and what each of them has seen. */
#pragma once

#include "line/ua.h"
#include "model/call_trace.h"

enum { PATIENCE_MS = 20 * 1000 };
#define WORLD_SECRET "open sesame"

/* What one end of a call has seen. */
struct side {
    struct ua *ua;
    struct ua_call *call;
    int trunk_up, trunk_down; /* told so often */
    struct trunk_health health;
    int invited, ringing, answered, media, ended, refused_t38, forwarded, not_forwarded;
    enum media_kind kind;
    struct endpoint remote;
    int fd;
    struct ua_ended end;
    char trace[CALL_TRACE_SIP_MAX + 1];
    char called[UA_NUMBER_LEN], calling[UA_NUMBER_LEN], calling_name[100];
    uint8_t dialog[4096];
    size_t dialog_len;
    int reject;     /* this status instead of accepting */
    bool hold;      /* neither accept nor reject */
    bool no_t38;    /* accept without T.38 */
    bool hang_up;   /* as soon as media came */
    bool both_ends; /* of a call to itself report here */
};

struct world {
    struct loop *loop;
    struct line_root *root;
    struct side a, b;
};

extern const struct ua_handler world_handler; /* its context is a struct side */

void side_open(struct world *w, struct side *s, const char *listen);
/* A trunk "other" that points at the agent. */
struct trunk trunk_to(const struct ua *ua, enum trunk_transport transport);
/* b knows a as its trunk. */
void world_open(struct world *w, const char *listen);
void side_close(struct side *s);
void world_close(struct world *w);
/* Runs both until *count is wanted; fails the test where it never is. */
void wait_until(struct world *w, const int *count, int wanted);
/* a calls with T.38 allowed. */
struct ua_call *dial_over(struct world *w, const struct trunk *t, const char *number);
/* a calls b. */
void dial(struct world *w);
/* ... and both have media. */
void talk(struct world *w);

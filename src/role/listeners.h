/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sockets the parent binds because their ports or paths need its rights, and hands out. */
#pragma once

#include "base/buf.h"
#include "conf/conf.h"
#include "role/inherited.h"

/* Where mail comes in: name, text (in grants and in run/ports), the key of its addresses. */
#define MAIL_DOORS(X)                                                                                        \
    X(SMTP, "smtp", smtp_listen)                                                                             \
    X(SUBMISSION, "submission", submission_listen)                                                           \
    X(SUBMISSIONS, "submissions", submissions_listen)                                                        \
    X(LMTP, "lmtp", lmtp_listen)

enum mail_door {
#define MAIL_DOOR_ENUM(name, text, key) DOOR_##name,
    MAIL_DOORS(MAIL_DOOR_ENUM)
#undef MAIL_DOOR_ENUM
        DOOR_LMTP_SOCKET,
    DOOR_COUNT
};

enum {
    LISTENERS_ERROR_LEN = 400,
    LISTENERS_NAME_LEN = 24,
    LISTENERS_MAIL_MAX = (DOOR_COUNT - 1) * CONF_ENDPOINTS_MAX + 1,
};

struct mail_listener {
    enum mail_door door;
    unsigned index; /* among those of that door */
    int fd;
};

struct listeners {
    struct mail_listener mail[LISTENERS_MAIL_MAX];
    unsigned mail_count;
    int gateway[2];               /* for commands and for mails; -1: there are to be no gateways */
    int api;                      /* unix socket state/run/api.sock */
    int http[CONF_ENDPOINTS_MAX]; /* the API and the browser application over TCP */
    unsigned http_count;
    int setup[CONF_ENDPOINTS_MAX]; /* the wizard of a new installation */
    unsigned setup_count;
};

/* 0, or an errno with a text that names the address and what to do. from: what is open already. */
int listeners_open(struct listeners *l, const struct conf *c, const char *state_dir, struct inherited *from,
                   char error[LISTENERS_ERROR_LEN]) MUST_USE;
/* For our next life (inherited.h). False where there are too many. */
bool listeners_leave(const struct listeners *l, struct inherited *to);
/* As it is granted: "smtp.0". */
void listeners_name(const struct mail_listener *m, char text[LISTENERS_NAME_LEN]);
/* Appends "smtp 127.0.0.1:2525" lines, "http", "setup", "gateway" and "gateway-data" likewise. */
void listeners_describe(const struct listeners *l, struct buf *to);

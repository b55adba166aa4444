/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One client at the front door: its connection, its SMTP engine, and the question to the queue that is open
 * for it. */
#pragma once

#include "base/pace.h"
#include "base/endpoint.h"
#include "base/list.h"
#include "ipc/peers.h"
#include "net/dns_client.h"
#include "net/loop.h"
#include "net/tls.h"

struct mail_session;

/* What one of our sockets is for. */
struct mail_door_rules {
    bool lmtp, local; /* local: a unix socket, whose permissions say who may come */
    bool offer_tls, implicit_tls, offer_login, require_login;
};

/* What all sessions share. */
struct mail_house {
    struct loop *loop;
    struct peers *peers;
    const char *host_name;
    bool local_is_trusted; /* who comes by a unix socket has checked senders */
    uint64_t max_bytes;
    struct tls_context *tls;
    struct dns_client *dns; /* NULL: no sender can be verified */
    struct list sessions;   /* of mail_session */
    struct pace wrong;      /* of refused logins */
    bool passwords_only;    /* as login_ways says */
    unsigned count;
};

/* fd: taken. rules: kept. The session ends and frees itself. */
void mail_session_start(struct mail_house *h, const struct mail_door_rules *rules, int fd,
                        const struct endpoint *peer);
/* At once, without a word. */
void mail_session_free(struct mail_session *s);
/* Tells every client that is between mails to come back later, then ends them all. */
void mail_sessions_stop(struct mail_house *h);
/* Sessions of clients with that address. */
unsigned mail_sessions_of(const struct mail_house *h, const struct endpoint *peer);

/* The queue's answers; one whose client is gone is dropped. */
void mail_house_on_verdict(struct mail_house *h, uint64_t request, const struct msg_rcpt_verdict *m);
void mail_house_on_salted(struct mail_house *h, uint64_t request, const struct msg_login_salted *m);
void mail_house_on_judged(struct mail_house *h, uint64_t request, const struct msg_login_judged *m);
void mail_house_on_tried(struct mail_house *h, uint64_t request, const struct msg_password_tried *m);
void mail_house_on_spooled(struct mail_house *h, uint64_t request, struct msg_mail_spooled *m);
void mail_house_on_stored(struct mail_house *h, uint64_t request, const struct msg_mail_stored *m);

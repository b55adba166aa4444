/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The SIP user agent: sockets, calls in and out, T.38 by re-INVITE. It decides nothing about retries and
 * routing and never touches media: a call's socket is handed over when the call is answered.
 *
 * INPUT: everything that comes from the network is hostile. An INVITE from an address that no trunk points at
 * gets 403 and reaches nobody (D8); above a rate the kernel drops what strangers send. A REFER to us
 * and whatever else we do not do is refused. Redirects are not followed.
 *
 * All callbacks come from line_root's loop, never from inside a call into this header, and may call anything
 * in it except ua_close. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/span.h"
#include "line/offer.h"
#include "line/root.h"
#include "line/trunk.h"
#include "model/id.h"
#include "model/outcome.h"

enum { UA_LISTENERS_MAX = 8, UA_NUMBER_LEN = 65, UA_SECRET_LEN = 513 };

struct dns_client;
struct ua;
struct ua_call;

enum ua_progress { UA_TRYING, UA_RINGING, UA_ANSWERED };

struct ua_invited {
    const struct trunk *trunk;    /* whose peer it is */
    const char *called, *calling; /* digits and + * # letters, nothing else; calling "" = anonymous */
    const char *calling_name;     /* display name, UTF-8, without control characters; may be "" */
    char peer_ip[ENDPOINT_TEXT_LEN];
};

struct ua_media {
    struct media media;
    int fd;             /* the first time: the call's socket, to be taken (set to -1) or closed; later -1 */
    struct span dialog; /* for ua_bye, by a later process; valid inside the callback */
    struct endpoint
        peer; /* where its signalling comes from, and so perhaps its media; len 0: only `media` says it */
    bool refused_t38; /* the far side would not have T.38: the call stays as it was */
};

struct ua_ended {
    bool answered; /* media had been handed over */
    bool by_far_side;
    int sip_status; /* of a call of ours that was not answered; 0: no answer from the network at all */
    enum dial_failure failure; /* the same */
    struct outcome outcome;    /* what happened, in any case */
    const char *trace; /* model/call_trace.h; valid inside the callback; NULL where nothing was sent */
};

struct ua_handler {
    /* ua_accept or ua_reject has to follow, now or later. */
    void (*on_invited)(void *context, struct ua_call *call, const struct ua_invited *who);
    void (*on_progress)(void *context, struct ua_call *call, enum ua_progress progress);
    /* Media can flow to there, from now on; again after each change. */
    void (*on_media)(void *context, struct ua_call *call, struct ua_media *m);
    /* The last word: the call is freed when this returns. */
    void (*on_ended)(void *context, struct ua_call *call, const struct ua_ended *end);
    /* How it is with a trunk has changed; may be NULL. Also called from within ua_set_trunks. */
    void (*on_trunk)(void *context, const struct trunk *trunk, const struct trunk_health *health);
    /* What ua_forward began: somebody else has the call, and it may be hung up; or it goes on here. May be
     * NULL; not where the call ended meanwhile. */
    void (*on_forwarded)(void *context, struct ua_call *call, bool ok);
};

struct ua_opts {
    struct line_root *root;
    struct endpoint listen[UA_LISTENERS_MAX]; /* UDP and TCP each; port 0: a free one; 0.0.0.0 and
                                                  ::: all addresses the machine has now */
    unsigned listen_count;
    struct endpoint listen_tls[UA_LISTENERS_MAX]; /* TLS, the same way, with what is lent (net/tls_lent.h);
                                                     none: no trunk can be spoken to over it */
    unsigned listen_tls_count;
    uint16_t media_first, media_last; /* as ports_init */
    uint32_t refresh_least_s;         /* session timers below count as this; 0: 90 */
    struct dns_client *dns;           /* borrowed; NULL: trunks' names have no SRV records */
    const struct ua_handler *handler;
    void *context;
    /* A trunk's password in plain, "" where it has none, for the moment of an answer to its registrar; false
     * where it cannot be read. NULL: none has any. */
    bool (*open_secret)(void *context, const struct trunk *trunk, char *secret, size_t room);
};

/* Binds the sockets. NULL: *failed tells which endpoint could not be bound (those of TLS count on behind the
 * others), errno why (0: sofia did not say). */
struct ua *ua_open(const struct ua_opts *opts, unsigned *failed) MUST_USE;
/* Ends all calls and registrations without a callback (BYE, CANCEL and REGISTER leave), waits for their
 * answers for two seconds at most (a packet that was lost is repeated after half of one), closes. */
void ua_close(struct ua *ua);
/* What was asked for, with the real ports; i < listen_count, and on for those of TLS. */
struct endpoint ua_endpoint(const struct ua *ua, unsigned i);

/* These trunks and no others from now on; calls keep what they began with. Host names are looked up now and
 * every few minutes. Until the first time, INVITEs get 503. */
void ua_set_trunks(struct ua *ua, const struct trunk *list, size_t n);
const struct trunk *ua_trunk(const struct ua *ua, const char *id_or_name); /* or NULL */
/* Tells the handler of each trunk how it is with it. */
void ua_tell_trunks(struct ua *ua);

struct ua_dial {
    struct id attempt;
    const struct trunk *trunk; /* copied */
    const char *secret;        /* digest password in plain or ""; copied, wiped with the call */
    const char *number;        /* digits, + * # */
    const char *caller_id;     /* the same, or "" */
    const char *caller_name;   /* UTF-8 or "" */
    bool t38;
    uint32_t ring_timeout_ms; /* 0: as long as it rings */
};

/* NULL: nothing was sent; *failed says why (sip_status 0). Else on_ended comes in any case. */
struct ua_call *ua_dial(struct ua *ua, const struct ua_dial *dial, struct ua_ended *failed) MUST_USE;

void ua_accept(struct ua_call *call, bool t38);
void ua_reject(struct ua_call *call, int sip_status); /* 300..699 */
/* To a call that waits for ua_accept: 302 to that number at the trunk. False where it is none. */
bool ua_redirect(struct ua_call *call, const char *number) MUST_USE;
/* REFER of a call with media to that number; on_forwarded follows. False where it cannot be now. */
bool ua_forward(struct ua_call *call, const char *number) MUST_USE;
/* re-INVITE to T.38, once it is possible; nothing happens where it is on already, or not allowed. on_media
 * tells how it went. */
void ua_want_t38(struct ua_call *call);
/* No T.38 any more in a call that is in audio, whoever asks for it: 488, and the call goes on. */
void ua_keep_audio(struct ua_call *call);
/* CANCEL, refusal or BYE, whatever the state needs. on_ended comes when the far side knows, or after 32 s. */
void ua_hang_up(struct ua_call *call);
/* BYE in a dialog of an earlier process. on_ended comes for it. NULL where the bytes are no dialog of ours,
 * or nothing can be sent to its target. */
struct ua_call *ua_bye(struct ua *ua, struct id attempt, struct span dialog) MUST_USE;

struct id ua_call_attempt(const struct ua_call *call);
struct ua_call *ua_find(const struct ua *ua, struct id attempt); /* or NULL */
bool ua_call_is_caller(const struct ua_call *call);              /* we placed it */
/* f for every call there is; f may end it. */
void ua_each_call(struct ua *ua, void (*f)(void *context, struct ua_call *call), void *context);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The insides of ua.h, shared by the files of a call only. */
#pragma once

#include "base/list.h"
#include "line/auth.h"
#include "line/dialog.h"
#include "line/guard.h"
#include "line/ports.h"
#include "line/sip_trace.h"
#include "line/sofia.h"
#include "line/state.h"
#include "line/ua.h"

enum { CALL_URL_LEN = 512, INTERFACES_MAX = 32, TLS_FAULTS_MAX = 32 };

struct resolver;

/* One nua an address: sofia names and uses the first one it finds, whatever the way to the peer. */
struct listener {
    struct ua *ua;
    nua_t *nua;
    struct endpoint endpoint; /* with the real port */
    bool tls;                 /* this and nothing else; else UDP and TCP */
    bool gone;                /* nua_shutdown is through */
};

struct ua {
    struct line_root *root;
    struct endpoint named[2 * UA_LISTENERS_MAX]; /* as opened, with real ports */
    unsigned named_count;
    struct listener listeners[INTERFACES_MAX]; /* one each, and one an interface for 0.0.0.0 and :: */
    unsigned listener_count;
    struct ports ports;
    struct trunks trunks;
    bool trunks_known; /* ua_set_trunks was called once */
    struct guard guard;
    struct timer shield_timer; /* runs while the shield is up */
    struct tls_watch tls_watch;
    struct timer tls_timer; /* due where there is one of these: */
    struct {
        struct endpoint peer;
        enum tls_fault fault;
    } tls_faults[TLS_FAULTS_MAX];
    unsigned tls_fault_count;
    struct resolver *resolver;
    struct list calls;         /* of struct ua_call */
    struct list registrations; /* of struct registration */
    struct list keepalives;    /* of struct keepalive */
    bool (*open_secret)(void *context, const struct trunk *trunk, char *secret, size_t room); /* or NULL */
    const struct ua_handler *handler;
    void *context;
    bool closing;
    uint32_t refresh_least_s;
};

enum forward { FORWARD_NOT, FORWARD_ASKED, FORWARD_TAKEN };

struct ua_call {
    struct list node;
    struct ua *ua;
    struct listener *listener;
    nua_handle_t *nh;
    struct id attempt;
    enum call_state state;
    bool caller;         /* we sent the first INVITE */
    bool answered;       /* media was handed over */
    bool hang_up_wanted; /* as soon as the state allows it */
    bool t38_wanted;     /* as soon as the state allows it */
    bool offered_late;   /* our 200 carries the offer, their ACK the answer */
    bool detached;       /* sofia does not know the dialog any more */
    bool challenged;     /* the request under way has been sent with credentials */
    struct trunk trunk;  /* as it was when the call began */
    char *secret;        /* owned, wiped */
    char url[CALL_URL_LEN], from[CALL_URL_LEN], to[CALL_URL_LEN]; /* of our INVITE */
    char identity[CALL_URL_LEN]; /* header with our caller id, where the trunk wants it outside of From */
    char contact[CALL_URL_LEN];  /* ours, where sofia would not know it; "": it knows */
    char proxy[CALL_URL_LEN];    /* where it is sent, if not to its own URL */
    struct endpoint peer;        /* whom its packets come from, or went to */
    enum trunk_transport way;    /* the same */
    struct offer_side side;
    int media_fd; /* -1 before it is bound and after it was handed over */
    struct media media;
    bool answered_early; /* theirs holds the answer of a provisional response */
    struct sdp theirs;   /* CALL_INVITED: their offer */
    struct dialog dialog;
    struct {
        uint32_t seconds; /* the session lives so long without a refresh (RFC 4028); 0: for ever */
        bool ours;        /* we refresh it */
        bool known;       /* the far side knows session timers */
        bool update;      /* it takes UPDATE */
        bool updating;    /* ours is under way */
        bool reinviting;  /* our re-INVITE under way is to change nothing */
    } refresh;
    struct timer refresh_timer;
    enum forward forward; /* our REFER */
    char forward_to[UA_NUMBER_LEN];
    struct timer forward_timer;
    struct timer ring_timer;  /* ring time-out */
    struct timer glare_timer; /* CALL_WAITING */
    struct timer end_timer;   /* gives up waiting for an answer to CANCEL or BYE */
    struct ua_ended end;      /* filled as facts become known */
    struct sip_trace trace;
};

/* call.c */
struct ua_call *call_new(struct ua *ua, struct listener *l, struct id attempt);
void call_free(struct ua_call *c); /* without a word to anybody */
void call_set_state(struct ua_call *c, enum call_state to);
void call_end(struct ua_call *c);               /* reports c->end, frees */
void call_end_soon(struct ua_call *c);          /* the same from the loop, for what the user of ua.h calls */
int call_open_port(struct ua_call *c) MUST_USE; /* 0 or errno */
void call_bye(struct ua_call *c);
/* ACK to a 2xx, by the way that answer names. */
void call_ack(struct ua_call *c);
/* It is from the network: sofia makes up a 408 or 503 where nothing came. */
bool call_answer_came(const sip_t *answer);
void call_invited(struct ua_call *c, const sip_t *invite, const struct endpoint *from);
/* No connection to that peer can be made: a call that waits for one has failed. */
void call_on_tls_fault(struct ua_call *c, const struct endpoint *peer, enum tls_fault f);
void call_on_event(struct ua_call *c, nua_event_t event, int status, const sip_t *sip);
/* The credentials for sending `method` again after 401 or 407, in header. */
enum auth_result call_credentials(struct ua_call *c, const sip_t *answer, const char *method,
                                  struct buf *header) MUST_USE;

/* sip_trace.c */
/* What sofia tells: a request of theirs, and the answer that it gave to it by itself; or their answer to one
 * of ours, or that none came. */
void sip_trace_event(struct sip_trace *t, nua_event_t event, int status, const sip_t *sip);

/* session.c */
void session_answer(struct ua_call *c);                         /* 200 to their first INVITE */
void session_on_answer(struct ua_call *c, const sip_t *answer); /* 2xx to our first INVITE */
void session_on_reanswer(struct ua_call *c, int status,
                         const sip_t *answer); /* final answer to our re-INVITE */
void session_on_reinvite(struct ua_call *c, const sip_t *invite);
void session_on_ack(struct ua_call *c, const sip_t *ack);
void session_try_t38(struct ua_call *c);
/* Their description in a message; false with a log line where there is none or it is not one. */
bool session_description(const struct ua_call *c, const sip_t *sip, struct sdp *sdp);

/* Our re-INVITE with what is in force. */
void session_refresh(struct ua_call *c);

/* refresh.c */
enum { REFRESH_TEXT_LEN = 60, REFRESH_LEAST_S = 90 /* RFC 4028 §4 */, REFRESH_MOST_S = 86400 };
/* Headers that sofia shall not know as its own: it would run timers, too, and end calls by them. */
#define REFRESH_SUPPORTED "Supported: timer"
void refresh_asked(struct ua_call *c, const sip_t *invite);    /* what their INVITE says of it */
void refresh_answered(struct ua_call *c, const sip_t *answer); /* what their 2xx says; begins */
/* Session-Expires of our 200, "": none; true: with Require: timer. */
bool refresh_format_theirs(const struct ua_call *c, char expires[REFRESH_TEXT_LEN]);
void refresh_format_ours(const struct ua_call *c, char expires[REFRESH_TEXT_LEN]); /* of our request */
void refresh_begin(struct ua_call *c);                                             /* counts from now */
void refresh_due(void *call);
void refresh_on_update_answer(struct ua_call *c, int status, const sip_t *answer);
void refresh_ended(struct ua_call *c, int status, const sip_t *answer); /* that of a refresh of ours */

/* forward.c */
void forward_on_answer(struct ua_call *c, int status, const sip_t *answer); /* to our REFER */
void forward_on_notify(struct ua_call *c, const sip_t *notify);
void forward_settle(struct ua_call *c, bool ok); /* tells it, where it is open */
void forward_is_late(void *call);

/* handoff.c */
void handoff_caller(struct ua_call *c, const sip_t *answer);   /* dialog of a call of ours, from its 2xx */
void handoff_callee(struct ua_call *c, const sip_t *invite);   /* of one to us, from its INVITE ... */
void handoff_callee_tags(struct ua_call *c, const sip_t *ack); /* ... and its ACK */
void handoff_refresh(struct ua_call *c, const sip_t *message); /* Contact changes with a re-INVITE */
/* Where this call's next requests go. A symmetric trunk's peer that names an address of its own network, and
 * comes from elsewhere, is behind a NAT: then to where it comes from. */
void handoff_choose_hop(struct ua_call *c);

/* sofia no longer knows the dialog: what is left of it is enough for BYE. */
void handoff_detach(struct ua_call *c);
/* BYE outside of nua's own dialog; answer: the challenge to the first try, or NULL. */
void handoff_bye(struct ua_call *c, uint32_t cseq, const sip_t *challenge, const char *credentials);

/* ua.c */
/* The one that packets to the peer leave from; else any of its family; else NULL: none speaks that transport.
 */
struct listener *ua_listener_for(struct ua *ua, const struct endpoint *peer, enum trunk_transport way);
/* Where packets to the trunk go, as NUTAG_PROXY: the address that we know. Over TLS also the name that its
 * certificate has to carry. */
bool ua_proxy(const struct trunk *t, const struct endpoint *peer, char proxy[CALL_URL_LEN]) MUST_USE;
bool ua_has_family(const struct ua *ua, int family);
/* Where its packets go: the first address of a family we listen on, of which we do not know that nobody
 * answers. */
enum trunk_way ua_peer_endpoint(const struct ua *ua, const struct trunk *t, struct endpoint *e) MUST_USE;
void ua_peer_failed(struct ua *ua, const struct trunk *t, const struct endpoint *peer); /* nobody answers */
/* Keeps it for that trunk and tells the handler, where it is news. */
void ua_set_trunk_state(struct ua *ua, const char *trunk_id, enum trunk_state state, uint32_t next_s,
                        const char *text);

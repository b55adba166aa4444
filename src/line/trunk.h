/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Trunks: the SIP peers we place calls with and take calls from. Data from the store; the *loopback trunk* is
 * one that points at our own port. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/endpoint.h"
#include "base/list.h"
#include "line/offer.h"
#include "model/outcome.h"
#include "model/states.h"

enum { TRUNK_ID_LEN = 65, TRUNK_NAME_LEN = 65, TRUNK_HOST_LEN = 256, TRUNK_USER_LEN = 129 };
enum { TRUNK_ADDRESSES_MAX = 16, TRUNK_NETWORKS_LEN = 1024 };

#define TRUNK_TRANSPORTS(X)                                                                                  \
    X(UDP, "udp")                                                                                            \
    X(TCP, "tcp")                                                                                            \
    X(TLS, "tls")

/* Where the number of a call from there stands, who calls, and where our caller id goes. */
enum trunk_called { TRUNK_CALLED_REQUEST, TRUNK_CALLED_TO, TRUNK_CALLED_DIVERSION };
enum trunk_caller { TRUNK_CALLER_ASSERTED, TRUNK_CALLER_FROM };
enum trunk_identity { TRUNK_IDENTITY_FROM, TRUNK_IDENTITY_ASSERTED, TRUNK_IDENTITY_PREFERRED };

enum trunk_transport {
#define TRUNK_TRANSPORT_ENUM(name, text) TRUNK_##name,
    TRUNK_TRANSPORTS(TRUNK_TRANSPORT_ENUM)
#undef TRUNK_TRANSPORT_ENUM
        TRUNK_TRANSPORT_COUNT
};

struct trunk_health {
    enum trunk_state state;
    char text[OUTCOME_TEXT_LEN]; /* why, in words for a person; may be "" */
    uint32_t next_s;             /* then it is tried again, or refreshed; counted from when this was told */
};

struct trunk {
    char id[TRUNK_ID_LEN];           /* the store's name for it */
    char name[TRUNK_NAME_LEN];       /* for log lines */
    char host[TRUNK_HOST_LEN];       /* name or address; IPv6 with or without brackets */
    uint16_t port;                   /* 0: 5060, over TLS 5061 (RFC 3261 §19.1.2) */
    char proxy_host[TRUNK_HOST_LEN]; /* outbound proxy: all requests go there first; "": to the host itself */
    uint16_t proxy_port;
    enum trunk_transport transport;
    char user[TRUNK_USER_LEN];          /* digest user; "": no authentication */
    char addresses[TRUNK_NETWORKS_LEN]; /* networks its calls come from besides, separated by blanks */
    enum trunk_called called_from;
    enum trunk_caller caller_from;
    enum trunk_identity identity;
    bool registers;             /* we tell it where we are (RFC 3261 §10), as that user */
    uint32_t register_s;        /* for so long at a time, before the registrar has its say */
    uint32_t keepalive_s;       /* it is asked so often whether it is there; 0: never */
    uint64_t secret_mark;       /* changes with the password, and says nothing about it */
    bool symmetric;             /* media goes where theirs comes from (RFC 4961) */
    struct endpoint advertised; /* our address as it sees it, behind a NAT; len 0: our own */
    bool t38;                   /* false: this trunk's calls stay in G.711 */
    enum offer_correction correction;
    enum offer_srtp srtp;
};

/* A trunk's peer: its known addresses, and how it is with it. */
struct trunk_peer {
    struct list node;
    struct trunk trunk;
    struct trunk_health health;
    struct endpoint addresses[TRUNK_ADDRESSES_MAX]; /* with port, the first one first */
    int64_t failed_ms[TRUNK_ADDRESSES_MAX];         /* nobody answered there; 0: not yet */
    size_t address_count;
    bool looked_up; /* its name was, once at least, with or without success */
};

struct trunks {
    struct list peers; /* of struct trunk_peer, in the order they came */
};

void trunks_init(struct trunks *t);
void trunks_clear(struct trunks *t);

/* These and no others from now on. A host that is an address is known at once; the addresses of a name come
 * by trunks_set_addresses and stay for as long as a trunk of that id has that host. */
void trunks_set(struct trunks *t, const struct trunk *list, size_t n);
const struct trunk_peer *trunks_find(const struct trunks *t, const char *id); /* by id or name; or NULL */

/* The addresses that a host name has now, for every trunk with the same hop. n 0: none can be found, and they
 * keep what they had. */
void trunks_set_addresses(struct trunks *t, const struct trunk *like, const struct endpoint *addresses,
                          size_t n);
/* Nobody answered there: for a while the others go first. */
void trunks_address_failed(struct trunks *t, const char *id, const struct endpoint *address, int64_t now_ms);
enum trunk_way {
    TRUNK_WAY_UNKNOWN, /* its name is being looked up for the first time */
    TRUNK_WAY_NONE,    /* no address of a family that we have */
    TRUNK_WAY_WORN,    /* all have failed lately: the first one */
    TRUNK_WAY_FRESH,   /* the first one that has not */
};
enum trunk_way trunk_best_address(const struct trunk_peer *p, bool v4, bool v6, int64_t now_ms,
                                  struct endpoint *e);

/* Whose peer sent this, or NULL: a stranger (D8). Where several trunks have the same address, the one whose
 * registered contact was called (its id is the user of that URI; may be NULL) goes first, then the one whose
 * port is the sender's. */
const struct trunk_peer *trunks_match(const struct trunks *t, const struct endpoint *from,
                                      const char *called);

/* "sip:192.0.2.1:5060", "sip:[2001:db8::1]", "sip:pbx.example.com": host and port into *t. */
bool trunk_parse_peer(const char *uri, struct trunk *t) MUST_USE;
bool trunk_parse_proxy(const char *uri, struct trunk *t) MUST_USE; /* the same, or "" */
bool trunk_parse_transport(const char *text, enum trunk_transport *t) MUST_USE;

/* As the trunk has to hear it: the advertised address, where there is one of that family, with the same port.
 */
struct endpoint trunk_our_address(const struct trunk *t, const struct endpoint *local);
bool trunk_same_advertised(const struct trunk *a, const struct trunk *b);
uint16_t trunk_port(const struct trunk *t); /* never 0 */
/* Where its packets go: to the outbound proxy, or the host. */
const char *trunk_hop_host(const struct trunk *t);
uint16_t trunk_hop_port(const struct trunk *t); /* never 0 */
bool trunk_hop_is_fixed(const struct trunk *t); /* a port is given, or an address: no SRV */
bool trunk_same_hop(const struct trunk *a, const struct trunk *b);
const char *trunk_transport_name(enum trunk_transport t);

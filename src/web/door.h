/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A socket that clients come to: their connections, and what a slow or a greedy one may cost. No thread, no
 * callback that blocks.
 *
 * SECURITY: over TCP everybody may come. A full door ends the client that has said nothing for longest, so
 * that silence shuts nobody out; one address has no more than its share; who brings a request drop by drop is
 * cut off. */
#pragma once

#include <microhttpd.h>

#include "base/list.h"
#include "base/span.h"

struct door;

struct door_opts {
    int listen_fd; /* taken */
    bool local;    /* the unix socket: who may open it is known */
    bool setup;    /* the wizard's */
    unsigned clients_max, per_address_max;
    MHD_AccessHandlerCallback on_request;
    MHD_RequestCompletedCallback on_completed;
    void *context;
};

/* NULL with a logged reason where libmicrohttpd does not start. */
struct door *door_open(const struct door_opts *opts) MUST_USE;
/* No request may be suspended. */
void door_close(struct door *d);
/* Nobody new is let in; who is here is heard to his end. */
void door_shut(struct door *d);
/* These bytes to all who wait for an answer, or have asked and were not heard yet; then the end. */
void door_say_last(struct door *d, struct span answer);
int door_fd(const struct door *d); /* readable: door_run is due */
void door_run(struct door *d, int64_t now_ms);
/* door_run is due after that many milliseconds at the latest; -1: not before the descriptor says so. */
int64_t door_wait_ms(const struct door *d, int64_t now_ms);

/* ---- one connection ---- */

enum client_phase {
    CLIENT_SILENT,   /* has not brought the head of its next request */
    CLIENT_BRINGING, /* its body */
    CLIENT_WAITING,  /* for us */
    CLIENT_TAKING,   /* his answer */
};

enum { CLIENT_ADDRESS_LEN = 56 };

struct client {
    struct list node;
    struct door *door;
    int fd;
    bool local, setup;
    enum client_phase phase;
    int64_t since_ms;                 /* in that phase */
    uint64_t received;                /* bytes of the body */
    char address[CLIENT_ADDRESS_LEN]; /* "192.0.2.1"; "" over the unix socket */
    char network[CLIENT_ADDRESS_LEN]; /* what shares are counted by: of IPv6 the first 64 bits */
};

/* An address as text, as a proxy gives it; false where it is none. */
bool client_name(const char *text, char address[CLIENT_ADDRESS_LEN],
                 char network[CLIENT_ADDRESS_LEN]) MUST_USE;

struct client *client_of(struct MHD_Connection *c);
/* Sees no more of it than the end. */
void client_cut_off(struct client *c);
void client_enter(struct client *c, enum client_phase phase);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The wizard of a new installation (S1.1). It has a door of its own, which only the token of a link opens
 * that is shown to who started Faxpost: once, and not any more when the installation says that it is set up.
 *
 * SECURITY: who comes in by it may change everything. The token is of this start alone and is kept nowhere;
 * the cookie it is exchanged for is another one, so that a link that was seen afterwards is worth nothing. */
#pragma once

#include "base/endpoint.h"
#include "web/identity.h"

struct setup {
    bool open;                       /* there is such a door */
    char address[ENDPOINT_TEXT_LEN]; /* its own */
    unsigned application_port;       /* where people go afterwards; 0: there is no such door */
    char token[TOKEN_TEXT_LEN];      /* of the next link */
    bool visited;                    /* `cookie` is somebody's */
    uint8_t cookie[TOKEN_HASH_LEN];
};

/* Its listening socket, and the application's (-1: none); both stay the caller's. */
void setup_open(struct setup *setup, int fd, int application_fd);
/* Says where it is, where the installation is not set up yet. */
void setup_announce(const struct setup *setup, struct store *s);
/* Fills r->actor for who came by the wizard's door. */
void setup_identify(struct request *r);

void get_setup(struct request *r);
void post_setup_session(struct request *r);
void finish_setup(struct request *r);

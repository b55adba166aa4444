/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One connection to a mailbox: the mailbox client on a real stream with a real clock. */
#pragma once

#include "mail/fetch_client.h"
#include "net/loop.h"
#include "net/tls.h"

struct fetch_session;

struct fetch_session_opts {
    struct loop *loop;
    const char *host;
    uint16_t port;
    bool implicit_tls;
    struct tls_context *tls; /* stays the caller's, and may go after the start of TLS only; NULL for none */
    /* Its handlers and context too: they come from the loop only, and on_over may free the session. `secured`
     * and server_name are ours. */
    struct fetch_client_opts client;
};

struct fetch_session *fetch_session_start(const struct fetch_session_opts *opts) MUST_USE;
void fetch_session_free(struct fetch_session *s); /* at once, no callback; NULL is fine */

/* The answers of fetch_client.h. */
void fetch_session_known(struct fetch_session *s, const char *states);
void fetch_session_taken(struct fetch_session *s, int error);
void fetch_session_resume(struct fetch_session *s);
const char *fetch_session_liar(const struct fetch_session *s);

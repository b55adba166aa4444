/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The HTTP server: one descriptor to watch, no thread, no callback that blocks.
 *
 * SECURITY: every byte of a request is a stranger's. Who asks is found out before his body is kept; bodies
 * are bounded and lie in sealed memory files. Nothing here can write the store. */
#pragma once

#include "ipc/peers.h"
#include "store/store.h"

struct server;

enum { SERVER_HTTP_MAX = 8, SERVER_DOORS_MAX = 2 * SERVER_HTTP_MAX + 1 };

struct server_opts {
    int listen_fd; /* taken: the unix socket, whose clients administrate the installation; -1: none */
    int http_fds[SERVER_HTTP_MAX]; /* taken: over these everybody may come */
    unsigned http_count;
    int setup_fds[SERVER_HTTP_MAX]; /* taken: over these comes who sets a new installation up */
    unsigned setup_count;
    const char *proxies; /* addresses that are believed whom they speak for, separated by blanks */
    unsigned clients_max, per_address_max; /* of each of these */
    const char *state_dir;                 /* borrowed */
    const char *store;                     /* for store_open; borrowed */
    bool maildir;                          /* mails go to local folders: no mail server is missed */
    /* The facts of one job, for its report (the room that knows them is not ours to include). */
    void (*report)(struct store *s, struct arena *a, struct id submission, struct id job, struct buf *to);
    /* queue has answered: server_run is due. libmicrohttpd's descriptor does not always say so. May be NULL.
     */
    void (*on_answered)(void *context);
    void *context;
};

/* NULL with a logged reason where libmicrohttpd does not start. */
struct server *server_new(const struct server_opts *opts) MUST_USE;
void server_free(struct server *s);
/* Opens the store where it is not open yet. False while queue has not made it: requests get 503 then. Once it
 * was true no further file is opened. */
bool server_has_store(struct server *s);
/* Why it is not open: PostgreSQL cannot be reached. No further file is opened then either, and everybody is
 * told so. */
bool server_store_is_away(const struct server *s);
/* Nobody new is let in: another life of ours may reach it. */
void server_shut_doors(struct server *s);
/* Tells who started us where the wizard of a new installation is. The store is open. */
void server_announce(struct server *s);
/* Who is asked for changes; the server's handlers get `s` as their context. */
void server_set_peers(struct server *s, struct peers *peers);
extern const struct message_handlers server_handlers;

int server_fd(const struct server *s); /* readable: call server_run */
void server_run(struct server *s);
/* server_run is due after that many milliseconds at the latest; -1: not before the descriptor says so. */
int64_t server_wait_ms(const struct server *s);

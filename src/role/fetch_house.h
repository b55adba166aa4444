/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the mailboxes of role fetch share. */
#pragma once

#include <jansson.h>

#include "base/list.h"
#include "ipc/peers.h"
#include "net/dns_client.h"
#include "net/loop.h"
#include "net/tls.h"
#include "role/secret.h"

struct fetch_house;

/* The queue: our sibling, or far away behind a gateway's link. */
struct fetch_queue {
    /* Returns the request's number; its answer goes to fetch_on_known, _spooled or _taken, from the loop. */
    uint64_t (*ask)(struct fetch_house *h, const struct message *m);
    void (*withdraw)(struct fetch_house *h, uint64_t request);
    void (*tell)(struct fetch_house *h, const struct message *m);
    void (*drop)(struct fetch_house *h,
                 struct id mail); /* nothing comes of a mail that had a file; NULL: no matter */
};

struct fetch_house {
    struct loop *loop;
    const struct fetch_queue *queue;
    struct peers *peers; /* NULL in a gateway */
    struct dns_client *dns;
    struct secret_key key;
    bool open_secrets;     /* the settings hold them as they are */
    uint64_t max_bytes;    /* of a mail */
    struct list mailboxes; /* of fetch_mailbox */
    struct list tests;     /* the same, that only log in and look */
    struct list contexts;  /* of TLS: one for all mailboxes with the same authorities and pin */
};

/* Stays the house's. NULL with a text where the settings cannot be used. */
struct tls_context *fetch_house_tls(struct fetch_house *h, const char *ca_file, const char *pin,
                                    char error[TLS_ERROR_LEN]);
void fetch_house_clear(struct fetch_house *h);

/* Member of a mailbox's settings; "" where it is none. */
const char *fetch_setting(const json_t *settings, const char *name);
/* A sealed secret of them, opened; "" where there is none. False where it is not for our key. The caller
 * wipes. */
bool fetch_secret(const struct fetch_house *h, const json_t *settings, const char *name,
                  char text[SECRET_TEXT_LEN]);

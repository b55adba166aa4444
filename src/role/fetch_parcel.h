/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The mail that a mailbox gives us now: its bytes, in memory or in a file of the queue, and what speaks for
 * its author (A5). */
#pragma once

#include "base/buf.h"
#include "mail/mail_auth.h"
#include "model/sender_facts.h"
#include "role/fetch_house.h"

struct fetch_parcel {
    struct id id;     /* ID_NONE: not a byte came yet */
    struct buf bytes; /* what is not in the file */
    int fd;           /* of the file, -1: none */
    uint64_t spooled; /* bytes in it */
    int error;        /* of the file: nothing comes of this mail */
    struct mail_auth *auth;
    /* Of the owner: who the mail is from, once, from the loop. */
    void (*on_facts)(void *owner, const struct sender_facts *facts);
    void *owner;
};

/* on_facts and owner are the caller's. */
void parcel_init(struct fetch_parcel *p);
void parcel_clear(struct fetch_parcel *p); /* ready for the next mail */

/* False: too much for memory; get a file, then parcel_take_file. */
bool parcel_add(struct fetch_parcel *p, struct span data) MUST_USE;
void parcel_take_file(struct fetch_parcel *p, int fd, int error);

void parcel_end(struct fetch_parcel *p); /* the mail is complete */
/* Then on_facts. server: whose Authentication-Results are believed, or "". */
void parcel_verify(struct fetch_parcel *p, struct fetch_house *h, const char *server);
/* The queue has its own descriptor, and makes it durable. */
void parcel_close_file(struct fetch_parcel *p);

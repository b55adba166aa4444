/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A mail that holds OpenPGP: convert laid out its pieces, another worker opens them with the keys that are
 * given here, and what comes out is taken apart like any mail - again, where a signed mail was in an
 * encrypted one. What was found out is kept in memory: after a restart the mail is taken apart anew. */
#pragma once

#include "model/pgp_facts.h"
#include "queue/queue.h"
#include "store/mails.h"

struct opening {
    struct list node;
    struct id mail;
    uint32_t round; /* how often it was opened */
    bool look;      /* whether what came out may hold more */
    char *from;     /* as the outside says it; its keys were used */
    char *message_id, *subject;
    unsigned manners; /* enum mail_manners */
    struct pgp_facts facts;
};

/* NULL: nothing of the mail was opened. */
struct opening *opening_find(struct queue *q, struct id mail);
/* Asks for the pieces in m to be opened. False where it was opened too often already. */
bool opening_ask(struct queue *q, const struct mail_in *mail, const struct msg_unpacked *m) MUST_USE;
/* For somebody who asks what would become of a mail that is not stored: the same question. Returns its
 * request. */
uint64_t opening_ask_about(struct queue *q, const struct mail_in *mail, const char *from, int pieces);
/* What was found out by opening it once more. look: whether what came out may hold more. */
void opening_take_facts(struct pgp_facts *facts, bool *look, const struct msg_pgp_opened *m);
void opening_forget(struct queue *q, struct id mail);
void openings_forget(struct queue *q);

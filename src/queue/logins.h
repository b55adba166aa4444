/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Users who log in at the front door (A5) and by browsers, and in whose name their mail may come. */
#pragma once

#include "model/outcome.h"
#include "proto/scram.h"
#include "queue/second_factor.h"
#include "store/config.h"

struct queue;

/* What a proof has to be made with; for a name that is nobody's too. */
struct login_challenge {
    unsigned wait_s, rounds; /* wait_s > 0: no try is judged before */
    size_t salt_len;
    uint8_t salt[SCRAM_SALT_MAX];
    const char *directory_id; /* where a directory judges his password; "" */
};
/* user: who shows that it is himself, by whatever name; ID_NONE: whoever has that name. */
void login_challenge(struct queue *q, const char *name, struct id user, const char *client_ip,
                     struct login_challenge *c);

/* By what wrong tries of that name are counted; in the queue's arena. */
const char *login_counted_as(struct queue *q, const char *name);

/* 0: a try is judged now. Else the seconds that he is told to wait, no fewer than login_failed has told him:
 * whose tries an outage does not count would else be known by the longer wait. */
unsigned login_wait_s(struct queue *q, const char *who, const char *client_ip);

/* A try that let nobody in, `who` being what it is counted as. judged: it was found wrong; else it could not
 * be judged, for his directory is away, and so it keeps nobody out later. Returns the seconds that he is told
 * to wait, 0: none: they grow as if all had been judged, so that they do not tell whom a directory knows.
 * wrong: how many wrong ones there are now. */
unsigned login_failed(struct queue *q, const char *who, const char *client_ip, bool judged, unsigned *wrong);
void login_succeeded(struct queue *q, const char *who, const char *client_ip);
/* After each tenth of them an administrator hears of it: in the log, and for a day as an alarm. name: who was
 * tried, where he is known here. */
enum { LOGIN_ALARM_AFTER = 10 };
void login_note_wrong(struct queue *q, unsigned wrong, const char *client_ip, const char *name);

struct login_try {
    const char *name, *client_ip;
    struct id user;                  /* as for login_challenge */
    struct span signs, proof;        /* proof: of login_hash.len */
    const struct factor_try *factor; /* NULL: no second factor is asked for */
};
struct login_verdict {
    unsigned wait_s;     /* > 0: he has to wait, whatever the password was */
    struct id user;      /* ID_NONE: wrong, which was counted unless `factor` is missing */
    struct id passkey;   /* that let him in alone; ID_NONE: his password did */
    enum factor factor;  /* FACTOR_MISSING: right so far */
    bool unasked;        /* who had to be asked could not be */
    struct outcome why;  /* where user is ID_NONE */
    const char *options; /* what his key has to be asked; "" */
    uint8_t signature[SCRAM_HASH_MAX];
};
void login_judge(struct queue *q, const struct login_try *t, struct login_verdict *v);

/* S2.6 for who has logged in as `user`: `from` is an address of his; or nobody's here, and he may send from
 * that box as its user. That the box lets `from` send has been found already. DONE, or GIVE_UP with a text
 * for him. */
void login_may_write_as(struct store *s, struct arena *a, struct id user, const char *from,
                        const struct faxbox *box, struct outcome *o);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where a mail is to be faxed (A1-A4), from which box and whether its sender may (S0.4, S2.6), what its flags
 * ask for (S4.9) and whether the number may be dialled (D3). Reads the store, changes nothing. */
#pragma once

#include "model/outcome.h"
#include "proto/recipient.h"
#include "proto/target.h"
#include "store/config.h"
#include "store/mailboxes.h"
#include "store/submissions.h"

struct routing {
    struct store *store;
    struct arena *arena; /* all texts of a route */
    int64_t now_ms;
    const struct mailbox *mailbox; /* the mail was polled there: only boxes that name it; NULL: not polled */
    struct trace *trace;           /* notes each rule and what it said (explain.h); NULL: nobody asked */
};

/* One fax to one number. */
struct route {
    struct faxbox box;
    bool numbered; /* false: an address of ours without a number; it stands elsewhere in the mail */
    bool check;    /* dry run (A3) */
    bool poll;     /* nothing is sent: what the number holds ready is fetched */
    struct target_row row;
    const char *resolution, *paper; /* "": as the box has it */
    const char *cover;              /* name of the template, "" for none */
    const char *name, *company;     /* of the addressee, for the cover page; "" */
    bool by_subject;                /* the subject gives the number, so it is no title */
};

/* What a mail says about it. */
struct letter {
    const char *sender;     /* the single address in From */
    const char *recipients; /* envelope, one a line */
    const char *addressees; /* of To and Cc: "address TAB display name" a line */
    const char *subject;
};

enum { ROUTES_MAX = 200 }; /* numbers a mail may go to; a report lists no more */

struct plan {
    struct route routes[ROUTES_MAX];
    size_t count;
};

/* What an address says, by our forms and the settings. */
enum recipient_result route_parse(const struct routing *w, const struct address *address,
                                  struct recipient *to, struct complaint *why) MUST_USE;

/* VERDICT_DONE, or GIVE_UP with a code of proto/reasons.def and a text for the sender. Every recipient has
 * to be right: a mail is faxed whole or answered. A number that is named twice is one route. */
void route_letter(const struct routing *w, const struct letter *m, struct plan *p, struct outcome *o);

/* While the client still waits, with nothing known but the envelope: may this be a recipient? */
void route_recipient(const struct routing *w, const char *recipient, const char *sender, struct route *r,
                     struct outcome *o);

/* For a box that is known, and a number with flags that a person typed. */
void route_number(const struct routing *w, const struct faxbox *box, const char *text, struct route *r,
                  struct outcome *o);

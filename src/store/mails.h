/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails that came in. */
#pragma once

#include "model/states.h"
#include "store/store.h"

struct mail_in {
    struct id id;
    enum mail_in_state state;
    int64_t received_ms;
    const char *sender;     /* envelope */
    const char *recipients; /* one a line */
    const char *wishes;     /* what its client asked of reports (proto/dsn_request.h); "" for nothing */
    const char *client_ip;
    unsigned trust;     /* enum mail_trust */
    const char *facts;  /* model/sender_facts.h; "": nobody looked */
    struct id mailbox;  /* it was fetched from; ID_NONE: it came by SMTP */
    uint64_t too_large; /* 0, or the bytes it would have had: what is stored is its header at most */
    struct id blob;
    struct id user; /* who had logged in; ID_NONE: nobody */
};

bool mail_in_exists(struct store *s, struct id id);
/* In state received. user: who had logged in. */
void mail_in_add(struct store *s, const struct mail_in *m);
bool mail_in_find(struct store *s, struct id id, struct arena *a, struct mail_in *m);
/* Ids of mails in state received, oldest first, at most `most`; returns how many. */
size_t mail_in_to_unpack(struct store *s, struct id *ids, size_t most);
/* received -> routed, or -> refused with the reason kept. Nothing happens in any other state. */
void mail_in_close(struct store *s, struct id id, enum mail_in_state to, const char *code,
                   const char *reason);

/* Other bytes and envelope in its place, whatever state it is in. Takes the blob. */
void mail_in_rewrite(struct store *s, const struct mail_in *m, const char *recipients, const char *wishes,
                     struct id blob);

/* ---- dead letters (S4.5): the refused ones ---- */

struct dead_letter {
    struct mail_in mail;
    const char *code, *reason;
    uint64_t size;
};

/* routed -> refused: none of its submissions became a fax. Nothing for ID_NONE. */
void mail_in_bury(struct store *s, struct id id, const char *code, const char *reason);
/* False where it is none. */
bool dead_letter_find(struct store *s, struct id id, struct arena *a, struct dead_letter *d);
/* Newest first, from the one after `before` (ID_NONE: from the newest). */
size_t dead_letters(struct store *s, struct id before, struct id *ids, size_t most);
/* refused -> received: it is looked at again. */
void dead_letter_replay(struct store *s, struct id id);
/* The mail is gone for good. */
void dead_letter_delete(struct store *s, struct id id);

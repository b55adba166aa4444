/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tokens with which an answer to one of our mails steers its fax: only a hash of each is kept, beside
 * what it is about and whom it was mailed to. */
#pragma once

#include "store/store.h"

enum { CONTROL_HASH_LEN = 32 };

struct control {
    struct span hash;
    struct id mail;            /* that carried it */
    struct id submission, job; /* job: ID_NONE where it is about all of the submission's */
    const char *faxbox;
    const char *addressee;
    int64_t created_ms;
    bool used;      /* something was changed with it, or with another one of the same mail */
    bool warned;    /* the mail said that the fax may arrive twice */
    unsigned asked; /* answers it was given that changed nothing */
};

/* Drops those made before `until_ms`. A mail that is composed again has several. */
void control_add(struct store *s, const struct control *c, int64_t until_ms);
/* Texts in the arena; hash is the caller's. */
bool control_find(struct store *s, struct span hash, struct arena *a, struct control *c);
/* All of its mail are used up. */
void control_use(struct store *s, const struct control *c);
void control_count(struct store *s, const struct control *c);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The second factor of users: the secret that their authenticator shares with us, sealed. */
#pragma once

#include "store/store.h"

struct totp {
    const char *secret; /* sealed, as base64 */
    bool confirmed;     /* a code of it has been shown; before that it is asked for nowhere */
    int64_t last_step;  /* of the code that was used last */
};

bool totp_find(struct store *s, struct arena *a, struct id user, struct totp *t);
/* Not confirmed; takes the place of another one that is not. */
void totp_begin(struct store *s, struct id user, const char *secret);
/* That code was used, which confirms. */
void totp_used(struct store *s, struct id user, int64_t step);
void totp_drop(struct store *s, struct id user);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The second factor of users: the secret that their authenticator shares with us, sealed, and the hashes of
 * the codes that let in who has lost it. */
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
void totp_drop(struct store *s, struct id user); /* and the codes */

enum { RECOVERY_HASH_LEN = 32 };

/* In the place of those that there are. Of who has an authenticator. */
void recovery_codes_set(struct store *s, struct id user, uint8_t (*hashes)[RECOVERY_HASH_LEN], size_t count);
unsigned recovery_codes_left(struct store *s, struct id user);
/* It is good for once; false: he has none of that hash. */
bool recovery_code_use(struct store *s, struct id user, const uint8_t hash[RECOVERY_HASH_LEN]) MUST_USE;

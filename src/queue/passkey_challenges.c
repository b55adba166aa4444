/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/passkey_challenges.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rand.h"

enum { TIME_LEN = 8, RANDOM_LEN = 16, MAC_LEN = crypto_auth_hmacsha256_BYTES, USED_MOST = 4096 };
enum { SIGNED_LEN = TIME_LEN + RANDOM_LEN };

struct used {
    int64_t until_ms; /* 0: free */
    uint8_t random[RANDOM_LEN];
};

struct passkey_challenges {
    uint8_t secret[crypto_auth_hmacsha256_KEYBYTES];
    struct used used[USED_MOST];
};

struct passkey_challenges *passkey_challenges_new(void)
{
    struct passkey_challenges *c = mem_zalloc(sizeof(*c));
    rand_bytes(c->secret, sizeof(c->secret));
    return c;
}

void passkey_challenges_free(struct passkey_challenges *c)
{
    if (c)
        sodium_memzero(c->secret, sizeof(c->secret));
    free(c);
}

static void make_mac(const struct passkey_challenges *c, enum passkey_purpose purpose, struct id user,
                     const uint8_t *what, uint8_t mac[MAC_LEN])
{
    uint8_t text[1 + sizeof(user.bytes) + SIGNED_LEN] = {(uint8_t)purpose};
    memcpy(text + 1, user.bytes, sizeof(user.bytes));
    memcpy(text + 1 + sizeof(user.bytes), what, SIGNED_LEN);
    (void)crypto_auth_hmacsha256(mac, text, sizeof(text), c->secret);
}

void passkey_challenge_make(struct passkey_challenges *c, enum passkey_purpose purpose, struct id user,
                            int64_t now_ms, uint8_t challenge[PASSKEY_CHALLENGE_LEN])
{
    for (size_t i = 0; i < TIME_LEN; i++)
        challenge[i] = (uint8_t)((uint64_t)now_ms >> (8 * (TIME_LEN - 1 - i)));
    rand_bytes(challenge + TIME_LEN, RANDOM_LEN);
    make_mac(c, purpose, user, challenge, challenge + SIGNED_LEN);
}

static bool is_used(const struct passkey_challenges *c, const uint8_t *random)
{
    for (size_t i = 0; i < USED_MOST; i++)
        if (c->used[i].until_ms != 0 && memcmp(c->used[i].random, random, RANDOM_LEN) == 0)
            return true;
    return false;
}

static int64_t made_ms(struct span challenge)
{
    uint64_t ms = 0;
    for (size_t i = 0; i < TIME_LEN; i++)
        ms = ms << 8 | challenge.data[i];
    return (int64_t)ms;
}

bool passkey_challenge_fits(const struct passkey_challenges *c, enum passkey_purpose purpose, struct id user,
                            int64_t now_ms, struct span challenge)
{
    uint8_t mac[MAC_LEN];
    if (challenge.len != PASSKEY_CHALLENGE_LEN)
        return false;
    make_mac(c, purpose, user, challenge.data, mac);
    return sodium_memcmp(mac, challenge.data + SIGNED_LEN, MAC_LEN) == 0 &&
           now_ms - made_ms(challenge) <= PASSKEY_PATIENCE_MS && !is_used(c, challenge.data + TIME_LEN);
}

bool passkey_challenge_use(struct passkey_challenges *c, int64_t now_ms, struct span challenge)
{
    for (size_t i = 0; i < USED_MOST; i++) {
        struct used *u = &c->used[i];
        if (u->until_ms > now_ms)
            continue;
        u->until_ms = made_ms(challenge) + PASSKEY_PATIENCE_MS + 1;
        memcpy(u->random, challenge.data + TIME_LEN, RANDOM_LEN);
        return true;
    }
    return false;
}

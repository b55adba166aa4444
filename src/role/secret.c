/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/secret.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/fd.h"
#include "base/scope.h"

static_assert(SECRET_KEY_BYTES == crypto_box_SECRETKEYBYTES && SECRET_KEY_BYTES == crypto_box_PUBLICKEYBYTES,
              "libsodium has other keys");

int secret_key_read(struct secret_key *k, int fd)
{
    SCOPED_FD int owned = fd;
    *k = (struct secret_key){0};
    if (sodium_init() < 0)
        return ENOSYS;
    int error = fd_pread_all(owned, k->secret, sizeof(k->secret), 0);
    if (error)
        return error;
    k->known = crypto_scalarmult_base(k->public, k->secret) == 0;
    return k->known ? 0 : EINVAL;
}

void secret_key_clear(struct secret_key *k)
{
    sodium_memzero(k, sizeof(*k));
}

bool secret_open(const struct secret_key *k, struct span box, char text[SECRET_TEXT_LEN])
{
    text[0] = 0;
    if (box.len == 0)
        return true;
    if (!k->known || box.len < crypto_box_SEALBYTES || box.len - crypto_box_SEALBYTES >= SECRET_TEXT_LEN)
        return false;
    size_t len = box.len - crypto_box_SEALBYTES;
    if (crypto_box_seal_open((unsigned char *)text, box.data, box.len, k->public, k->secret) != 0)
        return false;
    text[len] = 0;
    return memchr(text, 0, len) == NULL;
}

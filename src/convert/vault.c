/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/vault.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "base/scope.h"

static_assert(VAULT_SEAL_BYTES == crypto_box_SEALBYTES, "libsodium seals otherwise");

struct key {
    unsigned char secret[crypto_box_SECRETKEYBYTES], public_half[crypto_box_PUBLICKEYBYTES];
    bool known;
};

enum { PAGE_BYTES = 4096 };

static struct key *key; /* on a page of its own */
static unsigned char plain[VAULT_PLAIN_MAX];
static size_t plain_len;

static int make_page(void)
{
    if (key)
        return 0;
    void *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return errno;
    if (madvise(page, PAGE_BYTES, MADV_WIPEONFORK) < 0 || madvise(page, PAGE_BYTES, MADV_DONTDUMP) < 0)
        return errno;
    (void)mlock(page, PAGE_BYTES); /* never on a disk, where the limit allows it */
    key = page;
    return 0;
}

int vault_open(int fd)
{
    SCOPED_FD int owned = fd;
    int error = sodium_init() < 0 ? ENOSYS : make_page();
    if (!error)
        error = fd_pread_all(owned, key->secret, sizeof(key->secret), 0);
    if (error)
        return error;
    key->known = crypto_scalarmult_base(key->public_half, key->secret) == 0;
    return key->known ? 0 : EINVAL;
}

bool vault_is_open(void)
{
    return key && key->known;
}

void vault_lay_out(struct span sealed)
{
    plain_len = 0;
    if (vault_is_open() && sealed.len > crypto_box_SEALBYTES &&
        sealed.len - crypto_box_SEALBYTES <= sizeof(plain) &&
        crypto_box_seal_open(plain, sealed.data, sealed.len, key->public_half, key->secret) == 0)
        plain_len = sealed.len - crypto_box_SEALBYTES;
}

struct span vault_plain(void)
{
    return span_of(plain, plain_len);
}

void vault_put_away(void)
{
    sodium_memzero(plain, sizeof(plain));
    plain_len = 0;
}

bool vault_seal(struct span secret, struct span public_key, uint8_t *sealed)
{
    return public_key.len == crypto_box_PUBLICKEYBYTES && sodium_init() >= 0 &&
           crypto_box_seal(sealed, secret.data, secret.len, public_key.data) == 0;
}

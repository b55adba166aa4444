/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/report_signer.h"

#include <sodium.h>

#include "base/log.h"
#include "base/scope.h"
#include "base/str.h"
#include "net/selfsigned.h"
#include "provision/secrets.h"

/* Reports are kept for as long as contracts are. */
enum { VALID_DAYS = 30 * 365, PEM_MAX = 4096 };

static bool make(struct queue *q)
{
    unsigned char seal_to[crypto_box_PUBLICKEYBYTES], sealed[PEM_MAX + crypto_box_SEALBYTES];
    SCOPED_BUF struct buf certificate, key;
    buf_init(&certificate, PEM_MAX);
    buf_init(&key, PEM_MAX);
    bool good = provision_public_key(q->conf->state_dir, "pgp", seal_to) == 0 &&
                selfsigned_make(q->host_name, SELFSIGNED_SIGNER, VALID_DAYS, &certificate, &key) == 0 &&
                crypto_box_seal(sealed, key.data, key.len, seal_to) == 0;
    if (good)
        signer_set(&q->store, &q->arena, span_of(sealed, key.len + crypto_box_SEALBYTES),
                   buf_text(&certificate));
    if (key.len > 0)
        sodium_memzero(key.data, key.len);
    if (good)
        log_info(NULL, "a key that signs reports was made");
    else
        log_error(NULL,
                  "no key that signs reports can be made: keys/pgp.pub of the state directory cannot be "
                  "read, or the host name is none; reports stay unsigned");
    return good;
}

struct signer report_signer(struct queue *q)
{
    if (!signer_wanted(&q->store, &q->arena))
        return (struct signer){.certificate = "", .certificates = ""};
    struct signer s = signer_get(&q->store, &q->arena);
    return s.key.len == 0 && make(q) ? signer_get(&q->store, &q->arena) : s;
}

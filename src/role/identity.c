/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/identity.h"

#include <string.h>

#include "base/fd.h"
#include "base/log.h"

enum { PEM_MAX = 1 << 20 };

static void identity_init(struct identity *i)
{
    buf_init(&i->chain, PEM_MAX);
    buf_init(&i->key, PEM_MAX);
}

bool identity_granted(struct boot *b, struct identity *i)
{
    identity_init(i);
    return boot_read(b, "tls.certificate", &i->chain) && boot_read(b, "tls.key", &i->key);
}

bool identity_renewed(const struct msg_certificate *m, struct identity *i)
{
    identity_init(i);
    int error = fd_read_rest(m->chain, &i->chain);
    error = error ? error : fd_read_rest(m->key, &i->key);
    if (error)
        log_error(NULL, "the renewed certificate cannot be read: %s; the former one stays in use",
                  strerror(error));
    return error == 0;
}

void identity_clear(struct identity *i)
{
    if (i->key.data)
        explicit_bzero(i->key.data, i->key.len);
    buf_clear(&i->chain);
    buf_clear(&i->key);
}

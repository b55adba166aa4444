/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The pieces of pgp_find.h opened and put together as a mail again, in a worker that holds the secret key and
 * does nothing else; the mail that comes out is taken apart by another. And the other way: a mail of ours
 * encrypted. */
#pragma once

#include "convert/openpgp.h"
#include "model/part_set.h"

/* Most that may come out of a message: it may be packed a thousandfold, and packed again. */
#define PGP_OPENED_MAX ((size_t)128 * 1024 * 1024)

/* A piece with its bytes. */
struct pgp_piece {
    const char *type, *name;
    struct span bytes;
};

/* mail: a whole mail (RFC 5322) of what was in the pieces, and of nothing else. False with an outcome where
 * some piece cannot be opened; a signature that says little is no such case. */
bool pgp_mail_open(struct openpgp *o, const struct pgp_piece *pieces, size_t count, struct buf *mail,
                   struct pgp_facts *facts, struct outcome *outcome);

/* Makes a mail that was written by mime_write one that only the keys that were added can read (RFC 3156 §4).
 * Who, to whom, when and its subject stay readable. False with an outcome, and the mail emptied. */
bool pgp_mail_encrypt(struct openpgp *o, struct buf *mail, struct outcome *outcome);

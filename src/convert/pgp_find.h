/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Does a mail hold OpenPGP, as PGP/MIME or inline? What would have to be opened is laid out as pieces for the
 * worker that holds the key (pgp_mail.h): this one has read a stranger's bytes. */
#pragma once

#include "convert/unpack.h"

enum pgp_found {
    PGP_FOUND_NONE,
    PGP_FOUND_PIECES, /* to be opened before anything of the mail counts */
    PGP_FOUND_INSIDE, /* something in it is signed, and the mail as a whole is not */
};

/* Types of pieces; all but the first in the order of the mail. */
#define PGP_PIECE_HEADER    "header"    /* the mail's fields */
#define PGP_PIECE_SIGNED    "signed"    /* PGP/MIME: an entity; its signature follows */
#define PGP_PIECE_ENCRYPTED "encrypted" /* PGP/MIME: a message with an entity in it */
#define PGP_PIECE_SIGNATURE "signature"
#define PGP_PIECE_WORDS     "words" /* inline: the mail's words, a message; its name is their character set */
#define PGP_PIECE_DOCUMENT  "document" /* inline: an attachment that is a message */
#define PGP_PIECE_DETACHED  "detached" /* an attachment; its signature follows */
#define PGP_PIECE_PLAIN     "plain"    /* an attachment that nothing vouches for */

/* pieces: room for PART_SET_PARTS_MAX; they point into raw and u. GIVE_UP for what cannot be opened. */
enum pgp_found pgp_find(struct span raw, const struct unpacked *u, struct part *pieces, size_t *count,
                        struct outcome *outcome);

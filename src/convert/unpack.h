/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A mail taken apart (RFC 5322, MIME): who, what about, its words, its attachments in order. Runs in a worker
 * without rights. Malformed mail is read as far as it makes sense; what it says is made harmless here, once:
 * no control characters, valid UTF-8, no paths in names. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "convert/charset.h"
#include "model/mail_manners.h"
#include "model/outcome.h"
#include "model/part_set.h"
#include "proto/bounce.h"

enum {
    UNPACK_ADDRESS_MAX = 512,
    UNPACK_SUBJECT_MAX = 2000,
    UNPACK_MESSAGE_ID_MAX = 998,
    UNPACK_TEXT_MAX = 65536,
    UNPACK_ADDRESSEES_MAX = 32768
};

struct unpacked_part {
    char name[PART_NAME_MAX + 1];            /* "" where the mail gives none */
    char type[PART_TYPE_MAX + 1];            /* what the mail says it is, lower case */
    char charset[CHARSET_NAME_MAX + 1];      /* and what it is written in; "" where it says nothing */
    char language[CHARSET_LANGUAGE_MAX + 1]; /* Content-Language, its own or the mail's; "" */
    struct buf bytes;
    bool signature; /* no document: OpenPGP's signature of another part */
};

struct unpacked {
    char from[UNPACK_ADDRESS_MAX + 1];      /* the address in From; "" unless there is exactly one (S2.6) */
    char from_name[UNPACK_ADDRESS_MAX + 1]; /* its display name */
    struct buf
        addressees; /* of To and Cc: "address TAB display name" a line; a name may hold a number (S4.3) */
    char subject[UNPACK_SUBJECT_MAX + 1];
    char message_id[UNPACK_MESSAGE_ID_MAX + 1];  /* without <>; "" where missing or absurd */
    struct bounce bounce;                        /* BOUNCE_NONE: the mail is no delivery report */
    char returned_id[UNPACK_MESSAGE_ID_MAX + 1]; /* Message-ID of the mail that came back; "" */
    unsigned manners;                            /* of enum mail_manners */
    int64_t date_ms;                             /* of the header Date; 0 where it has none */
    struct buf text;                             /* first plain text of the body, UTF-8, LF */
    struct buf body; /* the same text as it was sent, in the character set that it names */
    char charset[64];
    bool pgp_inside, encrypted_inside; /* PGP/MIME: of something in the mail, which may be all of it */
    struct unpacked_part *parts;       /* owned */
    size_t count;
};

/* Once in a process, before the first mail. */
void unpack_prepare(void);

/* unpacked_clear is needed in any case. GIVE_UP: "mail-empty", "mail-too-many-parts", "mail-too-deep". */
void unpack_mail(struct span raw, struct unpacked *u, struct outcome *outcome);
void unpacked_clear(struct unpacked *u);
/* Takes out the parts that are signatures, for they are no documents. */
void unpacked_drop_signatures(struct unpacked *u);

/* What may stand in a text of ours: valid UTF-8 without control or direction-changing characters, cut between
 * characters where it does not fit. Exposed for its test. */
void unpack_tidy(char *to, size_t room, const char *from);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* OpenPGP (RFC 4880) through librnp, for the few things we do with it. Runs in a worker without rights: every
 * byte of a message is a stranger's, and a key is one's who may be hostile. */
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "model/outcome.h"
#include "model/pgp_facts.h"

struct openpgp;

/* Before the process is shut in: the library's random numbers come from /dev/urandom, which it opens when it
 * starts. The next openpgp_new takes what was made ready here. */
void openpgp_prepare(void);
struct openpgp *openpgp_new(void) MUST_USE;
void openpgp_free(struct openpgp *o);
/* Armored public keys, one after another. One that is no key counts as not there. */
void openpgp_add_keys(struct openpgp *o, const char *armored);
/* Our secret key, as openpgp_make gave it. False where it is none. */
bool openpgp_add_secret(struct openpgp *o, struct span key) MUST_USE;

/* Of one signed or encrypted thing. */
struct openpgp_finding {
    bool encrypted;
    enum pgp_signature signature;
    char key[PGP_KEY_TEXT_LEN];
    int64_t signed_ms; /* 0: not signed */
};

/* A signature over data that stands beside it. */
void openpgp_verify(struct openpgp *o, struct span data, struct span signature, struct openpgp_finding *f);
/* A message, armored or not, encrypted or signed or both, or a text with its signature in clear: what is in
 * it goes to `to`. False with an outcome where it cannot be had, or is more than to's limit. */
bool openpgp_open(struct openpgp *o, struct span message, struct buf *to, struct openpgp_finding *f,
                  struct outcome *outcome) MUST_USE;
/* Armored, to every key that was added. False with an outcome where one of them cannot be encrypted to. */
bool openpgp_encrypt(struct openpgp *o, struct span data, struct buf *to, struct outcome *outcome) MUST_USE;

/* A new pair of keys that does not expire. public_key: armored; secret_key: with no passphrase. */
bool openpgp_make(const char *user_id, struct buf *public_key, struct buf *secret_key) MUST_USE;

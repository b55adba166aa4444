/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The key that opens the tenants' sealed PGP keys and the one that signs reports. It is this process's alone:
 * a page that the kernel empties in every child (MADV_WIPEONFORK), so that no worker has it, however its
 * document broke it. One opened key is here for the moment in which the worker is forked that needs it. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/span.h"

enum { VAULT_PLAIN_MAX = 4096 };

/* Reads the key from a descriptor and closes it; 0 or errno. */
int vault_open(int fd) MUST_USE;
/* Is the key here? In a worker: never. */
bool vault_is_open(void);

/* Opens a sealed secret, for the worker that is forked next. Nothing lies ready where it cannot be opened. */
void vault_lay_out(struct span sealed);
/* What lies ready, in the worker; empty where nothing does. */
struct span vault_plain(void);
/* Takes it away, in this process. */
void vault_put_away(void);

/* Seals for the key whose public half that is; `sealed` holds secret.len + VAULT_SEAL_BYTES. Anybody can. */
enum { VAULT_SEAL_BYTES = 48 };
bool vault_seal(struct span secret, struct span public_key, uint8_t *sealed) MUST_USE;

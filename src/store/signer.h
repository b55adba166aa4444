/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The key that signs reports, which only a worker of convert opens, and its certificates. */
#pragma once

#include "store/store.h"

struct signer {
    struct span key;          /* PEM, sealed for convert; empty: there is none */
    const char *certificate;  /* PEM; "" */
    const char *certificates; /* the same, and after it those of former keys */
};

/* In the arena. */
struct signer signer_get(struct store *s, struct arena *a);
/* certificate: the new key's; the former ones stay, for what they signed. */
void signer_set(struct store *s, struct arena *a, struct span sealed_key, const char *certificate);
/* Are reports to be signed? */
bool signer_wanted(struct store *s, struct arena *a);

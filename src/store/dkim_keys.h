/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keys that outgoing mails are signed with (DKIM), each known by its domain and selector; one of a domain
 * signs. */
#pragma once

#include "store/store.h"

struct dkim_key_row {
    const char *domain, *selector;
    bool active;        /* it signs */
    const char *record; /* what the DNS holds beside it; "": it was made elsewhere, before this was kept */
    struct span secret; /* PEM, sealed for mailout */
};

/* In the order of their domains. */
size_t dkim_keys(struct store *s, struct arena *a, struct dkim_key_row **list);
/* For mails of that domain: its own key that signs, or that of the nearest domain above. */
bool dkim_key_for(struct store *s, struct arena *a, const char *domain, struct dkim_key_row *k);
void dkim_key_put(struct store *s, const struct dkim_key_row *k);
void dkim_key_drop(struct store *s, const char *domain, const char *selector);

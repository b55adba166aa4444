/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Macros of SPF's domain names: "%{ir}.%{v}.example.com" (RFC 7208 §7). */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/span.h"
#include "proto/cidr.h"
#include "proto/dns_table.h"

/* What macros may say. */
struct spf_words {
    const char *sender; /* MAIL FROM, never empty */
    const char *helo;
    struct ip ip;
};

/* No letters of explanations (c, r, t); every '%' has its meaning. */
bool spf_macro_valid(struct span spec);
/* `domain`: %{d}. A name that is too long loses labels on its left. False where it makes no name at all. %{p}
 * is always "unknown", as RFC 7208 §7.3 allows: no look-up is spent on it. */
bool spf_macro_expand(struct span spec, const struct spf_words *words, const char *domain,
                      char name[DNS_NAME_LEN]) MUST_USE;

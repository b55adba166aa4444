/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The chain that forwarders leave in a mail's header (ARC, RFC 8617 §5.2): each notes what it found and seals
 * it. */
#pragma once

#include "mail/signature.h"

enum { ARC_SETS_MAX = 10 /* of the 50 that the RFC allows; each costs a key and a verification */ };

struct arc_set {
    const struct signed_field *results; /* ARC-Authentication-Results */
    struct signature message, seal;
};

struct arc_chain {
    size_t count; /* sets[0] is the first forwarder's */
    bool broken;  /* its fields are no chain */
    struct arc_set sets[ARC_SETS_MAX];
};

void arc_read(struct arc_chain *c, const struct signed_header *h);

/* body: as the last set's message signature canonicalises it. BAD also without a chain. */
enum signature_result arc_check(struct arc_chain *c, const struct signed_header *h,
                                const struct body_hash *body, struct dns_table *dns, int64_t now_s);

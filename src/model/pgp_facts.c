/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model/pgp_facts.h"

const char *pgp_signature_name(enum pgp_signature s)
{
    static const char *const names[] = {
#define PGP_SIGNATURE_NAME(name, text) text,
        PGP_SIGNATURES(PGP_SIGNATURE_NAME)
#undef PGP_SIGNATURE_NAME
    };
    return (unsigned)s < PGP_SIGNATURE_COUNT ? names[s] : "?";
}

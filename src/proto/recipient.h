/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Our own forms of mail addresses: which box, which number (A1-A3, S4.2, S4.9; RFC 3192).
 *
 *     number@<box>.<fax domain>      <box>+number@<fax domain>      number@<fax domain>      <box>@<fax
 * domain> number@<custom domain>         <custom>+number@...            <custom address>
 *
 * number may be "FAX=+15035550123", may be followed by flags, and "check+" in front of it asks for a dry run.
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "proto/address.h"
#include "proto/complaint.h"
#include "proto/target.h"

enum { RECIPIENT_BOX_LEN = 64 /* a box id is a label of a domain (RFC 1035 §2.3.4) */ };

struct recipient_rules {
    const char *fax_domain; /* "fax.example.com" */
    /* Writes the id of the box whose custom address, or custom domain (without @), this is; false for none.
     * Lower case domain, local part as it came. NULL: there are none. */
    bool (*box_of_custom)(void *context, const char *custom, char box[RECIPIENT_BOX_LEN]);
    void *context;
};

struct recipient {
    bool check;                  /* dry run: fax nothing, say what would happen (A3) */
    char box[RECIPIENT_BOX_LEN]; /* lower case; "": the sender's only box */
    bool has_target;             /* false: the number stands elsewhere, in display name or subject (A2) */
    struct target target;
};

enum recipient_result {
    RECIPIENT_OK,
    RECIPIENT_FOREIGN, /* none of our domains: we relay nothing */
    RECIPIENT_BAD,     /* ours, and wrong: the complaint says how, and what would have worked (A4) */
};

enum recipient_result recipient_parse(const struct recipient_rules *r, const struct address *a,
                                      struct recipient *to, struct complaint *why) MUST_USE;

/* Is that a possible id of a box: a domain label of letters, digits and inner dashes with a letter in it, and
 * neither `check` nor `control`? */
bool recipient_box_id_valid(const char *id) MUST_USE;

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The kinds of provisioning and their fields: one row a field, with its rule and what would be right. The
 * reading of entries (provision_values.h), their defaults and the field lists of error texts come from these
 * rows. */
#pragma once

#include <jansson.h>

#include "base/span.h"
#include "queue/provision_rules.h"

enum provision_kind {
    PROVISION_INSTALLATION,
    PROVISION_TENANT,
    PROVISION_USER,
    PROVISION_BOX,
    PROVISION_TRUNK,
    PROVISION_MAIL_TEMPLATE,
    PROVISION_MAIL_SERVER,
    PROVISION_MAILBOX,
    PROVISION_MAIL_SERVERS, /* further ones: of a tenant, or for when another is away */
    PROVISION_DKIM,         /* keys that outgoing mails are signed with */
    PROVISION_WEBHOOK,
    PROVISION_KINDS
};

enum provision_type {
    FIELD_TEXT,
    FIELD_LINES, /* a text of any lines, up to MAIL_TEMPLATE_MAX bytes; no rule */
    FIELD_FLAG,
    FIELD_WHOLE,        /* a whole number */
    FIELD_TEXTS,        /* a list of texts */
    FIELD_RIGHTS,       /* a list of {<key>, send, receive} */
    FIELD_PASSWORD,     /* a text, or {"sealed": base64} */
    FIELD_LOGIN,        /* a password to log in with, or {"sealed": base64} */
    FIELD_PIN,          /* 4 to 12 digits, or {"hash": text} */
    FIELD_KEYS,         /* PGP keys of a user (provision_keys.h) */
    FIELD_CERTIFICATES, /* of a user, for S/MIME (provision_certificates.h) */
    FIELD_PAIR,         /* a tenant's PGP keys, or "" */
    FIELD_SHOWN,        /* made by the system: may be given as it is shown, and never set (S0.6) */
};

struct provision_field {
    const char *name;
    enum provision_type type;
    provision_rule *rule; /* of the text, of each text of a list, of the key of a right */
    const char *want;     /* what would be right, as the end of "needs ..." */
    const char *standard; /* text, "true", a number; NULL: a new entry has to give it */
    const char *key;      /* FIELD_RIGHTS: its name */
    int least,
        most; /* FIELD_WHOLE: bounds. FIELD_TEXTS: least and most members. FIELD_PASSWORD: characters */
};

struct provision_section {
    const char *name; /* of the member of the whole */
    const char *noun;
    bool list; /* else one object */
    const struct provision_field *fields;
};

extern const struct provision_section provision_sections[PROVISION_KINDS];

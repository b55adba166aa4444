/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The kinds of provisioning and their fields: one row a field, with its rule and what would be right. The
 * reading of entries, their defaults and the field lists of error texts come from these rows. */
#pragma once

#include <jansson.h>

#include "base/span.h"
#include "provision/rules.h"

enum provision_kind {
    PROVISION_INSTALLATION,
    PROVISION_TENANT,
    PROVISION_USER,
    PROVISION_SETTINGS_TEMPLATE, /* before the boxes that follow it */
    PROVISION_BOX,
    PROVISION_TRUNK,
    PROVISION_MAIL_TEMPLATE,
    PROVISION_MAIL_SERVER,
    PROVISION_MAILBOX,
    PROVISION_MAIL_SERVERS, /* further ones: of a tenant, or for when another is away */
    PROVISION_DKIM,         /* keys that outgoing mails are signed with */
    PROVISION_WEBHOOK,
    PROVISION_PROVIDER,  /* OpenID: who logs users in */
    PROVISION_DIRECTORY, /* LDAP: who lists them */
    PROVISION_ARCHIVE,   /* places of the archive */
    PROVISION_KINDS
};

enum provision_type {
    FIELD_TEXT,
    FIELD_LINES, /* a text of any lines, up to MAIL_TEMPLATE_COVER_MAX bytes; no rule */
    FIELD_FLAG,
    FIELD_WHOLE,        /* a whole number */
    FIELD_TEXTS,        /* a list of texts */
    FIELD_RIGHTS,       /* a list of {<key>, send, receive} */
    FIELD_PASSWORD,     /* a text, or {"sealed": base64} */
    FIELD_LOGIN,        /* a password to log in with, or {"sealed": base64} */
    FIELD_PIN,          /* 4 to 12 digits, or {"hash": text} */
    FIELD_FAX_PASSWORD, /* T.30's PWD: a text, or {"sealed": base64} for queue */
    FIELD_KEYS,         /* PGP keys of a user (provision_keys.h) */
    FIELD_CERTIFICATES, /* of a user, for S/MIME (provision_certificates.h) */
    FIELD_PAIR,         /* a tenant's PGP keys, or "" */
    FIELD_SHOWN,        /* made by the system: may be given as it is shown, and never set (S0.6) */
    FIELD_COUNT,        /* the same, a number; what is given is not read */
    FIELD_WISH,         /* true or false, said with a change and not kept */
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

/* No part of what is stored: FIELD_SHOWN, FIELD_COUNT, FIELD_WISH. */
bool provision_field_is_made(const struct provision_field *f);

/* A PIN has a few thousand values: no cost keeps them from who has the store, and the limit of wrong ones
 * keeps them from everybody else. So the cost is one the queue can bear for each mail: 3 ms
 * and 4 MB; a hash that costs more or less is not taken. */
enum { PIN_HASH_PASSES = 2, PIN_HASH_BYTES = 4 << 20 };

/* Where errors are collected: {"path", "text"} each. More than PROVISION_ERRORS_MAX are counted only. */
enum { PROVISION_ERRORS_MAX = 50, PROVISION_PATH_LEN = 200 };

struct provision_errors {
    json_t *list;
    size_t count;
    json_t *warnings; /* the same; what is taken all the same. NULL: nobody wants them */
};

void provision_error(struct provision_errors *e, const char *path, const char *format, ...) PRINTF_LIKE(3, 4);
void provision_warning(struct provision_errors *e, const char *path, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The entry with every given value in its stored form; what is wrong becomes an error and is left out. A new
 * reference. "absent" is the caller's. A plain password or PIN becomes {"plain": text}. */
json_t *provision_read(enum provision_kind kind, const json_t *entry, const char *path,
                       struct provision_errors *errors) MUST_USE;
/* "a b" -> ["a", "b"]; a new reference. */
json_t *words_json(const char *words) MUST_USE;

/* What a new entry has where it does not say the field; a new reference, NULL where it has to. */
json_t *provision_standard(enum provision_kind kind, const char *field) MUST_USE;
/* Gives a new entry its defaults; what it has to give itself and did not becomes an error. */
void provision_complete(enum provision_kind kind, json_t *entry, const char *path,
                        struct provision_errors *errors);

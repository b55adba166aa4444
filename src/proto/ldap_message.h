/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The messages of an LDAP client (RFC 4511) that reads a directory and tries passwords. */
#pragma once

#include "proto/ber.h"

enum { LDAP_MESSAGE_MAX = 1024 * 1024 };

/* ---- requests ---- */

void ldap_put_bind(struct ber_writer *w, uint32_t id, const char *dn, const char *password);
void ldap_put_starttls(struct ber_writer *w, uint32_t id);
void ldap_put_unbind(struct ber_writer *w, uint32_t id);

struct ldap_search {
    const char *base;
    struct span filter; /* as ldap_filter_write makes it */
    const char *const *attributes;
    size_t attribute_count;
    uint32_t most;      /* entries; 0: as many as there are */
    uint32_t page;      /* so many at once (RFC 2696); 0: all at once */
    struct span cookie; /* of the page before */
};
void ldap_put_search(struct ber_writer *w, uint32_t id, const struct ldap_search *s);

/* ---- answers ---- */

enum ldap_operation {
    LDAP_BIND_ANSWER = 0x61,
    LDAP_ENTRY = 0x64,
    LDAP_SEARCH_DONE = 0x65,
    LDAP_REFERENCE = 0x73,
    LDAP_EXTENDED_ANSWER = 0x78,
};

enum { LDAP_SUCCESS = 0, LDAP_SIZE_LIMIT = 4, LDAP_INVALID_CREDENTIALS = 49 };

/* Its spans point into what was read. */
struct ldap_message {
    uint32_t id;
    uint8_t operation;
    uint32_t result;  /* but of LDAP_ENTRY, LDAP_REFERENCE */
    struct span text; /* likewise: what the server says of it */
    struct span cookie;
    struct span dn, attributes; /* of LDAP_ENTRY */
};

enum ldap_step { LDAP_MORE, LDAP_ONE, LDAP_BAD };
/* used: bytes of the one that was read. */
enum ldap_step ldap_read(struct span in, struct ldap_message *m, size_t *used);

/* The next attribute of an entry, and the next value of one. */
bool ldap_next_attribute(struct span *attributes, struct span *name, struct span *values) MUST_USE;
bool ldap_next_value(struct span *values, struct span *value) MUST_USE;

/* What a result code means, for a person. */
const char *ldap_result_text(uint32_t result);

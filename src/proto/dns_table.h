/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Questions to the DNS and what is known of their answers. SPF, DKIM and DMARC are functions of such a table:
 * what they miss they note in it and say that they are not done; once the answers stand there, they are asked
 * again from the start. So no rule of theirs knows about networks or time. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"

enum dns_type {
    DNS_A = 1,
    DNS_PTR = 12,
    DNS_MX = 15,
    DNS_TXT = 16,
    DNS_AAAA = 28
}; /* their numbers in the DNS */

enum dns_state {
    DNS_WANTED,  /* nobody has been asked yet */
    DNS_ASKED,   /* the caller's mark */
    DNS_FOUND,   /* at least one record */
    DNS_NO_DATA, /* the name is there, without such a record */
    DNS_NO_NAME, /* NXDOMAIN */
    DNS_FAILED,  /* no answer that counts: later perhaps */
};

enum { DNS_NAME_LEN = 256, DNS_RECORDS_MAX = 40, DNS_ENTRIES_MAX = 160, DNS_TXT_MAX = 8192 };

struct dns_entry {
    char name[DNS_NAME_LEN]; /* lower case */
    enum dns_type type;
    enum dns_state state;
    size_t count;
    struct span records[DNS_RECORDS_MAX]; /* A, AAAA: octets; TXT: its strings joined; MX, PTR: a name, with a
                                             NUL; MX: "" is nobody */
};

struct dns_table {
    struct arena *arena; /* the caller's */
    struct dns_entry *entries[DNS_ENTRIES_MAX];
    size_t count;
};

/* What is known; a new question is noted as wanted. A name that cannot be one has no name; where the table is
 * full the answer is DNS_FAILED. The name's case does not matter, nor a dot at its end. */
const struct dns_entry *dns_ask(struct dns_table *t, enum dns_type type, const char *name);
static inline bool dns_is_open(const struct dns_entry *e)
{
    return e->state == DNS_WANTED || e->state == DNS_ASKED;
}

/* Fills in an answer. rdata: as in a DNS message, without compression; one that makes no sense is left out,
 * the ones beyond DNS_RECORDS_MAX as well. */
void dns_add_record(struct dns_table *t, struct dns_entry *e, struct span rdata);
/* The answer is complete: FOUND where a record was added, else NO_DATA. */
void dns_close(struct dns_entry *e);

/* "\3www\7example\0" -> "www.example", in lower case; false for what is no such name, and for the root. */
bool dns_read_name(struct span wire, char name[DNS_NAME_LEN]) MUST_USE;
/* 1 to 63 octets a label, 253 in all, at least one label. */
bool dns_name_valid(const char *name);

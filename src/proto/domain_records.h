/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Does the DNS bring mails for our faxboxes here, does it speak for the mails that we send, and has it our
 * keys? What has to stand there, and what does, as a function of a table of answers (dns_table). Pure. */
#pragma once

#include "proto/dns_table.h"

enum { DOMAIN_RECORDS = 4, DOMAIN_FOUND_MAX = 8 };

enum domain_record_state {
    DOMAIN_RECORD_RIGHT,
    DOMAIN_RECORD_ELSEWHERE, /* mail goes to other servers: a relay of ours, or a fault */
    DOMAIN_RECORD_ADDRESS,   /* no MX; mail servers take the address then */
    DOMAIN_RECORD_MISSING,
    DOMAIN_RECORD_SILENT, /* the DNS does not answer */
};

struct domain_record {
    char name[DNS_NAME_LEN]; /* "*." before it: of every name below */
    const char *type;        /* "MX", "A", "TXT": SPF, of which nothing is `found` */
    const char *wanted;      /* "": any will do */
    enum domain_record_state state;
    size_t count;
    char found[DOMAIN_FOUND_MAX][DNS_NAME_LEN];
};

/* "right", "elsewhere", "address", "missing", "silent" */
const char *domain_record_state_name(enum domain_record_state state);

/* Does the DNS hold the key that our signatures are verified with? name: "fax2026._domainkey.example.com";
 * record: what has to stand there. `wanted` and `found` stay empty: ELSEWHERE is another key, or one that was
 * taken back. False: the table has questions that are open. */
bool domain_key_judge(struct dns_table *t, const char *name, const char *record,
                      struct domain_record *found) MUST_USE;

struct domain_names {
    const char *domain; /* of the faxboxes */
    const char *host;   /* this server's name, or "" */
    const char *sender; /* of the addresses that our mails come from, or "" */
};

/* How many of `records` there are; 0: the table has questions that are open. */
size_t domain_records_judge(struct dns_table *t, const struct domain_names *names,
                            struct domain_record records[DOMAIN_RECORDS]) MUST_USE;

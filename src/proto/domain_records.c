/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/domain_records.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/str.h"
#include "proto/dkim_signature.h"

const char *domain_record_state_name(enum domain_record_state state)
{
    static const char *const names[] = {[DOMAIN_RECORD_RIGHT] = "right",
                                        [DOMAIN_RECORD_ELSEWHERE] = "elsewhere",
                                        [DOMAIN_RECORD_ADDRESS] = "address",
                                        [DOMAIN_RECORD_MISSING] = "missing",
                                        [DOMAIN_RECORD_SILENT] = "silent"};
    return names[state];
}

static void add_found(struct domain_record *r, const struct dns_entry *e)
{
    for (size_t i = 0; e->state == DNS_FOUND && i < e->count && r->count < DOMAIN_FOUND_MAX; i++) {
        char *to = r->found[r->count];
        int family = e->type == DNS_A ? AF_INET : AF_INET6;
        bool there = e->type == DNS_MX ? str_copy(to, DNS_NAME_LEN, (const char *)e->records[i].data)
                                       : inet_ntop(family, e->records[i].data, to, DNS_NAME_LEN) != NULL;
        r->count += there ? 1 : 0;
    }
}

/* Its addresses; false while that is not known. */
static bool find_addresses(struct dns_table *t, const char *name, struct domain_record *r)
{
    const struct dns_entry *a = dns_ask(t, DNS_A, name), *aaaa = dns_ask(t, DNS_AAAA, name);
    if (dns_is_open(a) || dns_is_open(aaaa))
        return false;
    add_found(r, a);
    add_found(r, aaaa);
    r->state = r->count > 0                                          ? DOMAIN_RECORD_RIGHT
               : a->state == DNS_FAILED || aaaa->state == DNS_FAILED ? DOMAIN_RECORD_SILENT
                                                                     : DOMAIN_RECORD_MISSING;
    return true;
}

/* Where mails to that name go. */
static bool find_exchangers(struct dns_table *t, const char *name, struct domain_record *r)
{
    const struct dns_entry *mx = dns_ask(t, DNS_MX, name);
    if (dns_is_open(mx))
        return false;
    if (mx->state == DNS_FAILED) {
        r->state = DOMAIN_RECORD_SILENT;
        return true;
    }
    add_found(r, mx);
    if (r->count == 0) {
        if (!find_addresses(t, name, r))
            return false;
        r->state = r->state == DOMAIN_RECORD_RIGHT ? DOMAIN_RECORD_ADDRESS : r->state;
        return true;
    }
    r->state = *r->wanted ? DOMAIN_RECORD_ELSEWHERE : DOMAIN_RECORD_RIGHT;
    for (size_t i = 0; i < r->count; i++)
        if (str_equal_nocase(r->found[i], r->wanted))
            r->state = DOMAIN_RECORD_RIGHT;
    return true;
}

/* RFC 7208 §4.5: one text of several; more than one of these count as none. */
static bool find_spf(struct dns_table *t, struct domain_record *r)
{
    static const char version[] = "v=spf1";
    const struct dns_entry *e = dns_ask(t, DNS_TXT, r->name);
    size_t n = 0, len = sizeof(version) - 1;
    if (dns_is_open(e))
        return false;
    for (size_t i = 0; e->state == DNS_FOUND && i < e->count; i++) {
        const struct span text = e->records[i];
        n += text.len >= len && memcmp(text.data, version, len) == 0 &&
             (text.len == len || text.data[len] == ' ');
    }
    r->state = e->state == DNS_FAILED ? DOMAIN_RECORD_SILENT
               : n == 1               ? DOMAIN_RECORD_RIGHT
                                      : DOMAIN_RECORD_MISSING;
    return true;
}

bool domain_key_judge(struct dns_table *t, const char *name, const char *record, struct domain_record *found)
{
    struct dkim_key ours, theirs;
    const char *why;
    const struct dns_entry *e = dns_ask(t, DNS_TXT, name);
    *found = (struct domain_record){.type = "TXT", .wanted = ""};
    (void)str_copy(found->name, sizeof(found->name), name);
    if (dns_is_open(e))
        return false;
    found->state = e->state == DNS_FAILED  ? DOMAIN_RECORD_SILENT
                   : e->state == DNS_FOUND ? DOMAIN_RECORD_ELSEWHERE
                                           : DOMAIN_RECORD_MISSING;
    bool known = dkim_key_parse(span_str(record), &ours, &why);
    for (size_t i = 0; known && e->state == DNS_FOUND && i < e->count; i++)
        if (dkim_key_parse(e->records[i], &theirs, &why) && theirs.ed25519 == ours.ed25519 &&
            theirs.len == ours.len && memcmp(theirs.bytes, ours.bytes, ours.len) == 0)
            found->state = DOMAIN_RECORD_RIGHT;
    return true;
}

size_t domain_records_judge(struct dns_table *t, const struct domain_names *names,
                            struct domain_record records[DOMAIN_RECORDS])
{
    char any[DNS_NAME_LEN];
    size_t n = 2;
    for (size_t i = 0; i < n; i++)
        records[i] = (struct domain_record){.type = "MX", .wanted = names->host};
    (void)str_copy(records[0].name, DNS_NAME_LEN, names->domain);
    (void)str_format(records[1].name, DNS_NAME_LEN, "*.%s", names->domain);
    /* A name that nobody has entered, as every faxbox is one. */
    if (!str_format(any, sizeof(any), "any-box.%s", names->domain))
        any[0] = 0;
    bool done = find_exchangers(t, names->domain, &records[0]);
    done = find_exchangers(t, any, &records[1]) && done;
    if (*names->host) {
        records[n] = (struct domain_record){.type = "A", .wanted = ""};
        (void)str_copy(records[n].name, DNS_NAME_LEN, names->host);
        done = find_addresses(t, names->host, &records[n++]) && done;
    }
    if (*names->sender) {
        records[n] = (struct domain_record){.type = "TXT", .wanted = ""};
        (void)str_copy(records[n].name, DNS_NAME_LEN, names->sender);
        done = find_spf(t, &records[n++]) && done;
    }
    return done ? n : 0;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/spf.h"

#include "base/str.h"
#include "proto/spf_macro.h"
#include "proto/spf_record.h"

enum { TERMS_THAT_ASK = 10, VOID_MAX = 2, NAMES_MAX = 10 };

struct check {
    struct dns_table *dns;
    struct spf_words words;
    unsigned asked, voids;
};

enum match { MATCH_NO, MATCH_YES, MATCH_OPEN, MATCH_TEMPERROR, MATCH_PERMERROR };

static enum spf_result check_host(struct check *c, const char *domain);

/* ---- answers ---- */

/* Of a term's own question, which may come back empty twice only. */
static enum match look(struct check *c, enum dns_type type, const char *name, const struct dns_entry **e)
{
    *e = dns_ask(c->dns, type, name);
    switch ((*e)->state) {
    case DNS_WANTED:
    case DNS_ASKED: return MATCH_OPEN;
    case DNS_FOUND: return MATCH_YES;
    case DNS_FAILED: return MATCH_TEMPERROR;
    case DNS_NO_DATA:
    case DNS_NO_NAME: break;
    }
    return ++c->voids > VOID_MAX ? MATCH_PERMERROR : MATCH_NO;
}

static enum dns_type address_type(const struct check *c)
{
    return c->words.ip.v6 ? DNS_AAAA : DNS_A;
}

static bool holds_client(const struct check *c, const struct dns_entry *e, const struct spf_term *t)
{
    for (size_t i = 0; i < e->count; i++) {
        struct cidr net = {.ip = {.v6 = c->words.ip.v6}, .bits = c->words.ip.v6 ? t->bits6 : t->bits4};
        memcpy(net.ip.bytes, e->records[i].data, e->records[i].len);
        if (cidr_holds(&net, &c->words.ip))
            return true;
    }
    return false;
}

/* ---- mechanisms ---- */

static enum match match_a(struct check *c, const struct spf_term *t, const char *name)
{
    const struct dns_entry *e;
    enum match m = look(c, address_type(c), name, &e);
    return m == MATCH_YES && !holds_client(c, e, t) ? MATCH_NO : m;
}

static enum match match_mx(struct check *c, const struct spf_term *t, const char *name)
{
    const struct dns_entry *mx;
    enum match m = look(c, DNS_MX, name, &mx);
    if (m != MATCH_YES)
        return m;
    if (mx->count > NAMES_MAX)
        return MATCH_PERMERROR;
    bool open = false;
    for (size_t i = 0; i < mx->count; i++) {
        if (mx->records[i].len == 0) /* a null MX */
            continue;
        const struct dns_entry *e = dns_ask(c->dns, address_type(c), (const char *)mx->records[i].data);
        if (e->state == DNS_FAILED)
            return open ? MATCH_OPEN : MATCH_TEMPERROR;
        open = open || dns_is_open(e); /* all are asked at once */
        if (!open && holds_client(c, e, t))
            return MATCH_YES;
    }
    return open ? MATCH_OPEN : MATCH_NO;
}

static bool is_below(const char *name, const char *domain)
{
    size_t n = strlen(name), d = strlen(domain);
    return str_ends_nocase(name, domain) && (n == d || name[n - d - 1] == '.');
}

static void reverse_name(const struct ip *ip, char name[DNS_NAME_LEN])
{
    const struct spf_words words = {.sender = "", .helo = "", .ip = *ip};
    const char *spec = ip->v6 ? "%{ir}.ip6.arpa" : "%{ir}.in-addr.arpa";
    if (!spf_macro_expand(span_str(spec), &words, "", name))
        name[0] = 0;
}

/* §5.5: errors of the DNS are no match. */
static enum match match_ptr(struct check *c, const char *domain)
{
    char name[DNS_NAME_LEN];
    const struct dns_entry *ptr;
    const struct spf_term one = {.bits4 = 32, .bits6 = 128};
    bool open = false;
    reverse_name(&c->words.ip, name);
    enum match m = look(c, DNS_PTR, name, &ptr);
    if (m != MATCH_YES)
        return m == MATCH_TEMPERROR ? MATCH_NO : m;
    for (size_t i = 0; i < ptr->count && i < NAMES_MAX; i++) {
        const char *host = (const char *)ptr->records[i].data;
        if (!is_below(host, domain))
            continue;
        const struct dns_entry *e = dns_ask(c->dns, address_type(c), host);
        open = open || dns_is_open(e);
        if (e->state == DNS_FOUND && holds_client(c, e, &one))
            return MATCH_YES;
    }
    return open ? MATCH_OPEN : MATCH_NO;
}

static enum match match_exists(struct check *c, const char *name)
{
    const struct dns_entry *e;
    return look(c, DNS_A, name, &e); /* A, also for clients of IPv6: §5.7 */
}

static enum match match_include(struct check *c, const char *name)
{
    switch (check_host(c, name)) {
    case SPF_OPEN: return MATCH_OPEN;
    case SPF_PASS: return MATCH_YES;
    case SPF_TEMPERROR: return MATCH_TEMPERROR;
    case SPF_NONE:
    case SPF_PERMERROR: return MATCH_PERMERROR;
    case SPF_NEUTRAL:
    case SPF_FAIL:
    case SPF_SOFTFAIL: break;
    }
    return MATCH_NO;
}

static enum match match_term(struct check *c, const struct spf_term *t, const char *domain)
{
    char name[DNS_NAME_LEN];
    if (t->mechanism == SPF_ALL)
        return MATCH_YES;
    if (t->mechanism == SPF_IP4 || t->mechanism == SPF_IP6)
        return cidr_holds(&t->net, &c->words.ip) ? MATCH_YES : MATCH_NO;
    if (++c->asked > TERMS_THAT_ASK)
        return MATCH_PERMERROR;
    if (t->domain.len == 0)
        (void)str_copy(name, sizeof(name), domain);
    else if (!spf_macro_expand(t->domain, &c->words, domain, name))
        return MATCH_PERMERROR;
    switch (t->mechanism) {
    case SPF_INCLUDE: return match_include(c, name);
    case SPF_A: return match_a(c, t, name);
    case SPF_MX: return match_mx(c, t, name);
    case SPF_PTR: return match_ptr(c, name);
    case SPF_EXISTS: return match_exists(c, name);
    case SPF_ALL:
    case SPF_IP4:
    case SPF_IP6: break;
    }
    return MATCH_NO;
}

/* ---- records ---- */

static enum spf_result of_qualifier(char qualifier)
{
    switch (qualifier) {
    case '-': return SPF_FAIL;
    case '~': return SPF_SOFTFAIL;
    case '?': return SPF_NEUTRAL;
    default: return SPF_PASS;
    }
}

static enum spf_result follow(struct check *c, struct span redirect, const char *domain)
{
    char name[DNS_NAME_LEN];
    if (redirect.len == 0)
        return SPF_NEUTRAL;
    if (++c->asked > TERMS_THAT_ASK || !spf_macro_expand(redirect, &c->words, domain, name))
        return SPF_PERMERROR;
    enum spf_result r = check_host(c, name);
    return r == SPF_NONE ? SPF_PERMERROR : r;
}

static enum spf_result evaluate(struct check *c, const struct spf_record *r, const char *domain)
{
    for (size_t i = 0; i < r->count; i++) {
        switch (match_term(c, &r->terms[i], domain)) {
        case MATCH_YES: return of_qualifier(r->terms[i].qualifier);
        case MATCH_OPEN: return SPF_OPEN;
        case MATCH_TEMPERROR: return SPF_TEMPERROR;
        case MATCH_PERMERROR: return SPF_PERMERROR;
        case MATCH_NO: break;
        }
    }
    return follow(c, r->redirect, domain);
}

/* The single SPF record among the texts. */
static enum spf_result pick(const struct dns_entry *e, struct span *text)
{
    size_t n = 0;
    for (size_t i = 0; i < e->count; i++)
        if (spf_is_record(e->records[i])) {
            *text = e->records[i];
            n++;
        }
    return n == 0 ? SPF_NONE : n == 1 ? SPF_PASS : SPF_PERMERROR;
}

static enum spf_result check_host(struct check *c, const char *domain)
{
    struct span text;
    if (!dns_name_valid(domain) || !strchr(domain, '.'))
        return SPF_NONE;
    const struct dns_entry *e = dns_ask(c->dns, DNS_TXT, domain);
    if (dns_is_open(e))
        return SPF_OPEN;
    if (e->state == DNS_FAILED)
        return SPF_TEMPERROR;
    enum spf_result found = pick(e, &text);
    if (found != SPF_PASS)
        return found;
    struct spf_record r; /* includes nest ten deep at most */
    return spf_record_parse(text, &r) ? evaluate(c, &r, domain) : SPF_PERMERROR;
}

enum spf_result spf_check(const struct spf_client *client, struct dns_table *dns, char domain[DNS_NAME_LEN])
{
    char sender[600];
    const char *at = strrchr(client->sender, '@');
    struct check c = {.dns = dns, .words = {.helo = client->helo, .ip = client->ip}};
    if (!at && *client->sender)
        return SPF_NONE;
    bool fits = at ? str_copy(sender, sizeof(sender), client->sender)
                   : str_format(sender, sizeof(sender), "postmaster@%s", client->helo);
    if (!fits || !str_copy(domain, DNS_NAME_LEN, strrchr(sender, '@') + 1)) {
        domain[0] = 0;
        return SPF_NONE;
    }
    str_lower(domain);
    c.words.sender = sender;
    return check_host(&c, domain);
}

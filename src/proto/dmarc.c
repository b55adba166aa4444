/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/dmarc.h"

#include "base/str.h"
#include "proto/tag_list.h"

enum { WALK_LABELS = 8 }; /* RFC 9989 §4.10: no walk takes more questions */

/* ---- the record ---- */

static enum dmarc_policy policy_of(const struct tag_list *tags, const char *name, enum dmarc_policy standard)
{
    if (tag_is(tags, name, "none"))
        return DMARC_POLICY_NONE;
    if (tag_is(tags, name, "quarantine"))
        return DMARC_POLICY_QUARANTINE;
    return tag_is(tags, name, "reject") ? DMARC_POLICY_REJECT : standard;
}

bool dmarc_record_parse(struct span text, struct dmarc_record *r)
{
    struct tag_list tags;
    struct span first, version = text;
    if (!span_take_until(&version, ';', &first))
        return false;
    if (!tag_list_parse(text, &tags) || !span_equal(tags.tags[0].name, span_str("v")) ||
        !span_equal(tags.tags[0].value, span_str("DMARC1")))
        return false;
    r->policy = policy_of(&tags, "p", DMARC_POLICY_NONE);
    r->sub_policy = policy_of(&tags, "sp", r->policy);
    r->no_name_policy = policy_of(&tags, "np", r->sub_policy);
    r->strict_dkim = tag_is(&tags, "adkim", "s");
    r->strict_spf = tag_is(&tags, "aspf", "s");
    r->testing = tag_is(&tags, "t", "y");
    r->psd = tag_is(&tags, "psd", "y") ? 'y' : tag_is(&tags, "psd", "n") ? 'n' : 'u';
    return true;
}

/* ---- the walk ---- */

enum found { FOUND_OPEN, FOUND_NOT, FOUND, FOUND_FAILED };

/* The record of exactly this domain. Several are none. */
static enum found record_of(struct dns_table *dns, const char *domain, struct dmarc_record *r)
{
    char name[DNS_NAME_LEN];
    struct dmarc_record one;
    size_t n = 0;
    if (!str_format(name, sizeof(name), "_dmarc.%s", domain))
        return FOUND_NOT;
    const struct dns_entry *e = dns_ask(dns, DNS_TXT, name);
    if (dns_is_open(e))
        return FOUND_OPEN;
    if (e->state == DNS_FAILED)
        return FOUND_FAILED;
    for (size_t i = 0; i < e->count; i++)
        if (dmarc_record_parse(e->records[i], &one)) {
            *r = one;
            n++;
        }
    return n == 1 ? FOUND : FOUND_NOT;
}

static size_t labels_of(const char *domain)
{
    size_t n = 1;
    for (; *domain; domain++)
        n += *domain == '.';
    return n;
}

static const char *parent_of(const char *domain)
{
    const char *dot = strchr(domain, '.');
    return dot ? dot + 1 : NULL;
}

/* Up by one label; from above eight labels to seven at once. */
static const char *step_up(const char *domain)
{
    domain = parent_of(domain);
    while (domain && labels_of(domain) >= WALK_LABELS)
        domain = parent_of(domain);
    return domain;
}

static const char *below(const char *start, const char *top)
{
    const char *at = start;
    while (parent_of(at) && !str_equal(parent_of(at), top))
        at = parent_of(at);
    return at;
}

struct walk {
    const char *organisation; /* into the domain that it started from */
    bool has_record;
    struct dmarc_record record; /* of the organisation, or of what stands above it */
};

/* FOUND, FOUND_OPEN or FOUND_FAILED. */
static enum found walk_up(struct dns_table *dns, const char *start, struct walk *w)
{
    *w = (struct walk){.organisation = start};
    bool open = false;
    for (const char *at = start; at; at = step_up(at)) {
        struct dmarc_record r;
        enum found f = record_of(dns, at, &r);
        if (f == FOUND_FAILED)
            return FOUND_FAILED;
        open = open || f == FOUND_OPEN;
        if (open || f != FOUND)
            continue; /* the questions of a walk are asked all at once */
        w->has_record = true;
        w->record = r;
        if (r.psd == 'y' && at != start) {
            w->organisation = below(start, at);
            break;
        }
        w->organisation = at;
        if (r.psd != 'u')
            break;
    }
    return open ? FOUND_OPEN : FOUND;
}

/* ---- alignment ---- */

static bool is_at_or_below(const char *domain, const char *top)
{
    size_t n = strlen(domain), t = strlen(top);
    return str_ends_nocase(domain, top) && (n == t || (n > t && domain[n - t - 1] == '.'));
}

struct align {
    const struct dmarc_case *c;
    struct dns_table *dns;
    const char *organisation;
    bool open, failed;
};

static bool aligned(struct align *a, const char *domain, bool strict)
{
    struct walk w;
    if (!*domain)
        return false;
    if (str_equal_nocase(domain, a->c->author))
        return true;
    if (strict || !is_at_or_below(domain, a->organisation) || a->c->is_public_suffix(a->organisation))
        return false;
    enum found f = walk_up(a->dns, domain, &w);
    a->open = a->open || f == FOUND_OPEN;
    a->failed = a->failed || f == FOUND_FAILED;
    return f == FOUND && str_equal_nocase(w.organisation, a->organisation);
}

static bool any_aligned(struct align *a, const struct dmarc_record *r)
{
    if (aligned(a, a->c->spf, r->strict_spf))
        return true;
    for (size_t i = 0; i < a->c->signer_count; i++)
        if (aligned(a, a->c->signers[i], r->strict_dkim))
            return true;
    return false;
}

/* ---- policy ---- */

static enum dmarc_policy weaker(enum dmarc_policy p, bool testing)
{
    return testing && p != DMARC_POLICY_NONE ? p - 1 : p;
}

/* For a domain without a record of its own; false while the question whether it exists is open. */
static bool inherited_policy(struct dns_table *dns, const char *author, const struct dmarc_record *r,
                             enum dmarc_policy *policy)
{
    *policy = r->sub_policy;
    if (r->no_name_policy == r->sub_policy)
        return true;
    const struct dns_entry *e = dns_ask(dns, DNS_A, author);
    if (e->state == DNS_NO_NAME)
        *policy = r->no_name_policy;
    return !dns_is_open(e);
}

enum dmarc_result dmarc_check(const struct dmarc_case *c, struct dns_table *dns, enum dmarc_policy *policy)
{
    struct walk w;
    struct dmarc_record own;
    *policy = DMARC_POLICY_NONE;
    enum found has_own = record_of(dns, c->author, &own), f = walk_up(dns, c->author, &w);
    if (has_own == FOUND_FAILED || f == FOUND_FAILED)
        return DMARC_TEMPERROR;
    if (has_own == FOUND_OPEN || f == FOUND_OPEN)
        return DMARC_OPEN;
    if (!w.has_record)
        return DMARC_NONE;
    const struct dmarc_record *r = has_own == FOUND ? &own : &w.record;
    enum dmarc_policy wanted = has_own == FOUND ? own.policy : DMARC_POLICY_NONE;
    if (has_own != FOUND && !inherited_policy(dns, c->author, r, &wanted))
        return DMARC_OPEN;
    *policy = weaker(wanted, r->testing);
    struct align a = {.c = c, .dns = dns, .organisation = w.organisation};
    if (any_aligned(&a, r))
        return DMARC_PASS;
    return a.open ? DMARC_OPEN : a.failed ? DMARC_TEMPERROR : DMARC_FAIL;
}

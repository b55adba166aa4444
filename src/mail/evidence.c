/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/evidence.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "mail/arc.h"
#include "mail/signature.h"
#include "proto/author.h"
#include "proto/auth_results.h"
#include "proto/dmarc.h"
#include "proto/mail_canon.h"
#include "proto/spf.h"

enum form { FORM_SIMPLE, FORM_RELAXED, FORM_COUNT };

struct evidence {
    struct evidence_opts opts;
    char *client_ip, *helo, *sender, *trusted_server;
    struct arena arena;
    struct dns_table dns;
    struct span text;
    struct signed_header header;
    struct address author;
    bool has_author;
    struct signature signatures[EVIDENCE_SIGNATURES_MAX];
    size_t signature_count;
    struct arc_chain arc;
    struct body {
        bool wanted;
        struct canon_body canon;
        EVP_MD_CTX *digest;
        struct body_hash hash;
    } bodies[FORM_COUNT];
    bool body_ended;
};

/* ---- reading ---- */

static bool is_related(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    return n >= m ? str_ends_nocase(a, b) && (n == m || a[n - m - 1] == '.') : is_related(b, a);
}

/* Those that could align first: a mail may carry more than are looked at. */
static void read_signatures(struct evidence *e)
{
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < e->header.count; i++) {
            struct signature *s = &e->signatures[e->signature_count];
            if (e->signature_count == EVIDENCE_SIGNATURES_MAX)
                return;
            if (!span_equal_nocase(e->header.fields[i].name, "DKIM-Signature"))
                continue;
            signature_read(s, &e->header.fields[i], SIGNATURE_DKIM);
            e->signature_count += is_related(s->stated.domain, e->author.domain) == (round == 0);
        }
}

static void want_body(struct evidence *e, const struct signature *s)
{
    if (s->result == SIGNATURE_OPEN)
        e->bodies[s->stated.relaxed_body ? FORM_RELAXED : FORM_SIMPLE].wanted = true;
}

static void put_body(void *context, const void *data, size_t len)
{
    struct body *b = context;
    b->hash.len += len;
    if (EVP_DigestUpdate(b->digest, data, len) != 1)
        panic("no SHA-256");
}

static void begin_bodies(struct evidence *e)
{
    for (int form = 0; form < FORM_COUNT; form++) {
        struct body *b = &e->bodies[form];
        if (!b->wanted)
            continue;
        b->canon.relaxed = form == FORM_RELAXED;
        b->canon.put = put_body;
        b->canon.context = b;
        b->digest = EVP_MD_CTX_new();
        if (!b->digest || EVP_DigestInit_ex(b->digest, EVP_sha256(), NULL) != 1)
            panic("no SHA-256");
    }
}

static bool find_author(struct evidence *e)
{
    const struct signed_field *from;
    if (!signed_header_parse(e->text, &e->header) || signed_header_find(&e->header, "From", &from) != 1 ||
        !author_parse(from->body, &e->author))
        return false;
    /* What the DNS has nothing to say about proves nothing; who is only named may have such an address. */
    return e->opts.author_only ||
           (dns_name_valid(e->author.domain) && e->author.domain[0] != '[' && strchr(e->author.domain, '.'));
}

struct evidence *evidence_new(const struct evidence_opts *opts, struct span header)
{
    struct evidence *e = mem_zalloc(sizeof(*e));
    e->opts = *opts;
    e->client_ip = mem_strdup(opts->client_ip);
    e->helo = mem_strdup(opts->helo);
    e->sender = mem_strdup(opts->sender);
    e->trusted_server = mem_strdup(opts->trusted_server);
    arena_init(&e->arena);
    e->dns.arena = &e->arena;
    e->text = arena_dup(&e->arena, header);
    e->has_author = find_author(e);
    if (!e->has_author || opts->author_only)
        return e;
    read_signatures(e);
    if (opts->arc)
        arc_read(&e->arc, &e->header);
    for (size_t i = 0; i < e->signature_count; i++)
        want_body(e, &e->signatures[i]);
    if (e->arc.count > 0 && !e->arc.broken)
        want_body(e, &e->arc.sets[e->arc.count - 1].message);
    begin_bodies(e);
    return e;
}

void evidence_free(struct evidence *e)
{
    if (!e)
        return;
    for (int form = 0; form < FORM_COUNT; form++)
        EVP_MD_CTX_free(e->bodies[form].digest);
    arena_clear(&e->arena);
    free(e->client_ip);
    free(e->helo);
    free(e->sender);
    free(e->trusted_server);
    free(e);
}

/* ---- body ---- */

bool evidence_wants_body(const struct evidence *e, size_t *at)
{
    *at = e->header.body_at;
    return e->bodies[FORM_SIMPLE].wanted || e->bodies[FORM_RELAXED].wanted;
}

void evidence_add_body(struct evidence *e, struct span bytes)
{
    for (int form = 0; form < FORM_COUNT; form++)
        if (e->bodies[form].wanted)
            canon_body_add(&e->bodies[form].canon, bytes);
}

void evidence_end_body(struct evidence *e)
{
    for (int form = 0; form < FORM_COUNT; form++) {
        struct body *b = &e->bodies[form];
        if (!b->wanted)
            continue;
        canon_body_end(&b->canon);
        if (EVP_DigestFinal_ex(b->digest, b->hash.sha256, NULL) != 1)
            panic("no SHA-256");
    }
    e->body_ended = true;
}

/* ---- judging ---- */

static enum auth_result of_spf(enum spf_result r)
{
    static const enum auth_result results[] = {
        [SPF_OPEN] = AUTH_NONE,           [SPF_NONE] = AUTH_NONE,           [SPF_NEUTRAL] = AUTH_NEUTRAL,
        [SPF_PASS] = AUTH_PASS,           [SPF_FAIL] = AUTH_FAIL,           [SPF_SOFTFAIL] = AUTH_SOFTFAIL,
        [SPF_TEMPERROR] = AUTH_TEMPERROR, [SPF_PERMERROR] = AUTH_PERMERROR,
    };
    return results[r];
}

static bool judge_spf(struct evidence *e, struct sender_facts *f)
{
    char domain[DNS_NAME_LEN];
    struct spf_client client = {.helo = e->helo, .sender = e->sender};
    if (!*e->client_ip || !ip_parse(e->client_ip, &client.ip))
        return true;
    enum spf_result r = spf_check(&client, &e->dns, domain);
    f->spf = of_spf(r);
    if (dns_name_valid(domain))
        (void)str_copy(f->spf_domain, sizeof(f->spf_domain), domain);
    return r != SPF_OPEN;
}

static bool judge_dkim(struct evidence *e, struct sender_facts *f)
{
    static const enum auth_result results[] = {
        [SIGNATURE_OPEN] = AUTH_NONE,
        [SIGNATURE_GOOD] = AUTH_PASS,
        [SIGNATURE_BAD] = AUTH_FAIL,
        [SIGNATURE_LATER] = AUTH_TEMPERROR,
    };
    bool done = true;
    for (size_t i = 0; i < e->signature_count; i++) {
        struct signature *s = &e->signatures[i];
        const struct body *b = &e->bodies[s->stated.relaxed_body ? FORM_RELAXED : FORM_SIMPLE];
        if (e->body_ended)
            signature_check_mail(s, &e->header, &b->hash, &e->dns, e->opts.now_s);
        done = done && s->result != SIGNATURE_OPEN;
        if (i == 0 || (f->dkim != AUTH_PASS && s->result != SIGNATURE_BAD)) {
            f->dkim = results[s->result];
            (void)str_copy(f->dkim_domain, sizeof(f->dkim_domain), s->stated.domain);
        }
    }
    return done;
}

static enum auth_result of_dmarc(enum dmarc_result r, const struct sender_facts *f)
{
    switch (r) {
    case DMARC_PASS: return AUTH_PASS;
    case DMARC_TEMPERROR: return AUTH_TEMPERROR;
    case DMARC_FAIL:
        /* What could not be asked might have passed. */
        return f->spf == AUTH_TEMPERROR || f->dkim == AUTH_TEMPERROR ? AUTH_TEMPERROR : AUTH_FAIL;
    case DMARC_NONE:
    case DMARC_OPEN: break;
    }
    return AUTH_NONE;
}

static bool judge_dmarc(struct evidence *e, struct sender_facts *f)
{
    static const char *const policies[] = {"none", "quarantine", "reject"};
    enum dmarc_policy policy;
    struct dmarc_case c = {.author = e->author.domain,
                           .spf = f->spf == AUTH_PASS ? f->spf_domain : "",
                           .is_public_suffix = e->opts.is_public_suffix};
    for (size_t i = 0; i < e->signature_count; i++)
        if (e->signatures[i].result == SIGNATURE_GOOD)
            c.signers[c.signer_count++] = e->signatures[i].stated.domain;
    enum dmarc_result r = dmarc_check(&c, &e->dns, &policy);
    f->dmarc = of_dmarc(r, f);
    if (r == DMARC_PASS || r == DMARC_FAIL)
        (void)str_copy(f->policy, sizeof(f->policy), policies[policy]);
    return r != DMARC_OPEN;
}

static bool judge_arc(struct evidence *e, struct sender_facts *f)
{
    struct auth_results said;
    if (!e->opts.arc || f->dmarc == AUTH_PASS || (e->arc.count == 0 && !e->arc.broken))
        return true;
    f->arc = AUTH_FAIL;
    if (e->arc.broken)
        return true;
    const struct arc_set *last = &e->arc.sets[e->arc.count - 1];
    const struct body *b = &e->bodies[last->message.stated.relaxed_body ? FORM_RELAXED : FORM_SIMPLE];
    enum signature_result r = arc_check(&e->arc, &e->header, &b->hash, &e->dns, e->opts.now_s);
    (void)str_copy(f->arc_domain, sizeof(f->arc_domain), last->seal.stated.domain);
    if (r == SIGNATURE_LATER)
        f->arc = AUTH_TEMPERROR;
    if (r != SIGNATURE_GOOD)
        return r != SIGNATURE_OPEN;
    f->arc = AUTH_PASS;
    bool read = auth_results_parse(last->results->body, &said) && str_equal(said.author, e->author.domain);
    if (!read || !auth_result_parse(said.dmarc, &f->arc_dmarc))
        f->arc_dmarc = AUTH_NONE;
    return true;
}

/* The topmost field of that server: it stands above whatever the sender brought along. */
static bool judge_by_server(const struct evidence *e, struct sender_facts *f)
{
    struct auth_results said;
    for (size_t i = 0; *e->trusted_server && i < e->header.count; i++) {
        const struct signed_field *field = &e->header.fields[i];
        if (!span_equal_nocase(field->name, "Authentication-Results") ||
            !auth_results_parse(field->body, &said) || !str_equal_nocase(said.server, e->trusted_server))
            continue;
        (void)str_copy(f->trusted_server, sizeof(f->trusted_server), said.server);
        if (!auth_result_parse(said.dmarc, &f->dmarc))
            f->dmarc = AUTH_NONE;
        if (f->dmarc == AUTH_PASS && !str_equal(said.author, e->author.domain))
            f->dmarc = AUTH_FAIL;
        return true;
    }
    return false;
}

bool evidence_judge(struct evidence *e, struct sender_facts *f)
{
    *f = (struct sender_facts){0};
    if (!e->has_author) {
        f->dmarc = AUTH_PERMERROR;
        return true;
    }
    (void)str_copy(f->from, sizeof(f->from), e->author.text);
    if (e->opts.author_only || judge_by_server(e, f))
        return true;
    /* Each time all of them, so that their questions go out together. */
    bool spf = judge_spf(e, f), dkim = judge_dkim(e, f);
    bool dmarc = judge_dmarc(e, f);
    return spf && dkim && dmarc && judge_arc(e, f);
}

struct dns_table *evidence_dns(struct evidence *e)
{
    return &e->dns;
}

void evidence_give_up_dns(struct evidence *e)
{
    for (size_t i = 0; i < e->dns.count; i++)
        if (dns_is_open(e->dns.entries[i]))
            e->dns.entries[i]->state = DNS_FAILED;
}

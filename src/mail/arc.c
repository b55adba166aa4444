/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/arc.h"

#include "base/str.h"
#include "proto/auth_results.h"
#include "proto/mail_canon.h"

enum kind { KIND_RESULTS, KIND_MESSAGE, KIND_SEAL, KIND_NONE };

static enum kind kind_of(const struct signed_field *f)
{
    static const char *const names[] = {"ARC-Authentication-Results", "ARC-Message-Signature", "ARC-Seal"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (span_equal_nocase(f->name, names[i]))
            return (enum kind)i;
    return KIND_NONE;
}

static struct arc_set *set_of(struct arc_chain *c, unsigned instance)
{
    if (instance == 0 || instance > ARC_SETS_MAX)
        return NULL;
    if (c->count < instance)
        c->count = instance;
    return &c->sets[instance - 1];
}

/* False where it does not fit into a chain. */
static bool take(struct arc_chain *c, const struct signed_field *f, enum kind kind)
{
    struct auth_results results;
    struct signature s;
    if (kind == KIND_RESULTS) {
        struct arc_set *set = auth_results_parse(f->body, &results) ? set_of(c, results.instance) : NULL;
        bool first = set && !set->results;
        if (set)
            set->results = f;
        return first;
    }
    signature_read(&s, f, kind == KIND_SEAL ? SIGNATURE_ARC_SEAL : SIGNATURE_ARC_MESSAGE);
    struct arc_set *set = set_of(c, s.stated.instance);
    struct signature *place = !set ? NULL : kind == KIND_SEAL ? &set->seal : &set->message;
    if (!place || place->field)
        return false;
    *place = s;
    return true;
}

void arc_read(struct arc_chain *c, const struct signed_header *h)
{
    memset(c, 0, sizeof(*c));
    for (size_t i = 0; i < h->count; i++) {
        enum kind kind = kind_of(&h->fields[i]);
        if (kind != KIND_NONE && !take(c, &h->fields[i], kind))
            c->broken = true;
    }
    for (size_t i = 0; i < c->count; i++) {
        const struct arc_set *s = &c->sets[i];
        char wanted = i == 0 ? 'n' : 'p';
        if (!s->results || !s->message.field || !s->seal.field || s->seal.stated.chain != wanted)
            c->broken = true;
    }
}

/* A seal is over all sets up to its own, itself last (§5.1.1). */
static void check_seal(struct arc_chain *c, size_t at, struct dns_table *dns)
{
    SCOPED_BUF struct buf bytes;
    buf_init(&bytes, 2 * SIGNED_HEADER_MAX);
    for (size_t i = 0; i <= at; i++) {
        canon_header(c->sets[i].results, true, &bytes);
        canon_header(c->sets[i].message.field, true, &bytes);
        if (i < at)
            canon_header(c->sets[i].seal.field, true, &bytes);
    }
    (void)canon_own_header(c->sets[at].seal.field, true, &bytes);
    signature_check_bytes(&c->sets[at].seal, buf_span(&bytes), dns);
}

enum signature_result arc_check(struct arc_chain *c, const struct signed_header *h,
                                const struct body_hash *body, struct dns_table *dns, int64_t now_s)
{
    if (c->broken || c->count == 0)
        return SIGNATURE_BAD;
    struct signature *last = &c->sets[c->count - 1].message;
    signature_check_mail(last, h, body, dns, now_s);
    enum signature_result r = last->result;
    for (size_t i = 0; i < c->count && r != SIGNATURE_BAD; i++) {
        struct signature *seal = &c->sets[i].seal;
        if (seal->result == SIGNATURE_OPEN)
            check_seal(c, i, dns);
        if (seal->result == SIGNATURE_BAD)
            r = SIGNATURE_BAD;
        else if (seal->result != SIGNATURE_GOOD && r != SIGNATURE_LATER)
            r = seal->result;
    }
    return r;
}

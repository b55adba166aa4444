/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who sent a mail, from hostile mails and hostile DNS: the input is a mail, then after each line "\n\1" one
 * DNS answer for whatever is asked next. Must end, within its questions, whatever the answers; facts must
 * survive as text; no author but a single one may pass. Each piece is also read as every kind of record. */
#include <stdlib.h>
#include <string.h>

#include "mail/evidence.h"
#include "proto/auth_results.h"
#include "proto/author.h"
#include "proto/dkim_signature.h"
#include "proto/dmarc.h"
#include "proto/spf_macro.h"
#include "proto/spf_record.h"
#include "proto/tag_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROUNDS_MAX = 400 };

static bool is_suffix(const char *domain)
{
    return !strchr(domain, '.');
}

/* The next piece of the input; empty at its end. */
static struct span take(struct span *rest)
{
    for (size_t i = 0; i + 1 < rest->len; i++)
        if (rest->data[i] == '\n' && rest->data[i + 1] == 1) {
            struct span piece = span_of(rest->data, i);
            *rest = span_of(rest->data + i + 2, rest->len - i - 2);
            return piece;
        }
    struct span piece = *rest;
    rest->len = 0;
    return piece;
}

static void read_as_everything(struct span text)
{
    static struct spf_record spf;
    static const struct spf_words words = {.sender = "a.b@c.example", .helo = "h"};
    struct dmarc_record dmarc;
    struct dkim_signature signature;
    struct dkim_key key;
    struct auth_results results;
    struct address author;
    struct span value;
    char name[DNS_NAME_LEN];
    const char *why;
    if (spf_record_parse(text, &spf) && spf.count > SPF_TERMS_MAX)
        abort();
    if (text.len > 0 && spf_macro_valid(text) && spf_macro_expand(text, &words, "d.example", name) &&
        strlen(name) >= sizeof(name))
        abort();
    (void)!dmarc_record_parse(text, &dmarc);
    for (int kind = SIGNATURE_DKIM; kind <= SIGNATURE_ARC_SEAL; kind++)
        if (dkim_signature_parse(text, (enum signature_kind)kind, &signature, &why) &&
            !dkim_find_value(text, &value))
            abort(); /* what is verified must be what was left out */
    (void)!dkim_key_parse(text, &key, &why);
    (void)!auth_results_parse(text, &results);
    if (author_parse(text, &author) && !strchr(author.text, '@'))
        abort();
}

static void answer(struct dns_table *t, struct span *rest)
{
    for (size_t i = 0; i < t->count; i++) {
        struct dns_entry *e = t->entries[i];
        if (!dns_is_open(e))
            continue;
        struct span piece = take(rest);
        read_as_everything(piece);
        uint8_t rdata[256];
        size_t n = piece.len < 255 ? piece.len : 255;
        rdata[0] = (uint8_t)n;
        if (n > 0)
            memcpy(rdata + 1, piece.data, n);
        dns_add_record(t, e, e->type == DNS_TXT ? span_of(rdata, n + 1) : piece);
        dns_close(e);
    }
}

static void check_facts(const struct sender_facts *f)
{
    char text[SENDER_FACTS_LEN];
    struct sender_facts back;
    sender_facts_format(f, text);
    if (!sender_facts_parse(text, &back) || memcmp(f, &back, sizeof(back)) != 0)
        abort();
    if (f->dmarc == AUTH_PASS && !*f->from)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = span_of(data, size), mail = take(&rest);
    const struct evidence_opts opts = {.client_ip = "192.0.2.1",
                                       .helo = "h.example",
                                       .sender = "a@b.example",
                                       .trusted_server = size % 2 ? "mx.example" : "",
                                       .arc = true,
                                       .now_s = 1800000000,
                                       .is_public_suffix = is_suffix};
    struct sender_facts facts;
    read_as_everything(mail);
    struct evidence *e = evidence_new(&opts, mail);
    size_t at, rounds = 0;
    if (evidence_wants_body(e, &at))
        evidence_add_body(e, span_of(mail.data + at, mail.len - at));
    evidence_end_body(e);
    while (!evidence_judge(e, &facts)) {
        if (++rounds > ROUNDS_MAX)
            abort();
        answer(evidence_dns(e), &rest);
    }
    check_facts(&facts);
    evidence_free(e);
    return 0;
}

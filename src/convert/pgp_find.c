/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/pgp_find.h"

#include "base/str.h"
#include "proto/pgp_mime.h"

static const char clear_begin[] = "-----BEGIN PGP SIGNED MESSAGE-----";
static const char message_begin[] = "-----BEGIN PGP MESSAGE-----";

struct pieces {
    struct part *list;
    size_t count;
};

static void add(struct pieces *p, const char *type, const char *name, struct span bytes)
{
    if (p->count < PART_SET_PARTS_MAX)
        p->list[p->count] = (struct part){name, type, bytes};
    p->count++;
}

/* ---- inline ---- */

static bool begins_with(struct span text, const char *word)
{
    size_t at = 0, len = strlen(word);
    while (at < text.len && (text.data[at] == ' ' || text.data[at] == '\r' || text.data[at] == '\n'))
        at++;
    return text.len - at >= len && memcmp(text.data + at, word, len) == 0;
}

static bool has_line(struct span text, const char *word)
{
    size_t len = strlen(word);
    const uint8_t *at = text.len >= len ? memmem(text.data, text.len, word, len) : NULL;
    return at && (at == text.data || at[-1] == '\n');
}

static bool is_message(const struct unpacked_part *p)
{
    struct span bytes = buf_span(&p->bytes);
    bool named = str_ends_nocase(p->name, ".pgp") || str_ends_nocase(p->name, ".gpg");
    /* RFC 4880 §4.2: every packet begins with that bit. */
    return begins_with(bytes, message_begin) || (named && bytes.len > 0 && (bytes.data[0] & 0x80) != 0);
}

/* The signature that comes with a document, by its name: doc.pdf.sig, doc.pdf.asc. */
static const struct unpacked_part *signature_of(const struct unpacked *u, const struct unpacked_part *p)
{
    size_t len = strlen(p->name);
    for (size_t i = 0; i < u->count; i++) {
        const struct unpacked_part *s = &u->parts[i];
        if (s->signature && len > 0 && str_starts(s->name, p->name) &&
            (str_equal_nocase(s->name + len, ".sig") || str_equal_nocase(s->name + len, ".asc")))
            return s;
    }
    return NULL;
}

/* Whether anything that would be faxed is opened or vouched for. */
static bool add_attachments(const struct unpacked *u, struct pieces *p)
{
    bool any = false;
    for (size_t i = 0; i < u->count; i++) {
        const struct unpacked_part *part = &u->parts[i], *s = signature_of(u, part);
        if (part->signature)
            continue;
        any = any || s || is_message(part);
        add(p,
            s                  ? PGP_PIECE_DETACHED
            : is_message(part) ? PGP_PIECE_DOCUMENT
                               : PGP_PIECE_PLAIN,
            part->name, buf_span(&part->bytes));
        if (s)
            add(p, PGP_PIECE_SIGNATURE, s->name, buf_span(&s->bytes));
    }
    return any;
}

static enum pgp_found find_inline(const struct unpacked *u, struct pieces *p)
{
    struct span words = buf_span(&u->body);
    bool wrapped = begins_with(words, clear_begin) || begins_with(words, message_begin);
    if (wrapped)
        add(p, PGP_PIECE_WORDS, u->charset, words);
    /* Words that nothing vouches for say nothing beside documents that something does. */
    if (add_attachments(u, p) || wrapped)
        return PGP_FOUND_PIECES;
    return u->pgp_inside || has_line(words, clear_begin) || has_line(words, message_begin) ? PGP_FOUND_INSIDE
                                                                                           : PGP_FOUND_NONE;
}

/* ---- all ---- */

static enum pgp_found find(struct span raw, const struct unpacked *u, struct pieces *p)
{
    struct pgp_mime m;
    enum pgp_mime_kind kind = pgp_mime_find(raw, &m);
    add(p, PGP_PIECE_HEADER, "", m.header);
    if (kind == PGP_MIME_NONE)
        return find_inline(u, p);
    if (kind == PGP_MIME_BROKEN || m.extra)
        return PGP_FOUND_INSIDE;
    add(p, kind == PGP_MIME_SIGNED ? PGP_PIECE_SIGNED : PGP_PIECE_ENCRYPTED, "", m.content);
    if (kind == PGP_MIME_SIGNED)
        add(p, PGP_PIECE_SIGNATURE, "", m.signature);
    return PGP_FOUND_PIECES;
}

enum pgp_found pgp_find(struct span raw, const struct unpacked *u, struct part *pieces, size_t *count,
                        struct outcome *outcome)
{
    struct pieces p = {.list = pieces};
    enum pgp_found found = find(raw, u, &p);
    if (found == PGP_FOUND_PIECES && p.count > PART_SET_PARTS_MAX)
        outcome_set(
            outcome, VERDICT_GIVE_UP, "mail-too-many-parts",
            "The mail has more signed attachments than Faxpost takes. Nothing was faxed; send them in "
            "several mails.");
    if (found == PGP_FOUND_INSIDE && u->encrypted_inside)
        outcome_set(
            outcome, VERDICT_GIVE_UP, "pgp-not-whole",
            "Nothing was faxed: the mail holds an encrypted part among others, as some mailing lists and "
            "virus scanners make it. Send the encrypted mail itself.");
    *count = p.count <= PART_SET_PARTS_MAX ? p.count : PART_SET_PARTS_MAX;
    return found;
}

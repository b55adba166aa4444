/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/pgp_key.h"

#include <string.h>

#include "base/hex.h"
#include "base/sha1.h"
#include "base/str.h"

static const char begin[] = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
static const char end[] = "-----END PGP PUBLIC KEY BLOCK-----";

enum {
    TAG_SECRET_KEY = 5,
    TAG_PUBLIC_KEY = 6,
    TAG_SECRET_SUBKEY = 7,
    TAG_USER_ID = 13,
    TAG_PUBLIC_SUBKEY = 14
};

/* ---- armor ---- */

/* Behind the next line end. */
static const char *next_line(const char *at)
{
    const char *lf = strchr(at, '\n');
    return lf ? lf + 1 : at + strlen(at);
}

static bool is_blank_line(const char *at)
{
    at += strspn(at, " \t\r");
    return *at == '\n';
}

static int digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Between the armor's header and its checksum or end. False where anything else stands there. */
static bool decode(const char *at, const char *stop, uint8_t *to, size_t *len)
{
    uint32_t bits = 0;
    unsigned have = 0;
    *len = 0;
    for (; at < stop && *at != '='; at++) {
        if (*at == '\r' || *at == '\n' || *at == ' ' || *at == '\t')
            continue;
        int d = digit(*at);
        if (d < 0)
            return false;
        bits = bits << 6 | (uint32_t)d;
        have += 6;
        if (have >= 8) {
            have -= 8;
            to[(*len)++] = (uint8_t)(bits >> have);
        }
    }
    return *len > 0;
}

static bool dearmor(const char *text, uint8_t *to, size_t *len, struct complaint *why)
{
    const char *from = strstr(text, begin), *stop = from ? strstr(from, end) : NULL;
    if (strstr(text, "PRIVATE KEY BLOCK"))
        return complain(why,
                        "this is a secret key, which is nobody's but its owner's: export the public one (gpg "
                        "--armor --export)");
    if (!from || !stop)
        return complain(why, "this is no PGP public key in armor (gpg --armor --export)");
    if (strstr(stop, begin))
        return complain(why, "these are several keys; give them one by one");
    from = next_line(from);
    while (from < stop && !is_blank_line(from))
        from = next_line(from);
    return decode(from, stop, to, len) || complain(why, "the armor of the PGP key is damaged");
}

/* ---- packets ---- */

struct packet {
    int tag;
    struct span body;
};

static uint32_t number(const uint8_t *at, size_t bytes)
{
    uint32_t n = 0;
    for (size_t i = 0; i < bytes; i++)
        n = n << 8 | at[i];
    return n;
}

/* §4.2.1: how many octets tell the length; 0: the packet has no end of its own. */
static size_t old_length(uint8_t first)
{
    static const size_t octets[] = {1, 2, 4, 0};
    return octets[first & 3];
}

/* §4.2.2; partial lengths are for data, not for keys. */
static size_t new_length(uint8_t first, uint32_t *added)
{
    *added = first >= 192 && first < 224 ? 192 : 0;
    return first < 192 ? 1 : first < 224 ? 2 : first == 255 ? 4 : 0;
}

static bool take_packet(struct span *rest, struct packet *p)
{
    if (rest->len < 2 || (rest->data[0] & 0x80) == 0)
        return false;
    bool new_form = (rest->data[0] & 0x40) != 0;
    uint32_t added = 0;
    size_t octets = new_form ? new_length(rest->data[1], &added) : old_length(rest->data[0]);
    size_t at = new_form && octets == 4 ? 2 : 1;
    if (octets == 0 || rest->len < at + octets)
        return false;
    uint32_t len = number(rest->data + at, octets);
    if (added)
        len = (len & 0x1fff) + added;
    p->tag = new_form ? rest->data[0] & 0x3f : (rest->data[0] >> 2) & 0xf;
    at += octets;
    if (rest->len - at < len)
        return false;
    p->body = span_of(rest->data + at, len);
    *rest = span_of(rest->data + at + len, rest->len - at - len);
    return true;
}

/* §12.2 */
static void add_fingerprint(struct pgp_key *k, struct span body)
{
    const uint8_t head[3] = {0x99, (uint8_t)(body.len >> 8), (uint8_t)body.len};
    const struct span pieces[] = {span_of(head, sizeof(head)), body};
    uint8_t digest[SHA1_BYTES];
    sha1(pieces, 2, digest);
    char *text = k->fingerprints[k->count++];
    hex_format(digest, sizeof(digest), text);
    for (char *c = text; *c; c++)
        if (*c >= 'a' && *c <= 'f')
            *c = (char)(*c - 'a' + 'A');
}

static void add_name(struct pgp_key *k, struct span body)
{
    char *name = k->names[k->name_count];
    (void)str_copy_span(name, PGP_NAME_LEN, span_of(body.data, strnlen((const char *)body.data, body.len)));
    for (char *c = name; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    utf8_clean(name);
    k->name_count++;
}

static bool take(struct pgp_key *k, const struct packet *p, struct complaint *why)
{
    bool is_key = p->tag == TAG_PUBLIC_KEY || p->tag == TAG_PUBLIC_SUBKEY;
    if (p->tag == TAG_SECRET_KEY || p->tag == TAG_SECRET_SUBKEY)
        return complain(why,
                        "this is a secret key, which is nobody's but its owner's: export the public one (gpg "
                        "--armor --export)");
    if ((p->tag == TAG_PUBLIC_KEY) != (k->count == 0))
        return complain(why, k->count ? "these are several keys; give them one by one"
                                      : "this is no PGP public key (gpg --armor --export)");
    if (is_key && (p->body.len == 0 || p->body.len > 0xffff || p->body.data[0] != 4))
        return complain(why, "this is a PGP key of another version than 4, which Faxpost cannot use");
    if (is_key && k->count == PGP_KEYS_MAX)
        return complain(why, "the PGP key has more than %d subkeys", PGP_KEYS_MAX - 1);
    if (is_key)
        add_fingerprint(k, p->body);
    else if (p->tag == TAG_USER_ID && k->name_count < PGP_NAMES_MAX)
        add_name(k, p->body);
    return true;
}

bool pgp_key_read(const char *text, struct pgp_key *k, struct complaint *why)
{
    uint8_t bytes[PGP_KEY_BYTES_MAX];
    size_t len = 0;
    struct packet p;
    *k = (struct pgp_key){.count = 0};
    if (strlen(text) >= PGP_KEY_BYTES_MAX)
        return complain(
            why,
            "the PGP key is larger than %d kB; leave pictures and other people's signatures out (gpg "
            "--armor --export-options export-minimal --export)",
            PGP_KEY_BYTES_MAX / 1024);
    if (!dearmor(text, bytes, &len, why))
        return false;
    struct span rest = span_of(bytes, len);
    while (rest.len > 0) {
        if (!take_packet(&rest, &p))
            return complain(why, "the PGP key is damaged or cut off");
        if (!take(k, &p, why))
            return false;
    }
    return k->count > 0 && k->name_count > 0 ? true : complain(why, "the PGP key names nobody");
}

bool pgp_key_is(const struct pgp_key *k, const char *fingerprint)
{
    size_t len = strlen(fingerprint);
    for (size_t i = 0; len >= 16 && len < PGP_FINGERPRINT_LEN && i < k->count; i++)
        if (str_equal_nocase(k->fingerprints[i] + PGP_FINGERPRINT_LEN - 1 - len, fingerprint))
            return true;
    return false;
}

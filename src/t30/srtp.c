/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/srtp.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/panic.h"
#include "proto/rtp.h"

enum { KEY_LEN = 16, SALT_LEN = 14, AUTH_LEN = 20, BLOCK_LEN = 16, SHA1_LEN = 20, ROC_LEN = 4 };
/* RFC 3711 §4.3.1: what a derived key is for; it stands in this octet of the salt. */
enum { LABEL_CIPHER = 0, LABEL_AUTH = 1, LABEL_SALT = 2, LABEL_AT = 7 };
enum { STREAMS = 4, WINDOW = 64 };

static const size_t tag_lens[SDES_SUITE_COUNT] = {[SDES_SHA1_80] = 10, [SDES_SHA1_32] = 4};

/* Where a source is: the number of its last packet, with the roll-overs (§3.3.1) above the 16 bits. */
struct stream {
    bool known;
    uint32_t ssrc;
    uint64_t last;
    uint64_t seen; /* bit n: last - n has come */
};

struct srtp {
    size_t tag_len;
    uint8_t salt[SALT_LEN];
    EVP_CIPHER_CTX *cipher;
    EVP_MAC_CTX *mac;
    struct stream streams[STREAMS];
    unsigned next; /* stream that makes room for a new source */
};

static EVP_CIPHER *counter_mode;
static EVP_MAC *hmac;

void srtp_prepare(void)
{
    if (!counter_mode)
        counter_mode = EVP_CIPHER_fetch(NULL, "AES-128-CTR", NULL);
    if (!hmac)
        hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (!counter_mode || !hmac)
        panic("OpenSSL has no AES-128-CTR or no HMAC");
}

/* ---- what OpenSSL does ---- */

static void apply_keystream(EVP_CIPHER_CTX *cipher, const uint8_t iv[BLOCK_LEN], uint8_t *data, size_t len)
{
    int done = 0;
    if (EVP_EncryptInit_ex2(cipher, NULL, NULL, iv, NULL) != 1 ||
        EVP_EncryptUpdate(cipher, data, &done, data, (int)len) != 1)
        panic("AES in counter mode fails");
}

static void set_key(EVP_CIPHER_CTX *cipher, const uint8_t key[KEY_LEN])
{
    if (EVP_EncryptInit_ex2(cipher, counter_mode, key, NULL, NULL) != 1)
        panic("AES takes no key");
}

/* §4.3.3 */
static void derive(EVP_CIPHER_CTX *master, const uint8_t salt[SALT_LEN], uint8_t label, uint8_t *key,
                   size_t len)
{
    uint8_t iv[BLOCK_LEN] = {0};
    memcpy(iv, salt, SALT_LEN);
    iv[LABEL_AT] ^= label;
    memset(key, 0, len);
    apply_keystream(master, iv, key, len);
}

static void set_auth_key(EVP_MAC_CTX *mac, const uint8_t key[AUTH_LEN])
{
    char digest[] = "SHA1";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    if (EVP_MAC_init(mac, key, AUTH_LEN, parameters) != 1)
        panic("HMAC takes no key");
}

/* ---- life ---- */

struct srtp *srtp_new(enum sdes_suite suite, const uint8_t key[SDES_KEY_LEN])
{
    const uint8_t *salt = key + KEY_LEN;
    uint8_t cipher_key[KEY_LEN], auth_key[AUTH_LEN];
    srtp_prepare();
    struct srtp *s = mem_zalloc(sizeof(*s));
    s->tag_len = tag_lens[suite];
    s->cipher = EVP_CIPHER_CTX_new();
    s->mac = EVP_MAC_CTX_new(hmac);
    if (!s->cipher || !s->mac)
        panic("OpenSSL gives no cipher");
    set_key(s->cipher, key);
    derive(s->cipher, salt, LABEL_CIPHER, cipher_key, sizeof(cipher_key));
    derive(s->cipher, salt, LABEL_AUTH, auth_key, sizeof(auth_key));
    derive(s->cipher, salt, LABEL_SALT, s->salt, sizeof(s->salt));
    set_key(s->cipher, cipher_key);
    set_auth_key(s->mac, auth_key);
    explicit_bzero(cipher_key, sizeof(cipher_key));
    explicit_bzero(auth_key, sizeof(auth_key));
    return s;
}

void srtp_free(struct srtp *s)
{
    if (!s)
        return;
    EVP_CIPHER_CTX_free(s->cipher);
    EVP_MAC_CTX_free(s->mac);
    explicit_bzero(s, sizeof(*s));
    free(s);
}

/* ---- packets ---- */

static uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put_u32(uint8_t *at, uint32_t n)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(n >> (24 - 8 * i));
}

static uint16_t sequence_of(const uint8_t *packet)
{
    return (uint16_t)(packet[2] << 8 | packet[3]);
}

/* Where the payload begins, with what sits before it (RFC 3550 §5.1); 0: it is no packet. */
static size_t header_len(const uint8_t *packet, size_t len)
{
    if (len < RTP_HEADER_LEN || packet[0] >> 6 != 2)
        return 0;
    size_t at = RTP_HEADER_LEN + (size_t)(packet[0] & 0x0f) * 4;
    bool extended = (packet[0] & 0x10) != 0;
    if (extended && len < at + 4)
        return 0;
    if (extended)
        at += 4 + (size_t)(packet[at + 2] << 8 | packet[at + 3]) * 4;
    return at <= len ? at : 0;
}

/* §4.1.1; encrypting and decrypting are one. */
static void cipher_payload(struct srtp *s, uint8_t *packet, size_t header, size_t len, uint64_t number)
{
    uint8_t iv[BLOCK_LEN] = {0};
    memcpy(iv, s->salt, SALT_LEN);
    for (int i = 0; i < 4; i++)
        iv[4 + i] ^= packet[8 + i];
    for (int i = 0; i < 6; i++)
        iv[8 + i] ^= (uint8_t)(number >> (40 - 8 * i));
    apply_keystream(s->cipher, iv, packet + header, len - header);
}

/* §4.2: over the packet and the roll-overs. */
static void tag_of(struct srtp *s, const uint8_t *packet, size_t len, uint64_t number, uint8_t tag[SHA1_LEN])
{
    uint8_t roc[ROC_LEN];
    size_t done = 0;
    put_u32(roc, (uint32_t)(number >> 16));
    if (EVP_MAC_init(s->mac, NULL, 0, NULL) != 1 || EVP_MAC_update(s->mac, packet, len) != 1 ||
        EVP_MAC_update(s->mac, roc, sizeof(roc)) != 1 || EVP_MAC_final(s->mac, tag, &done, SHA1_LEN) != 1)
        panic("HMAC fails");
}

/* The stream of that source; where it is new, a place for it: to be written when the packet is authentic. */
static struct stream *stream_of(struct srtp *s, uint32_t ssrc)
{
    for (unsigned i = 0; i < STREAMS; i++)
        if (s->streams[i].known && s->streams[i].ssrc == ssrc)
            return &s->streams[i];
    return NULL;
}

static struct stream *add_stream(struct srtp *s, uint32_t ssrc, uint64_t number)
{
    struct stream *made = &s->streams[s->next];
    s->next = (s->next + 1) % STREAMS;
    *made = (struct stream){.known = true, .ssrc = ssrc, .last = number};
    return made;
}

size_t srtp_protect(struct srtp *s, uint8_t *packet, size_t len)
{
    size_t header = header_len(packet, len);
    if (header == 0)
        panic("a packet of ours is none of RTP");
    uint8_t tag[SHA1_LEN];
    uint32_t ssrc = get_u32(packet + 8);
    struct stream *stream = stream_of(s, ssrc);
    if (!stream)
        stream = add_stream(s, ssrc, sequence_of(packet));
    stream->last += (uint16_t)(sequence_of(packet) - (uint16_t)stream->last);
    cipher_payload(s, packet, header, len, stream->last);
    tag_of(s, packet, len, stream->last, tag);
    memcpy(packet + len, tag, s->tag_len);
    return len + s->tag_len;
}

/* §3.3.1: the number of a packet is the one nearest to the last one's. False: before the first one. */
static bool number_of(const struct stream *stream, uint16_t sequence, uint64_t *number)
{
    *number = sequence;
    if (!stream)
        return true;
    int16_t ahead = (int16_t)(uint16_t)(sequence - (uint16_t)stream->last);
    if (ahead < 0 && stream->last < (uint64_t)-ahead)
        return false;
    *number = ahead < 0 ? stream->last - (uint64_t)-ahead : stream->last + (uint64_t)ahead;
    return true;
}

static bool has_come(const struct stream *stream, uint64_t number)
{
    if (!stream || number > stream->last)
        return false;
    uint64_t behind = stream->last - number;
    return behind >= WINDOW || (stream->seen >> behind & 1) != 0;
}

static void note(struct stream *stream, uint64_t number)
{
    if (number > stream->last) {
        uint64_t ahead = number - stream->last;
        stream->seen = ahead >= WINDOW ? 0 : stream->seen << ahead;
        stream->last = number;
    }
    stream->seen |= (uint64_t)1 << (stream->last - number);
}

bool srtp_unprotect(struct srtp *s, uint8_t *packet, size_t *len)
{
    uint8_t tag[SHA1_LEN];
    uint64_t number;
    if (*len < s->tag_len)
        return false;
    size_t plain = *len - s->tag_len, header = header_len(packet, plain);
    if (header == 0)
        return false;
    uint32_t ssrc = get_u32(packet + 8);
    struct stream *stream = stream_of(s, ssrc);
    if (!number_of(stream, sequence_of(packet), &number) || has_come(stream, number))
        return false;
    tag_of(s, packet, plain, number, tag);
    if (CRYPTO_memcmp(tag, packet + plain, s->tag_len) != 0)
        return false;
    note(stream ? stream : add_stream(s, ssrc, number), number);
    cipher_payload(s, packet, header, plain, number);
    *len = plain;
    return true;
}

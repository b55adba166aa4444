/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/sdp.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"

enum { DEFAULT_BIT_RATE = 14400, PAYLOAD_MAX = 127, UDP_PAYLOAD_MAX = 65507 };

static const struct {
    const char *name;
    uint8_t payload;
} codecs[SDP_CODEC_COUNT] = {
#define SDP_CODEC_ROW(name, text, payload) [SDP_##name] = {text, payload},
    SDP_CODECS(SDP_CODEC_ROW)
#undef SDP_CODEC_ROW
};

const char *sdp_codec_name(enum sdp_codec codec)
{
    return codecs[codec].name;
}

uint8_t sdp_codec_payload(enum sdp_codec codec)
{
    return codecs[codec].payload;
}

/* ---- addresses ---- */

static size_t address_len(int family)
{
    return family == AF_INET6 ? 16 : family == AF_INET ? 4 : 0;
}

void sdp_address_format(const struct sdp_address *a, char text[SDP_ADDRESS_LEN])
{
    if (a->family == 0 || !inet_ntop(a->family, a->bytes, text, SDP_ADDRESS_LEN))
        text[0] = 0;
}

bool sdp_address_parse(const char *text, struct sdp_address *a)
{
    *a = (struct sdp_address){.family = strchr(text, ':') ? AF_INET6 : AF_INET};
    if (inet_pton(a->family, text, a->bytes) == 1)
        return true;
    *a = (struct sdp_address){0};
    return false;
}

bool sdp_address_is_any(const struct sdp_address *a)
{
    static const uint8_t zero[16];
    return a->family != 0 && memcmp(a->bytes, zero, address_len(a->family)) == 0;
}

static bool address_is_multicast(const struct sdp_address *a)
{
    return (a->family == AF_INET && (a->bytes[0] & 0xf0) == 0xe0) ||
           (a->family == AF_INET6 && a->bytes[0] == 0xff);
}

bool sdp_media_usable(const struct sdp_media *m)
{
    return m->port != 0 && m->address.family != 0 && !sdp_address_is_any(&m->address) &&
           m->direction != SDP_INACTIVE;
}

enum sdp_direction sdp_direction_answer(enum sdp_direction offered)
{
    switch (offered) {
    case SDP_SENDONLY: return SDP_RECVONLY;
    case SDP_RECVONLY: return SDP_SENDONLY;
    case SDP_INACTIVE: return SDP_INACTIVE;
    case SDP_SENDRECV: break;
    }
    return SDP_SENDRECV;
}

/* ---- words of a line ---- */

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static struct span trim(struct span s)
{
    while (s.len > 0 && is_blank(s.data[0]))
        s = span_of(s.data + 1, s.len - 1);
    while (s.len > 0 && is_blank(s.data[s.len - 1]))
        s.len--;
    return s;
}

/* Takes the text up to the next `stop` (a blank stops at any blank) off the front of *rest. */
static struct span take_until(struct span *rest, uint8_t stop)
{
    size_t n = 0;
    while (n < rest->len && rest->data[n] != stop && !(stop == ' ' && is_blank(rest->data[n])))
        n++;
    struct span word = span_of(rest->data, n);
    size_t used = n < rest->len ? n + 1 : n;
    *rest = span_of(rest->data ? rest->data + used : NULL, rest->len - used);
    return word;
}

static struct span take_word(struct span *rest)
{
    *rest = trim(*rest);
    return take_until(rest, ' ');
}

static bool number_of(struct span word, uint64_t max, uint64_t *value)
{
    char text[24];
    return str_copy_span(text, sizeof(text), word) && str_to_u64(text, max, value);
}

/* Token characters of RFC 8866 §9, so that nothing from outside can add a line to an answer of ours. */
static bool copy_token(char *to, struct span word)
{
    for (size_t i = 0; i < word.len; i++)
        if (word.data[i] <= ' ' || word.data[i] >= 0x7f)
            return false;
    return word.len > 0 && str_copy_span(to, SDP_TOKEN_LEN, word);
}

/* ---- parsing ---- */

struct parse {
    struct sdp *sdp;
    struct sdp_media *media; /* NULL before the first m-line */
    bool own_address;        /* media has a c= line of its own */
    enum sdp_direction session_direction;
    const char *why;
};

static bool fail(struct parse *p, const char *why)
{
    p->why = why;
    return false;
}

/* "IN IP4 192.0.2.1", "IN IP6 2001:db8::1"; a multicast TTL may follow behind a slash. */
static struct sdp_address address_of(struct span value)
{
    struct sdp_address a = {0};
    struct span net = take_word(&value), type = take_word(&value), where = take_word(&value);
    struct span host = take_until(&where, '/');
    char text[SDP_ADDRESS_LEN];
    if (!span_equal_nocase(net, "IN") || !str_copy_span(text, sizeof(text), host) ||
        !sdp_address_parse(text, &a) || address_is_multicast(&a))
        return (struct sdp_address){0};
    if (!span_equal_nocase(type, a.family == AF_INET ? "IP4" : "IP6"))
        return (struct sdp_address){0};
    return a;
}

static bool parse_connection(struct parse *p, struct span value)
{
    /* A second c= line of one stream would be a second destination (RFC 8866 §5.7): the first one counts. */
    if (!p->media) {
        p->sdp->address = address_of(value);
    } else if (!p->own_address) {
        p->media->address = address_of(value);
        p->own_address = true;
    }
    return true;
}

static bool parse_origin(struct parse *p, struct span value)
{
    (void)take_word(&value); /* user name */
    /* Both are digits of any length; what passes 64 bits still describes a session. */
    if (!number_of(take_word(&value), UINT64_MAX, &p->sdp->session))
        p->sdp->session = 0;
    if (!number_of(take_word(&value), UINT64_MAX, &p->sdp->version))
        p->sdp->version = 0;
    return true;
}

static void add_codec(struct sdp_media *m, enum sdp_codec codec)
{
    for (size_t i = 0; i < m->codec_count; i++)
        if (m->codecs[i] == codec)
            return;
    m->codecs[m->codec_count++] = codec;
}

static void parse_audio_formats(struct sdp_media *m, struct span rest)
{
    for (struct span word = take_word(&rest); word.len > 0; word = take_word(&rest)) {
        uint64_t payload;
        if (!number_of(word, PAYLOAD_MAX, &payload))
            continue;
        for (int c = 0; c < SDP_CODEC_COUNT; c++)
            if (codecs[c].payload == payload)
                add_codec(m, (enum sdp_codec)c);
    }
}

static void media_defaults(struct parse *p, struct sdp_media *m)
{
    m->address = p->sdp->address;
    m->direction = p->session_direction;
    m->t38 = (struct sdp_t38){.max_bit_rate = DEFAULT_BIT_RATE};
}

/* "audio 5004 RTP/AVP 8 0 101", "image 4402 udptl t38" */
static bool parse_media(struct parse *p, struct span value)
{
    if (p->sdp->media_count == SDP_MEDIA_MAX)
        return fail(p, "too many m-lines");
    struct sdp_media *m = &p->sdp->media[p->sdp->media_count++];
    p->media = m;
    p->own_address = false;
    *m = (struct sdp_media){.kind = SDP_OTHER};
    media_defaults(p, m);
    struct span media = take_word(&value), ports = take_word(&value), transport = take_word(&value);
    struct span port = take_until(&ports, '/');
    uint64_t number;
    if (!number_of(port, UINT16_MAX, &number))
        return fail(p, "an m-line without a port");
    m->port = (uint16_t)number;
    struct span formats = value, first = take_word(&value);
    if (!copy_token(m->media, media) || !copy_token(m->transport, transport) ||
        !copy_token(m->first_format, first))
        return fail(p, "an m-line that is not complete");
    m->secure = str_equal_nocase(m->transport, "RTP/SAVP");
    if (str_equal_nocase(m->media, "audio") && (m->secure || str_equal_nocase(m->transport, "RTP/AVP"))) {
        m->kind = SDP_AUDIO;
        parse_audio_formats(m, formats);
    } else if (str_equal_nocase(m->media, "image") && str_equal_nocase(m->transport, "udptl") &&
               str_equal_nocase(m->first_format, "t38")) {
        m->kind = SDP_IMAGE;
    }
    return true;
}

/* A flag that is there is set, except "name:0" (the form of T.38 2002's first ABNF and of many gateways). */
static bool flag_of(bool has_value, struct span value)
{
    uint64_t n;
    return !has_value || !number_of(trim(value), UINT64_MAX, &n) || n != 0;
}

static void parse_t38(struct sdp_t38 *t, struct span name, bool has_value, struct span value)
{
    uint64_t n;
    value = trim(value);
    if (span_equal_nocase(name, "T38FaxVersion")) {
        t->version = number_of(value, UINT8_MAX, &n) ? (uint8_t)n : 0;
    } else if (span_equal_nocase(name, "T38MaxBitRate") || span_equal_nocase(name, "T38FaxMaxBitRate")) {
        t->max_bit_rate = number_of(value, 33600, &n) && n >= 2400 ? (uint32_t)n : (uint32_t)DEFAULT_BIT_RATE;
    } else if (span_equal_nocase(name, "T38FaxFillBitRemoval")) {
        t->fill_bit_removal = flag_of(has_value, value);
    } else if (span_equal_nocase(name, "T38FaxTranscodingMMR")) {
        t->transcoding_mmr = flag_of(has_value, value);
    } else if (span_equal_nocase(name, "T38FaxTranscodingJBIG")) {
        t->transcoding_jbig = flag_of(has_value, value);
    } else if (span_equal_nocase(name, "T38FaxRateManagement")) {
        t->rate_management = span_equal_nocase(value, "localTCF") ? SDP_LOCAL_TCF : SDP_TRANSFERRED_TCF;
    } else if (span_equal_nocase(name, "T38FaxMaxBuffer")) {
        t->max_buffer = number_of(value, INT32_MAX, &n) ? (uint32_t)n : 0;
    } else if (span_equal_nocase(name, "T38FaxMaxDatagram")) {
        t->max_datagram = number_of(value, UDP_PAYLOAD_MAX, &n) ? (uint32_t)n : 0;
    } else if (span_equal_nocase(name, "T38FaxUdpEC")) {
        t->udp_ec = span_equal_nocase(value, "t38UDPRedundancy") ? SDP_EC_REDUNDANCY
                    : span_equal_nocase(value, "t38UDPFEC")      ? SDP_EC_FEC
                                                                 : SDP_EC_NONE;
    }
}

static bool direction_of(struct span name, enum sdp_direction *direction)
{
    static const char *const names[] = {[SDP_SENDRECV] = "sendrecv",
                                        [SDP_SENDONLY] = "sendonly",
                                        [SDP_RECVONLY] = "recvonly",
                                        [SDP_INACTIVE] = "inactive"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (span_equal_nocase(name, names[i])) {
            *direction = (enum sdp_direction)i;
            return true;
        }
    }
    return false;
}

/* What we cannot use is passed over: another one may follow. */
static void parse_crypto(struct sdp_media *m, struct span value)
{
    if (m->crypto_count < SDP_CRYPTO_MAX)
        m->crypto_count += sdes_parse(value, &m->crypto[m->crypto_count]);
}

/* Audio in codings that we do not have, or with keys that we cannot use. */
static bool is_useless(const struct sdp_media *m)
{
    return m->kind == SDP_AUDIO && (m->codec_count == 0 || (m->secure && m->crypto_count == 0));
}

static bool parse_attribute(struct parse *p, struct span value)
{
    bool has_value = value.len > 0 && memchr(value.data, ':', value.len) != NULL;
    struct span name = trim(take_until(&value, ':'));
    if (direction_of(name, p->media ? &p->media->direction : &p->session_direction) || !p->media)
        return true;
    if (p->media->kind == SDP_IMAGE)
        parse_t38(&p->media->t38, name, has_value, value);
    else if (p->media->kind == SDP_AUDIO && span_equal_nocase(name, "crypto"))
        parse_crypto(p->media, value);
    return true;
}

static bool parse_line(struct parse *p, struct span line)
{
    if (line.len < 2 || line.data[1] != '=')
        return line.len == 0 ? true : fail(p, "a line that is not of the form x=value");
    struct span value = span_of(line.data + 2, line.len - 2);
    switch (line.data[0]) {
    case 'o': return parse_origin(p, value);
    case 'c': return parse_connection(p, value);
    case 'm': return parse_media(p, value);
    case 'a': return parse_attribute(p, value);
    default: return true;
    }
}

static bool parse_lines(struct parse *p, struct span text)
{
    bool first = true;
    while (text.len > 0) {
        struct span line = take_until(&text, '\n');
        if (line.len > 0 && line.data[line.len - 1] == '\r')
            line.len--;
        if (first && !span_equal(trim(line), span_str("v=0")))
            return fail(p, "it does not begin with v=0");
        first = false;
        if (!parse_line(p, line))
            return false;
    }
    return first ? fail(p, "it is empty") : true;
}

bool sdp_parse(struct span text, struct sdp *sdp, const char **why)
{
    *sdp = (struct sdp){0};
    struct parse p = {.sdp = sdp, .why = ""};
    bool good = text.len > SDP_BYTES_MAX                     ? fail(&p, "it is too long")
                : text.len && memchr(text.data, 0, text.len) ? fail(&p, "it holds a NUL")
                                                             : parse_lines(&p, text);
    if (good && sdp->media_count == 0)
        good = fail(&p, "it has no m-line");
    *why = p.why;
    for (size_t i = 0; i < sdp->media_count; i++)
        if (is_useless(&sdp->media[i])) /* it can only be refused */
            sdp->media[i].kind = SDP_OTHER;
    return good;
}

/* ---- formatting ---- */

static const char *family_name(const struct sdp_address *a)
{
    return a->family == AF_INET6 ? "IP6" : "IP4";
}

static void format_audio(const struct sdp_media *m, struct buf *b)
{
    static const char *const directions[] = {[SDP_SENDRECV] = "sendrecv",
                                             [SDP_SENDONLY] = "sendonly",
                                             [SDP_RECVONLY] = "recvonly",
                                             [SDP_INACTIVE] = "inactive"};
    for (size_t i = 0; i < m->codec_count; i++)
        (void)buf_printf(b, "a=rtpmap:%u %s/8000\r\n", codecs[m->codecs[i]].payload,
                         codecs[m->codecs[i]].name);
    for (size_t i = 0; i < m->crypto_count; i++) {
        (void)buf_append_str(b, "a=crypto:");
        sdes_format(&m->crypto[i], b);
        (void)buf_append_str(b, "\r\n");
    }
    /* Fax modems suffer from silence suppression and voice-activity detection (RFC 3108 §5.6.2.2 names the
     * attribute; gateways honour it). */
    (void)buf_printf(b, "a=silenceSupp:off - - - -\r\na=ptime:20\r\na=%s\r\n", directions[m->direction]);
}

static void format_t38(const struct sdp_t38 *t, struct buf *b)
{
    (void)buf_printf(b, "a=T38FaxVersion:%u\r\na=T38MaxBitRate:%" PRIu32 "\r\n", t->version, t->max_bit_rate);
    /* Set flags without a value: what T.38's ABNF (2004 and later) has, and every gateway takes. */
    (void)buf_append_str(b, t->fill_bit_removal ? "a=T38FaxFillBitRemoval\r\n" : "");
    (void)buf_append_str(b, t->transcoding_mmr ? "a=T38FaxTranscodingMMR\r\n" : "");
    (void)buf_append_str(b, t->transcoding_jbig ? "a=T38FaxTranscodingJBIG\r\n" : "");
    (void)buf_printf(b, "a=T38FaxRateManagement:%s\r\n",
                     t->rate_management == SDP_LOCAL_TCF ? "localTCF" : "transferredTCF");
    if (t->max_buffer)
        (void)buf_printf(b, "a=T38FaxMaxBuffer:%" PRIu32 "\r\n", t->max_buffer);
    if (t->max_datagram)
        (void)buf_printf(b, "a=T38FaxMaxDatagram:%" PRIu32 "\r\n", t->max_datagram);
    if (t->udp_ec == SDP_EC_REDUNDANCY || t->udp_ec == SDP_EC_FEC)
        (void)buf_printf(b, "a=T38FaxUdpEC:%s\r\n",
                         t->udp_ec == SDP_EC_FEC ? "t38UDPFEC" : "t38UDPRedundancy");
}

static void format_media(const struct sdp *sdp, const struct sdp_media *m, struct buf *b)
{
    (void)buf_printf(b, "m=%s %u %s", m->media, m->port, m->transport);
    if (m->kind == SDP_AUDIO && m->codec_count > 0)
        for (size_t i = 0; i < m->codec_count; i++)
            (void)buf_printf(b, " %u", codecs[m->codecs[i]].payload);
    else
        (void)buf_printf(b, " %s", m->first_format);
    (void)buf_append_str(b, "\r\n");
    if (m->port == 0)
        return;
    if (m->address.family &&
        (m->address.family != sdp->address.family ||
         memcmp(m->address.bytes, sdp->address.bytes, address_len(m->address.family)) != 0)) {
        char text[SDP_ADDRESS_LEN];
        sdp_address_format(&m->address, text);
        (void)buf_printf(b, "c=IN %s %s\r\n", family_name(&m->address), text);
    }
    if (m->kind == SDP_AUDIO)
        format_audio(m, b);
    else if (m->kind == SDP_IMAGE)
        format_t38(&m->t38, b);
}

void sdp_format(const struct sdp *sdp, struct buf *b)
{
    char text[SDP_ADDRESS_LEN];
    struct sdp_address any = {.family = AF_INET};
    const struct sdp_address *a = sdp->address.family ? &sdp->address : &any;
    sdp_address_format(a, text);
    (void)buf_printf(b, "v=0\r\no=- %" PRIu64 " %" PRIu64 " IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\n",
                     sdp->session, sdp->version, family_name(a), text, family_name(a), text);
    for (size_t i = 0; i < sdp->media_count; i++)
        format_media(sdp, &sdp->media[i], b);
}

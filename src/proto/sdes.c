/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/sdes.h"

#include <inttypes.h>
#include <string.h>

#include "base/base64.h"
#include "base/str.h"

/* RFC 4568 §9.1: a tag has nine digits at most. */
enum { TAG_MAX = 999999999, KEY_TEXT_LEN = 40 };

static const char *const suites[SDES_SUITE_COUNT] = {
#define SDES_SUITE_NAME(name, text) [SDES_##name] = text,
    SDES_SUITES(SDES_SUITE_NAME)
#undef SDES_SUITE_NAME
};

static struct span take_word(struct span *rest)
{
    while (rest->len > 0 && (*rest->data == ' ' || *rest->data == '\t'))
        *rest = span_of(rest->data + 1, rest->len - 1);
    size_t n = 0;
    while (n < rest->len && rest->data[n] != ' ' && rest->data[n] != '\t')
        n++;
    struct span word = span_of(rest->data, n);
    *rest = span_of(rest->data ? rest->data + n : NULL, rest->len - n);
    return word;
}

static bool begins(struct span s, const char *with)
{
    size_t n = strlen(with);
    return s.len >= n && span_equal_nocase(span_of(s.data, n), with);
}

static bool parse_tag(struct span word, uint32_t *tag)
{
    char text[12];
    uint64_t n;
    if (!str_copy_span(text, sizeof(text), word) || !str_to_u64(text, TAG_MAX, &n))
        return false;
    *tag = (uint32_t)n;
    return true;
}

static bool parse_suite(struct span word, enum sdes_suite *suite)
{
    for (int i = 0; i < SDES_SUITE_COUNT; i++) {
        if (span_equal_nocase(word, suites[i])) {
            *suite = (enum sdes_suite)i;
            return true;
        }
    }
    return false;
}

/* "inline:KEY", "inline:KEY|LIFETIME". No call outlives 2^31 packets. A colon would be an MKI's: it would
 * stand in each packet. */
static bool parse_key(struct span word, uint8_t key[SDES_KEY_LEN])
{
    static const char method[] = "inline:";
    SCOPED_BUF struct buf b;
    buf_init(&b, SDES_KEY_LEN);
    if (!begins(word, method))
        return false;
    struct span rest = span_of(word.data + strlen(method), word.len - strlen(method));
    if (rest.len < KEY_TEXT_LEN || memchr(rest.data, ':', rest.len) || memchr(rest.data, ';', rest.len) ||
        (rest.len > KEY_TEXT_LEN && rest.data[KEY_TEXT_LEN] != '|'))
        return false;
    bool good = base64_decode(span_of(rest.data, (size_t)KEY_TEXT_LEN), &b) && b.len == (size_t)SDES_KEY_LEN;
    if (good)
        memcpy(key, b.data, SDES_KEY_LEN);
    if (b.data)
        explicit_bzero(b.data, b.len);
    return good;
}

/* RFC 4568 §6.3: what begins with a minus may be passed over, and so may what is a hint, or speaks of RTCP,
 * which we do not send. */
static bool is_harmless(struct span parameter)
{
    return begins(parameter, "-") || begins(parameter, "WSH=") ||
           span_equal_nocase(parameter, "UNENCRYPTED_SRTCP");
}

bool sdes_parse(struct span value, struct sdes *s)
{
    *s = (struct sdes){0};
    struct span tag = take_word(&value), suite = take_word(&value), key = take_word(&value);
    if (!parse_tag(tag, &s->tag) || !parse_suite(suite, &s->suite) || !parse_key(key, s->key))
        return false;
    for (struct span word = take_word(&value); word.len > 0; word = take_word(&value))
        if (!is_harmless(word))
            return false;
    return true;
}

void sdes_format(const struct sdes *s, struct buf *b)
{
    (void)buf_printf(b, "%" PRIu32 " %s inline:", s->tag, suites[s->suite]);
    (void)base64_encode(span_of(s->key, sizeof(s->key)), b);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/pdf_archive.h"

#include <string.h>
#include <time.h>

#include "base/str.h"

/* ---- metadata ---- */

/* XML has no U+FFFE and U+FFFF (§2.2), nor control characters. */
static bool is_noncharacter(const char *text)
{
    return strncmp(text, "\xef\xbf\xbe", 3) == 0 || strncmp(text, "\xef\xbf\xbf", 3) == 0;
}

static void put_escaped(struct buf *b, const char *text)
{
    for (; *text; text++) {
        if (is_noncharacter(text))
            text += 2;
        else if (*text == '&')
            (void)buf_append_str(b, "&amp;");
        else if (*text == '<')
            (void)buf_append_str(b, "&lt;");
        else if (*text == '>')
            (void)buf_append_str(b, "&gt;");
        else if ((unsigned char)*text >= 0x20)
            (void)buf_append_byte(b, (uint8_t)*text);
    }
}

void pdf_date(struct buf *b, const struct pdf_opts *o, const char *form, const char *after_hours,
              const char *after_minutes)
{
    time_t local = (time_t)(o->created_ms / 1000 + (int64_t)o->zone_minutes * 60);
    struct tm tm;
    char text[40];
    if (!gmtime_r(&local, &tm))
        memset(&tm, 0, sizeof(tm));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (strftime(text, sizeof(text), form, &tm) == 0)
        text[0] = 0;
#pragma GCC diagnostic pop
    int ahead = o->zone_minutes < 0 ? -o->zone_minutes : o->zone_minutes;
    (void)buf_printf(b, "%s%c%02d%s%02d%s", text, o->zone_minutes < 0 ? '-' : '+', ahead / 60, after_hours,
                     ahead % 60, after_minutes);
}

void pdf_archive_metadata(struct buf *b, const struct pdf_opts *o)
{
    (void)buf_append_str(
        b, "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
           "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "
           "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
           "<rdf:Description rdf:about=\"\" xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\" "
           "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" "
           "xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\"><pdfaid:part>2</pdfaid:part>"
           "<pdfaid:conformance>B</pdfaid:conformance><pdf:Producer>" PDF_PRODUCER
           "</pdf:Producer><xmp:CreateDate>");
    /* ISO 8601, in the same zone as in the information dictionary: compared by validators. */
    pdf_date(b, o, "%Y-%m-%dT%H:%M:%S", ":", "");
    (void)buf_append_str(b, "</xmp:CreateDate><dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">");
    if (utf8_valid(span_str(o->title)))
        put_escaped(b, o->title);
    (void)buf_append_str(b, "</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta>\n"
                            "<?xpacket end=\"r\"?>");
}

/* ---- profile ---- */

static void put32(struct buf *b, uint32_t n)
{
    const uint8_t bytes[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    (void)buf_append(b, bytes, sizeof(bytes));
}

static void put_zeros(struct buf *b, size_t count)
{
    while (count-- > 0)
        (void)buf_append_byte(b, 0);
}

static void put_word(struct buf *b, const char *four)
{
    (void)buf_append(b, four, 4);
}

/* D50, s15Fixed16 (§6.3.2). */
static void put_white(struct buf *b)
{
    put32(b, 0xf6d6);
    put32(b, 0x10000);
    put32(b, 0xd32d);
}

static const char name[] = "Grey, gamma 2.2", rights[] = "No rights reserved.";

enum {
    HEAD_LEN = 128,
    TAGS = 4,
    TABLE_LEN = 4 + TAGS * 12,
    NAME_LEN = 12 + sizeof(name) + 4 + 4 + 2 + 1 + 67,
    NAME_AT = HEAD_LEN + TABLE_LEN,
    RIGHTS_LEN = 8 + sizeof(rights),
    RIGHTS_AT = (NAME_AT + NAME_LEN + 3) / 4 * 4,
    WHITE_LEN = 20,
    WHITE_AT = (RIGHTS_AT + RIGHTS_LEN + 3) / 4 * 4,
    CURVE_LEN = 14,
    CURVE_AT = WHITE_AT + WHITE_LEN,
    PROFILE_LEN = (CURVE_AT + CURVE_LEN + 3) / 4 * 4,
};

static void put_head(struct buf *b)
{
    put32(b, PROFILE_LEN);
    put32(b, 0);
    put32(b, 0x02100000); /* version 2.1 */
    put_word(b, "mntr");
    put_word(b, "GRAY");
    put_word(b, "XYZ ");
    put32(b, 2026 << 16 | 1); /* made in January 2026, on the first */
    put32(b, 1 << 16);
    put32(b, 0);
    put_word(b, "acsp");
    put_zeros(b, 28); /* no platform, flags, device, intent */
    put_white(b);
    put_zeros(b, 48);
}

static void put_tag(struct buf *b, const char *four, uint32_t at, uint32_t len)
{
    put_word(b, four);
    put32(b, at);
    put32(b, len);
}

void pdf_archive_profile(struct buf *b)
{
    size_t start = b->len;
    put_head(b);
    put32(b, TAGS);
    put_tag(b, "desc", NAME_AT, NAME_LEN);
    put_tag(b, "cprt", RIGHTS_AT, RIGHTS_LEN);
    put_tag(b, "wtpt", WHITE_AT, WHITE_LEN);
    put_tag(b, "kTRC", CURVE_AT, CURVE_LEN);
    put_word(b, "desc"); /* §6.5.17 */
    put32(b, 0);
    put32(b, sizeof(name));
    (void)buf_append(b, name, sizeof(name));
    put_zeros(b, start + RIGHTS_AT - b->len); /* its other languages: none */
    put_word(b, "text");
    put32(b, 0);
    (void)buf_append(b, rights, sizeof(rights));
    put_zeros(b, start + WHITE_AT - b->len);
    put_word(b, "XYZ ");
    put32(b, 0);
    put_white(b);
    put_word(b, "curv"); /* one value: gamma, u8Fixed8 */
    put32(b, 0);
    put32(b, 1);
    (void)buf_append(b, "\x02\x33", 2);
    put_zeros(b, start + PROFILE_LEN - b->len);
}

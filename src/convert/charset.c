/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "base/attr.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/charset_guess.h"
#include "convert/charset_words.h"

enum { PAGE_HEAD_BYTES = 1024 };

/* ---- converters ---- */

/* A worker cannot load any. What is missing here stays unknown. */
void charset_prepare(void)
{
    static const char *const names[] = {
        "ISO-8859-1",   "ISO-8859-2",   "ISO-8859-3",   "ISO-8859-4",   "ISO-8859-5",   "ISO-8859-6",
        "ISO-8859-7",   "ISO-8859-8",   "ISO-8859-9",   "ISO-8859-10",  "ISO-8859-11",  "ISO-8859-13",
        "ISO-8859-14",  "ISO-8859-15",  "ISO-8859-16",  "WINDOWS-1250", "WINDOWS-1251", "WINDOWS-1252",
        "WINDOWS-1253", "WINDOWS-1254", "WINDOWS-1255", "WINDOWS-1256", "WINDOWS-1257", "WINDOWS-1258",
        "WINDOWS-874",  "KOI8-R",       "KOI8-U",       "MACINTOSH",    "MAC-CYRILLIC", "IBM437",
        "IBM850",       "IBM852",       "IBM855",       "IBM862",       "IBM866",       "TIS-620",
        "VISCII",       "TCVN",         "GB2312",       "GBK",          "GB18030",      "BIG5",
        "BIG5-HKSCS",   "EUC-TW",       "EUC-JP",       "EUC-JP-MS",    "SHIFT_JIS",    "CP932",
        "ISO-2022-JP",  "ISO-2022-KR",  "ISO-2022-CN",  "EUC-KR",       "CP949",        "JOHAB",
        "UTF-7",        "UTF-16",       "UTF-16LE",     "UTF-16BE",     "UTF-32",       "US-ASCII",
        "UTF-8"};
    static iconv_t kept[ARRAY_LEN(names)];
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (!kept[i])
            kept[i] = iconv_open("UTF-8", names[i]);
}

/* What people call it and what they mean by it: mostly the larger set that Windows writes. Also what uchardet
 * says. */
static const char *meant(const char *name)
{
    static const struct {
        const char *said, *meant;
    } names[] = {{"ISO-8859-1", "WINDOWS-1252"},
                 {"latin1", "WINDOWS-1252"},
                 {"ISO-8859-8-I", "ISO-8859-8"},
                 {"ISO-8859-9", "WINDOWS-1254"},
                 {"TIS-620", "WINDOWS-874"},
                 {"x-sjis", "CP932"},
                 {"SHIFT_JIS", "CP932"},
                 {"Shift-JIS", "CP932"},
                 {"WINDOWS-31J", "CP932"},
                 {"EUC-JP", "EUC-JP-MS"},
                 {"EUC-KR", "CP949"},
                 {"UHC", "CP949"},
                 {"ks_c_5601-1987", "CP949"},
                 {"ks_c_5601", "CP949"},
                 {"GB2312", "GB18030"},
                 {"GBK", "GB18030"},
                 {"x-gbk", "GB18030"},
                 {"BIG5", "BIG5-HKSCS"},
                 {"KOI8-R", "KOI8-U"}};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_equal_nocase(name, names[i].said))
            return names[i].meant;
    return name;
}

size_t charset_convert(const char *name, struct span text, struct buf *to)
{
    char out[16384], *in = (char *)(uintptr_t)text.data;
    size_t rest = text.len, odd = 0, before = to->len;
    iconv_t c = iconv_open("UTF-8", name);
    if (c == (iconv_t)-1)
        return text.len + 1;
    for (bool more = true; more;) {
        char *at = out;
        size_t room = sizeof(out);
        bool flush = rest == 0;
        size_t n = flush ? iconv(c, NULL, NULL, &at, &room) : iconv(c, &in, &rest, &at, &room);
        int error = n == (size_t)-1 ? errno : 0;
        (void)buf_append(to, out, sizeof(out) - room);
        more = !flush || error == E2BIG;
        if (error && error != E2BIG && rest > 0) {
            (void)buf_append_str(to, "\xef\xbf\xbd");
            in++;
            rest--;
            odd++;
        }
    }
    (void)iconv_close(c);
    /* glibc lets UTF-8 pass that is beyond Unicode. */
    return utf8_valid(span_of(to->data + before, to->len - before)) ? odd : text.len + 1;
}

/* ---- what is said ---- */

static bool is_name_byte(char c)
{
    return (c >= '0' && c <= '9') || (char_lower(c) >= 'a' && char_lower(c) <= 'z') ||
           (c && strchr("-_.:", c));
}

bool charset_name(const char *said, char name[CHARSET_NAME_MAX + 1])
{
    size_t len = 0;
    while (is_name_byte(said[len]))
        len++;
    return len > 0 && !said[len] && str_copy(name, CHARSET_NAME_MAX + 1, said);
}

/* After "charset" or "encoding". False where no value follows. */
static bool take_value(const char *p, const char *end, char name[CHARSET_NAME_MAX + 1])
{
    size_t len = 0;
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    if (p == end || *p++ != '=')
        return false;
    while (p < end && (*p == ' ' || *p == '\t' || *p == '"' || *p == '\''))
        p++;
    while (p + len < end && is_name_byte(p[len]) && len < CHARSET_NAME_MAX)
        len++;
    memcpy(name, p, len);
    name[len] = 0;
    return len > 0;
}

static void find_value(struct span text, const char *word, char name[CHARSET_NAME_MAX + 1])
{
    const char *p = (const char *)text.data, *end = p + text.len;
    size_t len = strlen(word);
    name[0] = 0;
    for (; p + len < end; p++)
        if (span_equal_nocase(span_of(p, len), word) && take_value(p + len, end, name))
            return;
}

void charset_of_type(const char *type, char name[CHARSET_NAME_MAX + 1])
{
    find_value(span_str(type), "charset", name);
}

void charset_language_of_type(const char *type, char language[CHARSET_LANGUAGE_MAX + 1])
{
    char said[CHARSET_NAME_MAX + 1];
    find_value(span_str(type), "language", said);
    if (!str_copy(language, CHARSET_LANGUAGE_MAX + 1, said))
        language[0] = 0;
}

void charset_of_page(struct span html, char name[CHARSET_NAME_MAX + 1])
{
    struct span head = span_of(html.data, html.len < PAGE_HEAD_BYTES ? html.len : PAGE_HEAD_BYTES);
    find_value(head, "charset", name);
    if (!name[0] && head.len > 5 && memcmp(head.data, "<?xml", 5) == 0)
        find_value(head, "encoding", name);
    if (str_starts_nocase(name, "utf-16")) /* it could not be read if it were */
        name[0] = 0;
}

/* ---- both ---- */

static bool begins_with(struct span text, const char *mark, size_t len)
{
    return text.len >= len && memcmp(text.data, mark, len) == 0;
}

static const char *marked(struct span text)
{
    if (begins_with(text, "\xef\xbb\xbf", 3) && utf8_valid(text))
        return "UTF-8";
    if (text.len % 2 == 0 && (begins_with(text, "\xff\xfe", 2) || begins_with(text, "\xfe\xff", 2)))
        return "UTF-16";
    return NULL;
}

static bool has_high(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] >= 0x80)
            return true;
    return false;
}

/* ISO-2022 is of 7 bits, and so valid UTF-8. */
static bool is_utf8(struct span text)
{
    return utf8_valid(text) && !(text.len > 0 && memmem(text.data, text.len, "\x1b$", 2));
}

/* Drops what the last try appended. */
static void take_back(struct buf *to, size_t len)
{
    if (to->data)
        to->data[len] = 0;
    to->len = len;
}

static bool tolerable(size_t odd, struct span text)
{
    return odd <= text.len / 100;
}

/* UTF-8 in truth: of one byte a letter it is called, and it would be no words of any language so. Texts in
 * those sets are hardly ever valid UTF-8 by chance, and where they are, at two capitals (SPÓŁKA) or before a
 * quotation mark (CAFÉ»), they are words. */
static bool is_utf8_after_all(struct span text, const char *said)
{
    static const char *const sets[] = {
        "WINDOWS-1250", "WINDOWS-1251", "WINDOWS-1252", "WINDOWS-1253", "WINDOWS-1254", "WINDOWS-1257",
        "ISO-8859-2",   "ISO-8859-3",   "ISO-8859-4",   "ISO-8859-5",   "ISO-8859-7",   "ISO-8859-9",
        "ISO-8859-10",  "ISO-8859-13",  "ISO-8859-14",  "ISO-8859-15",  "ISO-8859-16",  "KOI8-U"};
    SCOPED_BUF struct buf read;
    bool known = false;
    buf_init(&read, text.len * 4 + 1);
    for (size_t i = 0; i < ARRAY_LEN(sets); i++)
        known = known || str_equal_nocase(meant(said), sets[i]);
    if (!known || !has_high(text) || !is_utf8(text))
        return false;
    return charset_convert(meant(said), text, &read) > 0 || words_of_language(buf_span(&read), NULL) == 0;
}

static void put_guessed(struct span text, const char *said, const char *language, struct buf *to)
{
    char guessed[CHARSET_NAME_MAX + 1];
    size_t before = to->len, odd;
    charset_guess(text, language, guessed);
    odd = charset_convert(meant(guessed), text, to);
    if (odd == 0 || (!*said && tolerable(odd, text)))
        return;
    take_back(to, before);
    if (*said && tolerable(charset_convert(meant(said), text, to), text))
        return;
    take_back(to, before);
    (void)charset_convert("WINDOWS-1252", text, to);
}

void charset_to_utf8(struct span text, const char *said, const char *language, struct buf *to)
{
    size_t before = to->len;
    const char *mark = marked(text);
    if (mark) {
        (void)charset_convert(mark, text, to);
        if (to->len >= before + 3 && memcmp(to->data + before, "\xef\xbb\xbf", 3) == 0) {
            memmove(to->data + before, to->data + before + 3, to->len - before - 3);
            take_back(to, to->len - 3);
        }
        return;
    }
    bool ascii = str_equal_nocase(said, "us-ascii") || str_equal_nocase(said, "ascii");
    if (*said && !ascii && !is_utf8_after_all(text, said) && charset_convert(meant(said), text, to) == 0)
        return;
    take_back(to, before);
    if (is_utf8(text))
        (void)buf_append(to, text.data, text.len);
    else
        put_guessed(text, ascii ? "" : said, language, to);
}

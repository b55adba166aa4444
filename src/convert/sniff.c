/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/sniff.h"

#include <string.h>

#include "base/attr.h"
#include "base/str.h"

static const struct {
    const char *name, *word;
} names[] = {
#define DOCUMENT_KIND_NAME(name, text, word) [DOCUMENT_##name] = {text, word},
    DOCUMENT_KINDS(DOCUMENT_KIND_NAME)
#undef DOCUMENT_KIND_NAME
};

/* Old programs save RTF and HTML as .doc and .xls, which everybody opens: no word about those. */
static const struct {
    const char *ending;
    enum document_kind kinds[3];
} endings[] = {
    {".pdf", {DOCUMENT_PDF}},
    {".tif", {DOCUMENT_TIFF}},
    {".tiff", {DOCUMENT_TIFF}},
    {".jpg", {DOCUMENT_JPEG}},
    {".jpeg", {DOCUMENT_JPEG}},
    {".png", {DOCUMENT_PNG}},
    {".gif", {DOCUMENT_GIF}},
    {".bmp", {DOCUMENT_BMP}},
    {".webp", {DOCUMENT_WEBP}},
    {".heic", {DOCUMENT_HEIC}},
    {".heif", {DOCUMENT_HEIC}},
    {".txt", {DOCUMENT_TEXT, DOCUMENT_MAIL, DOCUMENT_HTML}},
    {".htm", {DOCUMENT_HTML, DOCUMENT_TEXT}},
    {".html", {DOCUMENT_HTML, DOCUMENT_TEXT}},
    {".rtf", {DOCUMENT_RTF}},
    {".odt", {DOCUMENT_OPENDOCUMENT}},
    {".ods", {DOCUMENT_OPENDOCUMENT}},
    {".odp", {DOCUMENT_OPENDOCUMENT}},
    {".docx", {DOCUMENT_OOXML}},
    {".xlsx", {DOCUMENT_OOXML}},
    {".pptx", {DOCUMENT_OOXML}},
    {".doc", {DOCUMENT_OLE, DOCUMENT_RTF, DOCUMENT_HTML}},
    {".xls", {DOCUMENT_OLE, DOCUMENT_TEXT, DOCUMENT_HTML}},
    {".ppt", {DOCUMENT_OLE}},
};

static const struct {
    enum document_kind kind;
    unsigned at;
    unsigned len;
    const char *bytes;
} magics[] = {
    {DOCUMENT_TIFF, 0, 4, "II*\0"},
    {DOCUMENT_TIFF, 0, 4, "MM\0*"},
    {DOCUMENT_TIFF, 0, 4, "II+\0"}, /* BigTIFF */
    {DOCUMENT_TIFF, 0, 4, "MM\0+"},
    {DOCUMENT_JPEG, 0, 3, "\xff\xd8\xff"},
    {DOCUMENT_PNG, 0, 8, "\x89PNG\r\n\x1a\n"},
    {DOCUMENT_GIF, 0, 4, "GIF8"},
    {DOCUMENT_WEBP, 8, 4, "WEBP"},
    {DOCUMENT_HEIC, 4, 8, "ftypheic"},
    {DOCUMENT_HEIC, 4, 8, "ftypheix"},
    {DOCUMENT_HEIC, 4, 8, "ftypmif1"},
    {DOCUMENT_AVIF, 4, 8, "ftypavif"},
    {DOCUMENT_POSTSCRIPT, 0, 4, "%!PS"},
    {DOCUMENT_POSTSCRIPT, 0, 5, "\x04%!PS"},         /* as printer drivers begin it */
    {DOCUMENT_POSTSCRIPT, 0, 4, "\xc5\xd0\xd3\xc6"}, /* EPS with a preview */
    {DOCUMENT_RTF, 0, 5, "{\\rtf"},
    {DOCUMENT_OPENDOCUMENT, 30, 8, "mimetype"}, /* ODF 1.2 part 3 §3.3: stored first in the package */
    {DOCUMENT_ZIP, 0, 4, "PK\3\4"},
    {DOCUMENT_ZIP, 0, 4, "PK\5\6"}, /* with nothing in it */
    {DOCUMENT_OLE, 0, 8, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"},
    {DOCUMENT_ARCHIVE, 0, 3, "\x1f\x8b\x08"},
    {DOCUMENT_ARCHIVE, 0, 6, "7z\xbc\xaf\x27\x1c"},
    {DOCUMENT_ARCHIVE, 0, 4, "Rar!"},
    {DOCUMENT_PROGRAM, 0, 4,
     "\x7f"
     "ELF"},
    {DOCUMENT_PROGRAM, 0, 2, "MZ"},
    {DOCUMENT_BMP, 0, 2, "BM"},
};

const char *document_kind_name(enum document_kind k)
{
    return names[k].name;
}

const char *document_misnamed(const char *name, enum document_kind k)
{
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        bool right = false;
        if (!str_ends_nocase(name, endings[i].ending))
            continue;
        for (size_t n = 0; n < ARRAY_LEN(endings[i].kinds); n++)
            right = right || endings[i].kinds[n] == k;
        return right || k == DOCUMENT_EMPTY ? NULL : names[k].word;
    }
    return NULL;
}

bool document_word_known(const char *word)
{
    bool known = !*word;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        known = known || str_equal(word, names[i].word);
    return known;
}

static bool has_at(struct span bytes, size_t at, const char *magic, size_t len)
{
    return bytes.len >= at + len && memcmp(bytes.data + at, magic, len) == 0;
}

/* UTF-8 or an 8-bit character set: next to no control characters but those that lay out text. */
static bool is_text(struct span bytes)
{
    size_t n = bytes.len < 65536 ? bytes.len : 65536, odd = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = bytes.data[i];
        if (c == 0)
            return false;
        odd += (c < 0x20 && !strchr("\t\n\r\f\b\x1a\x1b", c)) || c == 0x7f;
    }
    return odd * 100 <= n;
}

/* Readers accept the header anywhere in the first 1024 bytes (PDF 1.7, appendix H.3 note 13); a text that
 * only speaks of it has no objects. */
static bool is_pdf(struct span bytes)
{
    for (size_t i = 0; i + 5 <= bytes.len && i <= 1024; i++)
        if (memcmp(bytes.data + i, "%PDF-", 5) == 0)
            return i == 0 || !is_text(bytes) || memmem(bytes.data, bytes.len, " obj", 4) != NULL;
    return false;
}

/* A ZIP with the one file that every such package has (ISO/IEC 29500-2 §10.1.2), in whatever order it was
 * packed. */
static bool is_ooxml(struct span bytes)
{
    static const char name[] = "[Content_Types].xml";
    return has_at(bytes, 0, "PK\3\4", 4) && memmem(bytes.data, bytes.len, name, sizeof(name) - 1) != NULL;
}

/* Where a page's first tag may stand: behind a mark, what XHTML declares, and blanks. */
static size_t first_tag(struct span bytes)
{
    size_t at = has_at(bytes, 0, "\xef\xbb\xbf", 3) ? 3 : 0;
    if (has_at(bytes, at, "<?xml", 5)) {
        const uint8_t *end = memchr(bytes.data + at, '>', bytes.len - at);
        at = end ? (size_t)(end + 1 - bytes.data) : at;
    }
    while (at < bytes.len && strchr(" \t\r\n", bytes.data[at]) && bytes.data[at])
        at++;
    return at;
}

static bool begins_with_tag(struct span bytes)
{
    static const char *const tags[] = {
        "<!doctype html", "<html",  "<head", "<body",  "<h1",  "<h2", "<p>", "<p ",
        "<div",           "<table", "<span", "<style", "<font"};
    size_t at = first_tag(bytes);
    for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
        size_t len = strlen(tags[i]);
        if (bytes.len - at >= len && span_equal_nocase(span_of(bytes.data + at, len), tags[i]))
            return true;
    }
    return false;
}

/* A picture of bytes that all look like letters: hundreds of pages of them. */
static bool is_portable_map(struct span bytes)
{
    return bytes.len > 3 && bytes.data[0] == 'P' && bytes.data[1] >= '4' && bytes.data[1] <= '7' &&
           (bytes.data[2] == '\n' || bytes.data[2] == ' ') &&
           (bytes.data[3] == '#' || (bytes.data[3] >= '0' && bytes.data[3] <= '9'));
}

static bool is_utf16(struct span bytes)
{
    return bytes.len % 2 == 0 && (has_at(bytes, 0, "\xff\xfe", 2) || has_at(bytes, 0, "\xfe\xff", 2));
}

/* Lines of a header (RFC 5322) from the first on, until an empty line, and among them what every mail has. */
static bool is_mail(struct span bytes)
{
    bool from = false, other = false;
    for (size_t at = 0; at < bytes.len && at < 65536;) {
        const uint8_t *line = bytes.data + at, *end = memchr(line, '\n', bytes.len - at);
        size_t len = end ? (size_t)(end - line) : bytes.len - at;
        const uint8_t *colon = memchr(line, ':', len);
        if (len <= 1)
            return from && other;
        if (*line != ' ' && *line != '\t') {
            if (!colon || memchr(line, ' ', (size_t)(colon - line)))
                return false;
            struct span name = span_of(line, (size_t)(colon - line));
            from = from || span_equal_nocase(name, "from");
            other = other || span_equal_nocase(name, "mime-version") || span_equal_nocase(name, "received") ||
                    span_equal_nocase(name, "message-id");
        }
        at += len + 1;
    }
    return false;
}

enum document_kind sniff(struct span bytes)
{
    if (bytes.len == 0)
        return DOCUMENT_EMPTY;
    if (is_ooxml(bytes))
        return DOCUMENT_OOXML;
    for (size_t i = 0; i < ARRAY_LEN(magics); i++)
        if (has_at(bytes, magics[i].at, magics[i].bytes, magics[i].len))
            if (magics[i].len > 2 || !is_text(bytes))
                return magics[i].kind;
    if (is_pdf(bytes))
        return DOCUMENT_PDF;
    if (is_portable_map(bytes))
        return DOCUMENT_UNKNOWN;
    if (begins_with_tag(bytes))
        return DOCUMENT_HTML;
    if (is_mail(bytes))
        return DOCUMENT_MAIL;
    return is_utf16(bytes) || is_text(bytes) ? DOCUMENT_TEXT : DOCUMENT_UNKNOWN;
}

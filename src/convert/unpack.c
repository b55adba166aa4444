/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/unpack.h"

#include <gmime/gmime.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

/* Deeper than any mail program nests; each level costs the parser stack. */
enum { DEPTH_MAX = 30, BOUNDARIES_MAX = 500 };

struct walk {
    struct unpacked *u;
    struct outcome *outcome;
    bool have_text;
    bool refused;
};

/* A converter is a library that is loaded when its character set is first asked for; a worker cannot load
 * any. So each is opened here and kept. What is missing stays unknown: its bytes become replacement
 * characters. */
static void load_charsets(void)
{
    static const char *const names[] = {
        "ISO-8859-1",   "ISO-8859-2",   "ISO-8859-3",   "ISO-8859-4",   "ISO-8859-5",   "ISO-8859-6",
        "ISO-8859-7",   "ISO-8859-8",   "ISO-8859-9",   "ISO-8859-10",  "ISO-8859-13",  "ISO-8859-14",
        "ISO-8859-15",  "ISO-8859-16",  "WINDOWS-1250", "WINDOWS-1251", "WINDOWS-1252", "WINDOWS-1253",
        "WINDOWS-1254", "WINDOWS-1255", "WINDOWS-1256", "WINDOWS-1257", "WINDOWS-1258", "KOI8-R",
        "KOI8-U",       "MACINTOSH",    "IBM437",       "IBM850",       "TIS-620",      "GB2312",
        "GBK",          "GB18030",      "BIG5",         "BIG5-HKSCS",   "EUC-JP",       "SHIFT_JIS",
        "CP932",        "ISO-2022-JP",  "EUC-KR",       "CP949",        "UTF-7",        "UTF-16",
        "UTF-16LE",     "UTF-16BE",     "US-ASCII",     "UTF-8"};
    static iconv_t kept[ARRAY_LEN(names)];
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (!kept[i])
            kept[i] = iconv_open("UTF-8", names[i]);
}

void unpack_prepare(void)
{
    g_mime_init();
    load_charsets();
}

/* ---- texts made harmless ---- */

/* Marks that turn the reading direction can make "exe.pdf" of "fdp.exe" (Unicode TR 36). */
static bool unwanted(gunichar c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x2028 || c == 0x2029 ||
           c == 0xfeff;
}

void unpack_tidy(char *to, size_t room, const char *from)
{
    char *valid = g_utf8_make_valid(from ? from : "", -1);
    char *trimmed = g_strstrip(valid);
    size_t len = 0;
    bool blank = false;
    for (const char *p = trimmed; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (c == '\t' || c == '\n' || c == '\r')
            c = ' ';
        if (unwanted(c) || (c == ' ' && blank))
            continue;
        char bytes[6];
        size_t n = (size_t)g_unichar_to_utf8(c, bytes);
        if (len + n >= room)
            break;
        memcpy(to + len, bytes, n);
        len += n;
        blank = c == ' ';
    }
    to[len] = 0;
    g_free(valid);
}

/* Only the last part of a path, and no name that hides or climbs. */
static void tidy_name(char *to, size_t room, const char *from)
{
    unpack_tidy(to, room, from);
    const char *last = to;
    for (const char *p = to; *p; p++)
        if (*p == '/' || *p == '\\')
            last = p + 1;
    while (*last == '.' || *last == ' ')
        last++;
    memmove(to, last, strlen(last) + 1);
}

/* RFC 5322 §3.4.1 without folding and comments; what is stranger than that is no address to us. */
static bool usable_address(const char *address)
{
    size_t len = strlen(address);
    if (len == 0 || len > UNPACK_ADDRESS_MAX || !strchr(address, '@') || !utf8_valid(span_str(address)))
        return false;
    for (const char *p = address; *p; p++)
        if ((unsigned char)*p <= 0x20 || *p == 0x7f || strchr("<>(),;:\\\"[]", *p))
            return false;
    return true;
}

static void tidy_message_id(char *to, size_t room, const char *from)
{
    to[0] = 0;
    for (const char *p = from ? from : ""; *p; p++)
        if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f || *p == '<' || *p == '>')
            return;
    if (from && !str_copy(to, room, from))
        to[0] = 0;
}

/* ---- header ---- */

static void take_mailbox(InternetAddress *a, char address[UNPACK_ADDRESS_MAX + 1],
                         char name[UNPACK_ADDRESS_MAX + 1])
{
    if (!INTERNET_ADDRESS_IS_MAILBOX(a))
        return;
    const char *text = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(a));
    if (!text || !usable_address(text))
        return;
    (void)str_copy(address, UNPACK_ADDRESS_MAX + 1, text);
    unpack_tidy(name, UNPACK_ADDRESS_MAX + 1, internet_address_get_name(a));
}

/* What does not fit is left out, as a whole. */
static void take_addressees(InternetAddressList *list, struct buf *to)
{
    char address[UNPACK_ADDRESS_MAX + 1], name[UNPACK_ADDRESS_MAX + 1];
    int n = list ? internet_address_list_length(list) : 0;
    for (int i = 0; i < n; i++) {
        address[0] = name[0] = 0;
        take_mailbox(internet_address_list_get_address(list, i), address, name);
        if (*address)
            (void)buf_printf(to, "%s\t%s\n", address, name);
    }
}

static int count_headers(GMimeMessage *message, const char *name)
{
    GMimeHeaderList *all = g_mime_object_get_header_list(GMIME_OBJECT(message));
    int n = 0;
    for (int i = 0; i < g_mime_header_list_get_count(all); i++)
        n += str_equal_nocase(g_mime_header_get_name(g_mime_header_list_get_header_at(all, i)), name);
    return n;
}

/* The end of the encoded word (RFC 2047) at p, after its "?="; NULL where none begins there. padded: it is
 * base64 and ends in '='. */
static const char *encoded_word(const char *p, bool *padded)
{
    const char *charset = strncmp(p, "=?", 2) == 0 ? strchr(p + 2, '?') : NULL;
    if (!charset || charset[1] == 0 || charset[2] != '?')
        return NULL;
    const char *end = strstr(charset + 3, "?=");
    if (!end)
        return NULL;
    *padded = char_lower(charset[1]) == 'b' && end[-1] == '=';
    return end + 2;
}

/* Where the text may be cut so that GMime decodes all of it: it joins neighbouring words before it decodes
 * them, and drops what follows a padded one. Returns the first such end, or the text's. next: where to go on.
 */
static size_t piece_length(const char *text, const char **next)
{
    for (const char *p = text; *p;) {
        bool padded = false;
        const char *end = encoded_word(p, &padded);
        if (!end) {
            p++;
            continue;
        }
        const char *after = end + strspn(end, " \t\r\n");
        bool unused;
        if (padded && after > end && encoded_word(after, &unused)) {
            *next = after;
            return (size_t)(end - text);
        }
        p = end;
    }
    *next = text + strlen(text);
    return strlen(text);
}

static void take_subject(GMimeMessage *message, struct unpacked *u)
{
    GMimeHeaderList *all = g_mime_object_get_header_list(GMIME_OBJECT(message));
    GMimeHeader *header = g_mime_header_list_get_header(all, "Subject");
    const char *raw = header ? g_mime_header_get_raw_value(header) : NULL;
    GString *whole = g_string_new(NULL);
    for (const char *p = raw ? raw : "", *next; *p; p = next) {
        char *piece = g_strndup(p, piece_length(p, &next));
        char *decoded = g_mime_utils_header_decode_text(NULL, piece);
        g_string_append(whole, decoded);
        g_free(decoded);
        g_free(piece);
    }
    unpack_tidy(u->subject, sizeof(u->subject), whole->str);
    (void)g_string_free(whole, TRUE);
}

static void take_header(GMimeMessage *message, struct unpacked *u)
{
    InternetAddressList *from = g_mime_message_get_from(message);
    if (count_headers(message, "From") == 1 && internet_address_list_length(from) == 1)
        take_mailbox(internet_address_list_get_address(from, 0), u->from, u->from_name);
    take_addressees(g_mime_message_get_to(message), &u->addressees);
    take_addressees(g_mime_message_get_cc(message), &u->addressees);
    take_subject(message, u);
    tidy_message_id(u->message_id, sizeof(u->message_id), g_mime_message_get_message_id(message));
    GDateTime *date = g_mime_message_get_date(message);
    u->date_ms = date ? g_date_time_to_unix(date) * 1000 : 0;
}

/* ---- body ---- */

static void refuse(struct walk *w, const char *code, const char *text)
{
    outcome_set(w->outcome, VERDICT_GIVE_UP, code, "%s", text);
    w->refused = true;
}

static struct unpacked_part *new_part(struct walk *w)
{
    if (w->u->count == PART_SET_PARTS_MAX) {
        refuse(w, "mail-too-many-parts",
               "The mail has more than 100 attachments. Nothing was faxed; send them in several mails.");
        return NULL;
    }
    w->u->parts = mem_resize(w->u->parts, (w->u->count + 1) * sizeof(*w->u->parts));
    struct unpacked_part *p = &w->u->parts[w->u->count++];
    memset(p, 0, sizeof(*p));
    buf_init(&p->bytes, PART_SET_BYTES_MAX);
    return p;
}

static void set_type(struct unpacked_part *p, GMimeObject *object)
{
    GMimeContentType *type = g_mime_object_get_content_type(object);
    const char *major = g_mime_content_type_get_media_type(type);
    const char *minor = g_mime_content_type_get_media_subtype(type);
    (void)str_format(p->type, sizeof(p->type), "%s/%s", major ? major : "", minor ? minor : "");
    str_lower(p->type);
    for (char *c = p->type; *c; c++)
        if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7f)
            *c = '_';
}

static void take_stream(struct buf *to, GMimeStream *stream)
{
    GMimeStreamMem *memory = GMIME_STREAM_MEM(stream);
    GByteArray *bytes = g_mime_stream_mem_get_byte_array(memory);
    (void)buf_append(to, bytes->data, bytes->len);
}

static void take_content(struct buf *to, GMimePart *part)
{
    GMimeDataWrapper *content = g_mime_part_get_content(part);
    if (!content)
        return;
    GMimeStream *memory = g_mime_stream_mem_new();
    (void)g_mime_data_wrapper_write_to_stream(content, memory);
    take_stream(to, memory);
    g_object_unref(memory);
}

static void take_attachment(struct walk *w, GMimePart *part)
{
    struct unpacked_part *p = new_part(w);
    if (!p)
        return;
    tidy_name(p->name, sizeof(p->name), g_mime_part_get_filename(part));
    set_type(p, GMIME_OBJECT(part));
    take_content(&p->bytes, part);
}

/* A mail inside the mail stays one attachment: what to do with it is not decided here. */
static void take_message(struct walk *w, GMimeMessagePart *part)
{
    GMimeMessage *message = g_mime_message_part_get_message(part);
    struct unpacked_part *p = new_part(w);
    if (!p)
        return;
    char name[200];
    unpack_tidy(name, sizeof(name) - 4, message ? g_mime_message_get_subject(message) : "");
    (void)strcat(name, ".eml");
    tidy_name(p->name, sizeof(p->name), name);
    set_type(p, GMIME_OBJECT(part));
    GMimeStream *memory = g_mime_stream_mem_new();
    if (message)
        (void)g_mime_object_write_to_stream(GMIME_OBJECT(message), NULL, memory);
    take_stream(&p->bytes, memory);
    g_object_unref(memory);
}

/* Decoded to UTF-8 whatever the mail claims; line ends to LF. */
static void take_text(struct walk *w, GMimePart *part)
{
    struct buf raw;
    buf_init(&raw, PART_SET_BYTES_MAX);
    take_content(&raw, part);
    const char *charset = g_mime_object_get_content_type_parameter(GMIME_OBJECT(part), "charset");
    size_t len = raw.len < UNPACK_TEXT_MAX ? raw.len : UNPACK_TEXT_MAX;
    char *utf8 = NULL;
    if (!utf8_valid(span_of(raw.data, len)) || (charset && !str_equal_nocase(charset, "utf-8")))
        utf8 = g_convert(buf_text(&raw), (gssize)len, "UTF-8", charset ? charset : "WINDOWS-1252", NULL, NULL,
                         NULL);
    if (!utf8)
        utf8 = g_utf8_make_valid(buf_text(&raw), (gssize)len);
    for (const char *p = utf8; *p; p++)
        if (*p != '\r')
            (void)buf_append_byte(&w->u->text, (uint8_t)*p);
    /* Cut at the limit, a last character may be half there. */
    while (w->u->text.len > 0 && !utf8_valid(buf_span(&w->u->text)))
        w->u->text.data[--w->u->text.len] = 0;
    g_free(utf8);
    buf_clear(&raw);
    w->have_text = true;
}

static bool is_signature(GMimeObject *object)
{
    GMimeContentType *type = g_mime_object_get_content_type(object);
    return g_mime_content_type_is_type(type, "application", "pgp-signature") ||
           g_mime_content_type_is_type(type, "application", "pkcs7-signature") ||
           g_mime_content_type_is_type(type, "application", "x-pkcs7-signature");
}

/* The pictures of an HTML body - a logo under the signature - are not documents to fax. */
static bool is_decoration(GMimeObject *parent, GMimeObject *object)
{
    return parent &&
           g_mime_content_type_is_type(g_mime_object_get_content_type(parent), "multipart", "related") &&
           g_mime_content_type_is_type(g_mime_object_get_content_type(object), "image", "*") &&
           g_mime_object_get_content_id(object) && !g_mime_part_is_attachment(GMIME_PART(object));
}

static void walk_leaf(struct walk *w, GMimeObject *parent, GMimePart *part)
{
    GMimeContentType *type = g_mime_object_get_content_type(GMIME_OBJECT(part));
    bool named = g_mime_part_get_filename(part) || g_mime_part_is_attachment(part);
    bool plain = g_mime_content_type_is_type(type, "text", "plain");
    if (is_signature(GMIME_OBJECT(part)) || is_decoration(parent, GMIME_OBJECT(part)))
        return;
    if (plain && !named) {
        if (!w->have_text)
            take_text(w, part);
        return;
    }
    if (g_mime_content_type_is_type(type, "text", "html") && !named)
        return;
    take_attachment(w, part);
}

static void walk_object(struct walk *w, GMimeObject *parent, GMimeObject *object, unsigned depth)
{
    if (w->refused || !object)
        return;
    if (depth > DEPTH_MAX) {
        refuse(w, "mail-too-deep",
               "The mail is nested too deeply to be read. Nothing was faxed; attach the document to a new "
               "mail.");
    } else if (GMIME_IS_MULTIPART(object)) {
        GMimeMultipart *m = GMIME_MULTIPART(object);
        for (int i = 0; i < g_mime_multipart_get_count(m); i++)
            walk_object(w, object, g_mime_multipart_get_part(m, i), depth + 1);
    } else if (GMIME_IS_MESSAGE_PART(object)) {
        take_message(w, GMIME_MESSAGE_PART(object));
    } else if (GMIME_IS_PART(object)) {
        walk_leaf(w, parent, GMIME_PART(object));
    }
}

/* The parser calls itself for each multipart and message inside another: count what could open one before it
 * sees them. */
static bool too_nested(struct span raw)
{
    static const char *const words[] = {"boundary", "message/"};
    unsigned n = 0;
    for (size_t i = 0; i + 8 <= raw.len && n <= BOUNDARIES_MAX; i++) {
        if (char_lower((char)raw.data[i]) != 'b' && char_lower((char)raw.data[i]) != 'm')
            continue;
        for (size_t k = 0; k < 2; k++)
            n += span_equal_nocase(span_of(raw.data + i, 8), words[k]);
    }
    return n > BOUNDARIES_MAX;
}

static void unpack_message(struct walk *w, struct span raw)
{
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer((const char *)raw.data, raw.len);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    if (message) {
        take_header(message, w->u);
        walk_object(w, NULL, g_mime_message_get_mime_part(message), 0);
        g_object_unref(message);
    } else {
        refuse(w, "mail-broken", "The mail cannot be read: it has no header. Nothing was faxed.");
    }
    g_object_unref(parser);
    g_object_unref(stream);
}

void unpack_mail(struct span raw, struct unpacked *u, struct outcome *outcome)
{
    memset(u, 0, sizeof(*u));
    buf_init(&u->text, UNPACK_TEXT_MAX);
    buf_init(&u->addressees, UNPACK_ADDRESSEES_MAX - 1);
    struct walk w = {.u = u, .outcome = outcome};
    outcome_done(outcome);
    if (raw.len == 0)
        refuse(&w, "mail-empty", "The mail is empty. Nothing was faxed.");
    else if (too_nested(raw))
        refuse(&w, "mail-too-deep",
               "The mail is made of too many pieces to be read. Nothing was faxed; attach the document to a "
               "new mail.");
    else
        unpack_message(&w, raw);
}

void unpacked_clear(struct unpacked *u)
{
    for (size_t i = 0; i < u->count; i++)
        buf_clear(&u->parts[i].bytes);
    free(u->parts);
    buf_clear(&u->text);
    buf_clear(&u->addressees);
    memset(u, 0, sizeof(*u));
}

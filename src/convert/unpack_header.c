/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/unpack_header.h"

#include <string.h>

#include "base/str.h"

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
void unpack_tidy_name(char *to, size_t room, const char *from)
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

static bool says(GMimeMessage *message, const char *name, const char *value)
{
    const char *said = g_mime_object_get_header(GMIME_OBJECT(message), name);
    if (!said)
        return false;
    while (*said == ' ' || *said == '\t')
        said++;
    return str_starts_nocase(said, value);
}

/* RFC 3834 §2: nobody answers what a program or a list wrote. */
static unsigned take_manners(GMimeMessage *message)
{
    static const char *const bulk[] = {"bulk", "junk", "list"};
    bool automatic = says(message, "List-Id", "") ||
                     (says(message, "Auto-Submitted", "") && !says(message, "Auto-Submitted", "no"));
    automatic = automatic || says(message, "Return-Path", "<>");
    for (size_t i = 0; i < ARRAY_LEN(bulk); i++)
        automatic = automatic || says(message, "Precedence", bulk[i]);
    bool asks = says(message, "Disposition-Notification-To", "") || says(message, "Return-Receipt-To", "");
    return (automatic ? MAIL_IS_AUTOMATIC : 0) | (asks ? MAIL_WANTS_DSN : 0);
}

bool unpack_goes_round(GMimeMessage *message)
{
    return count_headers(message, "Received") > UNPACK_HOPS_MAX;
}

void unpack_take_header(GMimeMessage *message, struct unpacked *u)
{
    InternetAddressList *from = g_mime_message_get_from(message);
    if (count_headers(message, "From") == 1 && internet_address_list_length(from) == 1)
        take_mailbox(internet_address_list_get_address(from, 0), u->from, u->from_name);
    take_addressees(g_mime_message_get_to(message), &u->addressees);
    take_addressees(g_mime_message_get_cc(message), &u->addressees);
    take_subject(message, u);
    u->manners = take_manners(message);
    tidy_message_id(u->message_id, sizeof(u->message_id), g_mime_message_get_message_id(message));
    GDateTime *date = g_mime_message_get_date(message);
    u->date_ms = date ? g_date_time_to_unix(date) * 1000 : 0;
}

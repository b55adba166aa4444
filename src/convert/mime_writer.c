/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/mime_writer.h"

#include <string.h>

#include "base/hex.h"
#include "base/rand.h"
#include "base/str.h"
#include "convert/local_time.h"

enum { LINE_MAX_CHARS = 76 };

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* RFC 4648 §4 */
static void put_base64(struct buf *b, struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (k < n ? bytes.data[i + k] : 0);
        char four[4];
        for (unsigned k = 0; k < 4; k++)
            four[k] = k <= n ? base64_digits[(bits >> (18 - 6 * k)) & 63] : '=';
        (void)buf_append(b, four, 4);
    }
}

void mime_write_base64(struct buf *b, struct span bytes)
{
    enum { BYTES_A_LINE = LINE_MAX_CHARS / 4 * 3 };
    for (size_t i = 0; i < bytes.len; i += BYTES_A_LINE) {
        size_t n = bytes.len - i < BYTES_A_LINE ? bytes.len - i : BYTES_A_LINE;
        put_base64(b, span_of(bytes.data + i, n));
        (void)buf_append_str(b, "\r\n");
    }
}

static bool is_plain(const char *text)
{
    for (const char *p = text; *p; p++)
        if (*p < 0x20 || *p > 0x7e)
            return false;
    return !strstr(text, "=?");
}

/* How many bytes of text make one encoded word: whole characters, at most 45 bytes (60 in base64; RFC 2047 §2
 * allows 75 with its frame), and where possible a multiple of three: some readers, GMime among them, lose
 * what follows a padded word. Invalid UTF-8 is cut anywhere. */
static size_t word_bytes(const char *text)
{
    enum { MOST = 45 };
    size_t len = strlen(text), whole = 0;
    if (len <= MOST)
        return len;
    for (size_t n = MOST; n > 0; n--) {
        if (((unsigned char)text[n] & 0xc0) == 0x80)
            continue;
        if (n % 3 == 0)
            return n;
        whole = whole ? whole : n;
    }
    return whole ? whole : MOST;
}

/* Unstructured text or a phrase. Control characters, line breaks among them, become blanks before anything
 * else. */
static void put_encoded(struct buf *b, const char *text)
{
    char clean[4096];
    (void)str_copy(clean, sizeof(clean), text);
    for (char *p = clean; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
    if (!utf8_valid(span_str(clean)))
        for (char *p = clean; *p; p++)
            if ((unsigned char)*p >= 0x80)
                *p = '?';
    if (is_plain(clean) && strlen(clean) <= 60) {
        (void)buf_append_str(b, clean);
        return;
    }
    for (const char *p = clean; *p;) {
        size_t n = word_bytes(p);
        (void)buf_append_str(b, p == clean ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?");
        put_base64(b, span_of(p, n));
        (void)buf_append_str(b, "?=");
        p += n;
    }
}

static bool is_address(const char *text)
{
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p <= 0x20 || *p == 0x7f || strchr("<>,;", *p))
            return false;
    return strchr(text, '@') != NULL && strlen(text) <= 512;
}

static bool is_message_id(const char *text)
{
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f || strchr("<>", *p))
            return false;
    return text[0] != 0 && strlen(text) <= 900;
}

static void put_head(struct buf *b, const struct mime_head *h)
{
    char date[64];
    local_time_format(date, sizeof(date), "%a, %d %b %Y %H:%M:%S %z", h->date_ms);
    (void)buf_printf(b, "Date: %s\r\nFrom: ", date);
    if (h->from_name[0]) {
        bool plain = is_plain(h->from_name) && !strpbrk(h->from_name, "\"\\");
        (void)buf_append_str(b, plain ? "\"" : "");
        put_encoded(b, h->from_name);
        (void)buf_append_str(b, plain ? "\" " : " ");
    }
    (void)buf_printf(b, "<%s>\r\nTo: <%s>\r\n", h->from, h->to);
    if (h->reply_to && is_address(h->reply_to))
        (void)buf_printf(b, "Reply-To: <%s>\r\n", h->reply_to);
    (void)buf_append_str(b, "Subject: ");
    put_encoded(b, h->subject);
    (void)buf_append_str(b, "\r\n");
    if (is_message_id(h->message_id))
        (void)buf_printf(b, "Message-ID: <%s>\r\n", h->message_id);
    if (is_message_id(h->in_reply_to))
        (void)buf_printf(b, "In-Reply-To: <%s>\r\nReferences: <%s>\r\n", h->in_reply_to, h->in_reply_to);
    /* RFC 3834 §5: nobody's holiday answer, and no loop between two of us. Exchange reads the other header.
     */
    (void)buf_printf(b, "Auto-Submitted: %s\r\nX-Auto-Response-Suppress: All\r\nMIME-Version: 1.0\r\n",
                     h->answers ? "auto-replied" : "auto-generated");
}

/* RFC 2045 §6.7: quoted-printable, line by line. */
static void put_quoted_line(struct buf *b, struct span line)
{
    size_t column = 0;
    for (size_t i = 0; i < line.len; i++) {
        uint8_t c = line.data[i];
        bool last = i + 1 == line.len;
        bool as_is = (c > 0x20 && c < 0x7f && c != '=') || (c == ' ' && !last);
        /* A lone dot or "From " at the start of a line is changed by some mail systems. */
        if (i == 0 && (c == '.' || c == 'F'))
            as_is = false;
        if (column + (as_is ? 1 : 3) > LINE_MAX_CHARS - 1) {
            (void)buf_append_str(b, "=\r\n");
            column = 0;
        }
        if (as_is)
            (void)buf_append_byte(b, c);
        else
            (void)buf_printf(b, "=%02X", c);
        column += as_is ? 1 : 3;
    }
    (void)buf_append_str(b, "\r\n");
}

/* ASCII lines that are short and cannot be mangled need no encoding: they arrive as they are written. */
static bool is_simple_text(const char *text)
{
    size_t column = 0;
    for (const char *p = text; *p; p++) {
        column = *p == '\n' ? 0 : column + 1;
        if ((*p != '\n' && (*p < 0x20 || *p > 0x7e)) || column > LINE_MAX_CHARS)
            return false;
    }
    return true;
}

static void put_text(struct buf *b, const char *subtype, const char *text)
{
    bool simple = is_simple_text(text);
    (void)buf_printf(b, "Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: %s\r\n\r\n",
                     subtype, simple ? "7bit" : "quoted-printable");
    while (*text) {
        size_t n = strcspn(text, "\n");
        if (simple) {
            (void)buf_append(b, text, n);
            (void)buf_append_str(b, "\r\n");
        } else {
            put_quoted_line(b, span_of(text, n));
        }
        text += n + (text[n] == '\n');
    }
}

/* RFC 2183, RFC 2231 §4; names of printable ASCII go as a quoted string. */
static void put_name(struct buf *b, const char *name)
{
    if (is_plain(name) && !strpbrk(name, "\"\\") && strlen(name) <= 150) {
        (void)buf_printf(b, " filename=\"%s\"\r\n", name);
        return;
    }
    (void)buf_append_str(b, " filename*=UTF-8''");
    for (const char *p = name; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (char_is_alpha(*p) || char_is_digit(*p) || *p == '.' || *p == '-' || *p == '_')
            (void)buf_append_byte(b, c);
        else
            (void)buf_printf(b, "%%%02X", c);
    }
    (void)buf_append_str(b, "\r\n");
}

/* Random, so that nobody can write a text or a document that ends its own part. */
struct boundary {
    char text[40];
};

static struct boundary begin_multipart(struct buf *b, const char *type)
{
    uint8_t random[12];
    struct boundary boundary;
    rand_bytes(random, sizeof(random));
    hex_format(random, sizeof(random), boundary.text);
    (void)buf_printf(b, "Content-Type: multipart/%s; boundary=\"%s\"\r\n", type, boundary.text);
    return boundary;
}

static void next_part(struct buf *b, const struct boundary *boundary)
{
    (void)buf_printf(b, "\r\n--%s\r\n", boundary->text);
}

static void end_multipart(struct buf *b, const struct boundary *boundary)
{
    (void)buf_printf(b, "\r\n--%s--\r\n", boundary->text);
}

static void put_attachment(struct buf *b, const struct mime_attachment *a)
{
    (void)buf_printf(b, "Content-Type: %s\r\n", a->type);
    if (*a->name) {
        (void)buf_append_str(b, "Content-Disposition: attachment;\r\n");
        put_name(b, a->name);
    }
    (void)buf_append_str(b, "Content-Transfer-Encoding: base64\r\n\r\n");
    mime_write_base64(b, a->bytes);
}

bool mime_write_parts(struct buf *b, const struct mime_attachment *parts, size_t count)
{
    struct boundary boundary = begin_multipart(b, "mixed");
    for (size_t i = 0; i < count; i++) {
        next_part(b, &boundary);
        put_attachment(b, &parts[i]);
    }
    end_multipart(b, &boundary);
    return !b->overflow;
}

/* RFC 2046 §5.1.4: the plainest first. */
static void put_words(struct buf *b, const struct mime_body *body)
{
    if (!body->html || !*body->html) {
        put_text(b, "plain", body->text);
        return;
    }
    struct boundary boundary = begin_multipart(b, "alternative");
    next_part(b, &boundary);
    put_text(b, "plain", body->text);
    next_part(b, &boundary);
    put_text(b, "html", body->html);
    end_multipart(b, &boundary);
}

static void put_for_people(struct buf *b, const struct mime_body *body)
{
    if (body->count == 0) {
        put_words(b, body);
        return;
    }
    struct boundary boundary = begin_multipart(b, "mixed");
    next_part(b, &boundary);
    put_words(b, body);
    for (size_t i = 0; i < body->count; i++) {
        next_part(b, &boundary);
        put_attachment(b, &body->attachments[i]);
    }
    end_multipart(b, &boundary);
}

/* RFC 6522 §3: what people read, what machines read, what it is about. */
static void put_report(struct buf *b, const struct mime_head *h, const struct mime_body *body)
{
    struct boundary boundary = begin_multipart(b, "report; report-type=delivery-status");
    next_part(b, &boundary);
    put_for_people(b, body);
    next_part(b, &boundary);
    (void)buf_append_str(b, "Content-Type: message/delivery-status\r\n\r\n");
    (void)buf_append(b, body->delivery_status.data, body->delivery_status.len);
    if (is_message_id(h->in_reply_to)) {
        next_part(b, &boundary);
        (void)buf_printf(b, "Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <%s>\r\n", h->in_reply_to);
    }
    end_multipart(b, &boundary);
}

bool mime_write(struct buf *b, const struct mime_head *head, const struct mime_body *body)
{
    if (!is_address(head->from) || !is_address(head->to))
        return false;
    put_head(b, head);
    if (body->delivery_status.len > 0)
        put_report(b, head, body);
    else
        put_for_people(b, body);
    return !b->overflow;
}

/* ---- a mail taken apart ---- */

void mime_split(struct span mail, struct buf *outer, struct buf *inner)
{
    const uint8_t *end = memmem(mail.data, mail.len, "\r\n\r\n", 4);
    size_t head = end ? (size_t)(end - mail.data) + 2 : mail.len;
    bool to_inner = false;
    for (size_t at = 0; at < head;) {
        const uint8_t *lf = memchr(mail.data + at, '\n', head - at);
        size_t next = lf ? (size_t)(lf - mail.data) + 1 : head;
        struct span line = span_of(mail.data + at, next - at);
        if (line.data[0] != ' ' && line.data[0] != '\t') /* else the line before goes on */
            to_inner = line.len > 8 && span_equal_nocase(span_of(line.data, 8), "Content-");
        (void)buf_append(to_inner ? inner : outer, line.data, line.len);
        at = next;
    }
    (void)buf_append(inner, mail.data + head, mail.len - head);
}

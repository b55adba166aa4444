/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/unpack_header.h"

#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/charset.h"
#include "proto/html_text.h"
#include "proto/tnef.h"
#include "proto/uuencode.h"

/* Deeper than any mail program nests; each level costs the parser stack. */
enum { DEPTH_MAX = 30, BOUNDARIES_MAX = 500 };
/* A picture of fewer bytes that stands among the words is a logo or a bullet. */
enum { DECORATION_BYTES_MAX = 8192 };
/* Most of a body that is read: files may stand in it. */
enum { UNPACK_BODY_MAX = 64 * 1024 * 1024 };

struct walk {
    struct unpacked *u;
    struct outcome *outcome;
    struct buf html; /* words of an HTML body, for a mail without plain text */
    bool have_text;
    bool refused;
    char language[CHARSET_LANGUAGE_MAX + 1]; /* the mail's; "" */
};

void unpack_prepare(void)
{
    g_mime_init();
    charset_prepare();
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

static void set_charset(char name[CHARSET_NAME_MAX + 1], GMimeObject *object)
{
    const char *said = g_mime_object_get_content_type_parameter(object, "charset");
    if (!charset_name(said ? said : "", name))
        name[0] = 0;
}

static void take_stream(struct buf *to, GMimeStream *stream)
{
    GMimeStreamMem *memory = GMIME_STREAM_MEM(stream);
    GByteArray *bytes = g_mime_stream_mem_get_byte_array(memory);
    (void)buf_append(to, bytes->data, bytes->len);
}

/* Of a part, else of the mail. */
static void set_language(char language[CHARSET_LANGUAGE_MAX + 1], const struct walk *w, GMimeObject *object)
{
    const char *said = g_mime_object_get_header(object, "Content-Language");
    char name[CHARSET_NAME_MAX + 1];
    if (said && charset_name(said, name) && strlen(name) <= CHARSET_LANGUAGE_MAX)
        (void)str_copy(language, CHARSET_LANGUAGE_MAX + 1, name);
    else if (language != w->language)
        (void)str_copy(language, CHARSET_LANGUAGE_MAX + 1, w->language);
}

void unpack_take_content(struct buf *to, GMimePart *part)
{
    GMimeDataWrapper *content = g_mime_part_get_content(part);
    if (!content)
        return;
    GMimeStream *memory = g_mime_stream_mem_new();
    (void)g_mime_data_wrapper_write_to_stream(content, memory);
    take_stream(to, memory);
    g_object_unref(memory);
}

/* Outlook's wrapping is undone; what is none, or damaged, stays what it is and is refused by its name later.
 */
static bool take_wrapped(struct walk *w, struct span bytes)
{
    struct tnef *t = mem_alloc(sizeof(*t));
    bool good = tnef_parse(bytes, t);
    for (size_t i = 0; good && i < t->count; i++) {
        struct unpacked_part *p = new_part(w);
        if (!p)
            break;
        char *name = utf8_valid(span_str(t->files[i].name))
                         ? g_strdup(t->files[i].name)
                         : g_convert(t->files[i].name, -1, "UTF-8", "WINDOWS-1252", NULL, NULL, NULL);
        unpack_tidy_name(p->name, sizeof(p->name), name);
        g_free(name);
        (void)str_copy(p->type, sizeof(p->type), "application/octet-stream");
        (void)buf_append(&p->bytes, t->files[i].bytes.data, t->files[i].bytes.len);
    }
    free(t);
    return good;
}

/* A signature that came beside the document it is of. */
static bool is_loose_signature(const struct unpacked_part *p)
{
    static const char begin[] = "-----BEGIN PGP SIGNATURE-----";
    bool packet = str_ends_nocase(p->name, ".sig") && p->bytes.len > 0 && (p->bytes.data[0] & 0x80) != 0;
    return str_equal(p->type, "application/pgp-signature") || packet ||
           (p->bytes.len >= sizeof(begin) - 1 && memcmp(p->bytes.data, begin, sizeof(begin) - 1) == 0);
}

static void take_attachment(struct walk *w, GMimePart *part)
{
    GMimeContentType *type = g_mime_object_get_content_type(GMIME_OBJECT(part));
    const char *name = g_mime_part_get_filename(part);
    if (g_mime_content_type_is_type(type, "application", "ms-tnef") ||
        g_mime_content_type_is_type(type, "application", "vnd.ms-tnef") ||
        (name && str_equal_nocase(name, "winmail.dat"))) {
        SCOPED_BUF struct buf bytes;
        buf_init(&bytes, PART_SET_BYTES_MAX);
        unpack_take_content(&bytes, part);
        if (take_wrapped(w, buf_span(&bytes)))
            return;
    }
    struct unpacked_part *p = new_part(w);
    if (!p)
        return;
    unpack_tidy_name(p->name, sizeof(p->name), name);
    set_type(p, GMIME_OBJECT(part));
    set_charset(p->charset, GMIME_OBJECT(part));
    set_language(p->language, w, GMIME_OBJECT(part));
    unpack_take_content(&p->bytes, part);
    p->signature = is_loose_signature(p);
}

/* ---- words ---- */

/* To UTF-8 whatever the mail claims. */
static void decode_text(const struct walk *w, GMimePart *part, struct buf *text)
{
    SCOPED_BUF struct buf raw;
    char charset[CHARSET_NAME_MAX + 1], language[CHARSET_LANGUAGE_MAX + 1];
    buf_init(&raw, PART_SET_BYTES_MAX);
    unpack_take_content(&raw, part);
    set_charset(charset, GMIME_OBJECT(part));
    set_language(language, w, GMIME_OBJECT(part));
    charset_to_utf8(span_of(raw.data, raw.len < UNPACK_BODY_MAX ? raw.len : UNPACK_BODY_MAX), charset,
                    language, text);
}

/* Line ends to LF; cut at the limit, between characters. */
static void put_text(struct buf *to, const char *text, size_t len)
{
    for (size_t i = 0; i < len && text[i]; i++)
        if (text[i] != '\r')
            (void)buf_append_byte(to, (uint8_t)text[i]);
    while (to->len > 0 && !utf8_valid(buf_span(to)))
        to->data[--to->len] = 0;
}

/* The words, without the files that old programs put among them. */
static void take_text(struct walk *w, GMimePart *part)
{
    SCOPED_BUF struct buf bytes, utf8;
    buf_init(&bytes, UNPACK_BODY_MAX);
    buf_init(&utf8, (size_t)UNPACK_BODY_MAX * 4);
    unpack_take_content(&w->u->body, part);
    unpack_tidy(w->u->charset, sizeof(w->u->charset),
                g_mime_object_get_content_type_parameter(GMIME_OBJECT(part), "charset"));
    decode_text(w, part, &utf8);
    const char *text = buf_text(&utf8);
    struct uuencoded u;
    size_t from = 0;
    while (!w->refused && uuencode_find(text, from, &u, &bytes)) {
        struct unpacked_part *p = new_part(w);
        put_text(&w->u->text, text + from, u.at - from);
        from = u.at + u.len;
        if (!p)
            break;
        unpack_tidy_name(p->name, sizeof(p->name), u.name);
        (void)str_copy(p->type, sizeof(p->type), "application/octet-stream");
        (void)buf_append(&p->bytes, bytes.data, bytes.len);
        buf_reset(&bytes);
    }
    put_text(&w->u->text, text + from, strlen(text + from));
    w->have_text = true;
}

/* Only where no plain text comes, before or after. */
static void keep_html(struct walk *w, GMimePart *part)
{
    SCOPED_BUF struct buf html;
    buf_init(&html, (size_t)UNPACK_BODY_MAX * 4);
    decode_text(w, part, &html);
    if (w->html.len == 0)
        html_text(buf_text(&html), &w->html);
}

/* No document: the signature of the multipart it stands in, or somebody's key. */
static bool is_signature(GMimeObject *parent, GMimeObject *object)
{
    GMimeContentType *type = g_mime_object_get_content_type(object);
    bool in_signed =
        parent && g_mime_content_type_is_type(g_mime_object_get_content_type(parent), "multipart", "signed");
    return (in_signed && g_mime_content_type_is_type(type, "application", "pgp-signature")) ||
           g_mime_content_type_is_type(type, "application", "pgp-keys") ||
           g_mime_content_type_is_type(type, "application", "pkcs7-signature") ||
           g_mime_content_type_is_type(type, "application", "x-pkcs7-signature");
}

static void note_pgp(struct walk *w, GMimeObject *multipart)
{
    GMimeContentType *type = g_mime_object_get_content_type(multipart);
    const char *protocol = g_mime_object_get_content_type_parameter(multipart, "protocol");
    bool is_encrypted = g_mime_content_type_is_type(type, "multipart", "encrypted");
    if (!is_encrypted && !(g_mime_content_type_is_type(type, "multipart", "signed") && protocol &&
                           str_equal_nocase(protocol, "application/pgp-signature")))
        return;
    w->u->pgp_inside = true;
    w->u->encrypted_inside = w->u->encrypted_inside || is_encrypted;
}

/* The pictures of an HTML body - a logo under the signature - are not documents to fax: those that the body
 * refers to, and small ones that are not said to be attachments. */
static bool is_decoration(GMimeObject *parent, GMimePart *part)
{
    GMimeContentType *type = g_mime_object_get_content_type(GMIME_OBJECT(part));
    if (!g_mime_content_type_is_type(type, "image", "*") || g_mime_part_is_attachment(part) ||
        g_mime_content_type_is_type(type, "image", "tiff")) /* what fax machines make */
        return false;
    bool related =
        parent && g_mime_content_type_is_type(g_mime_object_get_content_type(parent), "multipart", "related");
    if (g_mime_object_get_content_id(GMIME_OBJECT(part)) &&
        (related || g_mime_object_get_disposition(GMIME_OBJECT(part))))
        return true;
    SCOPED_BUF struct buf bytes;
    buf_init(&bytes, DECORATION_BYTES_MAX);
    unpack_take_content(&bytes, part);
    return !bytes.overflow;
}

static void walk_leaf(struct walk *w, GMimeObject *parent, GMimePart *part)
{
    GMimeContentType *type = g_mime_object_get_content_type(GMIME_OBJECT(part));
    bool named = g_mime_part_get_filename(part) || g_mime_part_is_attachment(part);
    bool alternative = parent && g_mime_content_type_is_type(g_mime_object_get_content_type(parent),
                                                             "multipart", "alternative");
    if (is_signature(parent, GMIME_OBJECT(part)) || is_decoration(parent, part))
        return;
    if (g_mime_content_type_is_type(type, "text", "plain") && !named) {
        if (!w->have_text)
            take_text(w, part);
        return;
    }
    if (g_mime_content_type_is_type(type, "text", "html") && !named) {
        keep_html(w, part);
        return;
    }
    /* An invitation as calendar data, the same for a watch: other forms of the words. */
    if (named || !alternative)
        take_attachment(w, part);
}

static void walk_object(struct walk *w, GMimeObject *parent, GMimeObject *object, unsigned depth);

/* A mail inside the mail: its documents count as this one's; where it has none, its words are the document.
 * They are never taken for this mail's own words. */
static void walk_message(struct walk *w, GMimeMessagePart *part, unsigned depth)
{
    GMimeMessage *message = g_mime_message_part_get_message(part);
    struct buf own = w->u->text, html = w->html, body = w->u->body;
    char charset[sizeof(w->u->charset)];
    bool have_text = w->have_text;
    size_t before = w->u->count;
    if (!message)
        return;
    buf_init(&w->u->text, UNPACK_TEXT_MAX);
    buf_init(&w->html, UNPACK_TEXT_MAX);
    buf_init(&w->u->body, UNPACK_BODY_MAX);
    (void)str_copy(charset, sizeof(charset), w->u->charset);
    w->have_text = false;
    walk_object(w, NULL, g_mime_message_get_mime_part(message), depth + 1);
    struct buf *words = w->have_text ? &w->u->text : &w->html;
    struct unpacked_part *p = w->u->count == before && !w->refused && words->len > 0 ? new_part(w) : NULL;
    if (p) {
        unpack_tidy_name(p->name, sizeof(p->name) - 4, g_mime_message_get_subject(message));
        (void)strcat(p->name, *p->name ? ".txt" : "mail.txt");
        (void)str_copy(p->type, sizeof(p->type), "text/plain");
        (void)str_copy(p->charset, sizeof(p->charset), "utf-8");
        (void)buf_append(&p->bytes, words->data, words->len);
    }
    buf_clear(&w->u->text);
    buf_clear(&w->html);
    buf_clear(&w->u->body);
    w->u->text = own;
    w->u->body = body;
    (void)str_copy(w->u->charset, sizeof(w->u->charset), charset);
    w->html = html;
    w->have_text = have_text;
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
        note_pgp(w, object);
        for (int i = 0; i < g_mime_multipart_get_count(m); i++)
            walk_object(w, object, g_mime_multipart_get_part(m, i), depth + 1);
    } else if (GMIME_IS_MESSAGE_PART(object)) {
        walk_message(w, GMIME_MESSAGE_PART(object), depth);
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

/* A bounce, or what a vacation notice says (RFC 3462, RFC 3834 §5): faxing or answering those would go on for
 * ever. */
static bool is_automatic(GMimeMessage *message)
{
    GMimeObject *root = g_mime_message_get_mime_part(message);
    const char *said = g_mime_object_get_header(GMIME_OBJECT(message), "Auto-Submitted");
    const char *back = g_mime_object_get_header(GMIME_OBJECT(message), "Return-Path");
    bool report =
        root && g_mime_content_type_is_type(g_mime_object_get_content_type(root), "multipart", "report");
    /* Return-Path: as a mailbox shows the envelope (RFC 5321 §4.5.5). */
    return report || (back && str_equal(back, "<>")) || (said && str_starts_nocase(said, "auto-replied"));
}

static void unpack_message(struct walk *w, struct span raw)
{
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer((const char *)raw.data, raw.len);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    if (message) {
        unpack_take_header(message, w->u);
        unpack_take_report(message, w->u);
        if (unpack_goes_round(message))
            refuse(
                w, "mail-loop",
                "The mail has passed through more than 100 mail servers: it goes round. Nothing was faxed, "
                "and it is not answered. Find the forwarding that sends it back.");
        else if (is_automatic(message))
            refuse(w, "mail-automatic",
                   "The mail is a program's answer or a report about another mail. Those are never faxed.");
        set_language(w->language, w, GMIME_OBJECT(message));
        if (g_mime_message_get_mime_part(message)) /* Content-* of the mail's own header are its */
            set_language(w->language, w, g_mime_message_get_mime_part(message));
        walk_object(w, NULL, g_mime_message_get_mime_part(message), 0);
        if (!w->have_text)
            put_text(&w->u->text, buf_text(&w->html), w->html.len);
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
    buf_init(&u->body, UNPACK_BODY_MAX);
    buf_init(&u->addressees, UNPACK_ADDRESSEES_MAX - 1);
    struct walk w = {.u = u, .outcome = outcome};
    buf_init(&w.html, UNPACK_TEXT_MAX);
    outcome_done(outcome);
    if (raw.len == 0)
        refuse(&w, "mail-empty", "The mail is empty. Nothing was faxed.");
    else if (too_nested(raw))
        refuse(&w, "mail-too-deep",
               "The mail is made of too many pieces to be read. Nothing was faxed; attach the document to a "
               "new mail.");
    else
        unpack_message(&w, raw);
    buf_clear(&w.html);
}

void unpacked_drop_signatures(struct unpacked *u)
{
    size_t kept = 0;
    for (size_t i = 0; i < u->count; i++) {
        if (u->parts[i].signature)
            buf_clear(&u->parts[i].bytes);
        else
            u->parts[kept++] = u->parts[i];
    }
    u->count = kept;
}

void unpacked_clear(struct unpacked *u)
{
    for (size_t i = 0; i < u->count; i++)
        buf_clear(&u->parts[i].bytes);
    free(u->parts);
    buf_clear(&u->text);
    buf_clear(&u->body);
    buf_clear(&u->addressees);
    memset(u, 0, sizeof(*u));
}

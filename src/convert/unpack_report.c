/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Bounces (RFC 3462, RFC 3464): what they say of the mail that came back. */
#include "base/str.h"
#include "convert/unpack_header.h"

/* The words, the report and what came back; some add a translation. */
enum { PARTS_MAX = 10, REPORT_BYTES_MAX = 256 * 1024 };

static bool is_type(GMimeObject *o, const char *type, const char *subtype)
{
    return g_mime_content_type_is_type(g_mime_object_get_content_type(o), type, subtype);
}

static void take_status(GMimePart *part, struct unpacked *u)
{
    SCOPED_BUF struct buf bytes;
    buf_init(&bytes, REPORT_BYTES_MAX);
    unpack_take_content(&bytes, part);
    struct bounce b;
    if (bounce_parse(buf_span(&bytes), &b))
        u->bounce = b;
}

static void take_returned_header(GMimePart *part, struct unpacked *u)
{
    SCOPED_BUF struct buf bytes;
    buf_init(&bytes, REPORT_BYTES_MAX);
    unpack_take_content(&bytes, part);
    bounce_message_id(buf_span(&bytes), u->returned_id, sizeof(u->returned_id));
}

static void take_returned_mail(GMimeMessagePart *part, struct unpacked *u)
{
    GMimeMessage *message = g_mime_message_part_get_message(part);
    const char *id = message ? g_mime_message_get_message_id(message) : NULL;
    unpack_tidy(u->returned_id, sizeof(u->returned_id), id);
}

static void take_part(GMimeObject *o, struct unpacked *u)
{
    bool status = is_type(o, "message", "delivery-status") || is_type(o, "message", "global-delivery-status");
    bool header = is_type(o, "text", "rfc822-headers") || is_type(o, "message", "global-headers");
    if (GMIME_IS_MESSAGE_PART(o))
        take_returned_mail(GMIME_MESSAGE_PART(o), u);
    else if (GMIME_IS_PART(o) && status)
        take_status(GMIME_PART(o), u);
    else if (GMIME_IS_PART(o) && header)
        take_returned_header(GMIME_PART(o), u);
}

void unpack_take_report(GMimeMessage *message, struct unpacked *u)
{
    GMimeObject *root = g_mime_message_get_mime_part(message);
    if (!root || !GMIME_IS_MULTIPART(root) || !is_type(root, "multipart", "report"))
        return;
    GMimeMultipart *parts = GMIME_MULTIPART(root);
    for (int i = 0; i < g_mime_multipart_get_count(parts) && i < PARTS_MAX; i++)
        take_part(g_mime_multipart_get_part(parts, i), u);
}

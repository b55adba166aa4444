/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/pgp_mime.h"

#include "base/str.h"
#include "proto/mail_header.h"

enum { BOUNDARY_MAX = 200, PARTS_MAX = 3 };

/* ---- Content-Type ---- */

static bool is_gap(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span from(struct span s, size_t at)
{
    return at == 0 ? s : span_of(s.data + at, s.len - at); /* an empty one may have no address */
}

static struct span skip_gap(struct span s)
{
    size_t n = 0;
    while (n < s.len && is_gap(s.data[n]))
        n++;
    return from(s, n);
}

static struct span take_until(struct span *s, const char *ends)
{
    size_t n = 0;
    while (n < s->len && !is_gap(s->data[n]) && !strchr(ends, s->data[n] ? s->data[n] : 1))
        n++;
    struct span token = span_of(s->data, n);
    *s = skip_gap(from(*s, n));
    return token;
}

/* The text of a quoted string; no escaped character in it means anything to us. */
static struct span take_quoted(struct span *s)
{
    size_t n = 1;
    while (n < s->len && s->data[n] != '"')
        n++;
    struct span text = span_of(s->data + 1, n - 1);
    *s = n < s->len ? skip_gap(from(*s, n + 1)) : from(*s, n);
    return text;
}

static bool type_is(struct span value, const char *type)
{
    struct span rest = skip_gap(value);
    return span_equal_nocase(take_until(&rest, ";"), type);
}

/* RFC 2045 §5.1; empty where there is none. */
static struct span parameter(struct span value, const char *name)
{
    struct span rest = skip_gap(value);
    (void)take_until(&rest, ";");
    while (rest.len > 0 && rest.data[0] == ';') {
        rest = skip_gap(from(rest, 1));
        struct span key = take_until(&rest, "=;");
        if (rest.len == 0 || rest.data[0] != '=')
            continue;
        rest = skip_gap(from(rest, 1));
        bool quoted = rest.len > 0 && rest.data[0] == '"';
        struct span text = quoted ? take_quoted(&rest) : take_until(&rest, ";");
        if (span_equal_nocase(key, name))
            return text;
        while (rest.len > 0 && rest.data[0] != ';')
            rest = from(rest, 1);
    }
    return span_of(NULL, 0);
}

/* The fields at the front, up to the empty line; *body: what follows it. */
struct fields {
    struct span all;
    struct span type; /* value of the one Content-Type */
    unsigned types;
};

static bool read_fields(struct span entity, struct fields *f, struct span *body)
{
    struct header_field field;
    enum header_step step;
    struct span rest = entity;
    *f = (struct fields){.types = 0};
    f->all = span_of(entity.data, 0);
    while ((step = header_next(&rest, &field)) == HEADER_FIELD) {
        f->all.len = entity.len - rest.len;
        if (header_is(&field, "Content-Type") && f->types++ == 0)
            f->type = field.value;
    }
    *body = rest;
    return step == HEADER_END;
}

/* ---- parts ---- */

/* Is that line the boundary? *last: it ends the last part. */
static bool is_boundary(struct span line, struct span boundary, bool *last)
{
    if (line.len < boundary.len + 2 || line.data[0] != '-' || line.data[1] != '-' ||
        !span_equal(span_of(line.data + 2, boundary.len), boundary))
        return false;
    struct span rest = from(line, boundary.len + 2);
    *last = rest.len >= 2 && rest.data[0] == '-' && rest.data[1] == '-';
    return skip_gap(from(rest, *last ? 2 : 0)).len == 0;
}

/* Without the line end at its end, which belongs to the boundary. */
static struct span without_line_end(struct span s)
{
    if (s.len > 0 && s.data[s.len - 1] == '\n')
        s.len--;
    if (s.len > 0 && s.data[s.len - 1] == '\r')
        s.len--;
    return s;
}

/* How many parts there are, of which the first PARTS_MAX are noted. 0 where the last one has no end. */
static size_t split(struct span body, struct span boundary, struct span parts[PARTS_MAX])
{
    size_t count = 0, begin = 0;
    bool inside = false, last = false;
    for (size_t at = 0; at < body.len && !last;) {
        const uint8_t *lf = memchr(body.data + at, '\n', body.len - at);
        size_t next = lf ? (size_t)(lf - body.data) + 1 : body.len;
        if (is_boundary(span_of(body.data + at, next - at), boundary, &last)) {
            if (inside && count < PARTS_MAX)
                parts[count] = without_line_end(span_of(body.data + begin, at - begin));
            count += inside;
            inside = true;
            begin = next;
        }
        at = next;
    }
    return last ? count : 0;
}

static enum pgp_mime_kind kind_of(const struct fields *f)
{
    bool is_signed = type_is(f->type, "multipart/signed");
    struct span protocol = parameter(f->type, "protocol");
    if (f->types == 0 || (!is_signed && !type_is(f->type, "multipart/encrypted")) ||
        !span_equal_nocase(protocol, is_signed ? "application/pgp-signature" : "application/pgp-encrypted"))
        return PGP_MIME_NONE;
    return f->types > 1 ? PGP_MIME_BROKEN : is_signed ? PGP_MIME_SIGNED : PGP_MIME_ENCRYPTED;
}

enum pgp_mime_kind pgp_mime_find(struct span mail, struct pgp_mime *m)
{
    struct fields f, of_part;
    struct span body, parts[PARTS_MAX] = {{NULL, 0}}, second;
    *m = (struct pgp_mime){.extra = false};
    if (!read_fields(mail, &f, &body))
        return PGP_MIME_NONE;
    m->header = f.all;
    enum pgp_mime_kind kind = kind_of(&f);
    struct span boundary = parameter(f.type, "boundary");
    if (kind == PGP_MIME_NONE || kind == PGP_MIME_BROKEN)
        return kind;
    size_t count = boundary.len > 0 && boundary.len <= BOUNDARY_MAX ? split(body, boundary, parts) : 0;
    if (count < 2 || !read_fields(parts[1], &of_part, &second))
        return PGP_MIME_BROKEN;
    m->content = kind == PGP_MIME_SIGNED ? parts[0] : second;
    m->signature = kind == PGP_MIME_SIGNED ? second : span_of(NULL, 0);
    m->extra = count > 2;
    return kind;
}

void pgp_mime_canonical(struct span text, struct buf *to)
{
    size_t begin = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != '\n' || (i > 0 && text.data[i - 1] == '\r'))
            continue;
        (void)buf_append(to, text.data + begin, i - begin);
        (void)buf_append_str(to, "\r\n");
        begin = i + 1;
    }
    (void)buf_append(to, text.data + begin, text.len - begin);
}

/* ---- joining ---- */

static const char *const protectable[] = {"From", "To", "Cc", "Subject", "Date", "Message-ID"};

struct given {
    bool fields[ARRAY_LEN(protectable)];
};

static int place_of(const struct header_field *f)
{
    for (size_t i = 0; i < ARRAY_LEN(protectable); i++)
        if (header_is(f, protectable[i]))
            return (int)i;
    return -1;
}

static bool is_mime(const struct header_field *f)
{
    return header_is(f, "MIME-Version") ||
           (f->name.len >= 8 && span_equal_nocase(span_of(f->name.data, 8), "Content-"));
}

static void put_field(const struct header_field *f, struct buf *to)
{
    (void)buf_append(to, f->name.data, f->name.len);
    (void)buf_append_byte(to, ':');
    (void)buf_append(to, f->value.data, f->value.len);
    (void)buf_append_str(to, "\r\n");
}

static struct given fields_given(struct span all, bool protects)
{
    struct given g = {{false}};
    struct header_field f;
    while (protects && header_next(&all, &f) == HEADER_FIELD)
        if (place_of(&f) >= 0)
            g.fields[place_of(&f)] = true;
    return g;
}

/* Who says where the mail goes says it alone: a Cc from outside would add to it. */
static bool names_addressees(const struct given *g)
{
    return g->fields[1] || g->fields[2];
}

static bool is_replaced(const struct header_field *f, const struct given *g)
{
    int place = place_of(f);
    return is_mime(f) || (place >= 0 && g->fields[place]) ||
           (names_addressees(g) && (header_is(f, "To") || header_is(f, "Cc") || header_is(f, "Bcc")));
}

bool pgp_mime_join(struct span header, struct span entity, struct buf *to, bool *bound)
{
    struct fields inner;
    struct span body;
    struct header_field f;
    if (!read_fields(entity, &inner, &body) || inner.types > 1)
        return false;
    bool protects = parameter(inner.type, "protected-headers").len > 0 || parameter(inner.type, "hp").len > 0;
    struct given g = fields_given(inner.all, protects);
    *bound = names_addressees(&g);
    while (header_next(&header, &f) == HEADER_FIELD)
        if (!is_replaced(&f, &g))
            put_field(&f, to);
    (void)buf_append_str(to, "MIME-Version: 1.0\r\n");
    struct span own = inner.all;
    while (header_next(&own, &f) == HEADER_FIELD)
        if (!header_is(&f, "MIME-Version") && (is_mime(&f) || (protects && place_of(&f) >= 0)))
            put_field(&f, to);
    (void)buf_append_str(to, "\r\n");
    return buf_append(to, body.data, body.len) && !to->overflow;
}

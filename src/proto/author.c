/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/author.h"

#include "base/str.h"

enum { COMMENT_DEPTH_MAX = 10, TEXT_MAX = 2000 };

/* What stands outside of comments: `plain` all of it without display names in quotes, `angle` what < > hold.
 */
struct reader {
    struct span in;
    size_t at;
    char plain[TEXT_MAX], angle[TEXT_MAX];
    size_t plain_len, angle_len;
    unsigned angles;
    bool in_angle;
};

static bool keep(struct reader *r, char c)
{
    char *to = r->in_angle ? r->angle : r->plain;
    size_t *len = r->in_angle ? &r->angle_len : &r->plain_len;
    if (*len + 1 >= TEXT_MAX)
        return false;
    to[(*len)++] = c;
    to[*len] = 0;
    return true;
}

/* A '(' was read. */
static bool skip_comment(struct reader *r)
{
    unsigned depth = 1;
    while (depth > 0 && r->at < r->in.len) {
        char c = (char)r->in.data[r->at++];
        if (c == '\\' && r->at < r->in.len)
            r->at++;
        else if (c == '(' && ++depth > COMMENT_DEPTH_MAX)
            return false;
        else if (c == ')')
            depth--;
    }
    return depth == 0;
}

/* A '"' was read; kept whole, for it may be a local part. */
static bool keep_quoted(struct reader *r)
{
    if (!keep(r, '"'))
        return false;
    while (r->at < r->in.len) {
        char c = (char)r->in.data[r->at++];
        if (c == '\r' || c == '\n')
            continue;
        if (!keep(r, c))
            return false;
        if (c == '"')
            return true;
        if (c == '\\' && (r->at == r->in.len || !keep(r, (char)r->in.data[r->at++])))
            return false;
    }
    return false;
}

static bool take(struct reader *r, char c)
{
    switch (c) {
    case '(': return skip_comment(r);
    case '"': return keep_quoted(r);
    case '<': r->in_angle = true; return r->angles++ == 0;
    case '>': {
        bool opened = r->in_angle;
        r->in_angle = false;
        return opened;
    }
    case ' ':
    case '\t':
    case '\r':
    case '\n': return r->in_angle || r->plain_len == 0 || keep(r, ' ');
    case ',':
    case ';':
    case ':': return false; /* a list, a group, a route */
    default: return (r->angles == 0 || r->in_angle) && keep(r, c);
    }
}

bool author_parse(struct span body, struct address *author)
{
    struct reader r = {.in = body};
    while (r.at < body.len)
        if (!take(&r, (char)body.data[r.at++]))
            return false;
    if (r.in_angle)
        return false;
    while (r.plain_len > 0 && r.plain[r.plain_len - 1] == ' ')
        r.plain[--r.plain_len] = 0;
    return address_parse(span_str(r.angles ? r.angle : r.plain), author) == ADDRESS_OK;
}

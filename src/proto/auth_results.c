/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/auth_results.h"

#include "base/str.h"

enum { COMMENT_DEPTH_MAX = 10, WORD_MAX = 600 };

/* Words of the field: anything between blanks, comments and ; = with quotes undone. */
struct words {
    struct span in;
    size_t at;
    char text[WORD_MAX];
    char sign; /* ';' or '=' where that came instead of a word; 0: a word; -1: the end; '!': it cannot be read
                */
};

static bool skip_comment(struct words *w)
{
    unsigned depth = 0;
    do {
        char c = (char)w->in.data[w->at++];
        if (c == '\\')
            w->at += w->at < w->in.len;
        depth += c == '(';
        depth -= c == ')';
    } while (depth > 0 && depth < COMMENT_DEPTH_MAX && w->at < w->in.len);
    return depth == 0;
}

static bool take_quoted(struct words *w)
{
    size_t n = 0;
    for (w->at++; w->at < w->in.len && n + 1 < WORD_MAX; w->at++) {
        char c = (char)w->in.data[w->at];
        if (c == '"') {
            w->at++;
            w->text[n] = 0;
            return true;
        }
        if (c == '\\' && w->at + 1 < w->in.len)
            c = (char)w->in.data[++w->at];
        if (c != '\r' && c != '\n')
            w->text[n++] = c;
    }
    return false;
}

static bool take_plain(struct words *w)
{
    size_t n = 0;
    while (w->at < w->in.len && !memchr(" \t\r\n;=(\"", w->in.data[w->at], 8)) {
        if (n + 1 == WORD_MAX || w->in.data[w->at] == 0)
            return false;
        w->text[n++] = (char)w->in.data[w->at++];
    }
    w->text[n] = 0;
    return true;
}

static void next(struct words *w)
{
    w->text[0] = 0;
    while (w->at < w->in.len) {
        char c = (char)w->in.data[w->at];
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            w->at++;
            continue;
        }
        if (c == '(') {
            if (skip_comment(w))
                continue;
            w->sign = '!';
            return;
        }
        if (c == ';' || c == '=') {
            w->at++;
            w->sign = c;
            return;
        }
        w->sign = (c == '"' ? take_quoted(w) : take_plain(w)) ? 0 : '!';
        return;
    }
    w->sign = -1;
}

/* "word = word"; the first one stands in w. */
static bool take_pair(struct words *w, char name[WORD_MAX])
{
    (void)str_copy(name, WORD_MAX, w->text);
    if (w->sign != 0)
        return false;
    next(w);
    if (w->sign != '=')
        return false;
    next(w);
    return w->sign == 0;
}

/* One "method=result reason=... ptype.property=value ..." up to ';' or the end. False: it cannot be read. */
static bool take_result(struct words *w, struct auth_results *r, unsigned *seen)
{
    char name[WORD_MAX];
    next(w);
    if (w->sign == ';' || w->sign == -1)
        return true;
    if (w->sign == 0 && str_equal_nocase(w->text, "none")) {
        next(w);
        return w->sign == ';' || w->sign == -1;
    }
    if (!take_pair(w, name))
        return false;
    char *version = strchr(name, '/');
    if (version)
        *version = 0;
    bool dmarc = str_equal_nocase(name, "dmarc");
    if (dmarc && ++*seen == 1 && !str_copy(r->dmarc, sizeof(r->dmarc), w->text))
        r->dmarc[0] = 0;
    for (next(w); w->sign == 0; next(w)) {
        if (!take_pair(w, name))
            return false;
        if (dmarc && str_equal_nocase(name, "header.from") &&
            !str_copy(r->author, sizeof(r->author), w->text))
            r->author[0] = 0;
    }
    return w->sign == ';' || w->sign == -1;
}

static bool take_server(struct words *w, struct auth_results *r)
{
    char name[WORD_MAX];
    uint64_t instance;
    next(w);
    (void)str_copy(name, sizeof(name), w->text);
    bool word = w->sign == 0;
    next(w);
    if (word && w->sign == '=' && str_equal_nocase(name, "i")) {
        next(w);
        if (w->sign != 0 || !str_to_u64(w->text, 50, &instance))
            return false;
        r->instance = (unsigned)instance;
        next(w);
        if (w->sign != ';')
            return false;
        next(w);
        (void)str_copy(name, sizeof(name), w->text);
        word = w->sign == 0;
        next(w);
    }
    if (w->sign == 0) /* a version */
        next(w);
    return word && (w->sign == ';' || w->sign == -1) && str_copy(r->server, sizeof(r->server), name);
}

bool auth_results_parse(struct span body, struct auth_results *r)
{
    struct words w = {.in = body};
    unsigned seen = 0;
    *r = (struct auth_results){0};
    if (!take_server(&w, r))
        return false;
    while (w.sign == ';')
        if (!take_result(&w, r, &seen))
            return false;
    if (seen != 1) /* two words on one question are no answer */
        r->dmarc[0] = r->author[0] = 0;
    str_lower(r->server);
    str_lower(r->dmarc);
    str_lower(r->author);
    return true;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/list_query.h"

#include <microhttpd.h>
#include <string.h>

#include "base/str.h"
#include "store/remarks.h"
#include "store/reports.h"

/* Until the year 9999. */
#define TIME_MAX_MS 253402300799999ULL

static bool refuse(struct request *r, const char *code, const char *text)
{
    reply_problem(r, MHD_HTTP_BAD_REQUEST, code, "%s", text);
    return false;
}

struct states {
    const char *(*name)(unsigned state);
    unsigned count, found;
    bool wrong;
};

static void add_state(void *context, const char *value)
{
    struct states *s = context;
    for (unsigned i = 0; i < s->count; i++)
        if (str_equal(s->name(i), value)) {
            s->found |= 1u << i;
            return;
        }
    s->wrong = true;
}

static bool take_states(struct request *r, struct states *s, struct list_filter *f)
{
    SCOPED_BUF struct buf names;
    buf_init(&names, 300);
    request_each_argument(r, "state", add_state, s);
    f->states = s->found;
    if (!s->wrong)
        return true;
    for (unsigned i = 0; i < s->count; i++)
        (void)buf_printf(&names, "%s%s", i ? ", " : "", s->name(i));
    reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-state", "state is one of %s, once or several times.",
                  buf_text(&names));
    return false;
}

static bool take_time(struct request *r, const char *name, int64_t *ms)
{
    uint64_t value = 0;
    const char *text = request_argument(r, name, "");
    if (*text && !str_to_u64(text, TIME_MAX_MS, &value))
        return refuse(r, "wrong-time", "since and until are milliseconds since 1970.");
    *ms = (int64_t)value;
    return true;
}

static bool take_flag(struct request *r, const char *name, int *value)
{
    const char *text = request_argument(r, name, "");
    *value = !*text ? LIST_ANY : str_equal(text, "1") ? 1 : 0;
    return !*text || str_equal(text, "0") || str_equal(text, "1") ||
           refuse(r, "wrong-flag", "unread, archived and junk are 1 or 0.");
}

static size_t characters(const char *text)
{
    size_t n = 0;
    for (const char *c = text; *c; c++)
        n += ((unsigned char)*c & 0xc0) != 0x80;
    return n;
}

static bool take_words(struct request *r, struct list_filter *f)
{
    const char *q = request_argument(r, "q", "");
    q += strspn(q, " ");
    char *words = arena_strdup(&r->arena, q);
    for (size_t len = strlen(words); len > 0 && words[len - 1] == ' ';)
        words[--len] = 0;
    f->words = words;
    if (!utf8_valid(span_str(words)) || strlen(words) > LIST_WORDS_MAX)
        return refuse(r, "wrong-q", "q is UTF-8 of at most 200 bytes.");
    if (*words && characters(words) < LIST_WORDS_MIN)
        return refuse(r, "short-q", "q has at least three characters; fewer find too much.");
    return true;
}

bool list_query(struct request *r, const char *(*state_name)(unsigned state), unsigned state_count,
                struct list_filter *f)
{
    struct report_cursor cursor;
    struct states states = {.name = state_name, .count = state_count};
    int unread = LIST_ANY, junk = LIST_ANY;
    *f = (struct list_filter){.scope = actor_scope(&r->actor), .box = request_argument(r, "box", "")};
    if (!request_cursor(r, &cursor) || !take_states(r, &states, f) || !take_time(r, "since", &f->since_ms) ||
        !take_time(r, "until", &f->until_ms) || !take_flag(r, "unread", &unread) ||
        !take_flag(r, "archived", &f->archived) || !take_flag(r, "junk", &junk) || !take_words(r, f))
        return false;
    if (junk == 1)
        f->archived = FAX_IN_JUNK;
    f->tag = request_argument(r, "tag", "");
    if (strlen(f->tag) > TAG_BYTES || !utf8_valid(span_str(f->tag)))
        return refuse(r, "wrong-tag", "tag is UTF-8 of at most 60 bytes.");
    f->before = cursor.before;
    f->most = cursor.most;
    if (unread != 1)
        return true;
    f->unread_by = r->actor.user;
    return !id_is_none(r->actor.user) || refuse(r, "no-user", "unread is what a user has not read: log in.");
}

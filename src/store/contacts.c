/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/contacts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/scope.h"
#include "base/str.h"

#define COLUMNS "id, tenant, user, name, company, number, note, version, changed_ms, in_groups"

enum { WORDS_LEN = 4096, OWNER_LEN = 16 };

/* Whose book: a key that is never NULL. */
static struct span owner_of(const struct id *user)
{
    return span_of(user->bytes, OWNER_LEN);
}

/* Small letters, for ASCII and the letters of Western Europe (U+00C0 to U+00DE, two bytes each in UTF-8). */
static char *folded(struct arena *a, const char *text)
{
    char *copy = arena_strdup(a, text);
    str_lower(copy);
    for (unsigned char *c = (unsigned char *)copy; c[0] && c[1]; c++)
        if (c[0] == 0xC3 && c[1] >= 0x80 && c[1] <= 0x9E && c[1] != 0x97)
            c[1] = (unsigned char)(c[1] + 0x20);
    return copy;
}

/* As one word of text, each with a blank before it. */
static void put_words(struct buf *b, struct arena *a, const char *text)
{
    (void)buf_append_byte(b, ' ');
    for (const char *c = folded(a, text); *c; c++) {
        bool part = char_is_alpha(*c) || char_is_digit(*c) || (unsigned char)*c >= 0x80;
        (void)buf_append_byte(b, (uint8_t)(part ? *c : ' '));
    }
}

static void put_digits(struct buf *b, const char *text)
{
    (void)buf_append_byte(b, ' ');
    for (const char *c = text; *c && *c != '^'; c++)
        if (char_is_digit(*c))
            (void)buf_append_byte(b, (uint8_t)*c);
}

/* Of one group or several; "" for none. */
static const char *group_key(struct arena *a, const char *groups)
{
    return *groups ? arena_format(a, "\n%s\n", folded(a, groups)) : "";
}

void contact_put(struct store *s, const struct contact *c)
{
    struct arena a;
    SCOPED_BUF struct buf words;
    arena_init(&a);
    buf_init(&words, WORDS_LEN);
    put_words(&words, &a, c->name);
    put_words(&words, &a, c->company);
    put_digits(&words, c->number);
    (void)sql_run(s->sql,
                  "INSERT INTO contact (" COLUMNS ", owner, key, words, group_keys)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
                  " ON CONFLICT (id) DO UPDATE SET name = ?4, company = ?5, number = ?6, note = ?7,"
                  " version = ?8, changed_ms = ?9, in_groups = ?10, key = ?12, words = ?13, group_keys = ?14",
                  "dddttttiitbttt", c->id, c->tenant, c->user, c->name, c->company, c->number, c->note,
                  c->version, c->changed_ms, c->groups, owner_of(&c->user), folded(&a, c->name),
                  buf_text(&words), group_key(&a, c->groups));
    arena_clear(&a);
}

static struct contact read_row(const struct sql_rows *r, struct arena *a)
{
    return (struct contact){.id = sql_id(r, 0),
                            .tenant = sql_id(r, 1),
                            .user = sql_id(r, 2),
                            .name = sql_text(r, 3, a),
                            .company = sql_text(r, 4, a),
                            .number = sql_text(r, 5, a),
                            .note = sql_text(r, 6, a),
                            .version = sql_int(r, 7),
                            .changed_ms = sql_int(r, 8),
                            .groups = sql_text(r, 9, a)};
}

bool contact_find(struct store *s, struct id id, struct arena *a, struct contact *c)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT " COLUMNS " FROM contact WHERE id = ?1", "d", id);
    bool there = sql_next(&r);
    if (there)
        *c = read_row(&r, a);
    sql_end(&r);
    return there;
}

void contact_drop(struct store *s, struct id id)
{
    (void)sql_run(s->sql, "DELETE FROM contact WHERE id = ?1", "d", id);
}

bool contact_in_book(struct store *s, struct id tenant, struct id user, const char *name, struct id *id)
{
    struct arena a;
    struct sql_rows r;
    arena_init(&a);
    sql_query(s->sql, &r, "SELECT id FROM contact WHERE tenant = ?1 AND owner = ?2 AND key = ?3", "dbt",
              tenant, owner_of(&user), folded(&a, name));
    bool there = sql_take_ids(&r, id, 1) == 1;
    arena_clear(&a);
    return there;
}

bool contact_named(struct store *s, const struct contact_book *b, const char *name, struct arena *a,
                   struct contact *c)
{
    struct id id;
    return ((!id_is_none(b->user) && contact_in_book(s, b->tenant, b->user, name, &id)) ||
            contact_in_book(s, b->tenant, ID_NONE, name, &id)) &&
           contact_find(s, id, a, c);
}

int64_t contact_count(struct store *s, struct id tenant, struct id user)
{
    return sql_get_int(s->sql, 0, "SELECT count(*) FROM contact WHERE tenant = ?1 AND owner = ?2", "db",
                       tenant, owner_of(&user));
}

/* For LIKE ... ESCAPE '!'. */
static const char *pattern_of(struct arena *a, const char *prefix)
{
    SCOPED_BUF struct buf words, pattern;
    buf_init(&words, WORDS_LEN);
    buf_init(&pattern, 2 * WORDS_LEN);
    if (prefix[strspn(prefix, "0123456789+-/() .")] == 0 && strpbrk(prefix, "0123456789"))
        put_digits(&words, prefix);
    else
        put_words(&words, a, prefix);
    (void)buf_append_byte(&pattern, '%');
    (void)buf_append_str(&pattern, buf_text(&words)); /* of letters, digits and blanks: nothing to escape */
    while (pattern.len > 2 && pattern.data[pattern.len - 1] == ' ')
        pattern.len--;
    (void)buf_append_byte(&pattern, '%');
    return arena_strdup(a, buf_text(&pattern));
}

size_t contact_list(struct store *s, const struct contact_book *b, const struct contact_cursor *c,
                    struct arena *a, struct contact **list)
{
    struct sql_rows r;
    struct contact last = {.name = ""};
    size_t n = 0;
    bool goes_on = !id_is_none(c->after) && contact_find(s, c->after, a, &last);
    *list = arena_alloc(a, (c->most + 1) * sizeof(**list));
    sql_query(s->sql, &r,
              "SELECT " COLUMNS " FROM contact WHERE tenant = ?1 AND (user IS NULL OR user = ?2)"
              " AND (?8 = '' OR instr(group_keys, ?8) > 0)"
              " AND (?3 = '' OR words LIKE ?4) AND (?5 IS NULL OR key > ?6 OR (key = ?6 AND id > ?5))"
              " ORDER BY key, id LIMIT ?7",
              "ddttdtit", b->tenant, b->user, c->prefix, pattern_of(a, c->prefix),
              goes_on ? c->after : ID_NONE, folded(a, last.name), (int64_t)c->most, group_key(a, c->group));
    while (n < c->most && sql_next(&r))
        (*list)[n++] = read_row(&r, a);
    sql_end(&r);
    return n;
}

/* ---- groups ---- */

struct found_groups {
    struct contact_group list[CONTACT_GROUPS_MAX];
    const char *keys[CONTACT_GROUPS_MAX];
    size_t count;
};

static void count_group(struct found_groups *f, struct arena *a, const char *name, bool shared)
{
    const char *key = folded(a, name);
    size_t i = 0;
    while (i < f->count && !(f->list[i].shared == shared && str_equal(f->keys[i], key)))
        i++;
    if (i == CONTACT_GROUPS_MAX)
        return;
    if (i == f->count) {
        f->list[i] = (struct contact_group){.name = name, .shared = shared};
        f->keys[f->count++] = key;
    }
    f->list[i].members++;
}

static int by_name(const void *a, const void *b)
{
    const struct contact_group *x = a, *y = b;
    int names = strcasecmp(x->name, y->name);
    return names ? names : x->shared - y->shared;
}

size_t contact_groups(struct store *s, const struct contact_book *b, struct arena *a,
                      struct contact_group **list)
{
    struct sql_rows r;
    struct found_groups *f = arena_alloc(a, sizeof(*f));
    f->count = 0;
    sql_query(s->sql, &r,
              "SELECT in_groups, user FROM contact WHERE tenant = ?1 AND (user IS NULL OR user = ?2)"
              " AND in_groups <> ''",
              "dd", b->tenant, b->user);
    while (sql_next(&r)) {
        char *rest = arena_strdup(a, sql_text(&r, 0, a)), *name;
        bool shared = id_is_none(sql_id(&r, 1));
        while ((name = strsep(&rest, "\n")) != NULL)
            count_group(f, a, name, shared);
    }
    sql_end(&r);
    if (f->count > 0)
        qsort(f->list, f->count, sizeof(*f->list), by_name);
    *list = f->list;
    return f->count;
}

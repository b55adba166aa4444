/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Entries page by page: all are known by name, those that are shown are read. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "provision/model.h"
#include "provision/settings_entries.h"
#include "store/provision_names.h"

struct row {
    struct provision_name of;
    const char *sorted;  /* the text it is ordered by */
    const json_t *entry; /* NULL: not read yet */
};

struct rows {
    struct row *list; /* the arena's */
    size_t count;
};

/* ---- all there are ---- */

/* What else an entry is found by: of several kinds together. */
static const char *also_of(const json_t *entry, struct arena *a)
{
    static const char *const members[] = {"address", "host", "peer", "url", "issuer", "server", "label"};
    const char *also = "";
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        also = arena_format(a, "%s %s", also, provision_text(entry, members[i]));
    return also;
}

static struct rows rows_of_entries(const struct settings_resource *r, const json_t *entries,
                                   const char *tenant, struct arena *a)
{
    struct rows rows = {arena_alloc(a, (json_array_size(entries) + 1) * sizeof(*rows.list)), 0};
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        const struct provision_name name = {provision_text(entry, r->key), provision_text(entry, "name"),
                                            r->tenant ? provision_text(entry, r->tenant) : "",
                                            also_of(entry, a)};
        if (settings_is_of(r, entry, tenant))
            rows.list[rows.count++] = (struct row){.of = name, .entry = entry};
    }
    return rows;
}

static struct rows rows_of_names(const struct provision_name *names, size_t count, struct arena *a)
{
    struct rows rows = {arena_alloc(a, (count + 1) * sizeof(*rows.list)), count};
    for (size_t i = 0; i < count; i++)
        rows.list[i] = (struct row){.of = names[i]};
    return rows;
}

/* entries: a reference to what the rows point into, or NULL. */
static struct rows all_rows(struct store *s, const struct settings_resource *r, const char *tenant,
                            struct id template, struct arena *a, json_t **entries)
{
    struct provision_name *names;
    *entries = NULL;
    if (r->kind == PROVISION_BOX)
        return rows_of_names(names, provision_box_names(s, tenant, template, a, &names), a);
    if (r->kind == PROVISION_USER)
        return rows_of_names(names, provision_user_names(s, tenant, a, &names), a);
    *entries = settings_load(s, r);
    return rows_of_entries(r, *entries, tenant, a);
}

/* ---- which of them ---- */

static const char *sorted_by(const struct row *row, enum settings_sort sort)
{
    return sort == SETTINGS_BY_TENANT ? row->of.tenant : sort == SETTINGS_BY_ID ? row->of.key : row->of.name;
}

static int compare(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int by_text = strcasecmp(x->sorted, y->sorted);
    return by_text ? by_text : strcmp(x->of.key, y->of.key);
}

static int compare_down(const void *a, const void *b)
{
    return compare(b, a);
}

static bool is_found(const struct row *row, const char *words)
{
    return !*words || strcasestr(row->of.key, words) || strcasestr(row->of.name, words) ||
           strcasestr(row->of.also, words);
}

static void find_and_sort(struct rows *rows, const struct settings_search *q)
{
    size_t n = 0;
    for (size_t i = 0; i < rows->count; i++) {
        struct row *row = &rows->list[i];
        row->sorted = sorted_by(row, q->sort);
        if (is_found(row, q->words))
            rows->list[n++] = *row;
    }
    rows->count = n;
    if (n > 0)
        qsort(rows->list, n, sizeof(*rows->list), q->down ? compare_down : compare);
}

/* The first one behind the place that an earlier page ended at, which may be gone by now. */
static size_t first_after(const struct rows *rows, const struct settings_search *q, struct arena *a)
{
    const char *tab = strchr(q->after, '\t');
    if (!tab)
        return 0;
    const struct row last = {.sorted = arena_format(a, "%.*s", (int)(tab - q->after), q->after),
                             .of.key = tab + 1};
    size_t n = 0;
    while (n < rows->count &&
           (q->down ? compare_down(&rows->list[n], &last) : compare(&rows->list[n], &last)) <= 0)
        n++;
    return n;
}

/* ---- the page ---- */

static void add_entry(struct store *s, const struct settings_resource *r, const struct row *row,
                      json_t *items)
{
    json_t *entry =
        row->entry ? json_incref((json_t *)(uintptr_t)row->entry) : settings_find(s, r, NULL, row->of.key);
    if (entry)
        (void)json_array_append_new(items, settings_shown(s, r, entry));
    json_decref(entry);
}

json_t *settings_page(struct store *s, const char *resource, const char *tenant,
                      const struct settings_search *q, char next[SETTINGS_CURSOR_LEN])
{
    struct arena a;
    json_t *items = json_array(), *entries;
    const struct settings_resource *r = settings_resource_of(resource);
    arena_init(&a);
    struct rows rows = all_rows(s, r, tenant, q->template, &a, &entries);
    find_and_sort(&rows, q);
    size_t from = first_after(&rows, q, &a), to = from;
    for (; to < rows.count && to - from < q->most; to++)
        add_entry(s, r, &rows.list[to], items);
    *next = 0;
    if (to > from && to < rows.count)
        (void)str_format(next, SETTINGS_CURSOR_LEN, "%s\t%s", rows.list[to - 1].sorted,
                         rows.list[to - 1].of.key);
    json_decref(entries);
    arena_clear(&a);
    return items;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/lists.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "store/faxes.h"
#include "store/lists_sql.h"
#include "store/search.h"

/* More boxes than that are not listed for one user; the rest is found box by box. NEWEST_FEW: faxes of a box
 * that are searched one by one. */
enum {
    BOXES_MAX = 20000,
    NEWEST_FEW = 500,
    FAX_STATES_ALL = (1 << FAX_STATE_COUNT) - 1,
    JOB_STATES_ALL = (1 << JOB_STATE_COUNT) - 1
};

enum kind { FAXES, JOBS };

/* ---- limits ---- */

/* low <= id < high */
struct span_of_ids {
    struct id low, high;
};

static struct id last_id(void)
{
    struct id id;
    memset(id.bytes, 0xff, sizeof(id.bytes));
    return id;
}

static struct span_of_ids span_of_filter(const struct list_filter *f)
{
    struct span_of_ids s = {.low = id_first_of(f->since_ms), .high = last_id()};
    if (f->until_ms > 0)
        s.high = id_first_of(f->until_ms);
    if (!id_is_none(f->before) && memcmp(f->before.bytes, s.high.bytes, sizeof(s.high.bytes)) < 0)
        s.high = f->before;
    return s;
}

/* An id as bytes even where it is all zero, which would be NULL. */
static struct span id_bytes(const struct id *id)
{
    return span_of(id->bytes, sizeof(id->bytes));
}

static unsigned states_of(enum kind kind, const struct list_filter *f)
{
    unsigned all = kind == FAXES ? FAX_STATES_ALL : JOB_STATES_ALL;
    return f->states ? f->states & all : all;
}

/* ---- many streams, each along its index, as one ---- */

enum whose { OF_BOX, OF_TENANT, OF_ALL };

struct stream {
    const char *box; /* OF_BOX */
    int state, archived;
    struct id head;
    bool ended;
};

struct streams {
    struct store *store;
    enum kind kind;
    enum whose whose;
    struct id tenant;
    struct span_of_ids ids;
    struct stream *list; /* owned */
    size_t count;
};

static void advance(struct streams *all, struct stream *t, const struct id *below)
{
    static const char *const statements[2][3] = {
        {LIST_NEXT_FAX(LIST_OF_BOX), LIST_NEXT_FAX(LIST_OF_TENANT), LIST_NEXT_FAX(LIST_OF_ALL)},
        {LIST_NEXT_JOB(LIST_OF_BOX), LIST_NEXT_JOB(LIST_OF_TENANT), LIST_NEXT_JOB(LIST_OF_ALL)}};
    struct sql_rows r;
    sql_query(all->store->sql, &r, statements[all->kind][all->whose], "bbnntd", id_bytes(&all->ids.low),
              id_bytes(below), t->state, t->archived, t->box, all->tenant);
    t->ended = sql_take_ids(&r, &t->head, 1) == 0;
}

static size_t take_newest(struct streams *all, size_t most, struct id *ids)
{
    size_t n = 0;
    for (size_t i = 0; i < all->count; i++)
        advance(all, &all->list[i], &all->ids.high);
    while (n < most) {
        struct stream *best = NULL;
        for (size_t i = 0; i < all->count; i++) {
            struct stream *t = &all->list[i];
            if (!t->ended && (!best || memcmp(t->head.bytes, best->head.bytes, sizeof(t->head.bytes)) > 0))
                best = t;
        }
        if (!best)
            break;
        ids[n] = best->head;
        advance(all, best, &ids[n++]);
    }
    return n;
}

static void add_streams(struct streams *all, const struct list_filter *f, const char *box)
{
    unsigned states = states_of(all->kind, f);
    for (int state = 0; state < (all->kind == FAXES ? FAX_STATE_COUNT : JOB_STATE_COUNT); state++)
        for (int archived = 0; archived < (all->kind == FAXES ? FAX_PLACES : 1); archived++)
            if (states >> state & 1 &&
                (f->archived == LIST_ANY || all->kind == JOBS || f->archived == archived))
                all->list[all->count++] = (struct stream){.box = box, .state = state, .archived = archived};
}

/* The boxes of the scope's user; names in the arena. */
static size_t boxes_of_user(struct store *s, enum kind kind, struct id user, struct arena *a,
                            const char **boxes)
{
    struct sql_rows r;
    size_t n = 0;
    if (kind == FAXES)
        sql_query(s->sql, &r, "SELECT faxbox FROM faxbox_user WHERE user = ?1 AND may_receive = 1", "d",
                  user);
    else
        sql_query(s->sql, &r, "SELECT faxbox FROM faxbox_user WHERE user = ?1 AND may_send = 1", "d", user);
    while (n < BOXES_MAX && sql_next(&r))
        boxes[n++] = sql_text(&r, 0, a);
    sql_end(&r);
    return n;
}

static bool holds(const char *const *boxes, size_t count, const char *box)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(boxes[i], box))
            return true;
    return false;
}

static size_t list_streams(struct store *s, enum kind kind, const struct list_filter *f, struct id *ids)
{
    struct arena a;
    arena_init(&a);
    bool of_user = !id_is_none(f->scope.user);
    const char **boxes = arena_alloc(&a, BOXES_MAX * sizeof(*boxes));
    size_t box_count = of_user ? boxes_of_user(s, kind, f->scope.user, &a, boxes) : 0;
    if (*f->box) {
        box_count = !of_user || holds(boxes, box_count, f->box) ? 1 : 0;
        boxes[0] = f->box;
    }
    bool of_boxes = of_user || *f->box;
    SCOPED_FREE struct stream *list =
        mem_alloc((of_boxes ? box_count : 1) * 2 * JOB_STATE_COUNT * sizeof(*list) + 1);
    struct streams all = {.store = s,
                          .kind = kind,
                          .whose = of_boxes                       ? OF_BOX
                                   : !id_is_none(f->scope.tenant) ? OF_TENANT
                                                                  : OF_ALL,
                          .tenant = f->scope.tenant,
                          .ids = span_of_filter(f),
                          .list = list};
    for (size_t i = 0; i < (of_boxes ? box_count : 1); i++)
        add_streams(&all, f, of_boxes ? boxes[i] : "");
    size_t n = take_newest(&all, f->most, ids);
    arena_clear(&a);
    return n;
}

/* ---- unread, and by words ---- */

static size_t list_unread(struct store *s, const struct list_filter *f, struct id *ids)
{
    struct sql_rows r;
    struct span_of_ids span = span_of_filter(f);
    sql_query(s->sql, &r, LIST_UNREAD, "dbbitdnn", f->unread_by, id_bytes(&span.low), id_bytes(&span.high),
              (int64_t)f->most, f->box, f->scope.tenant, (int)states_of(FAXES, f), f->archived);
    return sql_take_ids(&r, ids, f->most);
}

static const char *tag_of(const struct list_filter *f)
{
    return f->tag ? f->tag : "";
}

static size_t list_tagged(struct store *s, enum kind kind, const struct list_filter *f, struct id *ids)
{
    static const char *const statements[2][2] = {
        {LIST_TAGGED_FAX(LIST_TAG_OF_TENANT), LIST_TAGGED_FAX(LIST_TAG_OF_ALL)},
        {LIST_TAGGED_JOB(LIST_TAG_OF_TENANT), LIST_TAGGED_JOB(LIST_TAG_OF_ALL)}};
    struct sql_rows r;
    const struct span_of_ids span = span_of_filter(f);
    sql_query(s->sql, &r, statements[kind][id_is_none(f->scope.tenant)], "tbbitdndndttttt", "",
              id_bytes(&span.low), id_bytes(&span.high), (int64_t)f->most, f->box, f->scope.tenant,
              (int)states_of(kind, f), f->scope.user, kind == FAXES ? f->archived : LIST_ANY,
              kind == FAXES ? f->unread_by : ID_NONE, "", "", "", "", f->tag);
    return sql_take_ids(&r, ids, f->most);
}

/* By the index of words, those in the range. */
static size_t find(struct store *s, enum kind kind, const struct list_filter *f, const char *match,
                   const char *const fits[SEARCH_PATTERNS], const struct search_range *range, struct id *ids,
                   size_t most)
{
    static const char *const statements[2][2] = {{LIST_FIND_FAX, LIST_FIND_JOB},
                                                 {LIST_FIND_FAX_POSTGRES, LIST_FIND_JOB_POSTGRES}};
    struct sql_rows r;
    sql_query(s->sql, &r, statements[sql_is_postgres(s->sql)][kind], "tiiitdndndttttt", match, range->low,
              range->high, (int64_t)most, f->box, f->scope.tenant, (int)states_of(kind, f), f->scope.user,
              kind == FAXES ? f->archived : LIST_ANY, kind == FAXES ? f->unread_by : ID_NONE, fits[0],
              fits[1], fits[2], fits[3], tag_of(f));
    return sql_take_ids(&r, ids, most);
}

/* Words that many faxes have are long lists in the index, which hardly meet in one box: so its newest are
 * looked through one by one, and the others are left in the range. */
static size_t find_among_newest(struct store *s, enum kind kind, const struct list_filter *f,
                                const char *const fits[SEARCH_PATTERNS], struct arena *a,
                                struct search_range *range, struct id *ids)
{
    static const char *const statements[2] = {LIST_NEWEST_FAX, LIST_NEWEST_JOB};
    bool of_few = *f->box || !id_is_none(f->scope.user);
    if (!of_few || sql_is_postgres(s->sql) || !search_is_ascii(span_str(f->words)) ||
        search_has_code(a, f->words))
        return 0;
    const char *match = search_match(s, a, &f->scope, f->box, "");
    struct search_range newest = {.high = range->high};
    newest.low = sql_get_int(s->sql, range->low, statements[kind], "tiin", match, range->low, range->high,
                             (int)NEWEST_FEW);
    range->high = newest.low - 1;
    return find(s, kind, f, match, fits, &newest, ids, f->most);
}

static size_t list_found(struct store *s, enum kind kind, const struct list_filter *f, struct id *ids)
{
    struct arena a;
    struct search_range range;
    const char *fits[SEARCH_PATTERNS];
    struct list_filter without_cursor = *f;
    without_cursor.before = ID_NONE;
    const struct span_of_ids span = span_of_filter(&without_cursor);
    arena_init(&a);
    search_patterns(s, &a, f->words, fits);
    const char *match = search_match(s, &a, &f->scope, f->box, f->words);
    if (kind == FAXES)
        search_fax_range(s, &span.low, &span.high, f->before, &range);
    else
        search_job_range(s, &span.low, &span.high, f->before, &range);
    size_t n = find_among_newest(s, kind, f, fits, &a, &range, ids);
    if (n < f->most && range.high >= range.low)
        n += find(s, kind, f, match, fits, &range, ids + n, f->most - n);
    arena_clear(&a);
    return n;
}

size_t list_faxes(struct store *s, const struct list_filter *f, struct id *ids)
{
    if (*f->words)
        return list_found(s, FAXES, f, ids);
    if (*tag_of(f))
        return list_tagged(s, FAXES, f, ids);
    return id_is_none(f->unread_by) ? list_streams(s, FAXES, f, ids) : list_unread(s, f, ids);
}

size_t list_jobs(struct store *s, const struct list_filter *f, struct id *ids)
{
    if (*f->words)
        return list_found(s, JOBS, f, ids);
    return *tag_of(f) ? list_tagged(s, JOBS, f, ids) : list_streams(s, JOBS, f, ids);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/usage.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/states.h"
#include "store/config.h"

/* ?1 tenant, ?2 since, ?3 user, ?4 the address as it is compared */
#define SENT_BY                                                                                              \
    " WHERE j.tenant = ?1 AND j.created_ms >= ?2"                                                            \
    " AND (lower(s.sender) = ?4 OR lower(s.sender) IN (SELECT key FROM user_address WHERE user = ?3))"

struct usage usage_of_sender(struct store *s, struct id tenant, const char *sender, int64_t since_ms)
{
    struct arena a;
    struct id user;
    struct usage u;
    arena_init(&a);
    const char *key = config_address_key(&a, sender);
    (void)config_user_of(s, sender, &user);
    u.pages = sql_get_int(s->sql, 0,
                          "SELECT coalesce(sum(iif(j.ended_ms IS NULL, j.pages, j.confirmed) - j.resumed), 0)"
                          " FROM submission AS s JOIN job AS j ON j.submission = s.id" SENT_BY,
                          "didt", tenant, since_ms, user, key);
    u.telephone_ms =
        sql_get_int(s->sql, 0,
                    "SELECT coalesce(sum(t.ended_ms - t.answered_ms), 0) FROM submission AS s"
                    " JOIN job AS j ON j.submission = s.id JOIN attempt AS t ON t.job = j.id" SENT_BY
                    " AND t.answered_ms IS NOT NULL AND t.ended_ms IS NOT NULL",
                    "didt", tenant, since_ms, user, key);
    arena_clear(&a);
    return u;
}

/* ---- PINs ---- */

struct pin_failures pin_failures_find(struct store *s, const char *box, const char *sender)
{
    struct sql_rows r;
    struct pin_failures f = {.count = 0};
    sql_query(s->sql, &r,
              "SELECT count, since_ms, until_ms FROM pin_failure WHERE faxbox = ?1 AND sender = ?2", "tt",
              box, sender);
    if (sql_next(&r))
        f = (struct pin_failures){(unsigned)sql_int(&r, 0), sql_int(&r, 1), sql_int(&r, 2)};
    sql_end(&r);
    return f;
}

void pin_failures_set(struct store *s, const char *box, const char *sender, const struct pin_failures *f)
{
    (void)sql_run(s->sql,
                  "INSERT INTO pin_failure (faxbox, sender, count, since_ms, until_ms)"
                  " VALUES (?1, ?2, ?3, ?4, ?5)"
                  " ON CONFLICT (faxbox, sender) DO UPDATE SET count = ?3, since_ms = ?4, until_ms = ?5",
                  "ttnii", box, sender, (int)f->count, f->since_ms, f->until_ms);
}

void pin_failures_forget(struct store *s, const char *box, const char *sender)
{
    (void)sql_run(s->sql, "DELETE FROM pin_failure WHERE faxbox = ?1 AND sender = ?2", "tt", box, sender);
}

void pin_failures_sweep(struct store *s, int64_t before_ms)
{
    (void)sql_run(s->sql, "DELETE FROM pin_failure WHERE since_ms < ?1 AND until_ms < ?1", "i", before_ms);
}

/* ---- to be billed ---- */

enum { SLICE = 4000 };

static const char sent_of[] =
    "SELECT j.faxbox, j.billing, count(*), sum(iif(j.state = ?4, 1, 0)), sum(j.confirmed - j.resumed),"
    " sum((SELECT coalesce(sum(t.ended_ms - t.answered_ms), 0) FROM attempt AS t INDEXED BY attempt_job"
    " WHERE t.job = j.id AND t.answered_ms > 0 AND t.ended_ms > t.answered_ms))"
    " FROM job AS j WHERE j.tenant = ?1 AND j.created_ms >= ?2 AND j.created_ms < ?3"
    " GROUP BY j.faxbox, j.billing ORDER BY j.faxbox, j.billing";
static const char received_of[] =
    "SELECT f.faxbox, '', count(*), count(*), sum(f.pages),"
    " sum(max(coalesce(f.ended_ms, 0) - f.answered_ms, 0)) FROM fax AS f INDEXED BY fax_tenant"
    " WHERE f.tenant = ?1 AND f.answered_ms >= ?2 AND f.answered_ms < ?3 AND f.pages > 0 AND ?4 > 0"
    " GROUP BY f.faxbox ORDER BY f.faxbox";

void usage_begin(struct usage_sum *u, struct id tenant, int64_t since_ms, int64_t until_ms)
{
    *u = (struct usage_sum){
        .tenant = tenant, .sent_ms = since_ms, .received_ms = since_ms, .until_ms = until_ms};
    arena_init(&u->arena);
}

void usage_end(struct usage_sum *u)
{
    free(u->rows);
    arena_clear(&u->arena);
    u->rows = NULL;
}

static int order(const struct usage_row *a, const struct usage_row *b)
{
    int received = (int)a->received - (int)b->received, box = received ? 0 : strcmp(a->box, b->box);
    return received ? received : box ? box : strcmp(a->billing, b->billing);
}

static void add_row(struct usage_row *to, const struct usage_row *more)
{
    to->faxes += more->faxes;
    to->delivered += more->delivered;
    to->pages += more->pages;
    to->telephone_ms += more->telephone_ms;
}

/* Puts a row into its place; *at: where the one before went. */
static void put_row(struct usage_sum *u, size_t *at, const struct usage_row *row)
{
    while (*at < u->count && order(&u->rows[*at], row) < 0)
        (*at)++;
    if (*at < u->count && order(&u->rows[*at], row) == 0) {
        add_row(&u->rows[*at], row);
        return;
    }
    if (u->count == u->room) {
        u->room = u->room ? 2 * u->room : 64;
        u->rows = mem_resize(u->rows, u->room * sizeof(*u->rows));
    }
    memmove(&u->rows[*at + 1], &u->rows[*at], (u->count++ - *at) * sizeof(*u->rows));
    u->rows[*at] = *row;
    u->rows[*at].box = arena_strdup(&u->arena, row->box);
    u->rows[*at].billing = arena_strdup(&u->arena, row->billing);
}

static void add_slice(struct store *s, struct usage_sum *u, bool received, int64_t from_ms, int64_t to_ms)
{
    struct sql_rows r;
    struct arena a;
    size_t at = 0;
    arena_init(&a);
    sql_query(s->sql, &r, received ? received_of : sent_of, "diin", u->tenant, from_ms, to_ms, (int)JOB_DONE);
    while (u->count <= USAGE_ROWS_MOST && sql_next(&r))
        put_row(u, &at,
                &(struct usage_row){.box = sql_text(&r, 0, &a),
                                    .billing = sql_text(&r, 1, &a),
                                    .received = received,
                                    .faxes = sql_int(&r, 2),
                                    .delivered = sql_int(&r, 3),
                                    .pages = sql_int(&r, 4),
                                    .telephone_ms = sql_int(&r, 5)});
    sql_end(&r);
    arena_clear(&a);
}

/* Where a slice from there ends: faxes of one moment stay together. */
static int64_t slice_end(struct store *s, const struct usage_sum *u, bool received, int64_t from_ms)
{
    static const char *const statements[2] = {
        "SELECT created_ms FROM job WHERE tenant = ?1 AND created_ms >= ?2 AND created_ms < ?3"
        " ORDER BY created_ms LIMIT 1 OFFSET ?4",
        "SELECT answered_ms FROM fax WHERE tenant = ?1 AND answered_ms >= ?2 AND answered_ms < ?3"
        " ORDER BY answered_ms LIMIT 1 OFFSET ?4"};
    int64_t end_ms = sql_get_int(s->sql, u->until_ms, statements[received], "diin", u->tenant, from_ms,
                                 u->until_ms, (int)SLICE);
    return end_ms > from_ms ? end_ms : from_ms + 1;
}

bool usage_add(struct store *s, struct usage_sum *u)
{
    bool received = u->sent_ms >= u->until_ms;
    int64_t *at_ms = received ? &u->received_ms : &u->sent_ms;
    if (*at_ms >= u->until_ms || u->count > USAGE_ROWS_MOST)
        return false;
    int64_t end_ms = slice_end(s, u, received, *at_ms);
    add_slice(s, u, received, *at_ms, end_ms);
    *at_ms = end_ms;
    return true;
}

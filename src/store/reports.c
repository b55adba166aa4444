/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/reports.h"

#include "store/schema.h"

bool report_ready(struct store *s)
{
    return sql_schema(s->sql) == schema_version();
}

/* The last id there can be. */
static struct id start_of(const struct report_cursor *c)
{
    struct id id = c->before;
    for (size_t i = 0; id_is_none(c->before) && i < sizeof(id.bytes); i++)
        id.bytes[i] = 0xff;
    return id;
}

/* ?1: before, ?2: how many, ?3: tenant. */
#define OF_TENANT(table) "SELECT id FROM " table " WHERE tenant = ?3 AND id < ?1 ORDER BY id DESC LIMIT ?2"
#define OF_ALL(table)    "SELECT id FROM " table " WHERE id < ?1 ORDER BY id DESC LIMIT ?2"

size_t report_open_jobs(struct store *s, const struct scope *w, size_t most, struct id *ids)
{
    static const enum job_state open[] = {JOB_CALLING, JOB_WAITING, JOB_HELD};
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(open) && n < most; i++) {
        struct sql_rows r;
        sql_query(
            s->sql, &r,
            "SELECT id FROM job WHERE state = ?1 AND (?3 IS NULL OR tenant = ?3)"
            " AND (?4 IS NULL OR faxbox IN (SELECT faxbox FROM faxbox_user WHERE user = ?4 AND may_send "
            "= 1))"
            " ORDER BY next_ms LIMIT ?2",
            "nidd", (int)open[i], (int64_t)(most - n), w->tenant, w->user);
        n += sql_take_ids(&r, ids + n, most - n);
    }
    return n;
}

size_t report_attempts(struct store *s, const struct scope *w, const struct report_cursor *c, struct id *ids)
{
    struct sql_rows r;
    if (id_is_none(w->tenant))
        sql_query(s->sql, &r, OF_ALL("attempt"), "di", start_of(c), (int64_t)c->most);
    else
        sql_query(s->sql, &r,
                  "SELECT a.id FROM attempt a LEFT JOIN job j ON j.id = a.job LEFT JOIN fax f ON f.id = a.fax"
                  " WHERE a.id < ?1 AND coalesce(j.tenant, f.tenant) = ?3 ORDER BY a.id DESC LIMIT ?2",
                  "did", start_of(c), (int64_t)c->most, w->tenant);
    return sql_take_ids(&r, ids, c->most);
}

/* ?1: the cursor, ?2: how many, ?3: tenant, ?4: state, ?5: recipient. Of states other than sent (3, whose
 * number the index wants) few are expected, however many mails there are. The plus keeps SQLite from its
 * index of states, in whose order they are not. */
#define MAILS        "SELECT id FROM mail_out WHERE "
#define OF_HIM       " AND (?3 IS NULL OR tenant = ?3)"
#define NEWEST_FIRST " AND id < ?1 ORDER BY id DESC LIMIT ?2"
#define OLDEST_FIRST " AND id > ?1 ORDER BY id LIMIT ?2"

static size_t mails_of_recipient(struct store *s, const struct scope *w, const struct report_mail_filter *f,
                                 const struct report_cursor *c, struct id *ids)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              MAILS
              "lower(recipient) = lower(?5) AND (?4 = -1 OR (?4 = -2 AND state <> 3) OR state = ?4)" OF_HIM
                  NEWEST_FIRST,
              "didnt", start_of(c), (int64_t)c->most, w->tenant, f->state, f->recipient);
    return sql_take_ids(&r, ids, c->most);
}

static size_t unsent_mails(struct store *s, const struct scope *w, int state, const struct report_cursor *c,
                           struct id *ids)
{
    struct sql_rows r;
    sql_query(s->sql, &r, MAILS "state <> 3 AND (?4 = -2 OR state = ?4)" OF_HIM OLDEST_FIRST, "bidn",
              span_of(c->before.bytes, sizeof(c->before.bytes)), (int64_t)c->most, w->tenant, state);
    return sql_take_ids(&r, ids, c->most);
}

size_t report_mails(struct store *s, const struct scope *w, const struct report_mail_filter *f,
                    const struct report_cursor *c, struct id *ids)
{
    struct sql_rows r;
    if (*f->recipient)
        return mails_of_recipient(s, w, f, c, ids);
    if (f->state != REPORT_MAILS_ALL && f->state != MAIL_OUT_SENT)
        return unsent_mails(s, w, f->state, c, ids);
    if (f->state == MAIL_OUT_SENT)
        sql_query(s->sql, &r, MAILS "+state = 3" OF_HIM NEWEST_FIRST, "did", start_of(c), (int64_t)c->most,
                  w->tenant);
    else if (id_is_none(w->tenant))
        sql_query(s->sql, &r, OF_ALL("mail_out"), "di", start_of(c), (int64_t)c->most);
    else
        sql_query(s->sql, &r, OF_TENANT("mail_out"), "did", start_of(c), (int64_t)c->most, w->tenant);
    return sql_take_ids(&r, ids, c->most);
}

size_t report_mails_about(struct store *s, struct id about, size_t most, struct id *ids)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT id FROM mail_out WHERE about = ?1 ORDER BY id LIMIT ?2", "di", about,
              (int64_t)most);
    return sql_take_ids(&r, ids, most);
}

static int64_t count_jobs(struct store *s, const struct scope *w, enum job_state state)
{
    return id_is_none(w->tenant)
               ? sql_get_int(s->sql, 0, "SELECT count(*) FROM job WHERE state = ?1", "n", (int)state)
               : sql_get_int(s->sql, 0, "SELECT count(*) FROM job WHERE state = ?1 AND tenant = ?2", "nd",
                             (int)state, w->tenant);
}

/* Done are nearly all, and so are sent. SQLite counts a whole table by its pages, and what has one state row
 * by row: so those are what the others leave. */
int64_t report_count_jobs(struct store *s, const struct scope *w, enum job_state state)
{
    if (state != JOB_DONE || !id_is_none(w->tenant))
        return count_jobs(s, w, state);
    return sql_get_int(s->sql, 0,
                       "SELECT (SELECT count(*) FROM job) - (SELECT count(*) FROM job WHERE state < ?1)"
                       " - (SELECT count(*) FROM job WHERE state > ?1)",
                       "n", (int)state);
}

static int64_t count_mails(struct store *s, const struct scope *w, enum mail_out_state state)
{
    return id_is_none(w->tenant)
               ? sql_get_int(s->sql, 0, "SELECT count(*) FROM mail_out WHERE state = ?1", "n", (int)state)
               : sql_get_int(s->sql, 0, "SELECT count(*) FROM mail_out WHERE state = ?1 AND tenant = ?2",
                             "nd", (int)state, w->tenant);
}

int64_t report_count_mails(struct store *s, const struct scope *w, enum mail_out_state state)
{
    if (state != MAIL_OUT_SENT || !id_is_none(w->tenant))
        return count_mails(s, w, state);
    return sql_get_int(
        s->sql, 0,
        "SELECT (SELECT count(*) FROM mail_out) - (SELECT count(*) FROM mail_out WHERE state < ?1)"
        " - (SELECT count(*) FROM mail_out WHERE state > ?1)",
        "n", (int)state);
}

int64_t report_count_faxes(struct store *s, const struct scope *w)
{
    return id_is_none(w->tenant)
               ? sql_get_int(s->sql, 0, "SELECT count(*) FROM fax", "")
               : sql_get_int(s->sql, 0, "SELECT count(*) FROM fax WHERE tenant = ?1", "d", w->tenant);
}

int64_t report_late_mails(struct store *s, int64_t until_ms)
{
    return sql_get_int(s->sql, 0,
                       "SELECT count(*) FROM mail_out WHERE state IN (?1, ?2, ?3) AND kind = 'received'"
                       " AND created_ms < ?4",
                       "nnni", (int)MAIL_OUT_COMPOSING, (int)MAIL_OUT_WAITING, (int)MAIL_OUT_HELD, until_ms);
}

const char *report_mail_trouble(struct store *s, struct arena *a)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT reason FROM mail_out WHERE state = ?1 AND reason <> '' ORDER BY next_ms LIMIT 1", "n",
              (int)MAIL_OUT_WAITING);
    const char *reason = "";
    if (sql_next(&r)) {
        reason = sql_text(&r, 0, a);
        sql_end(&r);
    }
    return reason;
}

size_t report_boxes(struct store *s, const struct scope *w, struct arena *a, struct report_box *boxes,
                    size_t most)
{
    struct sql_rows r;
    size_t n = 0;
    sql_query(s->sql, &r,
              "SELECT b.id, b.name, n.number, b.enabled FROM faxbox b"
              " LEFT JOIN faxbox_number n ON n.faxbox = b.id AND n.extension = 1"
              " WHERE ?1 IS NULL OR b.tenant = ?1 ORDER BY b.id",
              "d", w->tenant);
    while (n < most && sql_next(&r))
        boxes[n++] = (struct report_box){.id = sql_text(&r, 0, a),
                                         .name = sql_text(&r, 1, a),
                                         .extension = sql_text(&r, 2, a),
                                         .enabled = sql_int(&r, 3) != 0};
    sql_end(&r);
    return n;
}

bool report_has_trunk(struct store *s)
{
    return sql_get_int(s->sql, 0, "SELECT 1 FROM trunk LIMIT 1", "") != 0;
}

static const char *first_name(struct store *s, struct arena *a, const char *select)
{
    struct sql_rows r;
    sql_query(s->sql, &r, select, "");
    const char *name = sql_next(&r) ? sql_text(&r, 0, a) : "";
    sql_end(&r);
    return name;
}

const char *report_an_administrator(struct store *s, struct arena *a)
{
    return first_name(
        s, a, "SELECT name FROM user WHERE role = 'installation' AND login_keys <> '' ORDER BY id LIMIT 1");
}

const char *report_a_tenant(struct store *s, struct arena *a)
{
    return first_name(s, a, "SELECT name FROM tenant ORDER BY id LIMIT 1");
}

bool report_has_mail_server(struct store *s)
{
    return sql_get_int(s->sql, 0, "SELECT 1 FROM mail_server WHERE enabled = 1 LIMIT 1", "") != 0;
}

#define DID_NOT_SAY_IT "code IN ('poll-refused', 'station-password')" /* as its index has it */

static const char *last_guesser(struct store *s, struct arena *a, const char *faxbox, int64_t at_ms)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT calling FROM fax WHERE faxbox = ?1 AND answered_ms = ?2 AND " DID_NOT_SAY_IT " LIMIT 1",
              "ti", faxbox, at_ms);
    const char *calling = sql_next(&r) ? sql_text(&r, 0, a) : "";
    sql_end(&r);
    return calling;
}

size_t report_guessed_passwords(struct store *s, struct arena *a, int64_t since_ms, int64_t least,
                                struct report_guessed **list)
{
    enum { BOXES_MOST = 50 };
    struct sql_rows r;
    int64_t last_ms[BOXES_MOST];
    size_t n = 0;
    *list = arena_alloc(a, BOXES_MOST * sizeof(**list));
    sql_query(s->sql, &r,
              "SELECT faxbox, tenant, count(*), max(answered_ms) FROM fax WHERE answered_ms >= ?1"
              " AND " DID_NOT_SAY_IT " GROUP BY faxbox, tenant HAVING count(*) >= ?2 LIMIT ?3",
              "iii", since_ms, least, (int64_t)BOXES_MOST);
    while (n < BOXES_MOST && sql_next(&r)) {
        last_ms[n] = sql_int(&r, 3);
        (*list)[n++] = (struct report_guessed){
            .faxbox = sql_text(&r, 0, a), .tenant = sql_id(&r, 1), .calls = sql_int(&r, 2)};
    }
    sql_end(&r);
    for (size_t i = 0; i < n; i++)
        (*list)[i].calling = last_guesser(s, a, (*list)[i].faxbox, last_ms[i]);
    return n;
}

size_t report_held_jobs(struct store *s, struct arena *a, struct report_held **list)
{
    enum { TENANTS_MOST = 100 };
    struct sql_rows r;
    size_t n = 0;
    *list = arena_alloc(a, TENANTS_MOST * sizeof(**list));
    sql_query(
        s->sql, &r,
        "SELECT j.tenant, coalesce((SELECT t.name FROM tenant AS t WHERE t.id = j.tenant), ''), count(*)"
        " FROM job AS j WHERE j.state = ?1 GROUP BY j.tenant LIMIT ?2",
        "ni", (int)JOB_HELD, (int64_t)TENANTS_MOST);
    while (n < TENANTS_MOST && sql_next(&r))
        (*list)[n++] = (struct report_held){sql_id(&r, 0), sql_text(&r, 1, a), sql_int(&r, 2)};
    sql_end(&r);
    return n;
}

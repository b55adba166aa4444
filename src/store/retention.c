/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/retention.h"

#include "base/str.h"
#include "model/states.h"
#include "store/archive.h"
#include "store/blob.h"
#include "store/changes.h"
#include "store/remarks.h"
#include "store/search.h"

/* ---- what may go ---- */

size_t retention_boxes(struct store *s, const char *after, struct arena *a, struct kept_box *list,
                       size_t most)
{
    struct sql_rows r;
    size_t n = 0;
    /* From name to name over the indexes, not from fax to fax. */
    sql_query(s->sql, &r,
              "WITH RECURSIVE f (x, i) AS (SELECT min(faxbox), 1 FROM fax WHERE faxbox > ?1"
              " UNION ALL SELECT (SELECT min(faxbox) FROM fax WHERE faxbox > f.x), i + 1 FROM f"
              " WHERE f.x IS NOT NULL AND i < ?2),"
              " m (x, i) AS (SELECT min(faxbox), 1 FROM submission WHERE faxbox > ?1"
              " UNION ALL SELECT (SELECT min(faxbox) FROM submission WHERE faxbox > m.x), i + 1 FROM m"
              " WHERE m.x IS NOT NULL AND i < ?2),"
              " c (x, i) AS (SELECT min(faxbox), 1 FROM archive_copy WHERE faxbox > ?1"
              " UNION ALL SELECT (SELECT min(faxbox) FROM archive_copy WHERE faxbox > c.x), i + 1 FROM c"
              " WHERE c.x IS NOT NULL AND i < ?2)"
              " SELECT x, coalesce((SELECT tenant FROM fax WHERE faxbox = x LIMIT 1),"
              " (SELECT tenant FROM submission WHERE faxbox = x LIMIT 1),"
              " (SELECT tenant FROM archive_copy WHERE faxbox = x LIMIT 1))"
              " FROM (SELECT x FROM f UNION SELECT x FROM m UNION SELECT x FROM c) AS t WHERE x IS NOT NULL "
              "ORDER BY x LIMIT ?2",
              "ti", after, (int64_t)most);
    while (n < most && sql_next(&r))
        list[n++] = (struct kept_box){.name = sql_text(&r, 0, a), .tenant = sql_id(&r, 1)};
    sql_end(&r);
    return n;
}

struct keeping retention_of(struct store *s, const struct kept_box *b)
{
    struct sql_rows r;
    struct keeping k = {.legal_hold = false};
    sql_query(
        s->sql, &r,
        "SELECT iif(coalesce(b.keep_sent_days, -1) < 0, t.keep_sent_days, b.keep_sent_days),"
        " iif(coalesce(b.keep_received_days, -1) < 0, t.keep_received_days, b.keep_received_days),"
        " t.legal_hold = 1 OR coalesce(b.legal_hold, 0) = 1,"
        " iif(coalesce(b.archive_sent_days, -1) < 0, t.archive_sent_days, b.archive_sent_days),"
        " iif(coalesce(b.archive_received_days, -1) < 0, t.archive_received_days, b.archive_received_days)"
        " FROM tenant AS t LEFT JOIN faxbox AS b ON b.id = ?1 AND b.tenant = t.id WHERE t.id = ?2",
        "td", b->name, b->tenant);
    if (sql_next(&r))
        k = (struct keeping){(int)sql_int(&r, 0), (int)sql_int(&r, 1), sql_int(&r, 2) != 0,
                             (int)sql_int(&r, 3), (int)sql_int(&r, 4)};
    sql_end(&r);
    return k;
}

struct keeping_rule retention_rule(struct store *s, const struct kept_box *b, bool sent)
{
    struct sql_rows r;
    struct keeping k = retention_of(s, b);
    struct keeping_rule rule = {.days = sent ? k.sent_days : k.received_days, .of_tenant = true};
    sql_query(s->sql, &r,
              "SELECT coalesce(b.keep_sent_days, -1), coalesce(b.keep_received_days, -1),"
              " coalesce(b.legal_hold, 0), t.legal_hold"
              " FROM tenant AS t LEFT JOIN faxbox AS b ON b.id = ?1 AND b.tenant = t.id WHERE t.id = ?2",
              "td", b->name, b->tenant);
    if (sql_next(&r)) {
        rule.of_tenant = sql_int(&r, sent ? 0 : 1) < 0;
        rule.held_by_box = sql_int(&r, 2) != 0;
        rule.held_by_tenant = sql_int(&r, 3) != 0;
    }
    sql_end(&r);
    return rule;
}

int64_t retention_ended(struct store *s, struct id submission)
{
    return sql_get_int(s->sql, 0,
                       "SELECT coalesce(max(ended_ms), 0) FROM job WHERE submission = ?1 AND NOT EXISTS"
                       " (SELECT 1 FROM job AS j WHERE j.submission = ?1"
                       " AND (j.ended_ms IS NULL OR j.state IN (?2, ?3, ?4)))",
                       "dnnn", submission, (int)JOB_WAITING, (int)JOB_HELD, (int)JOB_CALLING);
}

/* A mail that somebody still waits for. */
#define UNSENT_ABOUT(id)                                                                                     \
    "EXISTS (SELECT 1 FROM mail_out AS o WHERE o.about = " id " AND o.state IN (0, 1, 2))"
_Static_assert(MAIL_OUT_COMPOSING == 0 && MAIL_OUT_WAITING == 1 && MAIL_OUT_HELD == 2, "UNSENT_ABOUT");

/* Somebody has said that it stays, or the archive has still to get it. */
#define IS_HELD(id) "EXISTS (SELECT 1 FROM legal_hold AS h WHERE h.about = " id ")"
#define UNARCHIVED(id)                                                                                       \
    "EXISTS (SELECT 1 FROM archive_copy AS c JOIN archive_place AS pl ON pl.name = c.place"                  \
    " WHERE c.about = " id " AND c.state = 0 AND pl.enabled = 1)"
_Static_assert(ARCHIVE_WAITING == 0, "UNARCHIVED");

size_t retention_faxes(struct store *s, const struct kept_box *b, int64_t before_ms, struct id *ids,
                       size_t most)
{
    struct sql_rows r;
    sql_query(
        s->sql, &r,
        "SELECT f.id FROM fax AS f WHERE f.faxbox = ?1 AND f.answered_ms < ?2 AND f.tenant = ?3 AND f.state "
        "<> ?4"
        " AND NOT " IS_HELD("f.id") " AND NOT " UNARCHIVED("f.id") " AND NOT " UNSENT_ABOUT(
            "f.id") " AND NOT EXISTS (SELECT 1 FROM fax AS g WHERE g.continues = f.id)"
                    " AND NOT EXISTS (SELECT 1 FROM fax_look AS l WHERE l.fax = f.id)"
                    " AND NOT EXISTS (SELECT 1 FROM print AS p WHERE p.fax = f.id AND "
                    "p.state < 2)"
                    " ORDER BY f.answered_ms LIMIT ?5",
        "tidni", b->name, before_ms, b->tenant, (int)FAX_RECEIVING, (int64_t)most);
    return sql_take_ids(&r, ids, most);
}

size_t retention_submissions(struct store *s, const struct kept_box *b, int64_t before_ms, struct id *ids,
                             size_t most)
{
    struct sql_rows r;
    sql_query(
        s->sql, &r,
        "SELECT m.id FROM submission AS m WHERE m.faxbox = ?1 AND m.created_ms < ?2 AND m.tenant = ?3"
        " AND m.preview = 0 AND m.state IN (?4, ?5) AND NOT " UNSENT_ABOUT(
            "m.id") " AND NOT EXISTS (SELECT 1 FROM job AS j WHERE j.submission = m.id AND (j.ended_ms "
                    "IS NULL"
                    " OR j.ended_ms >= ?2 OR j.state IN (?7, ?8, ?9) OR " IS_HELD("j.id") " OR " UNARCHIVED(
                        "j.id") " OR " UNSENT_ABOUT("j.id") "))"
                                                            " ORDER BY m.created_ms LIMIT ?6",
        "tidnninnn", b->name, before_ms, b->tenant, (int)SUBMISSION_REFUSED, (int)SUBMISSION_FINISHED,
        (int64_t)most, (int)JOB_WAITING, (int)JOB_HELD, (int)JOB_CALLING);
    return sql_take_ids(&r, ids, most);
}

size_t retention_deliveries(struct store *s, const struct kept_box *b, int64_t before_ms, struct id *ids,
                            size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT j.id FROM job AS j WHERE j.purpose = 2 AND j.faxbox = ?1 AND j.created_ms < ?2"
              " AND j.tenant = ?3 AND j.ended_ms < ?2 AND NOT " IS_HELD("j.id") " AND NOT " UNARCHIVED(
                  "j.id") " AND NOT " UNSENT_ABOUT("j.id") " ORDER BY j.created_ms LIMIT ?4",
              "tidi", b->name, before_ms, b->tenant, (int64_t)most);
    return sql_take_ids(&r, ids, most);
}
_Static_assert(PURPOSE_POLLED == 2, "retention_deliveries, and its index");

/* The archive is not waited for: what is deleted is deleted there too. */
bool retention_may_delete(struct store *s, struct id id, bool sent)
{
    if (sent)
        return sql_get_int(s->sql, 0,
                           "SELECT count(*) FROM submission AS m WHERE m.id = ?1 AND (" UNSENT_ABOUT(
                               "m.id") " OR EXISTS (SELECT 1 FROM offer AS r WHERE r.submission = m.id)"
                                       " OR EXISTS (SELECT 1 FROM job AS j WHERE j.submission = m.id "
                                       "AND " UNSENT_ABOUT("j.id") "))",
                           "d", id) == 0;
    return sql_get_int(
               s->sql, 0,
               "SELECT count(*) FROM fax AS f WHERE f.id = ?1 AND (" UNSENT_ABOUT(
                   "f.id") " OR EXISTS (SELECT 1 FROM fax AS g WHERE g.continues = f.id)"
                           " OR EXISTS (SELECT 1 FROM fax_look AS l WHERE l.fax = f.id)"
                           " OR EXISTS (SELECT 1 FROM print AS p WHERE p.fax = f.id AND p.state < 2))",
               "d", id) == 0;
}

/* ---- what goes with it ---- */

/* The rows that refer to blobs go first; these are theirs. Blobs of one item are read in turns: none of them
 * is read twice, for its row is gone by then. */
enum { AT_ONCE = 256 };

static unsigned delete_blobs(struct store *s, const struct id *blobs, size_t count)
{
    unsigned gone = 0;
    for (size_t i = 0; i < count; i++) {
        if (id_is_none(blobs[i]))
            continue;
        blob_delete(s, blobs[i]);
        gone++;
    }
    return gone;
}

/* An owner's rows with their blobs. find: the blobs of owner ?1, at most ?2; remove: the row of owner ?1 with
 * blob ?2. */
static unsigned delete_with_blobs(struct store *s, const char *find, const char *remove, struct id owner)
{
    struct id blobs[AT_ONCE];
    struct sql_rows r;
    unsigned gone = 0;
    size_t n;
    do {
        sql_query(s->sql, &r, find, "di", owner, (int64_t)AT_ONCE);
        n = sql_take_ids(&r, blobs, AT_ONCE);
        for (size_t i = 0; i < n; i++)
            (void)sql_run(s->sql, remove, "dd", owner, blobs[i]);
        gone += delete_blobs(s, blobs, n);
    } while (n == AT_ONCE);
    return gone;
}

/* Mails about it, all of them sent or given up. */
static unsigned delete_mails_about(struct store *s, struct id about)
{
    (void)sql_run(s->sql, "DELETE FROM mail_out WHERE about = ?1 AND blob IS NULL", "d", about);
    return delete_with_blobs(s, "SELECT blob FROM mail_out WHERE about = ?1 LIMIT ?2",
                             "DELETE FROM mail_out WHERE about = ?1 AND blob = ?2", about);
}

static void delete_attempt(struct store *s, struct id attempt)
{
    (void)sql_run(s->sql, "DELETE FROM attempt_page WHERE attempt = ?1", "d", attempt);
    (void)sql_run(s->sql, "DELETE FROM attempt WHERE id = ?1", "d", attempt);
}

unsigned retention_delete_fax(struct store *s, struct id fax)
{
    struct id attempt;
    struct sql_rows r;
    unsigned gone = delete_mails_about(s, fax) +
                    delete_with_blobs(s, "SELECT blob FROM fax_page WHERE fax = ?1 LIMIT ?2",
                                      "DELETE FROM fax_page WHERE fax = ?1 AND blob = ?2", fax);
    sql_query(s->sql, &r, "SELECT attempt FROM fax WHERE id = ?1", "d", fax);
    size_t n = sql_take_ids(&r, &attempt, 1);
    search_drop_fax(s, fax);
    (void)sql_run(s->sql, "DELETE FROM fax_unread WHERE fax = ?1", "d", fax);
    remarks_forget(s, fax);
    (void)sql_run(s->sql, "DELETE FROM fax WHERE id = ?1", "d", fax);
    if (n == 1)
        delete_attempt(s, attempt);
    change_note(&s->changes, CHANGE_MUCH, ID_NONE);
    return gone;
}

static unsigned delete_job(struct store *s, struct id job)
{
    struct id attempts[AT_ONCE];
    struct sql_rows r;
    size_t n;
    do {
        sql_query(s->sql, &r, "SELECT id FROM attempt WHERE job = ?1 LIMIT ?2", "di", job, (int64_t)AT_ONCE);
        n = sql_take_ids(&r, attempts, AT_ONCE);
        for (size_t i = 0; i < n; i++)
            delete_attempt(s, attempts[i]);
    } while (n == AT_ONCE);
    unsigned gone = delete_mails_about(s, job);
    (void)sql_run(s->sql, "DELETE FROM job_event WHERE job = ?1", "d", job);
    remarks_forget(s, job);
    search_drop_job(s, job);
    (void)sql_run(s->sql, "DELETE FROM job WHERE id = ?1", "d", job);
    return gone;
}

unsigned retention_delete_delivery(struct store *s, struct id job)
{
    unsigned gone = delete_job(s, job);
    change_note(&s->changes, CHANGE_MUCH, ID_NONE);
    return gone;
}

static unsigned delete_jobs(struct store *s, struct id submission)
{
    struct id jobs[AT_ONCE];
    struct sql_rows r;
    unsigned gone = 0;
    size_t n;
    do {
        sql_query(s->sql, &r, "SELECT id FROM job WHERE submission = ?1 LIMIT ?2", "di", submission,
                  (int64_t)AT_ONCE);
        n = sql_take_ids(&r, jobs, AT_ONCE);
        for (size_t i = 0; i < n; i++)
            gone += delete_job(s, jobs[i]);
    } while (n == AT_ONCE);
    return gone;
}

static unsigned delete_documents(struct store *s, struct id submission)
{
    return delete_with_blobs(s,
                             "SELECT lower_blob FROM submission_page WHERE submission = ?1 AND lower_blob IS "
                             "NOT NULL LIMIT ?2",
                             "UPDATE submission_page SET lower_blob = NULL WHERE submission = ?1 AND "
                             "lower_blob = ?2",
                             submission) +
           delete_with_blobs(s, "SELECT blob FROM submission_page WHERE submission = ?1 LIMIT ?2",
                             "DELETE FROM submission_page WHERE submission = ?1 AND blob = ?2", submission) +
           delete_with_blobs(s, "SELECT blob FROM document WHERE submission = ?1 LIMIT ?2",
                             "DELETE FROM document WHERE submission = ?1 AND blob = ?2", submission);
}

/* One that was faxed, and of which nothing is left; a dead letter is a person's to delete. */
static unsigned delete_mail_in(struct store *s, struct id mail)
{
    struct id blob;
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT blob FROM mail_in WHERE id = ?1 AND state = ?2"
              " AND NOT EXISTS (SELECT 1 FROM submission WHERE mail = ?1) AND NOT " UNSENT_ABOUT("?1"),
              "dn", mail, (int)MAIL_IN_ROUTED);
    if (sql_take_ids(&r, &blob, 1) == 0)
        return 0;
    unsigned gone = delete_mails_about(s, mail);
    (void)sql_run(s->sql, "DELETE FROM mail_in WHERE id = ?1", "d", mail);
    return gone + delete_blobs(s, &blob, 1);
}

unsigned retention_delete_submission(struct store *s, struct id submission)
{
    struct id mail;
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT mail FROM submission WHERE id = ?1", "d", submission);
    size_t n = sql_take_ids(&r, &mail, 1);
    unsigned gone =
        delete_jobs(s, submission) + delete_documents(s, submission) + delete_mails_about(s, submission);
    (void)sql_run(s->sql, "DELETE FROM offer WHERE submission = ?1", "d", submission); /* a refused one */
    (void)sql_run(s->sql, "DELETE FROM submission_target WHERE submission = ?1", "d", submission);
    (void)sql_run(s->sql, "DELETE FROM submission WHERE id = ?1", "d", submission);
    if (n == 1 && !id_is_none(mail))
        gone += delete_mail_in(s, mail);
    change_note(&s->changes, CHANGE_MUCH, ID_NONE);
    return gone;
}

/* ---- mails of their own ---- */

/* The index is one of sent mails alone, and says so in its own words. */
#define SENT "3"
_Static_assert(MAIL_OUT_SENT == 3, "SENT");

/* One more than the last time of a window, so that the next window begins behind it, however many have that
 * time. */
static int64_t end_of_window(int64_t from_ms, int64_t last_ms, int64_t before_ms)
{
    return last_ms < 0 ? before_ms : last_ms > from_ms ? last_ms : from_ms + 1;
}

static size_t delete_sent_mails(struct store *s, struct mail_walk *w, int64_t before_ms)
{
    struct id ids[RETENTION_MAILS_AT_ONCE];
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT t.id FROM (SELECT id, kind, about FROM mail_out WHERE state = " SENT
              " AND ended_ms >= ?1 AND ended_ms < ?2 ORDER BY ended_ms LIMIT ?3) AS t"
              " WHERE t.kind IN ('answer', 'repeated', 'preview', 'pickup', 'notice', 'alarm')"
              " AND NOT EXISTS (SELECT 1 FROM fax WHERE id = t.about)"
              " AND NOT EXISTS (SELECT 1 FROM submission WHERE id = t.about)"
              " AND NOT EXISTS (SELECT 1 FROM mail_in WHERE id = t.about)",
              "iii", w->sent_ms, before_ms, (int64_t)RETENTION_MAILS_AT_ONCE);
    size_t n = sql_take_ids(&r, ids, RETENTION_MAILS_AT_ONCE);
    w->sent_ms =
        end_of_window(w->sent_ms,
                      sql_get_int(s->sql, -1,
                                  "SELECT ended_ms FROM mail_out WHERE state = " SENT
                                  " AND ended_ms >= ?1 AND ended_ms < ?2 ORDER BY ended_ms LIMIT 1 OFFSET ?3",
                                  "iii", w->sent_ms, before_ms, (int64_t)RETENTION_MAILS_AT_ONCE),
                      before_ms);
    for (size_t i = 0; i < n; i++) {
        struct id blob;
        sql_query(s->sql, &r, "SELECT blob FROM mail_out WHERE id = ?1", "d", ids[i]);
        size_t found = sql_take_ids(&r, &blob, 1);
        (void)sql_run(s->sql, "DELETE FROM mail_out WHERE id = ?1", "d", ids[i]);
        (void)delete_blobs(s, &blob, found);
    }
    return n;
}

static size_t delete_routed_mails(struct store *s, struct mail_walk *w, int64_t before_ms)
{
    struct id ids[RETENTION_MAILS_AT_ONCE];
    struct sql_rows r;
    sql_query(
        s->sql, &r,
        "SELECT t.id FROM (SELECT id FROM mail_in WHERE state = ?1 AND received_ms >= ?2 AND received_ms < ?3"
        " ORDER BY received_ms LIMIT ?4) AS t WHERE NOT EXISTS (SELECT 1 FROM submission WHERE mail = t.id)",
        "niii", (int)MAIL_IN_ROUTED, w->received_ms, before_ms, (int64_t)RETENTION_MAILS_AT_ONCE);
    size_t n = sql_take_ids(&r, ids, RETENTION_MAILS_AT_ONCE), gone = 0;
    w->received_ms = end_of_window(
        w->received_ms,
        sql_get_int(s->sql, -1,
                    "SELECT received_ms FROM mail_in WHERE state = ?1 AND received_ms >= ?2"
                    " AND received_ms < ?3 ORDER BY received_ms LIMIT 1 OFFSET ?4",
                    "niii", (int)MAIL_IN_ROUTED, w->received_ms, before_ms, (int64_t)RETENTION_MAILS_AT_ONCE),
        before_ms);
    for (size_t i = 0; i < n; i++)
        gone += delete_mail_in(s, ids[i]) > 0 ? 1 : 0;
    return gone;
}

size_t retention_delete_mails(struct store *s, struct mail_walk *w, int64_t before_ms)
{
    return delete_sent_mails(s, w, before_ms) + delete_routed_mails(s, w, before_ms);
}

/* ---- what SQLite keeps of what it deleted ---- */

/* FTS5 notes that a row is gone and drops its words when segments are merged. A merge that had nothing to do
 * changes one row at most (https://www.sqlite.org/fts5.html, "the merge command"). */
bool retention_merge_search(struct store *s)
{
    static const char *const merges[] = {"INSERT INTO fax_search (fax_search, rank) VALUES ('merge', -400)",
                                         "INSERT INTO job_search (job_search, rank) VALUES ('merge', -400)"};
    bool idle = true;
    for (size_t i = 0; !sql_is_postgres(s->sql) && i < ARRAY_LEN(merges); i++) {
        int64_t before = sql_total_changes(s->sql);
        (void)sql_run(s->sql, merges[i], "");
        idle = idle && sql_total_changes(s->sql) - before < 2;
    }
    return idle;
}

bool retention_empty_log(struct store *s)
{
    return sql_empty_log(s->sql);
}

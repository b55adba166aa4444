/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/outbox.h"

#include "base/panic.h"
#include "store/blob.h"
#include "store/claims.h"
#include "store/counters.h"

static void add(struct store *s, const struct mail_out *m, enum mail_out_state state)
{
    (void)sql_run(
        s->sql,
        "INSERT INTO mail_out (id, tenant, kind, about, state, sender, recipient, text, message_id, subject,"
        " created_ms, next_ms, faxbox, answer_code, dsn)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12, ?13, ?14)",
        "ddtdntttttittn", m->id, m->tenant, m->kind, m->about, (int)state, m->sender, m->recipient,
        m->text ? m->text : "", m->message_id ? m->message_id : "", m->subject ? m->subject : "",
        m->created_ms, m->faxbox ? m->faxbox : "", m->answer_code ? m->answer_code : "", (int)m->dsn);
}

void mail_out_add(struct store *s, const struct mail_out *m)
{
    add(s, m, MAIL_OUT_COMPOSING);
}

void mail_out_add_ready(struct store *s, const struct mail_out *m)
{
    add(s, m, MAIL_OUT_WAITING);
    (void)sql_run(s->sql, "UPDATE mail_out SET blob = ?2 WHERE id = ?1", "dd", m->id, m->blob);
}

bool mail_out_exists(struct store *s, struct id id)
{
    return sql_get_int(s->sql, 0, "SELECT 1 FROM mail_out WHERE id = ?1", "d", id) != 0;
}

bool mail_out_find(struct store *s, struct id id, struct arena *a, struct mail_out *m)
{
    struct sql_rows r;
    sql_query(
        s->sql, &r,
        "SELECT tenant, kind, about, state, sender, recipient, text, message_id, subject, blob, "
        "created_ms, next_ms, tries, code, reason, faxbox, answer_code, dsn, coalesce(since_ms, created_ms)"
        " FROM mail_out WHERE id = ?1",
        "d", id);
    if (!sql_next(&r))
        return false;
    *m = (struct mail_out){.id = id,
                           .tenant = sql_id(&r, 0),
                           .kind = sql_text(&r, 1, a),
                           .about = sql_id(&r, 2),
                           .state = (enum mail_out_state)sql_int(&r, 3),
                           .sender = sql_text(&r, 4, a),
                           .recipient = sql_text(&r, 5, a),
                           .text = sql_text(&r, 6, a),
                           .message_id = sql_text(&r, 7, a),
                           .subject = sql_text(&r, 8, a),
                           .blob = sql_id(&r, 9),
                           .created_ms = sql_int(&r, 10),
                           .next_ms = sql_int(&r, 11),
                           .tries = (unsigned)sql_int(&r, 12),
                           .code = sql_text(&r, 13, a),
                           .reason = sql_text(&r, 14, a),
                           .faxbox = sql_text(&r, 15, a),
                           .answer_code = sql_text(&r, 16, a),
                           .dsn = sql_int(&r, 17) != 0,
                           .since_ms = sql_int(&r, 18)};
    sql_end(&r);
    return true;
}

size_t mail_out_to_compose(struct store *s, int64_t now_ms, struct id *ids, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT id FROM mail_out WHERE state = ?1 AND next_ms <= ?2 AND" UNCLAIMED(
                  CLAIM_COMPOSE, "mail_out.id", "?4") "ORDER BY next_ms, rowid LIMIT ?3",
              "niid", (int)MAIL_OUT_COMPOSING, now_ms, (int64_t)most, s->node);
    return sql_take_ids(&r, ids, most);
}

#define DELIVERABLE                                                                                          \
    "SELECT id FROM mail_out WHERE state = ?1 AND next_ms <= ?2 AND" UNCLAIMED(CLAIM_DELIVER, "mail_out.id", \
                                                                               "?4")

size_t mail_out_due(struct store *s, int64_t now_ms, struct id *ids, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r, DELIVERABLE "ORDER BY next_ms, rowid LIMIT ?3", "niid", (int)MAIL_OUT_WAITING,
              now_ms, (int64_t)most, s->node);
    return sql_take_ids(&r, ids, most);
}

#define OF_ALL "(tenant IS NULL OR tenant NOT IN (SELECT tenant FROM mail_server WHERE tenant IS NOT NULL))"

size_t mail_out_due_of(struct store *s, struct id tenant, int64_t now_ms, struct id *ids, size_t most)
{
    struct sql_rows r;
    if (id_is_none(tenant))
        sql_query(s->sql, &r, DELIVERABLE "AND " OF_ALL " ORDER BY next_ms, rowid LIMIT ?3", "niid",
                  (int)MAIL_OUT_WAITING, now_ms, (int64_t)most, s->node);
    else
        sql_query(s->sql, &r,
                  DELIVERABLE "AND tenant = ?5"
                              " ORDER BY next_ms, rowid LIMIT ?3",
                  "niidd", (int)MAIL_OUT_WAITING, now_ms, (int64_t)most, s->node, tenant);
    return sql_take_ids(&r, ids, most);
}

int64_t mail_out_next_due(struct store *s)
{
    return sql_get_int(s->sql, INT64_MAX,
                       "SELECT next_ms FROM mail_out WHERE state IN (?1, ?2) ORDER BY next_ms LIMIT 1", "nn",
                       (int)MAIL_OUT_COMPOSING, (int)MAIL_OUT_WAITING);
}

unsigned mail_out_waiting(struct store *s)
{
    return (unsigned)sql_get_int(s->sql, 0, "SELECT count(*) FROM mail_out WHERE state IN (?1, ?2)", "nn",
                                 (int)MAIL_OUT_COMPOSING, (int)MAIL_OUT_WAITING);
}

static void move(struct store *s, struct id id, enum mail_out_state to)
{
    int64_t from = sql_get_int(s->sql, -1, "SELECT state FROM mail_out WHERE id = ?1", "d", id);
    if (from < 0 || !mail_out_may_move((enum mail_out_state)from, to))
        panic("mail %s cannot move from state %d to %s", id_text(id), (int)from, mail_out_state_name(to));
    (void)sql_run(s->sql, "UPDATE mail_out SET state = ?2 WHERE id = ?1", "dn", id, (int)to);
}

void mail_out_composed(struct store *s, struct id id, struct span bytes, int64_t now_ms)
{
    if (sql_get_int(s->sql, -1, "SELECT state FROM mail_out WHERE id = ?1", "d", id) != MAIL_OUT_COMPOSING)
        return;
    move(s, id, MAIL_OUT_WAITING);
    (void)sql_run(s->sql, "UPDATE mail_out SET blob = ?2, next_ms = ?3, since_ms = ?3 WHERE id = ?1", "ddi",
                  id, blob_put(s, bytes), now_ms);
}

void mail_out_keys_changed(struct store *s, struct id user)
{
    (void)sql_run(
        s->sql,
        "UPDATE mail_out SET state = ?2, next_ms = 0, tries = 0, ended_ms = NULL, code = '', reason = ''"
        " WHERE state = ?3 AND blob IS NULL AND code IN ('pgp-key', 'smime-expired')"
        " AND lower(recipient) IN (SELECT key FROM user_address WHERE user = ?1)",
        "dnn", user, (int)MAIL_OUT_COMPOSING, (int)MAIL_OUT_FAILED);
}

static void set_reason(struct store *s, struct id id, const struct outcome *why)
{
    (void)sql_run(s->sql, "UPDATE mail_out SET code = ?2, reason = ?3 WHERE id = ?1", "dtt", id, why->code,
                  why->text);
}

void mail_out_note(struct store *s, struct id id, const struct outcome *why)
{
    set_reason(s, id, why);
}

void mail_out_close(struct store *s, struct id id, enum mail_out_state to, int64_t now_ms,
                    const struct outcome *why)
{
    move(s, id, to);
    (void)sql_run(s->sql, "UPDATE mail_out SET ended_ms = ?2 WHERE id = ?1", "di", id, now_ms);
    counter_add(s, COUNT_MAILS_OUT, mail_out_state_name(to), 1);
    set_reason(s, id, why);
}

void mail_out_retry(struct store *s, struct id id, int64_t next_ms, const struct outcome *why)
{
    (void)sql_run(s->sql, "UPDATE mail_out SET next_ms = ?2, tries = tries + 1 WHERE id = ?1", "di", id,
                  next_ms);
    set_reason(s, id, why);
}

void mail_out_shift_times(struct store *s, int64_t by_ms)
{
    (void)sql_run(
        s->sql,
        "UPDATE mail_out SET next_ms = next_ms + ?1, created_ms = created_ms + ?1, since_ms = since_ms + ?1"
        " WHERE state IN (?2, ?3)",
        "inn", by_ms, (int)MAIL_OUT_COMPOSING, (int)MAIL_OUT_WAITING);
}

size_t mail_out_late(struct store *s, int64_t until_ms, struct id *ids, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT min(m.id) FROM mail_out m WHERE m.state IN (?1, ?2) AND m.kind = 'received' AND"
              " m.created_ms < ?3"
              " AND NOT EXISTS (SELECT 1 FROM mail_out o WHERE o.about = m.about AND o.state = ?4)"
              " AND NOT EXISTS (SELECT 1 FROM mail_out o WHERE o.stands_for = m.about)"
              " GROUP BY m.about LIMIT ?5",
              "nnini", (int)MAIL_OUT_COMPOSING, (int)MAIL_OUT_WAITING, until_ms, (int)MAIL_OUT_SENT,
              (int64_t)most);
    return sql_take_ids(&r, ids, most);
}

void mail_out_stand_in(struct store *s, struct id mail, struct id fax)
{
    (void)sql_run(s->sql, "UPDATE mail_out SET stands_for = ?2 WHERE id = ?1", "dd", mail, fax);
}

bool mail_out_has_stand_in(struct store *s, struct id fax)
{
    return sql_get_int(s->sql, 0, "SELECT 1 FROM mail_out WHERE stands_for = ?1 LIMIT 1", "d", fax) != 0;
}

void mail_out_return(struct store *s, struct id id, int64_t now_ms, const struct outcome *why)
{
    mail_out_close(s, id, MAIL_OUT_RETURNED, now_ms, why);
}

/* ---- what a person does ---- */

void mail_out_hold(struct store *s, struct id id, const struct outcome *why)
{
    move(s, id, MAIL_OUT_HELD);
    set_reason(s, id, why);
}

void mail_out_release(struct store *s, struct id id, int64_t now_ms)
{
    int64_t state = sql_get_int(s->sql, -1, "SELECT state FROM mail_out WHERE id = ?1", "d", id);
    bool made = sql_get_int(s->sql, 0, "SELECT blob IS NOT NULL FROM mail_out WHERE id = ?1", "d", id) != 0;
    enum mail_out_state to = made ? MAIL_OUT_WAITING : MAIL_OUT_COMPOSING;
    if (state != (int64_t)to)
        move(s, id, to);
    (void)sql_run(s->sql,
                  "UPDATE mail_out SET next_ms = ?2, since_ms = ?2, tries = 0, ended_ms = NULL, code = '',"
                  " reason = '' WHERE id = ?1",
                  "di", id, now_ms);
}

unsigned mail_out_hurry_all(struct store *s, int64_t now_ms)
{
    return (unsigned)sql_run(s->sql,
                             "UPDATE mail_out SET next_ms = ?1 WHERE next_ms > ?1 AND state IN (?2, ?3)",
                             "inn", now_ms, (int)MAIL_OUT_COMPOSING, (int)MAIL_OUT_WAITING);
}

unsigned mail_out_release_all(struct store *s, int64_t now_ms)
{
    return (unsigned)sql_run(
        s->sql,
        "UPDATE mail_out SET state = ?1, next_ms = ?2, since_ms = ?2, tries = 0, code = '',"
        " reason = '' WHERE state = ?3",
        "nin", (int)MAIL_OUT_WAITING, now_ms, (int)MAIL_OUT_HELD);
}

void mail_out_delete(struct store *s, struct id id)
{
    struct sql_rows r;
    struct id blob = ID_NONE;
    sql_query(s->sql, &r, "SELECT blob FROM mail_out WHERE id = ?1", "d", id);
    if (sql_next(&r)) {
        blob = sql_id(&r, 0);
        sql_end(&r);
    }
    (void)sql_run(s->sql, "DELETE FROM mail_out WHERE id = ?1", "d", id);
    if (!id_is_none(blob))
        blob_delete(s, blob);
}

/* ---- alarms ---- */

#define LATE_OF " FROM mail_out WHERE state IN (?1, ?2) AND created_ms < ?3 AND kind <> 'alarm' AND "

struct late_mails mail_out_late_of(struct store *s, struct id tenant, int64_t until_ms)
{
    struct sql_rows r;
    struct late_mails late = {0, ID_NONE};
    if (id_is_none(tenant))
        sql_query(s->sql, &r, "SELECT count(*), min(id)" LATE_OF OF_ALL, "nni", (int)MAIL_OUT_COMPOSING,
                  (int)MAIL_OUT_WAITING, until_ms);
    else
        sql_query(s->sql, &r, "SELECT count(*), min(id)" LATE_OF "tenant = ?4", "nnid",
                  (int)MAIL_OUT_COMPOSING, (int)MAIL_OUT_WAITING, until_ms, tenant);
    if (sql_next(&r)) {
        late = (struct late_mails){(unsigned)sql_int(&r, 0), sql_id(&r, 1)};
        sql_end(&r);
    }
    return late;
}

size_t mail_out_alarms(struct store *s, struct id *ids, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT id FROM mail_out WHERE kind = 'alarm' AND state IN (?1, ?2) ORDER BY id LIMIT ?3",
              "nni", (int)MAIL_OUT_COMPOSING, (int)MAIL_OUT_WAITING, (int64_t)most);
    return sql_take_ids(&r, ids, most);
}

/* ---- a fax that waits for its sender's second try ---- */

unsigned mail_out_unmade(struct store *s, struct id fax)
{
    return (unsigned)sql_get_int(
        s->sql, 0, "SELECT count(*) FROM mail_out WHERE about = ?1 AND kind = 'received' AND state = ?2",
        "dn", fax, (int)MAIL_OUT_COMPOSING);
}

unsigned mail_out_of_fax(struct store *s, struct id fax)
{
    return (unsigned)sql_get_int(s->sql, 0, "SELECT count(*) FROM mail_out WHERE about = ?1", "d", fax);
}

void mail_out_delay(struct store *s, struct id fax, int64_t until_ms)
{
    (void)sql_run(s->sql,
                  "UPDATE mail_out SET next_ms = ?3 WHERE about = ?1 AND kind = 'received' AND state = ?2",
                  "dni", fax, (int)MAIL_OUT_COMPOSING, until_ms);
}

void mail_out_withdraw(struct store *s, struct id fax)
{
    (void)sql_run(s->sql, "DELETE FROM mail_out WHERE about = ?1 AND kind = 'received' AND state = ?2", "dn",
                  fax, (int)MAIL_OUT_COMPOSING);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/mails.h"

#include <string.h>

#include "base/panic.h"
#include "store/blob.h"
#include "store/claims.h"
#include "store/counters.h"

bool mail_in_exists(struct store *s, struct id id)
{
    return sql_get_int(s->sql, 0, "SELECT 1 FROM mail_in WHERE id = ?1", "d", id) != 0;
}

void mail_in_add(struct store *s, const struct mail_in *m)
{
    (void)sql_run(
        s->sql,
        "INSERT INTO mail_in (id, state, received_ms, sender, recipients, client_ip, trust, blob, facts,"
        " mailbox, too_large, wishes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        "dnitttndtdit", m->id, (int)MAIL_IN_RECEIVED, m->received_ms, m->sender, m->recipients, m->client_ip,
        (int)m->trust, m->blob, m->facts ? m->facts : "", m->mailbox, (int64_t)m->too_large,
        m->wishes ? m->wishes : "");
    counter_add(s, COUNT_MAILS_IN, "", 1);
    if (!id_is_none(m->user))
        (void)sql_run(s->sql, "UPDATE mail_in SET user = ?2 WHERE id = ?1", "dd", m->id, m->user);
}

bool mail_in_find(struct store *s, struct id id, struct arena *a, struct mail_in *m)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT state, received_ms, sender, recipients, client_ip, trust, blob, facts, mailbox, "
              "too_large, user, wishes"
              " FROM mail_in WHERE id = ?1",
              "d", id);
    if (!sql_next(&r))
        return false;
    *m = (struct mail_in){.id = id,
                          .state = (enum mail_in_state)sql_int(&r, 0),
                          .received_ms = sql_int(&r, 1),
                          .sender = sql_text(&r, 2, a),
                          .recipients = sql_text(&r, 3, a),
                          .client_ip = sql_text(&r, 4, a),
                          .trust = (unsigned)sql_int(&r, 5),
                          .blob = sql_id(&r, 6),
                          .facts = sql_text(&r, 7, a),
                          .mailbox = sql_id(&r, 8),
                          .too_large = (uint64_t)sql_int(&r, 9),
                          .user = sql_id(&r, 10),
                          .wishes = sql_text(&r, 11, a)};
    sql_end(&r);
    return true;
}

size_t mail_in_to_unpack(struct store *s, struct id *ids, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT id FROM mail_in WHERE state = ?1 AND" UNCLAIMED(CLAIM_UNPACK, "mail_in.id",
                                                                      "?3") "ORDER BY received_ms LIMIT ?2",
              "nid", (int)MAIL_IN_RECEIVED, (int64_t)most, s->node);
    return sql_take_ids(&r, ids, most);
}

void mail_in_close(struct store *s, struct id id, enum mail_in_state to, const char *code, const char *reason)
{
    if (sql_run(s->sql, "UPDATE mail_in SET state = ?2, code = ?3, reason = ?4 WHERE id = ?1 AND state = ?5",
                "dnttn", id, (int)to, code, reason, (int)MAIL_IN_RECEIVED) == 1 &&
        to == MAIL_IN_REFUSED)
        counter_add(s, COUNT_MAILS_REFUSED, "", 1);
}

void mail_in_rewrite(struct store *s, const struct mail_in *m, const char *recipients, const char *wishes,
                     struct id blob)
{
    (void)sql_run(s->sql, "UPDATE mail_in SET recipients = ?2, wishes = ?3, blob = ?4 WHERE id = ?1", "dttd",
                  m->id, recipients, wishes, blob);
    blob_delete(s, m->blob);
}

/* ---- dead letters ---- */

static void move(struct store *s, struct id id, enum mail_in_state to)
{
    int64_t from = sql_get_int(s->sql, -1, "SELECT state FROM mail_in WHERE id = ?1", "d", id);
    if (from < 0 || !mail_in_may_move((enum mail_in_state)from, to))
        panic("mail %s cannot move from state %d to %s", id_text(id), (int)from, mail_in_state_name(to));
    (void)sql_run(s->sql, "UPDATE mail_in SET state = ?2 WHERE id = ?1", "dn", id, (int)to);
}

void mail_in_bury(struct store *s, struct id id, const char *code, const char *reason)
{
    if (sql_run(s->sql, "UPDATE mail_in SET state = ?2, code = ?3, reason = ?4 WHERE id = ?1 AND state = ?5",
                "dnttn", id, (int)MAIL_IN_REFUSED, code, reason, (int)MAIL_IN_ROUTED) == 1)
        counter_add(s, COUNT_MAILS_REFUSED, "", 1);
}

bool dead_letter_find(struct store *s, struct id id, struct arena *a, struct dead_letter *d)
{
    struct sql_rows r;
    if (!mail_in_find(s, id, a, &d->mail) || d->mail.state != MAIL_IN_REFUSED)
        return false;
    sql_query(
        s->sql, &r,
        "SELECT m.code, m.reason, b.size FROM mail_in AS m JOIN blob AS b ON b.id = m.blob WHERE m.id = ?1",
        "d", id);
    if (!sql_next(&r))
        return false;
    d->code = sql_text(&r, 0, a);
    d->reason = sql_text(&r, 1, a);
    d->size = (uint64_t)sql_int(&r, 2);
    sql_end(&r);
    return true;
}

size_t dead_letters(struct store *s, struct id before, struct id *ids, size_t most)
{
    struct sql_rows r;
    size_t n = 0;
    if (id_is_none(before))
        memset(before.bytes, 0xff, sizeof(before.bytes));
    /* 2: refused; its number, for the index is one of them alone */
    sql_query(s->sql, &r, "SELECT id FROM mail_in WHERE state = 2 AND id < ?1 ORDER BY id DESC LIMIT ?2",
              "di", before, (int64_t)most);
    while (n < most && sql_next(&r))
        ids[n++] = sql_id(&r, 0);
    sql_end(&r);
    return n;
}

void dead_letter_replay(struct store *s, struct id id)
{
    move(s, id, MAIL_IN_RECEIVED);
}

void dead_letter_delete(struct store *s, struct id id)
{
    struct arena a;
    struct mail_in m;
    arena_init(&a);
    if (mail_in_find(s, id, &a, &m)) {
        (void)sql_run(s->sql, "DELETE FROM mail_in WHERE id = ?1", "d", id);
        blob_delete(s, m.blob);
    }
    arena_clear(&a);
}

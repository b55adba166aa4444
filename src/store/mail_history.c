/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/mail_history.h"

/* The same as the last time: true where that event stands for it now. */
static bool happened_again(struct store *s, struct id mail, int64_t now_ms, const struct mail_event *e)
{
    return sql_run(s->sql,
                   "UPDATE mail_event SET last_ms = ?2, times = times + 1 WHERE mail = ?1"
                   " AND n = (SELECT max(n) FROM mail_event WHERE mail = ?1)"
                   " AND what = ?3 AND who = ?4 AND server = ?5 AND code = ?6 AND text = ?7",
                   "dittttt", mail, now_ms, e->what, e->who, e->server, e->code, e->text) > 0;
}

#define TOO_MANY(most)                                                                                       \
    " AND n <= (SELECT max(e.n) FROM mail_event AS e WHERE e.mail = mail_event.mail) - " most

static void add(struct store *s, struct id mail, int64_t now_ms, const struct mail_event *e)
{
    if (happened_again(s, mail, now_ms, e))
        return;
    (void)sql_run(s->sql,
                  "INSERT INTO mail_event (mail, n, what, who, server, code, text, times, at_ms, last_ms)"
                  " SELECT ?1, coalesce(max(n), 0) + 1, ?3, ?4, ?5, ?6, ?7, 1, ?2, ?2 FROM mail_event"
                  " WHERE mail = ?1",
                  "dittttt", mail, now_ms, e->what, e->who, e->server, e->code, e->text);
    (void)sql_run(s->sql, "DELETE FROM mail_event WHERE mail = ?1" TOO_MANY("?2"), "dn", mail,
                  (int)MAIL_EVENTS_MAX);
}

void mail_event_tried(struct store *s, struct id mail, int64_t now_ms, const char *what, const char *server,
                      const struct outcome *answer)
{
    add(s, mail, now_ms,
        &(struct mail_event){
            .what = what, .who = "", .server = server, .code = answer->code, .text = answer->text});
}

void mail_event_done(struct store *s, struct id mail, int64_t now_ms, const char *what, const char *who)
{
    add(s, mail, now_ms,
        &(struct mail_event){.what = what, .who = who, .server = "", .code = "", .text = ""});
}

void mail_event_done_all(struct store *s, enum mail_out_state state, int64_t now_ms, const char *what,
                         const char *who)
{
    (void)sql_run(s->sql,
                  "INSERT INTO mail_event (mail, n, what, who, server, code, text, times, at_ms, last_ms)"
                  " SELECT m.id, (SELECT coalesce(max(e.n), 0) + 1 FROM mail_event AS e WHERE e.mail = m.id),"
                  " ?3, ?4, '', '', '', 1, ?2, ?2 FROM mail_out AS m WHERE m.state = ?1",
                  "nitt", (int)state, now_ms, what, who);
    (void)sql_run(
        s->sql,
        "DELETE FROM mail_event WHERE mail IN (SELECT id FROM mail_out WHERE state = ?1)" TOO_MANY("?2"),
        "nn", (int)state, (int)MAIL_EVENTS_MAX);
}

size_t mail_events(struct store *s, struct id mail, struct arena *a, struct mail_event **list)
{
    struct sql_rows r;
    size_t n = 0;
    *list = arena_alloc(a, MAIL_EVENTS_MAX * sizeof(**list));
    sql_query(s->sql, &r,
              "SELECT what, who, server, code, text, times, at_ms, last_ms FROM (SELECT * FROM mail_event"
              " WHERE mail = ?1 ORDER BY n DESC LIMIT ?2) AS t ORDER BY n",
              "dn", mail, (int)MAIL_EVENTS_MAX);
    while (n < MAIL_EVENTS_MAX && sql_next(&r))
        (*list)[n++] = (struct mail_event){.what = sql_text(&r, 0, a),
                                           .who = sql_text(&r, 1, a),
                                           .server = sql_text(&r, 2, a),
                                           .code = sql_text(&r, 3, a),
                                           .text = sql_text(&r, 4, a),
                                           .times = (unsigned)sql_int(&r, 5),
                                           .at_ms = sql_int(&r, 6),
                                           .last_ms = sql_int(&r, 7)};
    sql_end(&r);
    return n;
}

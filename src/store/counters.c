/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/counters.h"

/* More labels than trunks twice over. */
enum { ROWS_MOST = 1000 };

void counter_add(struct store *s, enum counter c, const char *label, int64_t n)
{
    (void)sql_run(s->sql,
                  "INSERT INTO counter (counter, label, value) VALUES (?1, ?2, ?3)"
                  " ON CONFLICT (counter, label) DO UPDATE SET value = counter.value + ?3",
                  "nti", (int)c, label, n);
}

size_t counter_rows(struct store *s, enum counter c, struct arena *a, struct counter_row **list)
{
    struct sql_rows r;
    size_t n = 0;
    *list = arena_alloc(a, ROWS_MOST * sizeof(**list));
    sql_query(s->sql, &r, "SELECT label, value FROM counter WHERE counter = ?1 ORDER BY label LIMIT ?2", "ni",
              (int)c, (int64_t)ROWS_MOST);
    while (n < ROWS_MOST && sql_next(&r))
        (*list)[n++] = (struct counter_row){sql_text(&r, 0, a), sql_int(&r, 1)};
    sql_end(&r);
    return n;
}

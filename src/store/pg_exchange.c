/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/pg_exchange.h"

#include <errno.h>
#include <poll.h>

#include "base/clock.h"

enum { TELL_EVERY_MS = 1000 };

struct wait {
    PGconn *db;
    const struct pg_patience *patience;
    int64_t until_ms; /* of the steady clock */
};

/* False: nothing happened in time. */
static bool wait_for(const struct wait *w, short events)
{
    for (;;) {
        int64_t left_ms = w->until_ms - clock_mono_ms();
        struct pollfd p = {.fd = PQsocket(w->db), .events = events};
        if (p.fd < 0)
            return true; /* it is lost, which libpq says next */
        int found = poll(&p, 1, left_ms > TELL_EVERY_MS ? TELL_EVERY_MS : left_ms < 0 ? 0 : (int)left_ms);
        if (found > 0)
            return true;
        if (left_ms <= 0)
            return false;
        if (found < 0 && errno != EINTR)
            return true;
        if (w->patience->on_wait)
            w->patience->on_wait(w->patience->context);
    }
}

/* What comes meanwhile is taken, or two that both want to be heard first would wait for one another. */
static bool flush(const struct wait *w)
{
    while (PQflush(w->db) > 0) {
        if (!wait_for(w, POLLIN | POLLOUT))
            return false;
        if (!PQconsumeInput(w->db))
            return true; /* PQgetResult says why */
    }
    return true;
}

static bool await_result(const struct wait *w)
{
    while (PQisBusy(w->db)) {
        if (!wait_for(w, POLLIN))
            return false;
        if (!PQconsumeInput(w->db))
            return true;
    }
    return true;
}

PGresult *pg_answer(PGconn *db, int sent, const struct pg_patience *patience, bool *late)
{
    const struct wait w = {.db = db,
                           .patience = patience,
                           .until_ms =
                               patience->ms == PG_FOREVER ? INT64_MAX : clock_mono_ms() + patience->ms};
    PGresult *answer = NULL, *next;
    if (!sent)
        return NULL;
    *late = !flush(&w);
    while (!*late) {
        *late = !await_result(&w);
        next = *late ? NULL : PQgetResult(db);
        if (!next)
            break;
        bool failed = answer && PQresultStatus(answer) == PGRES_FATAL_ERROR;
        PQclear(failed ? next : answer);
        answer = failed ? answer : next;
    }
    if (!*late)
        return answer;
    PQclear(answer);
    return NULL;
}

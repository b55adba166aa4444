/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/pg_exchange.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

#include "base/clock.h"

/* until_ms of the steady clock. False: nothing happened before. */
static bool wait_for(PGconn *db, short events, int64_t until_ms)
{
    for (;;) {
        int64_t left_ms = until_ms - clock_mono_ms();
        struct pollfd p = {.fd = PQsocket(db), .events = events};
        if (p.fd < 0)
            return true; /* it is lost, which libpq says next */
        int found = poll(&p, 1, left_ms > INT_MAX ? INT_MAX : left_ms < 0 ? 0 : (int)left_ms);
        if (found > 0)
            return true;
        if (left_ms <= 0)
            return false;
        if (found < 0 && errno != EINTR)
            return true;
    }
}

/* What comes meanwhile is taken, or two that both want to be heard first would wait for one another. */
static bool flush(PGconn *db, int64_t until_ms)
{
    while (PQflush(db) > 0) {
        if (!wait_for(db, POLLIN | POLLOUT, until_ms))
            return false;
        if (!PQconsumeInput(db))
            return true; /* PQgetResult says why */
    }
    return true;
}

static bool await_result(PGconn *db, int64_t until_ms)
{
    while (PQisBusy(db)) {
        if (!wait_for(db, POLLIN, until_ms))
            return false;
        if (!PQconsumeInput(db))
            return true;
    }
    return true;
}

PGresult *pg_answer(PGconn *db, int sent, int64_t patience_ms, bool *late)
{
    int64_t until_ms = patience_ms == PG_FOREVER ? INT64_MAX : clock_mono_ms() + patience_ms;
    PGresult *answer = NULL, *next;
    if (!sent)
        return NULL;
    *late = !flush(db, until_ms);
    while (!*late) {
        *late = !await_result(db, until_ms);
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

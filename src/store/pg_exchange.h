/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A question to PostgreSQL and its answer, waited for by our own clock: a server or a network that stands
 * still ends no connection, and may even take what is sent. */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

enum { PG_FOREVER = -1 };

struct pg_patience {
    int64_t ms; /* or PG_FOREVER */
    /* Called about each second while an answer is waited for; NULL: nobody wants to know. */
    void (*on_wait)(void *context);
    void *context;
};

/* sent: what PQsend... returned, on a connection that does not block (PQsetnonblocking). The last result of
 * the question, or its first error; PQclear it. NULL: the connection is lost, or *late: there was no whole
 * answer in time, and the connection can be used no more. */
PGresult *pg_answer(PGconn *db, int sent, const struct pg_patience *patience, bool *late) MUST_USE;

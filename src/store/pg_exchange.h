/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A question to PostgreSQL and its answer, waited for by our own clock: a server or a network that stands
 * still ends no connection, and may even take what is sent. */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

enum { PG_FOREVER = -1 };

/* sent: what PQsend... returned, on a connection that does not block (PQsetnonblocking). The last result of
 * the question, or its first error; PQclear it. NULL: the connection is lost, or *late: there was no whole
 * answer within patience_ms, and the connection can be used no more. */
PGresult *pg_answer(PGconn *db, int sent, int64_t patience_ms, bool *late) MUST_USE;

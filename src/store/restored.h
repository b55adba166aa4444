/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A database of PostgreSQL that was restored by its own means: what snapshot.h does for one of SQLite. */
#pragma once

#include "store/store.h"

/* Every fax that waits or was being sent is held for a person (RESTORED_CODE). No Faxpost may work on it. 0,
 * or an errno with a text. */
int restored_hold(const char *uri, int64_t now_ms, unsigned *held, char error[STORE_ERROR_LEN]) MUST_USE;

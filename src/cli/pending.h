/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What was asked of the server and not answered: who asks the very same again within an hour, because a
 * script had no answer or was ended, asks with the same key and is sent one fax. Who was answered, of all he
 * asked for in that call, and asks again means another fax. A file for each wish, ~/.local/state/faxpost (or,
 * of who has no home, /var/tmp/faxpost-UID). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "model/id.h"

enum { PENDING_PATH_LEN = 4096, PENDING_WISH_MAX = 2 << 20 };

struct pending {
    int fd; /* -1: it is kept nowhere */
    char path[PENDING_PATH_LEN];
    char key[ID_TEXT_LEN]; /* Idempotency-Key */
    char *wish;            /* as it was asked the last time; NULL: this is the first time */
};

/* digest: of all that makes the wish, in hexadecimal. Nobody else has this one until it is ended. */
void pending_begin(struct pending *p, const char *digest);
/* Durable before it is asked. */
void pending_keep(struct pending *p, const char *wish);
/* answered: yes or no, it is over; else it stays for who asks again. */
void pending_end(struct pending *p, bool answered);

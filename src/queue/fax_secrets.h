/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Passwords of T.30 (PWD), which have to be said and so have to be kept: sealed for queue's own key, as
 * base64 of a libsodium box. */
#pragma once

#include "queue/queue.h"
#include "store/mails.h"
#include "store/submissions.h"

/* In the arena; "" of "". Where our key is missing (role/queue.c says so) it stays as it is. */
const char *fax_secret_seal(struct queue *q, const char *plain);
/* submission_add_target, the password sealed. */
void fax_secret_add_target(struct queue *q, struct id submission, int target, const struct target_row *t);
/* Those of open jobs and of boxes that an earlier Faxpost kept as they are; in a transaction of its own, at
 * the start. */
void fax_secrets_seal_old(struct queue *q);
/* In the arena. What is no box is the password itself; NULL where the box is not for our key, and that is
 * logged: who takes that for no password lets anybody have the fax. */
const char *fax_secret_open(struct queue *q, const char *sealed) MUST_USE;
/* Whether fax_secret_open would open it. Logs nothing. */
bool fax_secret_opens(const struct queue *q, const char *sealed);

/* The text with an x for each digit of a password (^PWD=) in it, in the arena. */
const char *fax_secret_hidden(struct arena *a, const char *text);
/* Is one in the envelope or header of that mail? */
bool fax_secret_is_in(struct queue *q, const struct mail_in *mail, const struct msg_unpacked *m);
/* The same in the envelope and header of a mail that is kept and had one. Who fetches it back from the dead
 * letters has to send it again. */
void fax_secret_hide(struct queue *q, const struct mail_in *mail, const struct msg_unpacked *m);

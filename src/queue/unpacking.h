/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the steps of a mail's unpacking share. */
#pragma once

#include "queue/queue.h"
#include "store/mails.h"

/* The mail becomes no fax; who sent it, by its header, is told once, if he may be told at all (D1, A5). m:
 * from, message_id and subject are read. */
void unpack_refuse(struct queue *q, const struct mail_in *mail, const struct msg_unpacked *m,
                   const struct outcome *o);

/* Is that surely who the mail is from, and may he send from a box? Anybody else may be a forged address (D1).
 */
bool unpack_may_answer(struct queue *q, const struct mail_in *mail, const char *from) MUST_USE;

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* May this mail come in (A5): is it its author's, as far as the boxes it goes to want to know?
 * sender_policy.h decides; here the settings and the facts are brought together. Reads the store, changes
 * nothing. */
#pragma once

#include "queue/queue.h"

/* At RCPT. *verify: what has to be found out about the mail later (enum mail_verify), 0 for nothing. */
void sender_check_at_rcpt(struct queue *q, const struct msg_rcpt_check *m, struct outcome *o,
                          uint32_t *verify);
/* Once the mail is there. False with the refusal in *reply, whose texts live in q's arena. */
bool sender_check_mail(struct queue *q, const struct msg_mail_store *m,
                       struct msg_mail_stored *reply) MUST_USE;

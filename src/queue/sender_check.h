/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* May this mail come in (A5): is it its author's, as far as the boxes it goes to want to know?
 * sender_policy.h decides; here the settings and the facts are brought together. Reads the store, changes
 * nothing. */
#pragma once

#include "queue/queue.h"
#include "store/mailboxes.h"
#include "store/mails.h"

/* At RCPT. *verify: what has to be found out about the mail later (enum mail_verify), 0 for nothing. */
void sender_check_at_rcpt(struct queue *q, const struct msg_rcpt_check *m, struct outcome *o,
                          uint32_t *verify);
/* Once the mail is there. False with the refusal in *reply, whose texts live in q's arena. */
bool sender_check_mail(struct queue *q, const struct msg_mail_store *m,
                       struct msg_mail_stored *reply) MUST_USE;

/* Does a box that names the mailbox want to know who its mails are from? */
bool sender_check_wanted(struct queue *q, const char *mailbox) MUST_USE;
/* Of a mail in a mailbox, before it is taken: false where a box that names the mailbox and lets its author
 * send cannot be told now whether he is (the DNS). */
bool sender_check_before_taking(struct queue *q, const struct mailbox *mailbox, const char *facts) MUST_USE;
/* Of a mail that was taken, for a box it goes to. o is left as it is, or becomes the refusal. */
void sender_check_polled(struct queue *q, const struct faxbox *box, const struct mail_in *mail,
                         struct outcome *o);
/* What its author is told who is not proven to be that. */
void sender_check_refuse(const struct mail_in *mail, struct outcome *o);
/* May a mail that was taken be answered: is it its author's as far as a box of the mailbox wants to know that
 * lets him send (D1)? */
bool sender_check_answerable(struct queue *q, const struct mail_in *mail, const char *from) MUST_USE;

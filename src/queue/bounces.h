/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails of ours that come back (S3.13): the envelope sender that brings a bounce to us, and what a bounce
 * means. */
#pragma once

#include "queue/queue.h"
#include "store/config.h"
#include "store/mails.h"
#include "store/outbox.h"

/* Made by us, and not by a program that gave it to us. */
bool mail_is_ours(const struct mail_out *m);

/* The envelope sender. Of our own mails the account of the mail server (S1.2), with the mail's id in the
 * place of a *; without an account bounce+ID at the fax domain; an answer to a mail that was not taken, a
 * report for machines (RFC 3464), and what tells of a bounce, have none where the server takes that. Another
 * program's mail keeps its own. server NULL: a Maildir, whose mails do not come back. */
const char *return_address(struct queue *q, const struct mail_server *server, const struct mail_out *m);

/* Is that recipient such an address, or one that a bounce (sender "") may come to? */
bool is_return_address(struct queue *q, const char *sender, const char *recipient);

/* Has it the Message-ID of a mail that we made? Then somebody's forwarding sends it back to us. */
bool is_mail_of_ours(struct queue *q, const char *message_id);

/* Does this mail tell of one of ours? Then it is dealt with, and becomes neither fax nor dead letter. */
bool take_bounce(struct queue *q, const struct mail_in *mail, const struct msg_unpacked *m);

/* No server takes the mail, or one sent it back: a received fax goes to the tenant's fallback address (D7),
 * of anything else the people in charge are told. */
void mail_came_to_nothing(struct queue *q, const struct mail_out *m, const struct outcome *o);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who is told what, and in which words: reports, refusals and received faxes by the settings of their box. */
#pragma once

#include "proto/mail_template.h"
#include "queue/queue.h"

/* A mail of that kind to everybody whom the box tells of it. m: all but recipient; its faxbox names the box.
 * sender: who sent the fax or the mail; "" where there is nobody. */
void answer_sender(struct queue *q, const struct mail_out *m, const char *sender);
/* The same for a report; good: all of it was delivered. The box's report_to gets it as well. */
void answer_report(struct queue *q, const struct mail_out *m, const char *sender, bool good);

/* Its envelope sender: none for what answers a mail, so that nobody answers it in turn (RFC 3834 §3.3). */
const char *answer_envelope(struct queue *q, const struct mail_out *m);

/* The template of a mail about that box; for as long as the batch. box "": of nobody's. */
const char *answer_template(struct queue *q, struct id tenant, const char *box, enum mail_template_kind kind);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who is told what, and in which words: reports, refusals and received faxes by the settings of their box. */
#pragma once

#include "proto/mail_template.h"
#include "queue/notify.h"
#include "queue/queue.h"
#include "store/mails.h"

/* A mail of that kind to everybody whom the box tells of it. m: all but recipient; its faxbox names the box.
 * sender: who sent the fax or the mail; "" where there is nobody. */
void answer_sender(struct queue *q, const struct mail_out *m, const char *sender);
/* The same for a report; good: all of it was delivered; wish: what its sender asked for. The box's report_to
 * gets it as well. */
void answer_report(struct queue *q, const struct mail_out *m, const char *sender, bool good,
                   enum notify wish);

/* A program's mail, or one without envelope sender: never answered (RFC 3834 §2). What was fetched has none
 * that we see; there Return-Path is one of its manners. */
bool answer_is_unwanted(const struct mail_in *mail, unsigned manners);
/* The language of mails about that box, for as long as the batch. box "": of nobody's. */
const char *answer_language(struct queue *q, struct id tenant, const char *box);
/* The template of a mail about that box; for as long as the batch. box "": of nobody's. */
const char *answer_template(struct queue *q, struct id tenant, const char *box, enum mail_template_kind kind);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Answers to mails in words alone: refused, came again, a dry run; and the word that a fax was kept. */
#pragma once

#include "ipc/message.h"
#include "proto/mail_template.h"

/* False where it is no template, or the message's kind none. mail_words_clear in any case. */
bool answer_words(struct mail_words *words, const struct msg_compose_answer *m) MUST_USE;
bool preview_words(struct mail_words *words, const struct msg_compose_preview *m, unsigned seconds) MUST_USE;

/* message/delivery-status of a refusal (RFC 3464): all its recipients failed. */
void answer_status(struct buf *b, const struct msg_compose_answer *m);

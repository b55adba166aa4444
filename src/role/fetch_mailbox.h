/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One mailbox that is polled: when it is looked at, over which connection, and its mails on their way to the
 * queue. Each has its own connection, its own time limits and its own waiting time after a failure, so that
 * none delays another. */
#pragma once

#include "role/fetch_house.h"

struct fetch_mailbox;

/* settings: as the queue tells them; kept. The first look is after delay_ms. */
struct fetch_mailbox *fetch_mailbox_new(struct fetch_house *h, json_t *settings, int64_t delay_ms);
void fetch_mailbox_free(struct fetch_mailbox *m);
const json_t *fetch_mailbox_settings(const struct fetch_mailbox *m);
struct fetch_mailbox *fetch_mailbox_of(struct list *node);

/* A look that takes nothing and ends in an answer to `asker`, with all that was said. */
void fetch_mailbox_test(struct fetch_house *h, json_t *settings, const struct sender *asker);
/* Begins the device authorisation, or (by_code) the one by a code; its first answer goes to asker. */
void fetch_mailbox_authorize(struct fetch_mailbox *m, const struct sender *asker, bool by_code);
/* What the person's browser was sent back with. */
void fetch_mailbox_redeem(struct fetch_mailbox *m, const struct sender *asker, const char *pasted);

/* Answers of the queue to whoever asked; one whose mailbox is gone is dropped. */
void fetch_on_known(struct fetch_house *h, uint64_t request, const struct msg_mailbox_known *k);
void fetch_on_spooled(struct fetch_house *h, uint64_t request, struct msg_mailbox_spooled *s);
void fetch_on_taken(struct fetch_house *h, uint64_t request, const struct msg_mailbox_taken *t);

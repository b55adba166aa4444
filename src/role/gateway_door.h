/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where gateways come in (S4.4): they poll mailboxes on a machine of their own, and ask the queue through
 * here. Part of role fetch.
 *
 * SECURITY: a gateway is believed what it says of a mail's sender, so it shows a certificate of `gateway_ca`,
 * or comes from this machine. It reaches the mailboxes marked for gateways only. */
#pragma once

#include <jansson.h>

#include "role/boot.h"
#include "role/fetch_house.h"

struct gateway_door;

/* NULL where what was granted cannot be used; the log says why. */
struct gateway_door *gateway_door_new(struct fetch_house *h, struct boot *b) MUST_USE;
/* Opens, from inside the sandbox. */
void gateway_door_open(struct gateway_door *d);
void gateway_door_free(struct gateway_door *d);
/* Gateways that connect from now on are shown it. */
void gateway_door_renew(struct gateway_door *d, const struct msg_certificate *m);

/* The mailboxes that gateways read, with their settings; kept. */
void gateway_door_list(struct gateway_door *d, json_t *list);

/* Answers of the queue; false: to nothing that was asked here. */
bool gateway_door_answer(struct gateway_door *d, uint64_t request, struct message *m) MUST_USE;

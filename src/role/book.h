/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A directory (LDAP) that users come from: read every so often and on demand, and asked whether a password is
 * right, or somebody locked. Each of these is an errand: a talk with its server, then one with queue. */
#pragma once

#include "role/directory.h"

void books_set(struct directory *d, const json_t *list);
void books_clear(struct directory *d);

void book_on_wish(void *context, const struct sender *from, struct msg_directory_wish *m);
void book_on_login(void *context, const struct sender *from, struct msg_directory_login *m);
/* False: it is not an answer to an errand of ours. */
bool book_on_judged(struct directory *d, uint64_t request, const struct msg_identity_judged *m);
void book_on_password(void *context, const struct sender *from, struct msg_password_try *m);
void book_on_look(void *context, const struct sender *from, struct msg_directory_look *m);
void book_on_synced(void *context, const struct sender *from, struct msg_directory_synced *m);

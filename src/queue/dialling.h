/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From a chosen job to a ringing telephone (dialling.c), and the trunk for it (trunks.c). */
#pragma once

#include "queue/limits.h"

/* Held jobs of this code wait for their number to be unlocked. */
#define DESTINATION_LOCKED "destination-locked"

/* T.38 is never encrypted. */
bool trunk_may_t38(const struct trunk *t);
/* Whether that box's calls over it, out and in, may be T.38. */
bool box_may_t38(const struct faxbox *box, const struct trunk *t);
/* A call process is asked to get ready. password: the job's, opened. False where none has room. */
bool begin_attempt(struct queue *q, const struct job *j, const struct trunk *trunk, const char *password);

enum trunk_choice { TRUNK_CHOSEN, TRUNK_NONE, TRUNK_ALL_FULL };
/* The only one that a fax may go over: that it names itself (^PORT), else its box's; "": any. */
const char *wanted_trunk(const char *named, const struct faxbox *box);
/* The trunk for the job's next call: the wanted one, "": by cost. */
enum trunk_choice choose_trunk(struct queue *q, const struct call_load *l, const struct job *j,
                               const char *wanted, struct trunk *t);
/* The one that a fax goes over, if nothing is wrong with it then. */
bool expected_trunk(struct queue *q, const char *named, const struct faxbox *box, struct trunk *t);
/* The call failed with that code. Was it the trunk's fault, and may the job go at once over another one? */
bool other_trunk(struct queue *q, const struct job *j, const char *code);
size_t all_trunks(struct queue *q, struct trunk **list);

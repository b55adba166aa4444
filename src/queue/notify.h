/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who brought a mail may have said of what he wants to be told (RFC 3461, NOTIFY). That goes before what the
 * box says, for him alone: others who get reports have asked for nothing. */
#pragma once

#include "proto/dsn_request.h"
#include "store/jobs.h"
#include "store/mails.h"
#include "store/submissions.h"

enum notify { NOTIFY_AS_BOX, NOTIFY_YES, NOTIFY_NO };

/* Of a mail that becomes no fax. */
enum notify notify_of_mail(const struct mail_in *mail);
/* Of what became of a fax, or that it takes long. event: one of enum dsn_notify. */
enum notify notify_of_job(struct store *st, struct arena *a, const struct submission *s, const struct job *j,
                          enum dsn_notify event);
/* Of its end; of each number that was delivered as a success, of the others as a failure. */
enum notify notify_of_end(struct store *st, struct arena *a, const struct submission *s);
/* That nothing of it is faxed. */
enum notify notify_of_refusal(struct store *st, struct arena *a, const struct submission *s);

/* For the report to machines: does the client of the mail read one? */
bool notify_wants_dsn(struct store *st, struct arena *a, const struct submission *s);
const char *notify_envid(struct store *st, struct arena *a, const char *wishes);
/* ORCPT of that number, "" without. */
const char *notify_original(struct store *st, struct arena *a, const struct submission *s,
                            const struct job *j);

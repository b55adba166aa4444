/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What screens and the command line ask: lists, counts, what is wrong. Reads only; fits a read-only store. */
#pragma once

#include "model/states.h"
#include "store/scope.h"

/* Is the schema there? A reader may start before the writer has made it. */
bool report_ready(struct store *s);

/* Newest first, from the one after `before` (ID_NONE: from the newest). Ids sort by time. */
struct report_cursor {
    struct id before;
    size_t most;
};

/* Those that are not at an end: the next due first. */
size_t report_open_jobs(struct store *s, const struct scope *w, size_t most, struct id *ids);
/* Of these two the scope's tenant alone counts: users are not shown any. */
size_t report_attempts(struct store *s, const struct scope *w, const struct report_cursor *c, struct id *ids);
size_t report_mails(struct store *s, const struct scope *w, const struct report_cursor *c, struct id *ids);
/* In that state, the next due first. */
size_t report_mails_in(struct store *s, const struct scope *w, enum mail_out_state state, size_t most,
                       struct id *ids);

/* About that job, submission, fax or mail; the oldest first. */
size_t report_mails_about(struct store *s, struct id about, size_t most, struct id *ids);

/* All that are not sent, those that failed too; the oldest first. */
size_t report_open_mails(struct store *s, const struct scope *w, size_t most, struct id *ids);

/* Of the scope's tenant. */
int64_t report_count_jobs(struct store *s, const struct scope *w, enum job_state state);
int64_t report_count_mails(struct store *s, const struct scope *w, enum mail_out_state state);
int64_t report_count_faxes(struct store *s, const struct scope *w);

struct report_held {
    struct id tenant;
    const char *tenant_name;
    int64_t jobs;
};
/* Jobs that wait for a person, by tenant; in the arena. */
size_t report_held_jobs(struct store *s, struct arena *a, struct report_held **list);

/* Boxes whose password for faxes, or that of a document that they hold ready for polling, so many callers did
 * not say since then, and who was the last; in the arena. */
struct report_guessed {
    const char *faxbox, *calling;
    struct id tenant;
    int64_t calls;
};
size_t report_guessed_passwords(struct store *s, struct arena *a, int64_t since_ms, int64_t least,
                                struct report_guessed **list);

/* Mails about received faxes that no server has taken since `until_ms` (D7). */
int64_t report_late_mails(struct store *s, int64_t until_ms);
/* Why the mail that waits longest still waits, "" where none has failed. */
const char *report_mail_trouble(struct store *s, struct arena *a);

struct report_box {
    const char *id, *name, *extension;
    bool enabled;
};
/* Of the scope's tenant, in the order of their ids. */
size_t report_boxes(struct store *s, const struct scope *w, struct arena *a, struct report_box *boxes,
                    size_t most);
bool report_has_trunk(struct store *s);
/* Names of the oldest, "" where there is none: an administrator of the installation with a password, a
 * tenant. */
const char *report_an_administrator(struct store *s, struct arena *a);
const char *report_a_tenant(struct store *s, struct arena *a);
bool report_has_mail_server(struct store *s);

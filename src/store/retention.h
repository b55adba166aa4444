/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is deleted for good once nobody may keep it any longer: rows, blobs, what the index of words and the
 * log of the database hold of them. Each operation is one item, whole, in the running transaction. */
#pragma once

#include "store/store.h"

/* How long a box keeps. Days; 0: for ever; of a box also KEEP_AS_TENANT. */
enum { KEEP_AS_TENANT = -1, KEEP_FOR_EVER = 0 };
struct keeping {
    int sent_days, received_days;
    bool legal_hold;                              /* nothing is deleted, whatever the days say */
    int archive_sent_days, archive_received_days; /* at the places of the archive */
};

/* Boxes of which there are faxes of either kind, or copies in the archive, also those that were taken away,
 * after `after` in the order of their names; with the tenant of the oldest. */
struct kept_box {
    struct id tenant;
    const char *name;
};
size_t retention_boxes(struct store *s, const char *after, struct arena *a, struct kept_box *list,
                       size_t most);
/* That of the box, where it still is one of that tenant's, over its tenant's. */
struct keeping retention_of(struct store *s, const struct kept_box *b);
/* The same of one direction, and who says so, for people. */
struct keeping_rule {
    int days;
    bool of_tenant;                   /* it is the tenant's, for the box has none */
    bool held_by_box, held_by_tenant; /* nothing is deleted, whatever the days say */
};
struct keeping_rule retention_rule(struct store *s, const struct kept_box *b, bool sent);
/* When the last of its numbers ended, wall clock; 0: it has not. */
int64_t retention_ended(struct store *s, struct id submission);

/* The oldest received faxes that came in before that time, are at an end and under no hold, and that neither
 * a mail waits to be sent about nor a first look, before which nobody is told, nor the archive to get; a try
 * that another one continues comes after that. */
size_t retention_faxes(struct store *s, const struct kept_box *b, int64_t before_ms, struct id *ids,
                       size_t most);
/* The oldest submissions that came before that time, all of whose jobs ended before it, are under no hold and
 * in the archive, and that no mail waits to be sent about. */
size_t retention_submissions(struct store *s, const struct kept_box *b, int64_t before_ms, struct id *ids,
                             size_t most);

/* The oldest deliveries of documents that were held ready for polling, as above. The document may be on offer
 * still. */
size_t retention_deliveries(struct store *s, const struct kept_box *b, int64_t before_ms, struct id *ids,
                            size_t most);
/* May a person delete it now: the received fax, or (sent) the submission? That it is over and under no hold
 * was looked at. */
bool retention_may_delete(struct store *s, struct id id, bool sent);
/* With pages, mails, call and journal. How many blobs went. */
unsigned retention_delete_fax(struct store *s, struct id fax);
/* With calls, report and mails; its document stays. */
unsigned retention_delete_delivery(struct store *s, struct id job);
/* With documents, pages, jobs, calls, mails; with the mail that it came by, where that is of no other. */
unsigned retention_delete_submission(struct store *s, struct id submission);

/* Mails that we sent before that time and that are about nothing that is kept; mails that came in before it,
 * were faxed, and of which nothing is left. One window of them a call; behind before_ms in both there are no
 * more. How many went. */
enum { RETENTION_MAILS_AT_ONCE = 200 };
struct mail_walk {
    int64_t sent_ms, received_ms; /* where the next window begins */
};
size_t retention_delete_mails(struct store *s, struct mail_walk *w, int64_t before_ms);

/* The index of words lets go of what was deleted, a step at a time. True: it has. */
bool retention_merge_search(struct store *s);
/* Outside of a transaction: what was written over is gone from the log of the database too. False: a reader
 * was in the way; later. */
bool retention_empty_log(struct store *s) MUST_USE;

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The archive: places outside of the store that get a copy of every fax, the durable queue of what each has
 * to get, check and delete, and the holds under which nothing is deleted. A copy outlives its fax. */
#pragma once

#include "model/outcome.h"
#include "store/retention.h"
#include "store/store.h"

/* Numbers are those of the table. */
#define ARCHIVE_STATES(X)                                                                                    \
    X(WAITING, "waiting")   /* to be brought there */                                                        \
    X(STORED, "stored")     /* it is there, as it was when it was looked at last */                          \
    X(DELETING, "deleting") /* to be deleted there; then the row goes */                                     \
    X(DAMAGED, "damaged")   /* missing or changed there, and its fax is gone here */                         \
    X(FAILED, "failed")     /* no file can be made of the fax */

enum archive_state {
#define ENUM(name, text) ARCHIVE_##name,
    ARCHIVE_STATES(ENUM)
#undef ENUM
        ARCHIVE_STATE_COUNT
};
const char *archive_state_name(enum archive_state state);
bool archive_state_parse(const char *text, enum archive_state *state) MUST_USE;

/* ---- places ---- */

enum { ARCHIVE_PLACES_MAX = 32 };
struct archive_place {
    const char *name;
    const char *settings; /* the fields of provision/fields.c, as JSON */
    const char *tenant;   /* whose faxes alone it gets, by name; "": everybody's */
    int rank;             /* the least is asked first where a fax is wanted back */
    bool enabled;
    const char *mark; /* what lies there so that it is known again (archive/place.h); "": not chosen yet */
    /* How it does; not written by archive_place_put. */
    int64_t failing_ms, rest_until_ms; /* since when it fails, 0: it does not; not asked before then */
    unsigned fails;                    /* in a row */
    const char *code, *reason;         /* of the last failure */
    bool marked;                       /* the mark lies there */
    bool filling;                      /* what ended before it was there is gone through, up to these */
    struct id filled_fax, filled_job;
};

/* In their order. */
size_t archive_places(struct store *s, struct arena *a, struct archive_place list[ARCHIVE_PLACES_MAX]);
bool archive_place_named(struct store *s, const char *name, struct arena *a, struct archive_place *p);
/* By its name: makes it, or changes it, and lets it be asked at once; what ended before is gone through
 * (anew). With another mark it is another place, which has none yet. */
void archive_place_put(struct store *s, const struct archive_place *p);
void archive_place_drop(struct store *s, const char *name);
/* What ended before is gone through anew at these places, one a line; "": at all. */
void archive_places_refill(struct store *s, const char *names);
/* Writes how it does, and its mark. */
void archive_place_set(struct store *s, const struct archive_place *p);
/* Writes how far it has got what ended before. */
void archive_place_filled(struct store *s, const struct archive_place *p);
/* What ended and is past `after`, in the order of ids, which is that of time: received faxes, or (sent) jobs.
 */
size_t archive_ended(struct store *s, bool sent, struct id after, struct id *ids, size_t most);
/* The place of that mark, where there still is one, has it. */
void archive_place_is_marked(struct store *s, const char *mark);

/* ---- copies ---- */

struct archive_copy {
    struct id id, about, tenant; /* about: a received fax, or (sent) a job */
    const char *place, *faxbox, *number;
    bool sent;
    unsigned pages;
    enum archive_state state;
    int64_t at_ms; /* of the fax: retention counts from there */
    int64_t created_ms, next_ms, stored_ms, checked_ms;
    unsigned tries;
    const char *object; /* its name at the place */
    int64_t bytes;      /* of the file within, and its SHA-256 in hexadecimal; "" until it is stored */
    const char *sha256;
    const char *code, *reason;
};

/* Once for each fax and place. */
void archive_copy_add(struct store *s, const struct archive_copy *c);
bool archive_copy_find(struct store *s, struct id id, struct arena *a, struct archive_copy *c);
void archive_copy_set(struct store *s, const struct archive_copy *c);
void archive_copy_drop(struct store *s, struct id id);
/* What a place is due to do, new copies before all else. */
size_t archive_due(struct store *s, const char *place, int64_t now_ms, struct id *ids, size_t most);
/* Of all enabled places; INT64_MAX: nothing waits. */
int64_t archive_next_due(struct store *s);
/* Copies of one fax, in the order of their places. */
size_t archive_of_fax(struct store *s, struct id about, struct id *ids, size_t most);

struct archive_filter {
    struct id tenant;  /* ID_NONE: all */
    const char *place; /* "": all */
    const char *faxbox;
    int state; /* -1: any */
    struct id before;
    unsigned most;
};
/* The newest first. */
size_t archive_list(struct store *s, const struct archive_filter *f, struct id *ids);
/* All that is stored there is looked at now; how many copies that are. place "": everywhere. */
int64_t archive_check_all(struct store *s, const char *place, struct id tenant, int64_t now_ms);
/* Names of a few copies that lie there, one a line: by which the place is known where it has no mark. */
const char *archive_lying(struct store *s, const char *place, struct arena *a);
/* Is a copy still to be brought to an enabled place? */
bool archive_waits(struct store *s, struct id about);
/* Copies of that fax go, from every place, unless it is held; a copy that never came there at once. */
void archive_delete(struct store *s, struct id about, int64_t now_ms);
/* The same for all jobs of a submission. */
void archive_delete_submission(struct store *s, struct id submission, int64_t now_ms);
/* What was to be deleted and is not known to be gone stays, and is looked at. False: there is none. */
bool archive_keep(struct store *s, struct id about, int64_t now_ms);
/* The same for all that a box or tenant holds now; how many copies. */
int64_t archive_keep_held(struct store *s, int64_t now_ms);
/* The oldest copies, of faxes that were before that time, that are under no hold and not on their way out. */
size_t archive_expired(struct store *s, const struct kept_box *b, bool sent, int64_t before_ms,
                       struct id *abouts, size_t most);

struct archive_figures {
    int64_t waiting, stored, deleting, damaged, failed;
    int64_t oldest_ms; /* since when the first of those that wait does; 0: none */
};
/* all false: without `stored`, of which there may be millions. */
void archive_figures(struct store *s, const char *place, bool all, struct archive_figures *f);
void archive_shift_times(struct store *s, int64_t by_ms);

/* ---- legal hold ---- */

struct legal_hold {
    struct id about, tenant;
    const char *who, *reason;
    int64_t at_ms;
};
/* Once; the first one stays. False where there was one. */
bool legal_hold_set(struct store *s, const struct legal_hold *h);
/* Is any of its jobs held? */
bool legal_hold_in_submission(struct store *s, struct id submission);
bool legal_hold_release(struct store *s, struct id about);
/* The fax that came last first; tenant ID_NONE: of all. */
size_t legal_hold_list(struct store *s, struct arena *a, struct id tenant, struct id before, size_t most,
                       struct legal_hold **list);
bool legal_hold_find(struct store *s, struct id about, struct arena *a, struct legal_hold *h);

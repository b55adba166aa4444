/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Submissions, their documents and the pages made of them. */
#pragma once

#include "model/page.h"
#include "model/states.h"
#include "store/store.h"

struct submission {
    struct id id;
    struct id tenant;
    const char *faxbox;
    struct id mail; /* ID_NONE where it did not come by mail */
    enum submission_state state;
    int64_t created_ms;
    const char *sender; /* who is told of the outcome; "" for nobody */
    const char *subject;
    const char *message_id;
    const char *resolution, *paper; /* asked for by flags; "": as the box has it */
    bool dry;                       /* A3: rendered and shown to the sender, sent to nobody */
    bool report_each;               /* a report as each number ends, not one at the end of all (D2) */
    unsigned manners;               /* enum mail_manners of its mail */
    bool preview;                   /* a dry run by the API: shown to its owner, no mail */
    enum purpose purpose;
    struct id owner; /* who asked by the API; ID_NONE: by mail, or at the command line */
    const char *code, *reason;
};

/* One number of a submission and what was asked for it (S4.9). It becomes a job. */
struct target_row {
    const char *number;  /* normalised */
    const char *display; /* as the sender wrote it */
    const char *name;    /* whose it is, as the sender says; "" */
    const char *kind;    /* its price class: "national" ... */
    const char *trunk;   /* "": any */
    const char *billing;
    const char *subaddress, *fax_password; /* SUB (SEP where it polls), PWD of T.30; "" */
    unsigned tries;                        /* 0: as the box has it */
    unsigned priority;
    int64_t not_before_ms; /* 0: at once */
    int recipient;         /* its place among those of the mail's envelope; -1: it has none there */
};
enum { PRIORITY_USUAL = 5, TARGET_ALL = -1 };

struct document {
    int place;
    int target; /* the number it alone is for (a cover page), or TARGET_ALL */
    const char *name;
    const char *type; /* Content-Type as its sender says it, or ""; when it is rendered and its name promises
                         something else, what it is ("JPEG") */
    struct id blob;
    int pages; /* -1: not rendered yet */
};

struct stored_page {
    struct page_form form;
    struct id blob;
    /* The same page for a machine that takes no finer one than FINE; ID_NONE where form is no finer. */
    struct page_form lower_form;
    struct id lower_blob;
};

bool submission_exists(struct store *s, struct id id);
/* In state received. */
void submission_add(struct store *s, const struct submission *m);
void submission_add_target(struct store *s, struct id submission, int target, const struct target_row *t);
/* Its jobs have them. */
void submission_forget_passwords(struct store *s, struct id submission);
/* In their order, in the arena. */
size_t submission_targets(struct store *s, struct id submission, struct arena *a, struct target_row **list);
bool submission_find(struct store *s, struct id id, struct arena *a, struct submission *m);
/* Ids in state received, oldest first. */
size_t submission_to_render(struct store *s, struct id *ids, size_t most);
void submission_move(struct store *s, struct id id, enum submission_state to, const char *code,
                     const char *reason);

/* Has that number a document of its own, a cover page? */
bool document_is_for_target(struct store *s, struct id submission, int target);
/* Takes the blob, and notes its SHA-256. */
void document_add(struct store *s, struct id submission, const struct document *d);
/* The first document that is not rendered yet. False where all are. */
bool document_to_render(struct store *s, struct id submission, struct arena *a, struct document *d);
/* Its pages, all at once; a second time nothing happens. lower: as many, or NULL. small_text, misnamed:
 * as MSG_rendered has them. */
void document_rendered(struct store *s, struct id submission, int place, const struct page *pages,
                       const struct page *lower, size_t count, const char *small_text, const char *misnamed);
/* Pages of the fax to that number with text that is too small: "2, 5". */
const char *submission_small_text(struct store *s, struct id submission, int target, struct arena *a);

/* What was sent: a line "SHA-256 name" a document, whole lines of at most `most` bytes. */
const char *submission_documents(struct store *s, struct id submission, struct arena *a, size_t most);

/* Those whose name promises something else than they are: "letter.pdf (JPEG), a.txt (PNG)", at most `most`
 * bytes. */
const char *submission_misnamed(struct store *s, struct id submission, struct arena *a, size_t most);

/* The pages that go to that target in order, in the arena. */
size_t submission_pages(struct store *s, struct id submission, int target, struct arena *a,
                        struct stored_page **pages);
/* Where each of those pages comes from. */
struct original_page {
    const char *name, *type; /* of the document */
    struct id document;      /* its blob */
    unsigned page;           /* of it, from 0 */
    bool ours;               /* a cover page: no document of anybody's */
};
size_t submission_originals(struct store *s, struct id submission, int target, struct arena *a,
                            struct original_page **pages);
/* T.6 data of those pages together. */
uint64_t submission_page_bytes(struct store *s, struct id submission, int target);

/* A6. False where this key has been used since `since_ms`. submission: what it was used for, or ID_NONE. */
/* Was it taken, and not so long ago that it is forgotten? */
bool replay_key_known(struct store *s, struct span key);
bool replay_key_take(struct store *s, struct span key, struct id mail, struct id submission, int64_t now_ms,
                     int64_t since_ms);
/* Nothing was faxed for it: its keys are free again. */
void replay_keys_release(struct store *s, struct id submission);

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
    const char *numbers; /* as given by the sender, checked; one a line */
    const char *code, *reason;
};

struct document {
    int place;
    const char *name, *type;
    struct id blob;
    int pages; /* -1: not rendered yet */
};

struct stored_page {
    struct page_form form;
    struct id blob;
};

bool submission_exists(struct store *s, struct id id);
/* In state received. */
void submission_add(struct store *s, const struct submission *m);
bool submission_find(struct store *s, struct id id, struct arena *a, struct submission *m);
/* Ids in state received, oldest first. */
size_t submission_to_render(struct store *s, struct id *ids, size_t most);
void submission_move(struct store *s, struct id id, enum submission_state to, const char *code,
                     const char *reason);

/* Takes the blob. */
void document_add(struct store *s, struct id submission, const struct document *d);
/* The first document that is not rendered yet. False where all are. */
bool document_to_render(struct store *s, struct id submission, struct arena *a, struct document *d);
/* Its pages, all at once; a second time nothing happens. */
void document_rendered(struct store *s, struct id submission, int place, const struct page *pages,
                       size_t count);

/* All pages of the submission in order, in the arena. */
size_t submission_pages(struct store *s, struct id submission, struct arena *a, struct stored_page **pages);
/* T.6 data of all its pages together. */
uint64_t submission_page_bytes(struct store *s, struct id submission);

/* A6. False where this key has been used since `since_ms`. */
bool replay_key_take(struct store *s, struct span key, struct id mail, int64_t now_ms, int64_t since_ms);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Documents that were handed over before it is said where to, for a day; and the keys by which a client that
 * asks again is known. owner: the user who alone may use it, ID_NONE for the command line. */
#pragma once

#include "store/store.h"

struct upload {
    struct id id, owner;
    const char *name, *type;
    struct id blob;
    int64_t created_ms;
};

/* Takes the blob. A second one of that id changes nothing: look with upload_find first. */
void upload_add(struct store *s, const struct upload *u);
/* Only to its owner. */
bool upload_find(struct store *s, struct id id, struct id owner, struct arena *a, struct upload *u);
/* Its blob is the caller's from now on. */
void upload_take(struct store *s, struct id id);
/* What that owner has here. */
struct upload_sum {
    int64_t count, bytes;
};
struct upload_sum uploads_of(struct store *s, struct id owner);
/* Forgets up to `most` from before that moment, with their bytes. How many. */
size_t uploads_expire(struct store *s, int64_t before_ms, size_t most);

/* The submission that key was used for, and the hash of what it asked; false where it is new. */
struct submission_key {
    struct id submission;
    struct span hash;
};
bool submission_key_find(struct store *s, struct id owner, const char *key, struct arena *a,
                         struct submission_key *k);
/* In place of what it had, whose submission may have been deleted. */
void submission_key_add(struct store *s, struct id owner, const char *key, const struct submission_key *k,
                        int64_t now_ms);
void submission_keys_expire(struct store *s, int64_t before_ms);

/* Previews from before that moment, or of that owner beyond the newest `kept` (owner ID_NONE: the command
 * line's), with their pages. */
size_t previews_expire(struct store *s, int64_t before_ms, size_t most);
void previews_trim(struct store *s, struct id owner, size_t kept);

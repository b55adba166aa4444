/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keys by which programs ask in a user's name. A key is known by the SHA-256 of its text. */
#pragma once

#include "store/sessions.h"

enum { API_KEYS_OF_A_USER = 50 };

struct api_key {
    struct id id;
    const char *name;
    const char *scope;                       /* "read", "send", "admin" */
    int64_t created_ms, expires_ms, used_ms; /* used_ms 0: not yet */
};

/* Once: the same hash again changes nothing. */
void api_key_add(struct store *s, struct span hash, struct id user, const struct api_key *k);
/* Is there one of that id with another token? */
bool api_key_is_other(struct store *s, struct id id, struct span hash);
/* Whose key that is; false for none and for one that has expired. */
bool api_key_find(struct store *s, struct arena *a, struct span hash, int64_t now_ms, struct api_key *k,
                  struct visitor *v);
/* It was not dropped and has not expired. */
bool api_key_lasts(struct store *s, struct id id, int64_t now_ms);
/* At most API_KEYS_OF_A_USER, the newest first. */
size_t api_keys_of(struct store *s, struct arena *a, struct id user, struct api_key **list);
unsigned api_key_count(struct store *s, struct id user);
void api_key_used(struct store *s, struct id id, int64_t now_ms);
/* False where that user has none of that id. */
bool api_key_drop(struct store *s, struct id user, struct id id);
/* All of his; how many there were. */
unsigned api_keys_drop_of(struct store *s, struct id user);

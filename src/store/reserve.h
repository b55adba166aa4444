/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A file that only holds room on the disk. When somebody else has filled it, that room is given free, so that
 * the calls and mails that are under way can be stored to their end; it is taken again when there is room. */
#pragma once

#include "store/store.h"

/* For store_open, before anything is written. Where the file system cannot reserve there is none, and a full
 * disk ends what is under way. */
void reserve_open(struct store *s, const char *state_dir);
/* Both may be repeated. */
void reserve_take(struct store *s);
void reserve_give(const struct store *s);

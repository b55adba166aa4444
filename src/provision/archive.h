/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Places of the archive between store and provisioning, and what has to hold for them. */
#pragma once

#include "provision/fields.h"
#include "store/archive.h"

json_t *provision_archive_json(struct store *s, struct arena *a) MUST_USE;
/* One with all of its fields; a new reference. */
json_t *provision_archive_place_json(const struct archive_place *p) MUST_USE;
void provision_write_archive(struct store *s, struct arena *a, const json_t *entry);

/* Before its secrets are sealed: a place that encrypts gets a key, where nobody gave it one. */
void provision_archive_give_key(json_t *entry, const char *path, struct provision_errors *errors);
/* After that: while copies lie there it stays where it is, and so does its key. stored: NULL where the place
 * is new. */
void provision_archive_keep_place(struct store *s, const json_t *entry, const json_t *stored,
                                  const char *path, struct provision_errors *errors);
void provision_check_archive(const json_t *entry, const char *path, struct provision_errors *errors);
/* May it go? */
void provision_check_archive_drop(struct store *s, const char *name, const char *path,
                                  struct provision_errors *errors);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A place of the archive: files are put there, looked at, deleted. Each of these may block for as long as a
 * disk or a server does, so they run in threads; a place is used by one thread at a time. */
#pragma once

#include "archive/sealed.h"
#include "base/buf.h"
#include "model/outcome.h"

struct place;

/* Once, before there are threads. */
void places_begin(void);

struct place_settings {
    const char *kind;                   /* "local", "sftp", "webdav", "s3" */
    const char *url;                    /* of a local one: the folder's absolute path */
    const char *username, *password;    /* of S3: the key's id and the key */
    const char *private_key, *host_key; /* of SFTP; the former as PEM or OpenSSH's */
    const char *region;                 /* of S3 */
    const char *ca_file, *pin;
    const uint8_t *key;       /* NULL: there is none, and no file is sealed */
    const volatile bool *end; /* true: what is under way is broken off */
};

/* Borrows settings, which must stay. */
struct place *place_new(const struct place_settings *s) MUST_USE;
void place_free(struct place *p); /* NULL is fine */

/* A mark is a text of our making that a place alone has; it lies there in a file, so that another disk,
 * server or bucket under the same name is not taken for the place: what is not there would count as deleted.
 * Is it the place? marked: the mark is known to lie there; else it is left there now, unless another one
 * does, or nothing of known is there: names of files, one a line, that were put there before there were
 * marks. False with "archive-other-place" (VERDICT_RETRY), or with what the place's failure is. */
bool place_recognise(struct place *p, const char *mark, bool marked, const char *known,
                     struct outcome *o) MUST_USE;
/* Leaves it there, whatever lay there. */
bool place_mark(struct place *p, const char *mark, struct outcome *o) MUST_USE;

/* Names are of our making: parts of [0-9a-z.-] with / between; what ends in .fxa is sealed. Each returns
 * true, or false with what is wrong in o: VERDICT_RETRY where the place is, VERDICT_GIVE_UP where that file
 * there is ("archive-missing", "archive-damaged"). */

/* Puts all of the file there, under that name at once, whatever lay there, and is sure of it. */
bool place_put(struct place *p, const char *name, int fd, uint64_t bytes, char sha256[65],
               struct outcome *o) MUST_USE;
/* Reads it whole; to < 0: only to see that it is good. sha256: as it has to be; "": whatever it is. bytes:
 * how long it is. What was written to `to` counts only where this returns true. */
bool place_get(struct place *p, const char *name, const char *sha256, int to, uint64_t *bytes,
               struct outcome *o) MUST_USE;
/* It is gone afterwards; where it was not there before, too. */
bool place_remove(struct place *p, const char *name, struct outcome *o) MUST_USE;
/* Puts, reads and deletes a small file. steps: a line each of what went well, appended. */
bool place_test(struct place *p, const char *name, struct buf *steps, struct outcome *o) MUST_USE;

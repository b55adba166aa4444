/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Files of the pickup folder (S3.11), which anybody on this machine may put there: links, pipes, other
 * people's files and half-written ones among them. */
#pragma once

#include <stdint.h>
#include <sys/stat.h>

#include "model/id.h"
#include "proto/pickup.h"

enum { PICKUP_NAME_LEN = 256 };

struct pickup_folder {
    int fd;
    int bad; /* the folder for what is no mail */
    uint64_t max_bytes;
    const char *home; /* our host name */
};

struct pickup_file {
    int fd;
    char name[PICKUP_NAME_LEN];
    struct stat facts;
    struct pickup_mail mail;
    char message_id[300];
};

enum pickup_result {
    PICKUP_OURS,  /* claimed, or open */
    PICKUP_LATER, /* gone, or not yet whole; nothing to be done about it now */
    PICKUP_BAD,
};

/* state/spool/pickup. 0 or an errno. */
int pickup_folder_open(struct pickup_folder *f, const char *state_dir) MUST_USE;

/* Takes the file under a name of ours, `claimed`, so that nobody can put another in its place; one that has
 * such a name already keeps it. whole: the one who put it there is known to have finished. Otherwise a file
 * counts as finished when it has been left alone for some seconds. Bad: no file at all. */
enum pickup_result pickup_claim(const struct pickup_folder *folder, const char *name, bool whole,
                                char claimed[PICKUP_NAME_LEN]) MUST_USE;
bool pickup_is_claimed(const char *name);
/* A claimed one; ours: close it with pickup_close. */
enum pickup_result pickup_open(const struct pickup_folder *folder, const char *claimed, struct pickup_file *f,
                               struct complaint *why) MUST_USE;
void pickup_close(struct pickup_file *f);

/* The same file and recipient give the same id, after a crash too; another file another one. */
struct id pickup_id(const struct pickup_file *f, const char *recipient);
/* The mail as it travels, into `to` up to its limit. 0, or an errno of reading. */
int pickup_read(const struct pickup_file *f, struct buf *to) MUST_USE;
/* The same, to a file. */
int pickup_write(const struct pickup_file *f, int fd, uint64_t *size) MUST_USE;

/* Handed over, or known to be: away with it. */
void pickup_remove(const struct pickup_folder *folder, const char *name);
/* A link, pipe or device, which is no mail and must not be kept. */
void pickup_discard(const struct pickup_folder *folder, const char *name);
/* Into the folder of bad ones, and the reason beside it. */
void pickup_reject(const struct pickup_folder *folder, const char *name, const char *why);

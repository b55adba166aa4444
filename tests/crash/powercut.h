/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The memory that powercut.c shares with every process it is loaded into and with powercut.py, which reads
 * it. */
#pragma once

#include <pthread.h>
#include <stdint.h>

enum { POWERCUT_SET_SLOTS = 1 << 16, POWERCUT_HEADER_BYTES = 1 << 20 };

enum powercut_kind {
    POWERCUT_WRITE = 1,
    POWERCUT_TRUNCATE,
    POWERCUT_SYNC,
    POWERCUT_SYNC_FAILED,
    POWERCUT_CREATE,
    POWERCUT_MKDIR,
    POWERCUT_RENAME,
    POWERCUT_LINK,
    POWERCUT_REMOVE,
};

/* The first fields, up to `used`, are at fixed offsets that powercut.py knows. */
struct powercut_shared {
    uint64_t events;  /* counted so far */
    uint64_t syncs;   /* of them fsync and fdatasync */
    uint64_t dead;    /* the power is off: nothing happens any more */
    uint64_t used;    /* bytes of journal behind the header */
    uint64_t started; /* 0, 1 while the first process prepares the rest, 2 ready */
    uint64_t device;
    pthread_mutex_t lock;
    uint64_t inodes[POWERCUT_SET_SLOTS]; /* what lies below the root: hash set, 0 free, 1 removed */
};

/* One journal entry; then name, then name2, then `data` bytes, then zeros up to a multiple of 8. */
struct powercut_entry {
    uint32_t size; /* all of it */
    uint32_t kind;
    uint64_t event;
    uint64_t inode; /* the file or folder itself */
    uint64_t dir;   /* folder of name */
    uint64_t dir2;  /* folder of name2, for rename and link */
    uint64_t offset;
    uint32_t mode, uid, gid;
    uint32_t data;
    uint16_t name, name2;
    uint32_t unused;
};

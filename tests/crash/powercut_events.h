/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the parts of the power-cut library share: counting events and writing the journal. */
#pragma once

#include "powercut.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <sys/stat.h>

/* The C library's own function behind the one of the same name here. */
#define REAL(name)                                                                                           \
    static __typeof__(name) *real;                                                                           \
    if (!real)                                                                                               \
    *(void **)&real = dlsym(RTLD_NEXT, #name)

/* OUTSIDE: none of our business. SKIP: say it worked. REFUSE: errno is set. */
enum verdict { OUTSIDE, GO, REFUSE, SKIP };

/* NULL in a program that is not watched. */
extern struct powercut_shared *shared;

/* lock() does not return once the power is off. All below want the lock held. */
void lock(void);
void unlock(void);
/* Counts the event and says what is to become of it. */
enum verdict count(enum powercut_kind kind);
/* What the plan makes fail fails with this. */
int planned_error(void);
/* Writes down what happened; size, event and the lengths of the names are filled in here. */
void note(const struct powercut_entry *e, const char *name, const char *name2, const void *data);
void note_write(const struct stat *st, off_t offset, const void *data, size_t len);
void note_length(const struct stat *st, uint64_t length);

/* The inodes below the root. */
bool ours(const struct stat *st);
void know(uint64_t inode);
void forget(uint64_t inode);

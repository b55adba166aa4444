/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The two ways (make.c, restore.c), and what their file is: README.md. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

enum { BACKUP_ERROR_LEN = 700 };

/* The last entry: it proves that all others are there. */
#define BACKUP_MANIFEST "MANIFEST"
#define BACKUP_DATABASE "faxpost.db"
#define BACKUP_CONF     "faxpost.conf"

struct backup_counts {
    unsigned files;
    uint64_t bytes;
};

struct backup_wish {
    const char *state_dir, *file;
    const char *conf;       /* its faxpost.conf, which goes along; NULL: none */
    const char *user;       /* restore: whose the state becomes, where we are root */
    struct span passphrase; /* data NULL: none */
    bool go_on;             /* restore: faxes that waited are not held */
};

/* 0, or an errno with a text that says what to do. */
int backup_make(const struct backup_wish *w, struct backup_counts *c, char error[BACKUP_ERROR_LEN]) MUST_USE;
int backup_restore(const struct backup_wish *w, struct backup_counts *c, unsigned *held,
                   char error[BACKUP_ERROR_LEN]) MUST_USE;
/* Reads it and writes nothing: it is whole, and the passphrase is right. */
int backup_verify(const struct backup_wish *w, struct backup_counts *c,
                  char error[BACKUP_ERROR_LEN]) MUST_USE;

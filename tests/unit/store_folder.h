/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A folder in which a store can be opened, and its end. */
#pragma once

#include <stdlib.h>
#include <sys/stat.h>

#include "test.h"

#include "base/attr.h"
#include "base/str.h"

enum { STORE_FOLDER_LEN = 64 };

static inline void make_store_folder(char dir[STORE_FOLDER_LEN])
{
    static const char *const folders[] = {"blobs", "blobs/tmp"};
    char path[2 * STORE_FOLDER_LEN];
    (void)str_copy(dir, STORE_FOLDER_LEN, "/tmp/faxpost-test-XXXXXX");
    assert_non_null(mkdtemp(dir));
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        (void)str_format(path, sizeof(path), "%s/%s", dir, folders[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
}

/* 0, or what went wrong. */
static inline int remove_folder(const char *dir)
{
    char command[2 * STORE_FOLDER_LEN];
    (void)str_format(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}

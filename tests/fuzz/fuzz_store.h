/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A store in a folder of its own that goes when the process ends. */
#pragma once

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/panic.h"
#include "base/str.h"
#include "provision/json.h"

static struct store fuzz_store;
static char fuzz_folder[] = "/tmp/faxpost-fuzz-XXXXXX";

static void fuzz_store_remove(void)
{
    char command[64];
    (void)str_format(command, sizeof(command), "rm -rf %s", fuzz_folder);
    if (system(command) != 0)
        _exit(1);
}

static void fuzz_store_open(void)
{
    char path[64], error[STORE_ERROR_LEN];
    if (!mkdtemp(fuzz_folder))
        panic("no folder in /tmp");
    (void)atexit(fuzz_store_remove);
    (void)str_format(path, sizeof(path), "%s/blobs", fuzz_folder);
    bool made = mkdir(path, 0700) == 0;
    (void)str_format(path, sizeof(path), "%s/blobs/tmp", fuzz_folder);
    if (!made || mkdir(path, 0700) != 0 || store_open(&fuzz_store, fuzz_folder, "", false, error) != 0)
        panic("no store in %s", fuzz_folder);
    sql_script(fuzz_store.sql, "PRAGMA synchronous = OFF");
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A store in a folder of its own that goes when the process ends. */
#pragma once

#include "../unit/scratch.h"
#include "base/panic.h"
#include "provision/json.h"

static struct store fuzz_store;
static char fuzz_folder[64];

static void fuzz_store_open(void)
{
    char error[STORE_ERROR_LEN];
    scratch_state(fuzz_folder, sizeof(fuzz_folder));
    if (store_open(&fuzz_store, fuzz_folder, "", false, error) != 0)
        panic("no store in %s", fuzz_folder);
    sql_script(fuzz_store.sql, "PRAGMA synchronous = OFF");
}

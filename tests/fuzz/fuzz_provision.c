/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Provisioning files of a stranger: answered, never followed half; and what was taken changes nothing when it
 * is given again, nor does the export of it. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "queue/provision_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct store store;
static char folder[] = "/tmp/faxpost-fuzz-XXXXXX";

static void clean_up(void)
{
    char command[64];
    (void)str_format(command, sizeof(command), "rm -rf %s", folder);
    if (system(command) != 0)
        _exit(1);
}

static void open_store(void)
{
    char path[64], error[STORE_ERROR_LEN];
    if (!mkdtemp(folder))
        panic("no folder in /tmp");
    (void)atexit(clean_up);
    (void)str_format(path, sizeof(path), "%s/blobs", folder);
    bool made = mkdir(path, 0700) == 0;
    (void)str_format(path, sizeof(path), "%s/blobs/tmp", folder);
    if (!made || mkdir(path, 0700) != 0 || store_open(&store, folder, false, error) != 0)
        panic("no store in %s", folder);
    sql_script(store.sql, "PRAGMA synchronous = OFF");
}

static const struct provision_keys keys = {folder, NULL};

static void expect_no_change(const char *text)
{
    SCOPED_BUF struct buf result;
    buf_init(&result, 65535);
    if (provision_apply(&store, &keys, text, true, &result) != 200 ||
        !str_starts(buf_text(&result), "{\"changed\":0,"))
        panic("again: %s", buf_text(&result));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED_BUF struct buf result, exported;
    if (!store.sql)
        open_store();
    buf_init(&result, 65535);
    buf_init(&exported, 16 << 20);
    SCOPED_FREE char *text = mem_alloc(size + 1);
    memcpy(text, data, size);
    text[size] = 0;
    store_begin(&store);
    int status = provision_apply(&store, &keys, text, false, &result);
    if (result.overflow)
        panic("an answer of more than 64 kB");
    if (status == 200) {
        expect_no_change(text);
        provision_export(&store, &exported);
        expect_no_change(buf_text(&exported));
    }
    sql_rollback(store.sql);
    return 0;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Provisioning files of a stranger: answered, never followed half; and what was taken changes nothing when it
 * is given again, nor does the export of it. */
#include <string.h>

#include "fuzz_store.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct provision_keys keys = {fuzz_folder, NULL};

static void expect_no_change(const char *text)
{
    SCOPED_BUF struct buf result;
    buf_init(&result, 65535);
    if (provision_apply(&fuzz_store, &keys, text, true, &result) != 200 ||
        !str_starts(buf_text(&result), "{\"changed\":0,"))
        panic("again: %s", buf_text(&result));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED_BUF struct buf result, exported;
    if (!fuzz_store.sql)
        fuzz_store_open();
    buf_init(&result, 65535);
    buf_init(&exported, 16 << 20);
    SCOPED_FREE char *text = mem_alloc(size + 1);
    memcpy(text, data, size);
    text[size] = 0;
    store_begin(&fuzz_store);
    int status = provision_apply(&fuzz_store, &keys, text, false, &result);
    if (result.overflow)
        panic("an answer of more than 64 kB");
    if (status == 200) {
        expect_no_change(text);
        provision_export(&fuzz_store, &exported);
        expect_no_change(buf_text(&exported));
    }
    sql_rollback(fuzz_store.sql);
    return 0;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/schema.h"

#include <errno.h>

#include "base/str.h"
#include "store/schema_steps.h"

int schema_version(void)
{
    return schema_steps_to_29_count + schema_steps_from_30_count;
}

/* From version v to the next. */
static const char *const *scripts(int v)
{
    int second = v - schema_steps_to_29_count;
    return second < 0 ? schema_steps_to_29[v] : schema_steps_from_30[second];
}

int schema_update(struct sql *s, int *found)
{
    *found = (int)sql_get_int(s, 0, "PRAGMA user_version", "");
    if (*found > schema_version())
        return EPROTO;
    for (int v = *found; v < schema_version(); v++) {
        const char *const *script = scripts(v);
        sql_begin(s);
        for (int i = 0; i < SCHEMA_SCRIPTS_MAX && script[i]; i++)
            sql_script(s, script[i]);
        char set_version[64]; /* a PRAGMA takes no arguments */
        (void)str_format(set_version, sizeof(set_version), "PRAGMA user_version = %d", v + 1);
        sql_script(s, set_version);
        sql_commit(s);
    }
    return 0;
}

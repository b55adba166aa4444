/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/schema.h"

#include <errno.h>

#include "base/str.h"
#include "store/schema_steps.h"

/* The last version that was SQLite's alone. */
enum { SCHEMA_BEFORE_POSTGRES = 48 };

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

static void take_step(struct sql *s, int v)
{
    const char *const *script = scripts(v);
    sql_begin(s);
    if (v == 0)
        sql_prepare_schema(s);
    for (int i = 0; i < SCHEMA_SCRIPTS_MAX && script[i]; i++)
        if (sql_is_postgres(s) && str_starts(script[i], SCHEMA_SQLITE_ALONE))
            continue;
        else if (v < SCHEMA_BEFORE_POSTGRES)
            sql_early_script(s, script[i]);
        else
            sql_script(s, script[i]);
    sql_set_schema(s, v + 1);
    sql_commit(s);
}

int schema_update(struct sql *s, int *found)
{
    *found = sql_schema(s);
    if (*found > schema_version())
        return EPROTO;
    for (int v = *found; v < schema_version(); v++)
        take_step(s, v);
    return 0;
}

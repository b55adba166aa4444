/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/schema.h"

#include <errno.h>

#include "base/clock.h"
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

struct progress {
    const struct schema_watch *watch;
    bool made; /* there was none */
    int step;
    int64_t begun_ms, told_ms;
};

static void on_progress(void *context)
{
    struct progress *p = context;
    char text[200];
    int64_t now_ms = clock_mono_ms();
    if (now_ms - p->told_ms < p->watch->every_ms)
        return;
    p->told_ms = now_ms;
    (void)str_format(
        text, sizeof(text),
        "%s: step %d of %d, %lld s so far. Who interrupts that loses nothing; this step begins again then",
        p->made ? "the store is made" : "the store of an earlier Faxpost is brought up to date", p->step,
        schema_version(), (long long)(now_ms - p->begun_ms) / 1000);
    p->watch->told(text);
}

int schema_update(struct sql *s, int *found, const struct schema_watch *watch)
{
    struct progress p = {.watch = watch, .begun_ms = clock_mono_ms(), .told_ms = clock_mono_ms()};
    *found = sql_schema(s);
    if (*found > schema_version())
        return EPROTO;
    p.made = *found == 0;
    sql_on_progress(s, on_progress, &p);
    for (int v = *found; v < schema_version(); v++) {
        p.step = v + 1;
        on_progress(&p);
        take_step(s, v);
    }
    sql_on_progress(s, NULL, NULL);
    return 0;
}

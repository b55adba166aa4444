/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/sql.h"

#include <stdarg.h>
#include <string.h>

#include "base/clock.h"
#include "base/panic.h"
#include "base/str.h"
#include "store/sql_engine.h"

bool sql_is_uri(const char *where)
{
    return str_starts(where, "postgres://") || str_starts(where, "postgresql://");
}

struct sql *sql_open(const char *where, bool read_only, char error[SQL_ERROR_LEN])
{
    return sql_is_uri(where) ? sql_postgres_open(where, read_only, error)
                             : sql_sqlite_open(where, read_only, error);
}

bool sql_is_postgres(const struct sql *s)
{
    return s->engine == &sql_postgres_engine;
}

void sql_close(struct sql *s)
{
    if (s)
        s->engine->close(s);
}

void sql_on_loss(struct sql *s, void (*last_words)(void *context), void *context)
{
    s->last_words = last_words;
    s->last_words_context = context;
}

/* ---- arguments ---- */

static struct sql_value text_value(const char *text)
{
    return (struct sql_value){.type = 't', .bytes = text ? span_str(text) : span_of(NULL, 0)};
}

/* ids: where those are kept that are passed as bytes. */
static size_t read_arguments(const char *statement, const char *types, va_list args, struct sql_value *values,
                             struct id *ids)
{
    size_t n = 0;
    for (; types[n]; n++) {
        if (n == SQL_ARGUMENTS_MAX)
            panic("more than %d arguments: %s", SQL_ARGUMENTS_MAX, statement);
        switch (types[n]) {
        case 'i': values[n] = (struct sql_value){.type = 'i', .number = va_arg(args, int64_t)}; break;
        case 'n': values[n] = (struct sql_value){.type = 'i', .number = va_arg(args, int)}; break;
        case 't': values[n] = text_value(va_arg(args, const char *)); break;
        case 'd':
            ids[n] = va_arg(args, struct id);
            values[n] = (struct sql_value){.type = 'b'};
            if (!id_is_none(ids[n]))
                values[n].bytes = span_of(ids[n].bytes, sizeof(ids[n].bytes));
            break;
        case 'b': values[n] = (struct sql_value){.type = 'b', .bytes = va_arg(args, struct span)}; break;
        default: panic("unknown type '%c' for: %s", types[n], statement);
        }
    }
    return n;
}

struct arguments {
    struct sql_value values[SQL_ARGUMENTS_MAX];
    struct id ids[SQL_ARGUMENTS_MAX];
    size_t count;
};

#define READ_ARGUMENTS(a)                                                                                    \
    struct arguments a;                                                                                      \
    va_list args;                                                                                            \
    va_start(args, types);                                                                                   \
    (a).count = read_arguments(statement, types, args, (a).values, (a).ids);                                 \
    va_end(args)

/* ---- statements ---- */

void sql_script(struct sql *s, const char *script)
{
    s->engine->script(s, script);
}

void sql_on_progress(struct sql *s, void (*on_progress)(void *context), void *context)
{
    s->engine->on_progress(s, on_progress, context);
}

void sql_new_question(struct sql *s)
{
    s->question_ms = clock_mono_ms();
    s->overdue = false;
}

bool sql_overdue(const struct sql *s)
{
    return s->overdue;
}

int64_t sql_run(struct sql *s, const char *statement, const char *types, ...)
{
    READ_ARGUMENTS(a);
    return s->engine->run(s, statement, a.values, a.count);
}

void sql_query(struct sql *s, struct sql_rows *r, const char *statement, const char *types, ...)
{
    READ_ARGUMENTS(a);
    *r = (struct sql_rows){.sql = s};
    s->engine->query(r, statement, a.values, a.count);
}

int64_t sql_get_int(struct sql *s, int64_t missing, const char *statement, const char *types, ...)
{
    READ_ARGUMENTS(a);
    struct sql_rows r = {.sql = s};
    s->engine->query(&r, statement, a.values, a.count);
    if (!sql_next(&r))
        return missing;
    int64_t n = sql_int(&r, 0);
    sql_end(&r);
    return n;
}

bool sql_next(struct sql_rows *r)
{
    if (r->statement && r->sql->engine->next(r))
        return true;
    sql_end(r);
    return false;
}

void sql_end(struct sql_rows *r)
{
    if (r->statement)
        r->sql->engine->end(r);
    r->statement = NULL;
}

size_t sql_take_ids(struct sql_rows *r, struct id *ids, size_t most)
{
    size_t n = 0;
    while (n < most && sql_next(r))
        ids[n++] = sql_id(r, 0);
    sql_end(r);
    return n;
}

/* ---- columns ---- */

int64_t sql_int(const struct sql_rows *r, int column)
{
    return r->sql->engine->number(r, column);
}

bool sql_is_null(const struct sql_rows *r, int column)
{
    return r->sql->engine->is_null(r, column);
}

struct id sql_id(const struct sql_rows *r, int column)
{
    struct id id = ID_NONE;
    struct span bytes = r->sql->engine->bytes(r, column);
    if (bytes.len == sizeof(id.bytes))
        memcpy(id.bytes, bytes.data, sizeof(id.bytes));
    return id;
}

const char *sql_text(const struct sql_rows *r, int column, struct arena *a)
{
    return r->sql->engine->text(r, column, a);
}

struct span sql_bytes(const struct sql_rows *r, int column, struct arena *a)
{
    return arena_dup(a, r->sql->engine->bytes(r, column));
}

/* ---- transactions ---- */

void sql_begin(struct sql *s)
{
    s->began_ms = s->engine->begin(s);
    s->in_transaction = true;
}

void sql_commit(struct sql *s)
{
    (void)s->engine->run(s, "COMMIT", NULL, 0);
    s->in_transaction = false;
}

void sql_rollback(struct sql *s)
{
    (void)s->engine->run(s, "ROLLBACK", NULL, 0);
    s->in_transaction = false;
}

bool sql_in_transaction(const struct sql *s)
{
    return s->in_transaction;
}

/* ---- the rest ---- */

int sql_schema(struct sql *s)
{
    return s->engine->schema(s);
}

void sql_set_schema(struct sql *s, int version)
{
    s->engine->set_schema(s, version);
}

void sql_prepare_schema(struct sql *s)
{
    s->engine->prepare_schema(s);
}

void sql_early_script(struct sql *s, const char *script)
{
    s->engine->early_script(s, script);
}

void sql_plan_steps(struct sql *s, const char *beginning, struct buf *lines)
{
    s->engine->plan_steps(s, beginning, lines);
}

int64_t sql_total_changes(const struct sql *s)
{
    return s->engine->total_changes(s);
}

int64_t sql_began_ms(const struct sql *s)
{
    return s->began_ms;
}

int64_t sql_now_ms(struct sql *s)
{
    return s->engine->now(s);
}

bool sql_alone(struct sql *s)
{
    return s->engine->alone(s);
}

void sql_together(struct sql *s)
{
    s->engine->together(s);
}

void sql_tell_others(struct sql *s)
{
    s->engine->tell_others(s);
}

int sql_socket(struct sql *s)
{
    return s->engine->socket(s);
}

bool sql_heard(struct sql *s)
{
    return s->engine->heard(s);
}

bool sql_empty_log(struct sql *s)
{
    return s->engine->empty_log(s);
}

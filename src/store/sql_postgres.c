/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <endian.h>
#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "store/pg_exchange.h"
#include "store/sql_dialect.h"
#include "store/sql_engine.h"

/* Statements of the whole tree, with room; a power of two. */
enum { STATEMENTS_MAX = 1024, NAME_LEN = 16, SCRIPT_MAX = 1 << 20 };

/* How long an answer is waited for, and before that how long the server works for it (MOST): a statement that
 * takes long is ended, where one that is not answered is a server that is lost. A reader has people behind
 * it, to whom it can say something else, of that one question. A writer may wait for others at a lock
 * (LOCK_PATIENCE), and for its turn; one that renews a lease is ended long before by its parent
 * (LEASE_KILL_MS), and the server ends what nobody waits for any more (ABANDONED). Scripts, which are steps
 * of the schema and `faxpost migrate`, take what they take. */
enum { READER_PATIENCE_MS = 10000, WRITER_PATIENCE_MS = 60000, READER_MOST_MS = 8000 };
#define READER_MOST   "8s"
#define WRITER_MOST   "55s"
#define ABANDONED     "2s"
#define LOCK_PATIENCE "20s"

/* Numbers of PostgreSQL's types (its pg_type.dat). */
enum {
    TYPE_BOOL = 16,
    TYPE_BYTES = 17,
    TYPE_INT8 = 20,
    TYPE_INT2 = 21,
    TYPE_INT4 = 23,
    TYPE_TEXT = 25,
    TYPE_NUMERIC = 1700
};

struct postgres {
    struct sql sql;
    PGconn *db;
    struct pg_patience patience;
    bool read_only;
    bool late;                            /* there was no answer in time */
    bool told;                            /* by another writer */
    const char *prepared[STATEMENTS_MAX]; /* by the address of their text; the place is their name */
};

static struct postgres *of(struct sql *s)
{
    return (struct postgres *)s;
}

/* ---- what goes wrong ---- */

/* The server's fault or the administrator's, not the statement's: classes of PostgreSQL's manual, appendix A:
 * connection, rights, transaction undone, no resources, limits, stopped, system, damaged. */
static bool is_environment(const char *code)
{
    static const char *const classes[] = {"08",    "25006", "28", "40",    "53",
                                          "54000", "57",    "58", "XX001", "XX002"};
    for (size_t i = 0; i < ARRAY_LEN(classes); i++)
        if (str_starts(code, classes[i]))
            return true;
    return false;
}

/* libpq's texts end with a line break. */
static const char *first_line(char *text)
{
    text[strcspn(text, "\n")] = 0;
    return text;
}

static void NORETURN die(struct postgres *s, const PGresult *result, const char *statement)
{
    const char *code = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    SCOPED_FREE char *said =
        strdup(result && code ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : PQerrorMessage(s->db));
    const char *text = s->late ? "it has not answered in time" : said ? first_line(said) : "";
    bool lost = PQstatus(s->db) != CONNECTION_OK || !code; /* what has no code the server did not say */
    if (s->sql.last_words && (lost || is_environment(code)))
        s->sql.last_words(s->sql.last_words_context);
    if (lost)
        log_error(
            NULL,
            "the connection to the store's PostgreSQL was lost: %s. Nothing is acknowledged that is not "
            "stored; the role starts again and connects anew. Look whether the server runs and can be "
            "reached",
            text);
    else if (is_environment(code))
        log_error(NULL,
                  "the store's PostgreSQL cannot do it now: %s (%s). Nothing is acknowledged that is not "
                  "stored; the role starts again. Look at the server: its log, space, rights",
                  text, code);
    else
        log_error("bug", "store: %s (%s) in: %s", text, code, statement);
    exit(1);
}

static void free_result(PGresult **r)
{
    PQclear(*r);
}
#define SCOPED_RESULT __attribute__((cleanup(free_result)))

static void check(struct postgres *s, const PGresult *result, const char *statement)
{
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        die(s, result, statement);
}

static PGresult *ask(struct postgres *s, const char *statement)
{
    return pg_answer(s->db, PQsendQuery(s->db, statement), &s->patience, &s->late);
}

static void drop_notice(void *context, const PGresult *notice)
{
}

/* ---- scripts ---- */

static const char reader_limit[] = "SET statement_timeout = '" READER_MOST "'",
                  writer_limit[] = "SET statement_timeout = '" WRITER_MOST "'";

static void translate(const char *statement, bool rows, struct buf *to)
{
    buf_init(to, SCRIPT_MAX);
    if (!sql_to_postgres(statement, rows, to))
        panic("a statement without end: %s", statement);
}

static void as_written(struct postgres *s, const char *script)
{
    SCOPED_RESULT PGresult *result = ask(s, script);
    check(s, result, script);
}

static void run_script(struct postgres *s, const char *script, bool rows)
{
    int64_t patience_ms = s->patience.ms;
    SCOPED_BUF struct buf theirs;
    translate(script, rows, &theirs);
    as_written(s, "SET statement_timeout = 0");
    s->patience.ms = PG_FOREVER;
    as_written(s, buf_text(&theirs));
    s->patience.ms = patience_ms;
    as_written(s, s->read_only ? reader_limit : writer_limit);
}

static void postgres_on_progress(struct sql *sql, void (*on_progress)(void *context), void *context)
{
    of(sql)->patience.on_wait = on_progress;
    of(sql)->patience.context = context;
}

static void postgres_script(struct sql *sql, const char *script)
{
    run_script(of(sql), script, true);
}

static void postgres_early_script(struct sql *sql, const char *script)
{
    run_script(of(sql), script, false);
}

/* ---- to and fro ---- */

static void postgres_close(struct sql *sql)
{
    struct postgres *s = of(sql);
    PQfinish(s->db);
    free(s);
}

static bool has_password(const char *uri)
{
    bool found = false;
    PQconninfoOption *options = PQconninfoParse(uri, NULL);
    for (const PQconninfoOption *o = options; o && o->keyword; o++)
        found = found || (str_equal(o->keyword, "password") && o->val && *o->val);
    PQconninfoFree(options);
    return found;
}

/* What comes before dbname is what holds where the URI says nothing. sslcert: without one libpq looks into
 * the home of who started us, which a role cannot, and gives up. */
static PGconn *connect_to(const char *uri, bool read_only)
{
    const char *const options[][2] = {
        {"gssencmode", "disable"},
        {"connect_timeout", read_only ? "4" : "10"},
        {"sslmode", "verify-full"},
        {"sslcert", "/nonexistent"},
        {"target_session_attrs", read_only ? "any" : "read-write"},
        {"tcp_user_timeout", "6000"},
        {"keepalives_idle", "2"},
        {"keepalives_interval", "2"},
        {"keepalives_count", "2"},
        {"fallback_application_name", "faxpost"},
        {"client_encoding", "UTF8"},
        {"dbname", uri},
    };
    const char *keys[ARRAY_LEN(options) + 1] = {NULL}, *values[ARRAY_LEN(options) + 1] = {NULL};
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        keys[i] = options[i][0];
        values[i] = options[i][1];
    }
    return PQconnectdbParams(keys, values, 1);
}

/* Durable before it is acknowledged, whatever the server's own setting is. */
static const char session[] =
    "SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' "
    "ELSE current_setting('synchronous_commit') END, false), set_config('standard_conforming_strings', 'on', "
    "false), set_config('idle_in_transaction_session_timeout', '0', false)";
/* Not every system can tell PostgreSQL that. */
static const char abandoned[] =
    "DO $$ BEGIN PERFORM set_config('client_connection_check_interval', '" ABANDONED "', false);"
    " EXCEPTION WHEN OTHERS THEN NULL; END $$";
static const char reader_session[] = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY";
/* A writer that stands still, or whose machine is gone, keeps the others from their turn so long at most:
 * less than a node may go without renewing (LEASE_STOP_MS). */
static const char writer_session[] =
    "SET idle_in_transaction_session_timeout = '3s'; SET tcp_user_timeout = '3s';"
    " SET tcp_keepalives_idle = 1; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 2;"
    " LISTEN faxpost";

/* ---- several writers ---- */

/* All writers of a schema hold it together; whoever changes the tables holds it alone. It lasts as long as
 * its connection; the one of a writer that was killed may last a little longer. */
#define WRITERS_LOCK "(hashtext('faxpost'), hashtext(current_schema()))"
/* The turn: who writes now. It ends with its transaction. */
#define TURN_LOCK "(hashtext('faxpost turn'), hashtext(current_schema()))"

#define CLOCK_MS "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

static bool lock_within(struct postgres *s, const char *lock)
{
    as_written(s, "SET lock_timeout = '" LOCK_PATIENCE "'");
    SCOPED_RESULT PGresult *r = ask(s, lock);
    const char *code = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    bool late = code && str_equal(code, "55P03");
    if (!late)
        check(s, r, lock);
    as_written(s, "SET lock_timeout = 0");
    return !late;
}

static bool lock_together(struct postgres *s)
{
    return lock_within(s, "SELECT pg_advisory_lock_shared" WRITERS_LOCK);
}

/* Two that hold it together and both want it alone would wait for one another: let go first. */
static bool postgres_alone(struct sql *sql)
{
    struct postgres *s = of(sql);
    as_written(s, "SELECT pg_advisory_unlock_shared" WRITERS_LOCK);
    return lock_within(s, "SELECT pg_advisory_lock" WRITERS_LOCK);
}

static void postgres_together(struct sql *sql)
{
    as_written(of(sql), "SELECT pg_advisory_lock_shared" WRITERS_LOCK);
    as_written(of(sql), "SELECT pg_advisory_unlock" WRITERS_LOCK);
}

/* In one round trip. The clock is read after the turn has come. */
static int64_t postgres_begin(struct sql *sql)
{
    static const char begin[] = "BEGIN; SELECT pg_advisory_xact_lock" TURN_LOCK ", " CLOCK_MS;
    struct postgres *s = of(sql);
    SCOPED_RESULT PGresult *r = ask(s, s->read_only ? "BEGIN" : begin);
    check(s, r, begin);
    return s->read_only ? 0 : strtoll(PQgetvalue(r, 0, 1), NULL, 10);
}

static int64_t postgres_now(struct sql *sql)
{
    static const char now[] = "SELECT " CLOCK_MS;
    SCOPED_RESULT PGresult *r = ask(of(sql), now);
    check(of(sql), r, now);
    return strtoll(PQgetvalue(r, 0, 0), NULL, 10);
}

static void postgres_tell_others(struct sql *sql)
{
    as_written(of(sql), "NOTIFY faxpost");
}

static int postgres_socket(struct sql *sql)
{
    return PQsocket(of(sql)->db);
}

static bool postgres_heard(struct sql *sql)
{
    struct postgres *s = of(sql);
    PGnotify *n;
    if (!PQconsumeInput(s->db))
        die(s, NULL, "LISTEN");
    while ((n = PQnotifies(s->db)) != NULL) {
        s->told = s->told || n->be_pid != PQbackendPID(s->db);
        PQfreemem(n);
    }
    bool told = s->told;
    s->told = false;
    return told;
}

/* ---- the session ---- */

static bool begin_session(struct postgres *s, bool read_only, char error[SQL_ERROR_LEN])
{
    as_written(s, session);
    as_written(s, abandoned);
    as_written(s, read_only ? reader_limit : writer_limit);
    if (read_only)
        as_written(s, reader_session);
    if (!str_equal(PQparameterStatus(s->db, "server_encoding"), "UTF8")) {
        (void)str_format(error, SQL_ERROR_LEN,
                         "the database's encoding is %s: make it anew with ENCODING 'UTF8'",
                         PQparameterStatus(s->db, "server_encoding"));
        errno = EINVAL;
        return false;
    }
    if (PQserverVersion(s->db) < 140000) {
        (void)str_copy(error, SQL_ERROR_LEN, "PostgreSQL 14 or later is needed");
        errno = EINVAL;
        return false;
    }
    if (read_only)
        return true;
    as_written(s, writer_session);
    if (!lock_together(s)) {
        (void)str_copy(error, SQL_ERROR_LEN,
                       "a Faxpost of another version, or `faxpost migrate`, changes the tables of this "
                       "database now: this goes on when it is through");
        errno = EAGAIN;
        return false;
    }
    return true;
}

struct sql *sql_postgres_open(const char *uri, bool read_only, char error[SQL_ERROR_LEN])
{
    if (has_password(uri)) {
        (void)str_copy(
            error, SQL_ERROR_LEN,
            "the URI holds a password, and everybody reads faxpost.conf: put it into a file of the "
            "account's own and name that with passfile=");
        errno = EINVAL;
        return NULL;
    }
    struct postgres *s = mem_zalloc(sizeof(*s));
    s->sql.engine = &sql_postgres_engine;
    s->db = connect_to(uri, read_only);
    s->read_only = read_only;
    if (PQstatus(s->db) != CONNECTION_OK) {
        SCOPED_FREE char *said = strdup(PQerrorMessage(s->db));
        (void)str_format(error, SQL_ERROR_LEN, "%s", said ? first_line(said) : "");
        postgres_close(&s->sql);
        errno = EAGAIN;
        return NULL;
    }
    (void)PQsetNoticeReceiver(s->db, drop_notice, NULL);
    (void)PQsetnonblocking(s->db, 1);
    s->patience.ms = read_only ? READER_PATIENCE_MS : WRITER_PATIENCE_MS;
    if (begin_session(s, read_only, error))
        return &s->sql;
    int failed = errno;
    postgres_close(&s->sql);
    errno = failed;
    return NULL;
}

/* ---- statements ---- */

static Oid type_of(char type)
{
    return type == 'i' ? TYPE_INT8 : type == 't' ? TYPE_TEXT : TYPE_BYTES;
}

/* Has the server ended it for its time? */
static bool was_ended(struct postgres *s, const PGresult *result)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    bool ended = s->read_only && code && str_equal(code, "57014");
    s->sql.overdue = s->sql.overdue || ended;
    return ended;
}

static bool prepare(struct postgres *s, const char *name, const char *text, const struct sql_value *values,
                    size_t count)
{
    Oid types[SQL_ARGUMENTS_MAX];
    SCOPED_BUF struct buf theirs;
    translate(text, true, &theirs);
    for (size_t i = 0; i < count; i++)
        types[i] = type_of(values[i].type);
    SCOPED_RESULT PGresult *result = pg_answer(
        s->db, PQsendPrepare(s->db, name, buf_text(&theirs), (int)count, types), &s->patience, &s->late);
    if (was_ended(s, result))
        return false;
    check(s, result, text);
    return true;
}

/* Its name; prepared where it has none yet. False: that took too long. */
static bool name_of(struct postgres *s, const char *text, const struct sql_value *values, size_t count,
                    char name[NAME_LEN])
{
    size_t at = ((uintptr_t)text >> 4) % STATEMENTS_MAX;
    for (size_t tried = 0; s->prepared[at] && s->prepared[at] != text; at = (at + 1) % STATEMENTS_MAX)
        if (++tried == STATEMENTS_MAX - 1)
            panic("more than %d statements", STATEMENTS_MAX);
    (void)snprintf(name, NAME_LEN, "s%zu", at);
    if (s->prepared[at])
        return true;
    if (!prepare(s, name, text, values, count))
        return false;
    s->prepared[at] = text;
    return true;
}

/* As they travel. */
struct parameters {
    uint64_t numbers[SQL_ARGUMENTS_MAX];
    const char *at[SQL_ARGUMENTS_MAX];
    int lengths[SQL_ARGUMENTS_MAX], formats[SQL_ARGUMENTS_MAX];
    struct arena arena; /* of texts that are no UTF-8, which PostgreSQL refuses */
};

static const char *clean(struct arena *a, struct span text)
{
    if (!text.data || utf8_valid(text))
        return (const char *)text.data;
    char *copy = arena_strdup(a, (const char *)text.data);
    utf8_clean(copy); /* as long as before */
    return copy;
}

static void set_parameters(struct parameters *p, const struct sql_value *values, size_t count)
{
    arena_init(&p->arena);
    for (size_t i = 0; i < count; i++) {
        p->formats[i] = 1;
        p->at[i] = NULL;
        if (values[i].null)
            continue;
        if (values[i].type == 'i') {
            p->numbers[i] = htobe64((uint64_t)values[i].number);
            p->at[i] = (const char *)&p->numbers[i];
            p->lengths[i] = sizeof(p->numbers[i]);
        } else {
            p->at[i] = values[i].type == 't' ? clean(&p->arena, values[i].bytes)
                                             : (const char *)values[i].bytes.data;
            p->lengths[i] = (int)values[i].bytes.len;
        }
    }
}

/* NULL: it took too long. */
static PGresult *execute(struct postgres *s, const char *statement, const struct sql_value *values,
                         size_t count)
{
    char name[NAME_LEN];
    struct parameters p;
    if (!name_of(s, statement, values, count, name))
        return NULL;
    set_parameters(&p, values, count);
    int sent = PQsendQueryPrepared(s->db, name, (int)count, p.at, p.lengths, p.formats, 1);
    PGresult *result = pg_answer(s->db, sent, &s->patience, &s->late);
    arena_clear(&p.arena);
    if (was_ended(s, result)) {
        PQclear(result);
        return NULL;
    }
    check(s, result, statement);
    return result;
}

static int64_t postgres_run(struct sql *sql, const char *statement, const struct sql_value *values,
                            size_t count)
{
    uint64_t changed;
    SCOPED_RESULT PGresult *result = execute(of(sql), statement, values, count);
    return str_to_u64(PQcmdTuples(result), INT64_MAX, &changed) ? (int64_t)changed : 0;
}

/* ---- rows ---- */

static void postgres_query(struct sql_rows *r, const char *statement, const struct sql_value *values,
                           size_t count)
{
    struct postgres *s = of(r->sql);
    if (s->read_only && s->sql.question_ms && clock_mono_ms() - s->sql.question_ms >= READER_MOST_MS)
        s->sql.overdue = true; /* many statements, none of which took so long */
    r->statement = s->sql.overdue ? NULL : execute(s, statement, values, count);
    r->row = -1;
}

static bool postgres_next(struct sql_rows *r)
{
    return ++r->row < PQntuples(r->statement);
}

static void postgres_end(struct sql_rows *r)
{
    PQclear(r->statement);
}

static bool postgres_is_null(const struct sql_rows *r, int column)
{
    return PQgetisnull(r->statement, r->row, column);
}

static struct span postgres_bytes(const struct sql_rows *r, int column)
{
    if (postgres_is_null(r, column))
        return span_of(NULL, 0);
    return span_of(PQgetvalue(r->statement, r->row, column),
                   (size_t)PQgetlength(r->statement, r->row, column));
}

static uint64_t big_endian(struct span bytes)
{
    uint64_t n = 0;
    for (size_t i = 0; i < bytes.len; i++)
        n = n << 8 | bytes.data[i];
    return n;
}

static int16_t part_of(struct span bytes, size_t at)
{
    return at + 2 <= bytes.len ? (int16_t)big_endian(span_of(bytes.data + at, 2)) : 0;
}

/* sum() of numbers: groups of four digits; count, place of the first, sign, decimals, then the groups. What
 * stands behind the point is none of ours. */
static int64_t whole_numeric(struct span bytes)
{
    int64_t n = 0;
    int groups = part_of(bytes, 0), weight = part_of(bytes, 2);
    for (int i = 0; i <= weight; i++)
        n = n * 10000 + (i < groups ? part_of(bytes, 8 + 2 * (size_t)i) : 0);
    return part_of(bytes, 4) ? -n : n;
}

static int64_t postgres_number(const struct sql_rows *r, int column)
{
    struct span bytes = postgres_bytes(r, column);
    switch (PQftype(r->statement, column)) {
    case TYPE_BOOL:
    case TYPE_INT8: return (int64_t)big_endian(bytes);
    case TYPE_INT4: return (int32_t)big_endian(bytes);
    case TYPE_INT2: return (int16_t)big_endian(bytes);
    case TYPE_NUMERIC: return whole_numeric(bytes);
    default: return bytes.data ? strtoll((const char *)bytes.data, NULL, 10) : 0;
    }
}

static const char *postgres_text(const struct sql_rows *r, int column, struct arena *a)
{
    if (postgres_is_null(r, column))
        return arena_strdup(a, "");
    switch (PQftype(r->statement, column)) {
    case TYPE_BOOL:
    case TYPE_INT8:
    case TYPE_INT4:
    case TYPE_INT2:
    case TYPE_NUMERIC: return arena_format(a, "%lld", (long long)postgres_number(r, column));
    default: return arena_strdup(a, PQgetvalue(r->statement, r->row, column));
    }
}

/* ---- the schema ---- */

static int postgres_schema(struct sql *sql)
{
    struct postgres *s = of(sql);
    SCOPED_RESULT PGresult *there = ask(s, "SELECT to_regclass('faxpost_schema') IS NOT NULL");
    if (was_ended(s, there))
        return 0;
    check(s, there, "schema");
    if (str_equal(PQgetvalue(there, 0, 0), "f"))
        return 0;
    SCOPED_RESULT PGresult *version = ask(s, "SELECT version FROM faxpost_schema");
    if (was_ended(s, version))
        return 0;
    check(s, version, "schema");
    return PQntuples(version) == 1 ? atoi(PQgetvalue(version, 0, 0)) : 0;
}

static void postgres_set_schema(struct sql *sql, int version)
{
    char set[128];
    (void)str_format(set, sizeof(set), "DELETE FROM faxpost_schema; INSERT INTO faxpost_schema VALUES (%d)",
                     version);
    as_written(of(sql), set);
}

static void postgres_prepare_schema(struct sql *sql)
{
    as_written(of(sql), "CREATE TABLE faxpost_schema (version integer NOT NULL)");
    as_written(of(sql), sql_postgres_functions);
}

/* ---- what it does by itself ---- */

static void postgres_plan_steps(struct sql *s, const char *beginning, struct buf *lines)
{
}

static int64_t postgres_total_changes(const struct sql *s)
{
    return 0;
}

static bool postgres_empty_log(struct sql *s)
{
    return true;
}

const struct sql_engine sql_postgres_engine = {
    .begin = postgres_begin,
    .now = postgres_now,
    .close = postgres_close,
    .script = postgres_script,
    .early_script = postgres_early_script,
    .on_progress = postgres_on_progress,
    .run = postgres_run,
    .query = postgres_query,
    .next = postgres_next,
    .end = postgres_end,
    .is_null = postgres_is_null,
    .number = postgres_number,
    .text = postgres_text,
    .bytes = postgres_bytes,
    .schema = postgres_schema,
    .set_schema = postgres_set_schema,
    .prepare_schema = postgres_prepare_schema,
    .plan_steps = postgres_plan_steps,
    .total_changes = postgres_total_changes,
    .empty_log = postgres_empty_log,
    .alone = postgres_alone,
    .together = postgres_together,
    .tell_others = postgres_tell_others,
    .socket = postgres_socket,
    .heard = postgres_heard,
};

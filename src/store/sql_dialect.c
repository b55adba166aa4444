/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/sql_dialect.h"

#include <string.h>

#include "base/str.h"

/* Whose rows are asked for in the order in which they came. */
static const char *const rowid_tables[] = {"job_event", "mail_out"};

/* Words of ours, by their case. COLLATE "C": byte by byte, whatever the database's own order is. */
static const struct {
    const char *ours, *theirs;
    bool schema; /* in the schema alone */
} words[] = {
    {"BLOB", "BYTEA", false},
    {"INTEGER", "BIGINT", false},
    {"LIKE", "ILIKE", false},
    {"TEXT", "TEXT COLLATE \"C\"", true},
    {"group_concat", "string_agg", false},
};

/* PostgreSQL's reserved words (its manual, appendix C) that a column or table could be called. */
static const char *const reserved[] = {
    "all",      "analyse",      "analyze",   "and",       "any",       "array",      "as",         "asc",
    "both",     "case",         "cast",      "check",     "collate",   "column",     "constraint", "create",
    "default",  "desc",         "distinct",  "do",        "else",      "end",        "except",     "false",
    "fetch",    "for",          "foreign",   "freeze",    "from",      "full",       "grant",      "group",
    "having",   "in",           "initially", "intersect", "into",      "is",         "lateral",    "leading",
    "left",     "limit",        "localtime", "natural",   "not",       "null",       "offset",     "on",
    "only",     "or",           "order",     "placing",   "primary",   "references", "returning",  "right",
    "select",   "session_user", "similar",   "some",      "symmetric", "table",      "then",       "to",
    "trailing", "true",         "union",     "unique",    "user",      "using",      "variadic",   "verbose",
    "when",     "where",        "window",    "with",
};

const char sql_postgres_functions[] =
    "CREATE EXTENSION IF NOT EXISTS pg_trgm;"
    "CREATE COLLATION IF NOT EXISTS nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = "
    "false);"
    "CREATE OR REPLACE FUNCTION iif(boolean, anycompatible, anycompatible) RETURNS anycompatible"
    " LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT CASE WHEN $1 THEN $2 ELSE $3 END';"
    "CREATE OR REPLACE FUNCTION instr(text, text) RETURNS integer"
    " LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT strpos($1, $2)';"
    "CREATE OR REPLACE FUNCTION instr(bytea, bytea) RETURNS integer"
    " LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT position($2 IN $1)';"
    "CREATE OR REPLACE FUNCTION hex(bytea) RETURNS text"
    " LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT upper(encode($1, ''hex''))';"
    "CREATE OR REPLACE FUNCTION max(bigint, bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE"
    " AS 'SELECT CASE WHEN $1 IS NULL OR $2 IS NULL THEN NULL WHEN $1 > $2 THEN $1 ELSE $2 END';"
    "CREATE OR REPLACE FUNCTION min(bigint, bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE"
    " AS 'SELECT CASE WHEN $1 IS NULL OR $2 IS NULL THEN NULL WHEN $1 < $2 THEN $1 ELSE $2 END';"
    "CREATE OR REPLACE FUNCTION lower_bytes(bytea, bytea) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT "
    "PARALLEL SAFE AS 'SELECT CASE WHEN $1 < $2 THEN $1 ELSE $2 END';"
    "CREATE OR REPLACE AGGREGATE min(bytea) (SFUNC = lower_bytes, STYPE = bytea, SORTOP = <);";

/* ---- words ---- */

/* A statement that is being read; `at` moves on. */
struct reader {
    const char *at;
    struct buf *to;
    bool schema;
};

static bool is_part(char c)
{
    return char_is_alpha(c) || char_is_digit(c) || c == '_';
}

static size_t word_len(const char *at)
{
    size_t n = 0;
    while (is_part(at[n]))
        n++;
    return n;
}

static bool is_word(const char *at, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(at, word, len) == 0;
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \n\t");
}

/* The next word is this one. */
static bool has_word(const char *at, const char *word)
{
    at = skip_blanks(at);
    return is_word(at, word_len(at), word);
}

static const char *after_word(const char *at)
{
    at = skip_blanks(at);
    return at + word_len(at);
}

/* The column that is described there says itself how it is compared. */
static bool has_collation(const char *at)
{
    for (; *at && *at != ',' && *at != ')' && *at != ';'; at++)
        if (str_starts(at, " COLLATE "))
            return true;
    return false;
}

/* With what the next words say of it; returns how many of our bytes it took. */
static size_t put_pair(struct reader *r, size_t len)
{
    const char *at = r->at, *next = at + len;
    if (r->schema && is_word(at, len, "WITHOUT") && has_word(next, "ROWID"))
        return (size_t)(after_word(next) - at);
    if (is_word(at, len, "INDEXED") && has_word(next, "BY"))
        return (size_t)(after_word(after_word(next)) - at);
    if (is_word(at, len, "COLLATE") && has_word(next, "NOCASE")) {
        (void)buf_append_str(r->to, "COLLATE nocase");
        return (size_t)(after_word(next) - at);
    }
    if (r->schema && is_word(at, len, "TEXT") && has_collation(next)) {
        (void)buf_append_str(r->to, "TEXT");
        return len;
    }
    if (r->schema && is_word(at, len, "INTEGER") && has_word(next, "PRIMARY")) {
        (void)buf_append_str(r->to, "BIGINT GENERATED BY DEFAULT AS IDENTITY");
        return len;
    }
    return 0;
}

static size_t put_word(struct reader *r)
{
    size_t len = word_len(r->at), taken = put_pair(r, len);
    if (taken > 0)
        return taken;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (is_word(r->at, len, words[i].ours) && (r->schema || !words[i].schema)) {
            (void)buf_append_str(r->to, words[i].theirs);
            return len;
        }
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
        if (is_word(r->at, len, reserved[i])) {
            (void)buf_printf(r->to, "\"%s\"", reserved[i]);
            return len;
        }
    (void)buf_append(r->to, r->at, len);
    return len;
}

/* From quote to quote, doubled ones within; 0 without an end. */
static size_t quoted_len(const char *at)
{
    for (size_t n = 1; at[n]; n++) {
        if (at[n] != at[0])
            continue;
        if (at[n + 1] != at[0])
            return n + 1;
        n++;
    }
    return 0;
}

static size_t put_bytes(struct reader *r)
{
    size_t len = quoted_len(r->at + 1);
    if (len > 0)
        (void)buf_printf(r->to, "'\\x%.*s::bytea", (int)len - 1, r->at + 2);
    return len > 0 ? len + 1 : 0;
}

static size_t put_quoted(struct reader *r)
{
    size_t len = quoted_len(r->at);
    (void)buf_append(r->to, r->at, len);
    return len;
}

static size_t put_number(struct reader *r)
{
    size_t len = word_len(r->at);
    (void)buf_append(r->to, r->at, len);
    return len;
}

/* What stands at r->at; 0 where it has no end. */
static size_t put_next(struct reader *r)
{
    char c = *r->at;
    if ((c == 'X' || c == 'x') && r->at[1] == '\'')
        return put_bytes(r);
    if (c == '\'' || c == '"')
        return put_quoted(r);
    if (char_is_digit(c))
        return put_number(r);
    if (is_part(c))
        return put_word(r);
    (void)buf_append_byte(r->to, (uint8_t)(c == '?' ? '$' : c));
    return 1;
}

/* ---- statements ---- */

static bool changes_rows(const char *at)
{
    return has_word(at, "INSERT") || has_word(at, "UPDATE") || has_word(at, "DELETE") || has_word(at, "WITH");
}

/* The words are kept in small letters too, as the language has them, so that any letter finds its capital. */
static void put_index_of_words(struct reader *r, const char *name, size_t len)
{
    (void)buf_printf(r->to,
                     "CREATE TABLE %.*s (rowid BIGINT PRIMARY KEY, words TEXT NOT NULL, place TEXT NOT NULL,"
                     " folded TEXT COLLATE \"C\" GENERATED ALWAYS AS (lower(words COLLATE \"und-x-icu\")) "
                     "STORED);"
                     "CREATE INDEX %.*s_folded ON %.*s USING gin (folded gin_trgm_ops)",
                     (int)len, name, (int)len, name, (int)len, name);
}

/* CREATE VIRTUAL TABLE name USING fts5 (...) */
static bool put_virtual(struct reader *r)
{
    const char *at = after_word(r->at);
    if (!has_word(r->at, "CREATE") || !has_word(at, "VIRTUAL"))
        return false;
    const char *name = skip_blanks(after_word(after_word(at)));
    put_index_of_words(r, name, word_len(name));
    r->at = name + strcspn(name, ";");
    return true;
}

/* CREATE TABLE name ( */
static void put_rowid(struct reader *r)
{
    const char *at = after_word(r->at);
    if (!has_word(r->at, "CREATE") || !has_word(at, "TABLE"))
        return;
    const char *name = skip_blanks(after_word(at));
    for (size_t i = 0; i < ARRAY_LEN(rowid_tables); i++)
        if (is_word(name, word_len(name), rowid_tables[i])) {
            (void)buf_printf(r->to, "CREATE TABLE %s (rowid BIGINT GENERATED BY DEFAULT AS IDENTITY, ",
                             rowid_tables[i]);
            r->at = name + strcspn(name, "(") + 1;
        }
}

static bool put_statement(struct reader *r)
{
    r->schema = has_word(r->at, "CREATE") || has_word(r->at, "ALTER");
    if (!put_virtual(r))
        put_rowid(r);
    while (*r->at && *r->at != ';') {
        size_t taken = put_next(r);
        if (taken == 0)
            return false;
        r->at += taken;
    }
    if (*r->at)
        (void)buf_append_byte(r->to, (uint8_t)*r->at++);
    return true;
}

bool sql_to_postgres(const char *statements, bool rows, struct buf *to)
{
    struct reader r = {.at = skip_blanks(statements), .to = to};
    while (*r.at) {
        size_t before = to->len;
        bool left_out = !rows && changes_rows(r.at);
        if (!put_statement(&r))
            return false;
        if (left_out && to->len > before) {
            to->len = before;
            to->data[before] = 0;
        }
        r.at = skip_blanks(r.at);
    }
    return !to->overflow;
}

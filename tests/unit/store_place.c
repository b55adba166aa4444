/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

#include "base/panic.h"
#include "base/str.h"
#include "store/schema.h"
#include "store/sql.h"

static char uri[200], last_dir[200];

bool store_place_is_postgres(void)
{
    const char *server = getenv("FAXPOST_TEST_POSTGRES");
    return server && *server;
}

static void hear_nothing(const char *text)
{
}

static const struct schema_watch quietly = {.every_ms = 60000, .told = hear_nothing};

static struct sql *open_uri(const char *database)
{
    char error[SQL_ERROR_LEN];
    (void)str_format(uri, sizeof(uri), "postgres://faxpost@/%s?host=%s", database,
                     getenv("FAXPOST_TEST_POSTGRES"));
    struct sql *s = sql_open(uri, false, error);
    if (!s)
        panic("%s: %s", uri, error);
    return s;
}

static void make_database(void)
{
    char name[32], script[200], drop[80];
    int found;
    (void)str_format(name, sizeof(name), "test%ld", (long)getpid());
    (void)str_format(script, sizeof(script),
                     "CREATE DATABASE %s TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'", name);
    (void)str_format(drop, sizeof(drop), "DROP DATABASE IF EXISTS %s", name);
    struct sql *s = open_uri("postgres");
    sql_script(s, drop); /* of a program that had our number */
    sql_script(s, script);
    sql_close(s);
    s = open_uri(name);
    if (schema_update(s, &found, &quietly) != 0)
        panic("a database just made has schema %d", found);
    sql_close(s);
}

/* References are not looked after meanwhile, so that the order is no matter. */
static void empty_database(void)
{
    char error[SQL_ERROR_LEN];
    struct sql *s = sql_open(uri, false, error);
    if (!s)
        panic("%s: %s", uri, error);
    sql_script(s,
               "DO $$ DECLARE t name; BEGIN SET LOCAL session_replication_role = 'replica';"
               " FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
               " AND tablename <> 'faxpost_schema' LOOP EXECUTE 'DELETE FROM ' || quote_ident(t); END LOOP;"
               " END $$");
    sql_close(s);
}

const char *store_place(const char *dir)
{
    if (!store_place_is_postgres())
        return "";
    if (!*uri)
        make_database();
    else if (!str_equal(last_dir, dir))
        empty_database();
    (void)str_copy(last_dir, sizeof(last_dir), dir);
    return uri;
}

void store_needs_sqlite(const char *why)
{
    if (!store_place_is_postgres())
        return;
    print_message("skipped: %s\n", why);
    skip();
}

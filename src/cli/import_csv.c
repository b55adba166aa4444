/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/import.h"
#include "proto/csv.h"

enum { ROWS_MAX = 100000 };

/* Where a column goes, and what stands there. */
enum place { TENANT, BOX_ID, OF_BOX, OF_USER, USER_NAME, MAY_SEND, MAY_RECEIVE };
enum kind { TEXT, WORDS };

static const struct column {
    const char *name;
    enum place place;
    enum kind kind;
} columns[] = {
    {"tenant", TENANT, TEXT},       {"box", BOX_ID, TEXT},         {"name", OF_BOX, TEXT},
    {"extension", OF_BOX, TEXT},    {"numbers", OF_BOX, WORDS},    {"station_id", OF_BOX, TEXT},
    {"caller_id", OF_BOX, TEXT},    {"header_name", OF_BOX, TEXT}, {"paper", OF_BOX, TEXT},
    {"resolution", OF_BOX, TEXT},   {"template", OF_BOX, TEXT},    {"user", USER_NAME, TEXT},
    {"addresses", OF_USER, WORDS},  {"language", OF_USER, TEXT},   {"send", MAY_SEND, TEXT},
    {"receive", MAY_RECEIVE, TEXT},
};

struct import {
    const char *file, *tenant;
    const struct column *columns[CSV_FIELDS];
    size_t count;
    unsigned line;
    json_t *boxes, *users;
    json_t *known_boxes, *known_users; /* name -> place in the list */
    struct import_rows *rows;
};

static bool wrong(const struct import *im, const char *column, const char *text)
{
    (void)complain_and(EXIT_DATA, "%s, row %u, column %s: %s", im->file, im->line, column, text);
    return false;
}

static bool read_head(struct import *im, const struct csv_row *row)
{
    bool has_key = false;
    for (size_t i = 0; i < row->count; i++) {
        const struct column *found = NULL;
        for (size_t k = 0; k < ARRAY_LEN(columns); k++)
            if (str_equal_nocase(columns[k].name, row->fields[i]))
                found = &columns[k];
        for (size_t k = 0; k < i && found; k++)
            if (im->columns[k] == found)
                return wrong(im, found->name, "stands twice in the first row");
        if (!found) {
            (void)complain_and(EXIT_DATA,
                               "%s, row %u: there is no column \"%.60s\". The first row names the columns, "
                               "of these: " IMPORT_COLUMNS,
                               im->file, im->line, row->fields[i]);
            return false;
        }
        im->columns[i] = found;
        has_key = has_key || found->place == BOX_ID || found->place == USER_NAME;
    }
    im->count = row->count;
    return has_key || wrong(im, "box", "a file has a column box or user, or both");
}

static const char *field(const struct import *im, const struct csv_row *row, enum place place)
{
    for (size_t i = 0; i < im->count && i < row->count; i++)
        if (im->columns[i]->place == place)
            return row->fields[i];
    return "";
}

/* yes for an empty field: who is named in a box's row is meant to use it. */
static bool read_yes_no(const struct import *im, const struct csv_row *row, enum place place, bool *yes)
{
    static const char *const words[][2] = {{"yes", "no"}, {"true", "false"}, {"1", "0"}, {"x", "-"}};
    const char *text = field(im, row, place);
    *yes = true;
    if (!*text)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        for (size_t k = 0; k < 2; k++)
            if (str_equal_nocase(text, words[i][k])) {
                *yes = k == 0;
                return true;
            }
    return wrong(im, place == MAY_SEND ? "send" : "receive", "write yes or no");
}

/* Several in one field, blanks between them. */
static json_t *words_of(const char *text)
{
    json_t *list = json_array();
    while (*text) {
        size_t len = strcspn(text, " \t");
        if (len > 0)
            (void)json_array_append_new(list, json_stringn(text, len));
        text += len + strspn(text + len, " \t");
    }
    return list;
}

/* The entry of this name, made where there is none; what the row's fields say of it is added. */
static json_t *entry(struct import *im, const struct csv_row *row, json_t *list, json_t *known,
                     const char *key_name, const char *key, enum place place, unsigned **rows)
{
    const char *tenant = field(im, row, TENANT);
    char full[2 * CSV_FIELD_LEN + 2];
    tenant = *tenant ? tenant : im->tenant;
    (void)str_format(full, sizeof(full), "%s\n%s", place == OF_USER && tenant ? tenant : "", key);
    json_t *at = json_object_get(known, full), *e;
    if (!at) {
        size_t n = json_array_size(list);
        e = json_pack("{s:s}", key_name, key);
        if (tenant)
            (void)json_object_set_new(e, "tenant", json_string(tenant));
        (void)json_array_append_new(list, e);
        (void)json_object_set_new(known, full, json_integer((json_int_t)n));
        *rows = mem_resize(*rows, (n + 1) * sizeof(**rows));
        (*rows)[n] = im->line;
    } else {
        e = json_array_get(list, (size_t)json_integer_value(at));
    }
    for (size_t i = 0; i < im->count && i < row->count; i++) {
        const struct column *c = im->columns[i];
        if (c->place == place && *row->fields[i])
            (void)json_object_set_new(
                e, c->name, c->kind == WORDS ? words_of(row->fields[i]) : json_string(row->fields[i]));
    }
    return e;
}

static bool take_row(struct import *im, const struct csv_row *row)
{
    const char *box_id = field(im, row, BOX_ID), *user = field(im, row, USER_NAME);
    bool may_send, may_receive;
    if (row->count > im->count)
        return wrong(im, "behind the last", "there are more fields than names in the first row");
    for (size_t i = 0; i < row->count; i++)
        if (!utf8_valid(span_str(row->fields[i])))
            return wrong(im, im->columns[i]->name, "is not UTF-8; save the file as UTF-8");
    if (!*box_id && !*user)
        return wrong(im, "box", "a row names a box, a user or both");
    if (!read_yes_no(im, row, MAY_SEND, &may_send) || !read_yes_no(im, row, MAY_RECEIVE, &may_receive))
        return false;
    if (*user)
        (void)entry(im, row, im->users, im->known_users, "name", user, OF_USER, &im->rows->users);
    if (!*box_id)
        return true;
    json_t *box = entry(im, row, im->boxes, im->known_boxes, "id", box_id, OF_BOX, &im->rows->boxes);
    if (!json_object_get(box, "name"))
        (void)json_object_set_new(box, "name", json_string(box_id));
    if (!*user)
        return true;
    json_t *list = json_object_get(box, "users");
    if (!list)
        (void)json_object_set_new(box, "users", list = json_array());
    (void)json_array_append_new(
        list, json_pack("{s:s, s:b, s:b}", "user", user, "send", may_send, "receive", may_receive));
    return true;
}

static bool read_all(struct import *im, struct span content)
{
    SCOPED_FREE struct csv_row *row = mem_zalloc(sizeof(*row));
    bool good = true;
    while (csv_next(&content, row)) {
        im->line++;
        if (row->count == 0)
            continue;
        if (im->line > ROWS_MAX)
            return wrong(im, "box", "is one row too many; take several files");
        if (im->count == 0 ? !read_head(im, row) : !take_row(im, row))
            good = false;
        if (im->count == 0)
            break;
    }
    if (im->count > 0 || !good)
        return good;
    (void)complain_and(EXIT_DATA, "%s is empty", im->file);
    return false;
}

json_t *import_csv(struct span content, const char *file, const char *tenant, struct import_rows *rows)
{
    *rows = (struct import_rows){NULL, NULL};
    struct import im = {.file = file,
                        .tenant = tenant,
                        .boxes = json_array(),
                        .users = json_array(),
                        .known_boxes = json_object(),
                        .known_users = json_object(),
                        .rows = rows};
    bool good = read_all(&im, content);
    json_decref(im.known_boxes);
    json_decref(im.known_users);
    json_t *all = json_pack("{s:o, s:o}", "users", im.users, "faxboxes", im.boxes);
    if (good)
        return all;
    json_decref(all);
    return NULL;
}

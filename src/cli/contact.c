/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost contact: the address book that a tenant shares. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "cli/input.h"
#include "cli/resource.h"
#include "proto/csv.h"

enum { SHOWN_MOST = 200, FILE_BYTES_MAX = 16 * 1024 * 1024 };

static void print_contact(const json_t *c)
{
    const char *company = json_text(c, "company"), *note = json_text(c, "note");
    const json_t *groups = json_object_get(c, "groups");
    (void)printf("%s  %s%s%s  %s%s%s", json_text(c, "id"), json_text(c, "name"), *company ? ", " : "",
                 company, json_text(c, "number"), *note ? "  " : "", note);
    for (size_t i = 0; i < json_array_size(groups); i++)
        (void)printf("%s%s", i == 0 ? "  in " : ", ", json_string_value(json_array_get(groups, i)));
    (void)printf("\n");
}

static void put_path(struct buf *path, const struct arguments *a, const char *more)
{
    const char *tenant = argument(a, "tenant");
    (void)buf_printf(path, "contacts?user=");
    api_append_escaped(path, api_user());
    (void)buf_append_str(path, more);
    if (!tenant)
        return;
    (void)buf_append_str(path, "&tenant=");
    api_append_escaped(path, tenant);
}

static int list(struct api *api, const struct arguments *a)
{
    SCOPED_BUF struct buf path;
    buf_init(&path, 4000);
    put_path(&path, a, "&limit=200");
    if (a->operand_count > 1) {
        (void)buf_append_str(&path, "&q=");
        api_append_escaped(&path, a->operands[1]);
    }
    if (argument(a, "group")) {
        (void)buf_append_str(&path, "&group=");
        api_append_escaped(&path, argument(a, "group"));
    }
    const struct resource_list listed = {.path = buf_text(&path),
                                         .most = SHOWN_MOST,
                                         .none = "There is nobody.",
                                         .more =
                                             "These are the first 200; say how a name begins to see others.",
                                         .print = print_contact};
    return resource_list(api, &listed, argument(a, "json") != NULL);
}

enum { FIELD_GROUPS = 4, CONTACT_FIELDS };

/* "Suppliers|Courts" */
static json_t *groups_json(const char *text)
{
    json_t *list = json_array();
    while (*text) {
        text += strspn(text, " |;,");
        size_t len = strcspn(text, "|;,"), kept = len;
        while (kept > 0 && text[kept - 1] == ' ')
            kept--;
        if (kept > 0)
            (void)json_array_append_new(list, json_stringn(text, kept));
        text += len;
    }
    return list;
}

static int add_one(struct api *api, const struct arguments *a, const char *const fields[CONTACT_FIELDS])
{
    static const char *const names[] = {"name", "number", "company", "note"};
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf path;
    json_t *body = json_pack("{s:b}", "shared", 1);
    buf_init(&path, 4000);
    put_path(&path, a, "");
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (fields[i] && *fields[i])
            (void)json_object_set_new(body, names[i], json_string(fields[i]));
    if (fields[FIELD_GROUPS] && *fields[FIELD_GROUPS])
        (void)json_object_set_new(body, "groups", groups_json(fields[FIELD_GROUPS]));
    SCOPED_FREE char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    if (!text)
        return complain_and(EXIT_DATA, "a contact has to be UTF-8 text");
    api_post(api, buf_text(&path), "application/json", span_str(text), &answer);
    return api_check(api, &answer);
}

static int add(struct api *api, const struct arguments *a)
{
    const char *const fields[CONTACT_FIELDS] = {a->operands[1], a->operands[2], argument(a, "company"),
                                                argument(a, "note"), argument(a, "group")};
    int status = add_one(api, a, fields);
    if (status == EXIT_DONE)
        (void)printf("%s: added.\n", fields[0]);
    return status;
}

/* Each line of its own, so that one which is wrong keeps no other out. */
static int import(struct api *api, const struct arguments *a)
{
    SCOPED_BUF struct buf content;
    struct csv_row row;
    unsigned line = 0, added = 0, refused = 0;
    buf_init(&content, FILE_BYTES_MAX);
    int status = input_read(a->operands[1], &content);
    if (status != EXIT_DONE)
        return status;
    struct span rest = buf_span(&content);
    while (csv_next(&rest, &row)) {
        const char *fields[CONTACT_FIELDS] = {NULL};
        line++;
        for (size_t i = 0; i < row.count && i < ARRAY_LEN(fields); i++)
            fields[i] = row.fields[i];
        if (row.count == 0 || (line == 1 && str_equal(row.fields[0], "name")))
            continue;
        if (add_one(api, a, fields) == EXIT_DONE)
            added++;
        else if (++refused > 0)
            (void)fprintf(stderr, "faxpost: that was row %u, \"%.60s\"\n", line, row.fields[0]);
    }
    (void)printf("%u added, %u refused.\n", added, refused);
    return refused > 0 ? EXIT_DATA : EXIT_DONE;
}

static int drop(struct api *api, const struct arguments *a)
{
    struct id id;
    char path[80];
    SCOPED_ANSWER struct api_answer answer = {0};
    int status = resource_id(a->operands[1], "`faxpost contact list` shows them", &id);
    if (status != EXIT_DONE)
        return status;
    (void)str_format(path, sizeof(path), "contacts/%s", id_text(id));
    api_delete(api, path, &answer);
    status = api_check(api, &answer);
    if (status == EXIT_DONE)
        (void)printf("%s: deleted.\n", id_text(id));
    return status;
}

static const struct {
    const char *name;
    size_t least, most; /* operands */
    const char *wants;
    int (*run)(struct api *api, const struct arguments *a);
} verbs[] = {{"list", 1, 2, "takes how a name begins, or nothing", list},
             {"add", 3, 3, "needs a name and a number", add},
             {"import", 2, 2,
              "needs a file: name, number, company, note, groups with commas between them, one a line",
              import},
             {"delete", 2, 2, "needs the id of an entry", drop}};

int run_contact(const struct arguments *a)
{
    struct api api;
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (!str_equal(a->operands[0], verbs[i].name))
            continue;
        if (a->operand_count < verbs[i].least || a->operand_count > verbs[i].most)
            return complain_and(EXIT_USAGE, "`contact %s` %s", verbs[i].name, verbs[i].wants);
        int status = api_open(&api, a);
        if (status == EXIT_DONE)
            status = verbs[i].run(&api, a);
        api_close(&api);
        return status;
    }
    return complain_and(EXIT_USAGE, "there is no `contact %.40s`; there are list, add, import and delete",
                        a->operands[0]);
}

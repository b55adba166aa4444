/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost import: faxboxes, users and locked numbers from where they were before. */
#include "cli/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "cli/apply.h"
#include "cli/command.h"
#include "cli/input.h"

enum { FILE_MAX = 16 * 1024 * 1024 };

/* "faxboxes[3].name" of the server's complaint, as the row of the file that it comes from. */
struct places {
    const char *file;
    const struct import_rows *rows;
    const json_t *all;
};

static const char *row_of(const void *context, const char *path, char text[APPLY_PLACE_LEN])
{
    const struct places *p = context;
    const struct {
        const char *section;
        const unsigned *rows;
    } sections[] = {{"faxboxes", p->rows->boxes}, {"users", p->rows->users}};
    for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
        size_t len = strlen(sections[i].section);
        size_t n = strncmp(path, sections[i].section, len) == 0 && path[len] == '['
                       ? strtoul(path + len + 1, NULL, 10)
                       : SIZE_MAX;
        if (n >= json_array_size(json_object_get(p->all, sections[i].section)))
            continue;
        const char *field = strchr(path, ']') + 1;
        (void)str_format(text, APPLY_PLACE_LEN, "%.200s, row %u%s%.100s", p->file, sections[i].rows[n],
                         *field == '.' ? ", " : "", field + (*field == '.'));
        return text;
    }
    return path;
}

static int apply_all(struct api *api, const json_t *all, const struct apply_opts *opts)
{
    SCOPED_FREE char *text = json_dumps(all, JSON_COMPACT);
    return text ? apply_text(api, span_str(text), opts) : complain_and(EXIT_DATA, "a text is not UTF-8");
}

static int from_csv(const struct arguments *a, struct api *api)
{
    const char *path = a->operands[1];
    struct import_rows rows = {NULL, NULL};
    SCOPED_BUF struct buf content;
    buf_init(&content, FILE_MAX);
    int status = input_read(path, &content);
    json_t *all =
        status == EXIT_DONE ? import_csv(buf_span(&content), path, argument(a, "tenant"), &rows) : NULL;
    if (status == EXIT_DONE && !all)
        status = EXIT_DATA;
    const struct places places = {path, &rows, all};
    const struct apply_opts opts = {
        .dry = argument(a, "dry-run") != NULL, .name = "", .place = row_of, .context = &places};
    if (all)
        status = apply_all(api, all, &opts);
    json_decref(all);
    free(rows.boxes);
    free(rows.users);
    return status;
}

/* ---- HylaFAX ---- */

static int lock_one(struct api *api, const json_t *lock, const char *tenant)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf path;
    const char *const words[][2] = {{"number", json_text(lock, "number")},
                                    {"reason", json_text(lock, "reason")},
                                    {"tenant", tenant ? tenant : ""},
                                    {"user", api_user()}};
    buf_init(&path, 4000);
    (void)buf_append_str(&path, "destinations/lock?");
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (!*words[i][1])
            continue;
        (void)buf_printf(&path, "&%s=", words[i][0]);
        api_append_escaped(&path, words[i][1]);
    }
    api_post(api, buf_text(&path), "text/plain", span_of("", 0), &answer);
    int status = api_check(api, &answer);
    if (status != EXIT_DONE)
        (void)complain_and(status, "that was %s, which is not locked", words[0][1]);
    return status;
}

/* Known before anything is changed; it may be one that is made of a modem. */
static int find_box(const json_t *whole, const json_t *made, const char *box)
{
    const json_t *lists[] = {json_object_get(whole, "faxboxes"), json_object_get(made, "faxboxes")};
    for (size_t i = 0; box && i < ARRAY_LEN(lists); i++)
        for (size_t k = 0; k < json_array_size(lists[i]); k++)
            if (str_equal_nocase(json_text(json_array_get(lists[i], k), "id"), box))
                return EXIT_DONE;
    return box ? complain_and(EXIT_DATA,
                              "there is no fax box \"%.63s\"; `faxpost export` shows those there are", box)
               : EXIT_DONE;
}

static int find_boxes(struct api *api, const json_t *made, const struct import_archive *archive)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    if (!archive->received_into && !archive->sent_into)
        return EXIT_DONE;
    api_get(api, "provisioning", &answer);
    int status = api_check(api, &answer);
    if (status == EXIT_DONE)
        status = find_box(answer.body, made, archive->received_into);
    return status == EXIT_DONE ? find_box(answer.body, made, archive->sent_into) : status;
}

static int from_hylafax(const struct arguments *a, struct api *api)
{
    json_t *all = NULL, *locks = NULL;
    bool dry = argument(a, "dry-run") != NULL;
    const struct apply_opts opts = {.dry = dry, .name = "what HylaFAX has"};
    const struct import_archive archive = {
        .received_into = argument(a, "received-into"), .sent_into = argument(a, "sent-into"), .dry = dry};
    int status = import_hylafax(a->operands[1], argument(a, "tenant"), argument(a, "domain"), &all, &locks);
    if (status == EXIT_DONE)
        status = find_boxes(api, all, &archive);
    if (status == EXIT_DONE)
        status = apply_all(api, all, &opts);
    unsigned locked = 0;
    for (size_t i = 0; i < json_array_size(locks) && status == EXIT_DONE; i++, locked++)
        if (dry)
            (void)printf("number %s: locked\n", json_text(json_array_get(locks, i), "number"));
        else
            status = lock_one(api, json_array_get(locks, i), argument(a, "tenant"));
    if (status == EXIT_DONE && locked > 0)
        (void)printf(dry ? "%u numbers to lock, none locked\n" : "%u numbers locked\n", locked);
    json_decref(all);
    json_decref(locks);
    return status == EXIT_DONE ? import_hylafax_archive(api, a->operands[1], &archive) : status;
}

int run_import(const struct arguments *a)
{
    static const struct {
        const char *name;
        int (*run)(const struct arguments *a, struct api *api);
    } kinds[] = {{"csv", from_csv}, {"hylafax", from_hylafax}};
    struct api api;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!str_equal(a->operands[0], kinds[i].name))
            continue;
        int status = api_open(&api, a);
        if (status == EXIT_DONE)
            status = kinds[i].run(a, &api);
        api_close(&api);
        return status;
    }
    return complain_and(EXIT_USAGE, "there is no `import %.40s`; there are csv and hylafax", a->operands[0]);
}

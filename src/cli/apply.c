/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/apply.h"

#include <stdio.h>

#include "base/str.h"
#include "cli/command.h"
#include "cli/input.h"

enum { FILE_MAX = 16 * 1024 * 1024 };

static const char *place_of(const json_t *entry, const struct apply_opts *opts, char text[APPLY_PLACE_LEN])
{
    const char *path = json_text(entry, "path");
    return opts->place ? opts->place(opts->context, path, text) : path;
}

static int tell_errors(const json_t *body, const struct apply_opts *opts)
{
    const json_t *errors = json_object_get(body, "errors");
    size_t shown = json_array_size(errors), count = (size_t)json_number(body, "count");
    for (size_t i = 0; i < shown; i++) {
        char room[APPLY_PLACE_LEN];
        const json_t *e = json_array_get(errors, i);
        const char *place = place_of(e, opts, room);
        (void)complain_and(EXIT_DATA, "%s%s%s%s%s", opts->name, *opts->name ? ": " : "", place,
                           *place ? ": " : "", json_text(e, "text"));
    }
    if (count > shown)
        (void)complain_and(EXIT_DATA, "and %zu more", count - shown);
    return EXIT_DATA;
}

static void tell_warnings(const json_t *body, const struct apply_opts *opts)
{
    const json_t *warnings = json_object_get(body, "warnings");
    for (size_t i = 0; i < json_array_size(warnings); i++) {
        char room[APPLY_PLACE_LEN];
        const json_t *w = json_array_get(warnings, i);
        (void)complain_and(EXIT_DONE, "warning: %s: %s", place_of(w, opts, room), json_text(w, "text"));
    }
}

static void tell_changes(const json_t *body, const struct apply_opts *opts)
{
    tell_warnings(body, opts);
    const json_t *changes = json_object_get(body, "changes");
    int64_t count = json_number(body, "changed");
    for (size_t i = 0; i < json_array_size(changes); i++)
        (void)printf("%s\n", json_string_value(json_array_get(changes, i)));
    if (count == 0)
        (void)printf("nothing to change\n");
    else
        (void)printf("%d %s%s\n", (int)count, count == 1 ? "change" : "changes",
                     opts->dry ? ", none made" : "");
}

int apply_text(struct api *api, struct span text, const struct apply_opts *opts)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    api_post(api, opts->dry ? "provisioning?dry=1" : "provisioning", "application/json", text, &answer);
    bool refused = answer.status >= 400 && json_is_array(json_object_get(answer.body, "errors"));
    int status = refused ? EXIT_DATA : api_check(api, &answer);
    if (opts->json && answer.body)
        (void)json_print(answer.body);
    else if (refused)
        return tell_errors(answer.body, opts);
    else if (status == EXIT_DONE)
        tell_changes(answer.body, opts);
    return status;
}

int run_apply(const struct arguments *a)
{
    struct api api;
    const char *path = a->operands[0];
    SCOPED_BUF struct buf text;
    buf_init(&text, FILE_MAX);
    int status = input_read(path, &text);
    if (status != EXIT_DONE)
        return status;
    const struct apply_opts opts = {.dry = argument(a, "dry-run") != NULL,
                                    .json = argument(a, "json") != NULL,
                                    .name = str_equal(path, "-") ? "" : path};
    status = api_open(&api, a);
    if (status == EXIT_DONE)
        status = apply_text(&api, buf_span(&text), &opts);
    api_close(&api);
    return status;
}

int run_export(const struct arguments *a)
{
    struct api api;
    SCOPED_ANSWER struct api_answer answer = {0};
    int status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    api_get(&api, "provisioning", &answer);
    status = api_check(&api, &answer);
    if (status == EXIT_DONE)
        (void)fwrite(answer.text.data, 1, answer.text.len, stdout);
    api_close(&api);
    return status;
}

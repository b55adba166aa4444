/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost preview: the very pages that a fax would have, what they cost, and what will not be readable. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/input.h"
#include "cli/resource.h"

enum { DOCUMENT_MAX = 64 * 1024 * 1024 };

/* ---- asking ---- */

static int upload(struct api *api, const char *path, struct span document, char id[64])
{
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf query;
    const char *slash = strrchr(path, '/');
    buf_init(&query, 4096);
    (void)buf_append_str(&query, "uploads?name=");
    api_append_escaped(&query, slash ? slash + 1 : path);
    api_post(api, buf_text(&query), "application/octet-stream", document, &answer);
    int status = api_check(api, &answer);
    (void)str_copy(id, 64, json_text(answer.body, "id"));
    return status;
}

static json_t *make_wish(const struct arguments *a, const char *id)
{
    SCOPED_FREE char *copy = mem_strdup(argument(a, "to"));
    char *rest = copy, *word;
    json_t *recipients = json_array();
    while ((word = strsep(&rest, ",;")) != NULL)
        (void)json_array_append_new(recipients, json_pack("{s:s}", "number", word));
    json_t *wish = json_pack("{s:s, s:o, s:[s]}", "box", argument(a, "from-box"), "recipients", recipients,
                             "uploads", id);
    static const char *const more[] = {"resolution", "cover"};
    for (size_t i = 0; i < ARRAY_LEN(more); i++)
        if (argument(a, more[i]))
            (void)json_object_set_new(wish, more[i], json_string(argument(a, more[i])));
    return wish;
}

static int ask(struct api *api, json_t *wish, struct api_answer *answer)
{
    SCOPED_FREE char *text = wish ? json_dumps(wish, JSON_COMPACT) : NULL;
    if (!text)
        return complain_and(EXIT_USAGE, "a box and numbers are text in UTF-8");
    api_post(api, "previews", "application/json", span_str(text), answer);
    int status = api_check(api, answer);
    bool document = answer->status == 422 && !str_equal(json_text(answer->body, "code"), "wrong-fields");
    return document ? EXIT_DATA : status;
}

/* ---- telling ---- */

static void say_numbers(const json_t *preview)
{
    const json_t *list = json_object_get(preview, "numbers");
    for (size_t i = 0; i < json_array_size(list); i++) {
        char at[RESOURCE_TIME_LEN];
        const json_t *n = json_array_get(list, i);
        const char *trunk = json_text(n, "trunk");
        (void)printf("%s: dialled as %s, %s, %d %s, over %s, earliest %s\n", json_text(n, "number"),
                     json_text(n, "dialled"), json_text(n, "price_class"), (int)json_number(n, "pages"),
                     json_number(n, "pages") == 1 ? "page" : "pages", *trunk ? trunk : "no trunk yet",
                     resource_time(n, "earliest_ms", at));
    }
}

static void say_wire(const json_t *preview)
{
    const json_t *list = json_object_get(preview, "wire");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *w = json_array_get(list, i);
        (void)printf("on the wire at %5d bit/s by %-7s %7.1f s\n", (int)json_number(w, "rate"),
                     json_text(w, "coding"), json_number_value(json_object_get(w, "seconds")));
    }
}

static void say_warnings(const json_t *preview)
{
    const json_t *list = json_object_get(preview, "warnings");
    for (size_t i = 0; i < json_array_size(list); i++)
        (void)printf("warning: %s\n", json_text(json_array_get(list, i), "text"));
}

static int save_pages(struct api *api, const json_t *preview, const char *to)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    char path[96];
    (void)str_format(path, sizeof(path), "previews/%.36s/document.pdf", json_text(preview, "id"));
    api_get(api, path, &answer);
    if (answer.status != 200)
        return api_check(api, &answer);
    SCOPED_FD int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int failed = fd < 0 ? errno : fd_write_all(fd, buf_span(&answer.text));
    return failed ? complain_and(EXIT_NO_INPUT, "cannot write %s: %s", to, strerror(failed)) : EXIT_DONE;
}

static int show(struct api *api, const struct arguments *a, const json_t *preview)
{
    const char *to = argument(a, "output");
    int status = to ? save_pages(api, preview, to) : EXIT_DONE;
    if (status != EXIT_DONE)
        return status;
    if (argument(a, "json"))
        return json_print(preview);
    say_numbers(preview);
    say_wire(preview);
    say_warnings(preview);
    return EXIT_DONE;
}

static int preview(struct api *api, const struct arguments *a, struct span document)
{
    char id[64];
    SCOPED_ANSWER struct api_answer answer = {0};
    int status = upload(api, a->operands[0], document, id);
    if (status == EXIT_DONE) {
        json_t *wish = make_wish(a, id);
        status = ask(api, wish, &answer);
        json_decref(wish);
    }
    return status == EXIT_DONE ? show(api, a, answer.body) : status;
}

int run_preview(const struct arguments *a)
{
    struct api api;
    SCOPED_BUF struct buf document;
    buf_init(&document, DOCUMENT_MAX);
    if (!argument(a, "to") || !argument(a, "from-box"))
        return complain_and(EXIT_USAGE,
                            "say to whom with --to NUMBER and from which box with --from-box BOX; "
                            "`faxpost status` lists the boxes");
    int status = input_read(a->operands[0], &document);
    if (status == EXIT_DONE)
        status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    status = preview(&api, a, buf_span(&document));
    api_close(&api);
    return status;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost archive: copies of faxes at places outside of the store. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "cli/archive_open.h"
#include "cli/resource.h"

enum { LISTED = 100 };

static void print_copy(const json_t *c)
{
    char when[RESOURCE_TIME_LEN], checked[RESOURCE_TIME_LEN];
    const char *why = json_text(json_object_get(c, "outcome"), "text");
    (void)printf("%s  %s  %s %s  box %s, %d pages  at %s: %s", json_text(c, "fax"),
                 resource_time(c, "at_ms", when), json_text(c, "direction"), json_text(c, "number"),
                 json_text(c, "box"), (int)json_number(c, "pages"), json_text(c, "place"),
                 json_text(c, "state"));
    if (json_number(c, "checked_ms") > 0)
        (void)printf(", good at %s", resource_time(c, "checked_ms", checked));
    (void)printf("\n%s%s%s", *why ? "  " : "", why, *why ? "\n" : "");
}

static void add_argument(struct buf *path, const char *name, const char *value)
{
    if (!value)
        return;
    (void)buf_printf(path, "&%s=", name);
    api_append_escaped(path, value);
}

static int list(struct api *api, const struct arguments *a)
{
    SCOPED_BUF struct buf path;
    buf_init(&path, 2000);
    (void)buf_printf(&path, "archive?limit=%d", LISTED);
    add_argument(&path, "fax", a->operand_count > 1 ? a->operands[1] : NULL);
    add_argument(&path, "place", argument(a, "place"));
    add_argument(&path, "state", argument(a, "only"));
    const struct resource_list listed = {.path = buf_text(&path),
                                         .most = LISTED,
                                         .none = "The archive has nothing of it.",
                                         .more = "These are the last 100; there may be more.",
                                         .print = print_copy};
    return resource_list(api, &listed, argument(a, "json") != NULL);
}

static int write_file(const char *name, const struct buf *bytes)
{
    bool shown = str_equal(name, "-");
    SCOPED_FD int made = shown ? -1 : open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (!shown && made < 0)
        return complain_and(EXIT_NO_INPUT, "cannot make %s: %s", name, strerror(errno));
    int error = fd_write_all(shown ? STDOUT_FILENO : made, buf_span(bytes));
    return error == 0 ? EXIT_DONE : complain_and(EXIT_NO_INPUT, "cannot write %s: %s", name, strerror(error));
}

/* ---- places ---- */

static void print_place(const json_t *p)
{
    const char *tenant = json_text(p, "tenant"), *why = json_text(p, "text");
    const json_t *state = json_object_get(p, "state");
    (void)printf("%s  %s %s%s%s%s%s\n", json_text(p, "name"), json_text(p, "kind"), json_text(p, "url"),
                 *tenant ? ", for " : "", tenant,
                 json_is_true(json_object_get(p, "encrypted")) ? ", encrypted" : "",
                 json_is_true(json_object_get(p, "enabled")) ? "" : ", switched off");
    (void)printf("  %d stored, %d waiting, %d to be deleted, %d damaged, %d failed\n",
                 (int)json_number(state, "stored"), (int)json_number(state, "waiting"),
                 (int)json_number(state, "deleting"), (int)json_number(state, "damaged"),
                 (int)json_number(state, "failed"));
    if (*why)
        (void)printf("  %s\n", why);
}

static int places(struct api *api, const struct arguments *a)
{
    const struct resource_list listed = {.path = "archive-places",
                                         .none = "There is no archive place. Add one: faxpost apply, section "
                                                 "archive_places.",
                                         .more = "",
                                         .print = print_place};
    return resource_list(api, &listed, argument(a, "json") != NULL);
}

/* Standard output has it unless a file is named. */
static int key(struct api *api, const struct arguments *a)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf path;
    buf_init(&path, 1000);
    (void)buf_append_str(&path, "archive-places/key?name=");
    api_append_escaped(&path, a->operands[1]);
    add_argument(&path, "user", api_user());
    api_post(api, buf_text(&path), "text/plain", span_of("", 0), &answer);
    if (answer.status != 200)
        return api_check(api, &answer); /* says why */
    const char *to = argument(a, "output") ? argument(a, "output") : "-";
    int status = write_file(to, &answer.text);
    if (status == EXIT_DONE && !str_equal(to, "-"))
        (void)printf("%s: the key of %s; who has it reads all that lies there\n", to, a->operands[1]);
    return status;
}

/* Prints what went well. */
static int ask_place(struct api *api, const struct arguments *a, const char *what)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf path;
    size_t i;
    json_t *step;
    buf_init(&path, 1000);
    (void)buf_printf(&path, "archive-places/%s?name=", what);
    api_append_escaped(&path, a->operands[1]);
    add_argument(&path, "user", api_user());
    api_post(api, buf_text(&path), "text/plain", span_of("", 0), &answer);
    int status = api_check(api, &answer);
    if (status != EXIT_DONE)
        return status;
    json_array_foreach(json_object_get(answer.body, "steps"), i, step)
    {
        (void)printf("%s: %s\n", a->operands[1], json_string_value(step));
    }
    if (json_is_true(json_object_get(answer.body, "ok")))
        return EXIT_DONE;
    return complain_and(EXIT_NOT_DELIVERED, "%s", json_text(json_object_get(answer.body, "outcome"), "text"));
}

static int test(struct api *api, const struct arguments *a)
{
    int status = argument(a, "mark") ? ask_place(api, a, "mark") : EXIT_DONE;
    return status == EXIT_DONE ? ask_place(api, a, "test") : status;
}

/* ---- one fax ---- */

/* Its copies; body of the answer. */
static int find_copies(struct api *api, const struct arguments *a, struct api_answer *answer)
{
    struct id id;
    char path[120];
    int status = resource_id(a->operands[1], "`faxpost archive list` and the browser show them", &id);
    if (status != EXIT_DONE)
        return status;
    (void)str_format(path, sizeof(path), "archive?fax=%s", id_text(id));
    api_get(api, path, answer);
    status = api_check(api, answer);
    if (status == EXIT_DONE && json_array_size(json_object_get(answer->body, "items")) == 0)
        return complain_and(EXIT_NOT_DELIVERED, "the archive has no copy of %s", id_text(id));
    return status;
}

static bool is_wanted(const struct arguments *a, const json_t *copy)
{
    const char *place = argument(a, "place");
    return !place || str_equal(place, json_text(copy, "place"));
}

static void path_of_copy(struct buf *path, const json_t *copy, const char *what)
{
    buf_init(path, 1000);
    (void)buf_printf(path, "archive/%s/%s?user=", json_text(copy, "id"), what);
    api_append_escaped(path, api_user());
}

static int verify_one(struct api *api, const json_t *copy)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf path;
    path_of_copy(&path, copy, "verify");
    api_post(api, buf_text(&path), "text/plain", span_of("", 0), &answer);
    int status = api_check(api, &answer);
    if (status != EXIT_DONE)
        return status;
    if (json_is_true(json_object_get(answer.body, "ok"))) {
        (void)printf("%s: whole\n", json_text(copy, "place"));
        return EXIT_DONE;
    }
    return complain_and(EXIT_NOT_DELIVERED, "%s: %s", json_text(copy, "place"),
                        json_text(json_object_get(answer.body, "outcome"), "text"));
}

static int verify_all(struct api *api, const struct arguments *a)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf path;
    buf_init(&path, 1000);
    (void)buf_append_str(&path, "archive/verify?user=");
    api_append_escaped(&path, api_user());
    add_argument(&path, "place", argument(a, "place"));
    api_post(api, buf_text(&path), "text/plain", span_of("", 0), &answer);
    int status = api_check(api, &answer);
    if (status == EXIT_DONE)
        (void)printf("%d copies are looked at, one by one; `faxpost archive list --state damaged` and the "
                     "alarms show what is not whole.\n",
                     (int)json_number(answer.body, "copies"));
    return status;
}

static int verify(struct api *api, const struct arguments *a)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    size_t i;
    json_t *copy;
    if (a->operand_count < 2)
        return verify_all(api, a);
    int worst = find_copies(api, a, &answer);
    if (worst != EXIT_DONE)
        return worst;
    json_array_foreach(json_object_get(answer.body, "items"), i, copy)
    {
        int status = is_wanted(a, copy) ? verify_one(api, copy) : EXIT_DONE;
        worst = status > worst ? status : worst;
    }
    return worst;
}

/* The first place that has it whole, in their order. */
static int restore(struct api *api, const struct arguments *a)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    size_t i;
    json_t *copy;
    char name[80];
    int status = find_copies(api, a, &answer);
    if (status != EXIT_DONE)
        return status;
    (void)str_format(name, sizeof(name), "%.60s.tar", a->operands[1]);
    const char *to = argument(a, "output") ? argument(a, "output") : name;
    json_array_foreach(json_object_get(answer.body, "items"), i, copy)
    {
        SCOPED_ANSWER struct api_answer file = {0};
        SCOPED_BUF struct buf path;
        if (!is_wanted(a, copy))
            continue;
        path_of_copy(&path, copy, "file");
        api_get(api, buf_text(&path), &file);
        if (file.status == 200) {
            status = write_file(to, &file.text);
            if (status == EXIT_DONE && !str_equal(to, "-"))
                (void)printf("%s: from %s\n", to, json_text(copy, "place"));
            return status;
        }
        (void)!api_check(api, &file); /* says why */
    }
    return complain_and(EXIT_NOT_DELIVERED, "no place gives back a whole copy of %s", a->operands[1]);
}

static int hold_or_delete(struct api *api, const struct arguments *a, const char *what)
{
    struct id id;
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf path;
    buf_init(&path, 4000);
    int status = resource_id(a->operands[1], "`faxpost archive list` and the browser show them", &id);
    if (status != EXIT_DONE)
        return status;
    bool deletes = str_equal(what, "delete");
    (void)buf_printf(&path, "%s/%s?user=", deletes ? "faxes" : "legal-holds", id_text(id));
    api_append_escaped(&path, api_user());
    add_argument(&path, "reason", argument(a, "reason"));
    if (str_equal(what, "hold"))
        api_post(api, buf_text(&path), "text/plain", span_of("", 0), &answer);
    else
        api_delete(api, buf_text(&path), &answer);
    status = api_check(api, &answer);
    if (status == EXIT_DONE)
        (void)printf("%s: %s\n", id_text(id),
                     deletes                   ? "deleted; its copies go from their places"
                     : str_equal(what, "hold") ? "nobody deletes it until it is released"
                                               : "released");
    return status;
}

/* ---- which ---- */

static int run(struct api *api, const struct arguments *a, const char *what)
{
    if (str_equal(what, "list"))
        return list(api, a);
    if (str_equal(what, "places"))
        return places(api, a);
    if (str_equal(what, "test"))
        return test(api, a);
    if (str_equal(what, "verify"))
        return verify(api, a);
    if (str_equal(what, "key"))
        return key(api, a);
    if (str_equal(what, "restore"))
        return restore(api, a);
    return hold_or_delete(api, a, what);
}

static const struct {
    const char *name;
    const char *needs; /* NULL: nothing */
} verbs[] = {{"list", NULL},
             {"places", NULL},
             {"verify", NULL},
             {"test", "the name of a place"},
             {"key", "the name of a place"},
             {"open", "a file of an encrypted place"},
             {"restore", "the id of a fax"},
             {"hold", "the id of a fax"},
             {"release", "the id of a fax"},
             {"delete", "the id of a fax"}};

int run_archive(const struct arguments *a)
{
    struct api api;
    const char *what = a->operands[0];
    size_t i = 0;
    while (i < ARRAY_LEN(verbs) && !str_equal(verbs[i].name, what))
        i++;
    if (i == ARRAY_LEN(verbs))
        return complain_and(EXIT_USAGE,
                            "there is no `archive %.40s`; there are list, places, verify, test, key, open, "
                            "restore, hold, release and delete",
                            what);
    if (verbs[i].needs && a->operand_count < 2)
        return complain_and(EXIT_USAGE, "`archive %s` needs %s", what, verbs[i].needs);
    if (str_equal(what, "open"))
        return archive_open(a);
    int status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    status = run(&api, a, what);
    api_close(&api);
    return status;
}

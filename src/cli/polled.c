/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost poll, faxpost polled: documents that wait to be fetched by who calls. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "cli/follow.h"
#include "cli/input.h"
#include "cli/resource.h"
#include "model/id.h"
#include "proto/flags.h"

enum { DOCUMENT_MAX = 64 * 1024 * 1024, LOOK_US = 300 * 1000, LOOKS_MAX = 600 };

static void put_argument(struct buf *path, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    (void)buf_printf(path, "&%s=", name);
    api_append_escaped(path, value);
}

/* --sep and --pwd. */
static int check_digits(const struct arguments *a)
{
    static const char *const names[] = {"sep", "pwd"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *value = argument(a, names[i]);
        if (value && !flags_are_digits(value))
            return complain_and(EXIT_USAGE, "--%s takes up to %d of digits, * and #", names[i],
                                FLAG_DIGITS_MAX);
    }
    return EXIT_DONE;
}

static const char *password_of(const struct arguments *a)
{
    const char *pwd = argument(a, "pwd");
    return pwd ? pwd : "";
}

/* ---- poll ---- */

static void make_query(const struct arguments *a, const char *submission, struct buf *query)
{
    const char *sep = argument(a, "sep");
    SCOPED_BUF struct buf number;
    buf_init(&number, 400);
    (void)buf_printf(&number, "%s^POLL", a->operands[0]);
    if (sep)
        (void)buf_printf(&number, "^SEP=%s", sep);
    (void)buf_printf(query, "jobs?submission=%s&name=", submission);
    put_argument(query, "box", argument(a, "box"));
    put_argument(query, "number", buf_text(&number));
    put_argument(query, "user", argument(a, "report-to"));
}

int run_poll(const struct arguments *a)
{
    struct api api;
    char submission[ID_TEXT_LEN];
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf query;
    buf_init(&query, 4000);
    if (!argument(a, "box"))
        return complain_and(EXIT_USAGE, "say into which box with --box BOX; `faxpost status` lists them");
    int status = check_digits(a);
    if (status != EXIT_DONE || (status = api_open(&api, a)) != EXIT_DONE)
        return status;
    id_format(id_new(), submission);
    make_query(a, submission, &query);
    api_post_document(&api, buf_text(&query), password_of(a), span_of("", 0), &answer);
    status = api_check(&api, &answer);
    bool json = argument(a, "json") != NULL;
    if (status == EXIT_DONE && argument(a, "no-wait"))
        (void)printf(json ? "{\"event\":\"taken\",\"submission\":\"%s\"}\n" : "%s\n", submission);
    else if (status == EXIT_DONE)
        status = follow_submission(&api, submission, json);
    api_close(&api);
    return status;
}

/* ---- polled ---- */

static void put_box(struct buf *path, const struct arguments *a)
{
    (void)buf_append_str(path, "polled?box=");
    api_append_escaped(path, a->operands[1]);
}

static int print_polled(const struct arguments *a, const json_t *p)
{
    char when[RESOURCE_TIME_LEN];
    const char *sep = json_text(p, "selective"), *state = json_text(p, "state");
    const char *why = json_text(json_object_get(p, "outcome"), "text");
    if (argument(a, "json"))
        return json_print(p);
    if (str_equal(state, "refused"))
        return complain_and(EXIT_FAILURE, "%s is no document that can be faxed: %s", json_text(p, "name"),
                            why);
    (void)printf("%s, %d pages, since %s by %s", json_text(p, "name"), (int)json_number(p, "pages"),
                 resource_time(p, "created_ms", when), json_text(p, "created_by"));
    if (*sep)
        (void)printf(", for SEP %s", sep);
    (void)printf("%s%s\n", json_is_true(json_object_get(p, "has_password")) ? ", with a password" : "",
                 str_equal(state, "received") ? " (its pages are being made)" : "");
    return EXIT_DONE;
}

/* Until its pages are there. */
static int show(struct api *api, const struct arguments *a, bool waits)
{
    SCOPED_BUF struct buf path;
    buf_init(&path, 400);
    put_box(&path, a);
    for (int looks = 0;; looks++) {
        SCOPED_ANSWER struct api_answer answer = {0};
        api_get(api, buf_text(&path), &answer);
        int status = api_check(api, &answer);
        const json_t *polled = json_array_get(json_object_get(answer.body, "items"), 0);
        bool ready = !str_equal(json_text(polled, "state"), "received");
        if (status != EXIT_DONE)
            return status;
        if (!polled)
            return complain_and(EXIT_FAILURE, "box %.64s holds no document ready for callers who poll",
                                a->operands[1]);
        if (ready || !waits || looks == LOOKS_MAX)
            return print_polled(a, polled);
        (void)usleep(LOOK_US);
    }
}

static int set(struct api *api, const struct arguments *a)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf path, document;
    char submission[ID_TEXT_LEN];
    const char *slash = strrchr(a->operands[2], '/');
    buf_init(&path, 4000);
    buf_init(&document, DOCUMENT_MAX);
    int status = input_read(a->operands[2], &document);
    if (status != EXIT_DONE)
        return status;
    id_format(id_new(), submission);
    put_box(&path, a);
    put_argument(&path, "name", slash ? slash + 1 : a->operands[2]);
    put_argument(&path, "selective", argument(a, "sep"));
    put_argument(&path, "submission", submission);
    put_argument(&path, "user", api_user());
    api_post_document(api, buf_text(&path), password_of(a), buf_span(&document), &answer);
    status = api_check(api, &answer);
    return status == EXIT_DONE ? show(api, a, true) : status;
}

static int clear(struct api *api, const struct arguments *a)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf path;
    buf_init(&path, 400);
    put_box(&path, a);
    put_argument(&path, "user", api_user());
    api_delete(api, buf_text(&path), &answer);
    return api_check(api, &answer);
}

int run_polled(const struct arguments *a)
{
    struct api api;
    const char *what = a->operands[0];
    bool sets = str_equal(what, "set");
    if (!sets && !str_equal(what, "show") && !str_equal(what, "clear"))
        return complain_and(EXIT_USAGE, "there is no `polled %.40s`; there are set, show and clear", what);
    if (a->operand_count != (sets ? 3 : 2))
        return complain_and(EXIT_USAGE, "`polled %s` needs a box%s", what, sets ? " and a file" : "");
    int status = check_digits(a);
    if (status != EXIT_DONE || (status = api_open(&api, a)) != EXIT_DONE)
        return status;
    status = sets ? set(&api, a) : str_equal(what, "show") ? show(&api, a, false) : clear(&api, a);
    api_close(&api);
    return status;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost destinations: the numbers that were called, and those that nobody shall call. */
#include <stdio.h>

#include "base/scope.h"
#include "base/str.h"
#include "cli/resource.h"

static void print_destination(const json_t *d)
{
    char when[RESOURCE_TIME_LEN];
    const json_t *lock = json_object_get(d, "locked"), *learned = json_object_get(d, "learned");
    const char *why = json_text(json_object_get(d, "outcome"), "text"), *machine = json_text(d, "station_id");
    int calls = (int)json_number(d, "calls");
    (void)printf("%s  %s  ", json_text(d, "number"), json_text(d, "tenant"));
    if (calls > 0)
        (void)printf("%d of %d calls delivered (%d %%), last %s", (int)json_number(d, "delivered"), calls,
                     (int)json_number(d, "success_percent"), resource_time(d, "last_ms", when));
    else
        (void)printf("not called yet");
    (void)printf("%s%s\n", *machine ? "; says it is " : "", machine);
    if (*json_text(d, "capabilities"))
        (void)printf("  takes %s\n", json_text(d, "capabilities"));
    if (json_is_object(learned))
        (void)printf("  tried by %s first, until %s\n", json_text(learned, "by"),
                     resource_time(learned, "until_ms", when));
    if (*why)
        (void)printf("  last call: %s\n", why);
    if (json_is_object(lock))
        (void)printf("  LOCKED by %s since %s%s%s\n", json_text(lock, "by"),
                     resource_time(lock, "since_ms", when), *json_text(lock, "reason") ? ": " : "",
                     json_text(lock, "reason"));
}

static void put_argument(struct buf *path, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    (void)buf_printf(path, "%s%s=", buf_text(path)[path->len - 1] == '?' ? "" : "&", name);
    api_append_escaped(path, value);
}

static int list(struct api *api, const struct arguments *a)
{
    SCOPED_BUF struct buf path;
    buf_init(&path, 2000);
    (void)buf_append_str(&path, "destinations?limit=200");
    put_argument(&path, "number", a->operand_count > 1 ? a->operands[1] : NULL);
    put_argument(&path, "locked", argument(a, "locked") ? "1" : NULL);
    const struct resource_list listed = {.path = buf_text(&path),
                                         .most = 200,
                                         .none = "There is none.",
                                         .more = "These are the last 200; there may be more.",
                                         .print = print_destination};
    return resource_list(api, &listed, argument(a, "json") != NULL);
}

static int wish(struct api *api, const struct arguments *a)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf path;
    const char *what = a->operands[0];
    buf_init(&path, 4000);
    (void)buf_printf(&path, "destinations/%s?", what);
    put_argument(&path, "number", a->operands[1]);
    put_argument(&path, "tenant", argument(a, "tenant"));
    put_argument(&path, "reason", argument(a, "reason"));
    put_argument(&path, "user", api_user());
    api_post(api, buf_text(&path), "text/plain", span_of("", 0), &answer);
    int status = api_check(api, &answer), released = (int)json_number(answer.body, "released");
    if (status != EXIT_DONE)
        return status;
    (void)printf("%s: %s.", json_text(answer.body, "number"),
                 str_equal(what, "lock")     ? "nobody calls it any more"
                 : str_equal(what, "unlock") ? "it may be called"
                                             : "what was learned of it is forgotten");
    if (released > 0)
        (void)printf(" %d %s now.", released, released == 1 ? "fax goes" : "faxes go");
    (void)printf("\n");
    return EXIT_DONE;
}

int run_destinations(const struct arguments *a)
{
    struct api api;
    const char *what = a->operands[0];
    bool is_list = str_equal(what, "list");
    if (!is_list && !str_equal(what, "lock") && !str_equal(what, "unlock") && !str_equal(what, "forget"))
        return complain_and(
            EXIT_USAGE, "there is no `destinations %.40s`; there are list, lock, unlock and forget", what);
    if (!is_list && a->operand_count < 2)
        return complain_and(EXIT_USAGE, "`destinations %s` needs a number", what);
    int status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    status = is_list ? list(&api, a) : wish(&api, a);
    api_close(&api);
    return status;
}

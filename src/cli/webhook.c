/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost webhook: what webhooks were told, and whether one can be reached. */
#include <stdio.h>

#include "base/scope.h"
#include "base/str.h"
#include "cli/resource.h"

static void print_call(const json_t *c)
{
    char when[RESOURCE_TIME_LEN], next[RESOURCE_TIME_LEN];
    const char *why = json_text(json_object_get(c, "outcome"), "text");
    (void)printf("%s  %s  %s  %s about %s: %s", json_text(c, "id"), resource_time(c, "created_ms", when),
                 json_text(c, "webhook"), json_text(c, "event"), json_text(c, "about"),
                 json_text(c, "state"));
    if (json_number(c, "next_ms") > 0 && json_number(c, "tries") > 0)
        (void)printf(", next try %s", resource_time(c, "next_ms", next));
    (void)printf("\n%s%s%s", *why ? "  " : "", why, *why ? "\n" : "");
}

static int list(struct api *api, const struct arguments *a)
{
    SCOPED_BUF struct buf path;
    buf_init(&path, 1000);
    (void)buf_append_str(&path, "webhook-calls?limit=100&webhook=");
    api_append_escaped(&path, a->operand_count > 1 ? a->operands[1] : "");
    const struct resource_list listed = {.path = buf_text(&path),
                                         .most = 100,
                                         .none = "Nothing was told.",
                                         .more = "These are the last 100; there may be more.",
                                         .print = print_call};
    return resource_list(api, &listed, argument(a, "json") != NULL);
}

static int test(struct api *api, const struct arguments *a)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf path;
    buf_init(&path, 1000);
    (void)buf_append_str(&path, "webhooks/test?name=");
    api_append_escaped(&path, a->operands[1]);
    api_post(api, buf_text(&path), "text/plain", span_of("", 0), &answer);
    int status = api_check(api, &answer);
    if (status != EXIT_DONE)
        return status;
    if (!json_is_true(json_object_get(answer.body, "ok")))
        return complain_and(EXIT_NOT_DELIVERED, "%s",
                            json_text(json_object_get(answer.body, "outcome"), "text"));
    (void)printf("%s: its server took it (HTTP %d).\n", a->operands[1],
                 (int)json_number(answer.body, "http"));
    return EXIT_DONE;
}

static int retry(struct api *api, const struct arguments *a)
{
    struct id id;
    char path[80];
    int status = resource_id(a->operands[1], "`faxpost webhook list` shows them", &id);
    (void)str_format(path, sizeof(path), "webhook-calls/%s/retry", status == EXIT_DONE ? id_text(id) : "");
    return status == EXIT_DONE ? resource_change(api, path, id_text(id), "is told again") : status;
}

int run_webhook(const struct arguments *a)
{
    struct api api;
    const char *what = a->operands[0];
    bool is_list = str_equal(what, "list");
    if (!is_list && !str_equal(what, "test") && !str_equal(what, "retry"))
        return complain_and(EXIT_USAGE, "there is no `webhook %.40s`; there are list, test and retry", what);
    if (!is_list && a->operand_count < 2)
        return complain_and(EXIT_USAGE, "`webhook %s` needs %s", what,
                            str_equal(what, "test") ? "the name of a webhook" : "the id of what was told");
    int status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    status = is_list ? list(&api, a) : str_equal(what, "test") ? test(&api, a) : retry(&api, a);
    api_close(&api);
    return status;
}

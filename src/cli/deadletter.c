/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost deadletter: mails that became no fax (S4.5). */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/scope.h"
#include "base/str.h"
#include "cli/api.h"
#include "cli/command.h"
#include "model/id.h"

static void print_one(const json_t *d, bool whole)
{
    char when[32] = "";
    time_t t = (time_t)(json_number(d, "received_ms") / 1000);
    struct tm tm;
    if (localtime_r(&t, &tm))
        (void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &tm);
    const json_t *outcome = json_object_get(d, "outcome");
    (void)printf("%s  %s  %s\n", json_text(d, "id"), when, json_text(d, "sender"));
    if (whole)
        (void)printf("  to: %s  from: %s  %lld bytes  %s\n", json_text(d, "recipients"),
                     json_text(d, "client_ip"), (long long)json_number(d, "bytes"),
                     json_text(outcome, "code"));
    (void)printf("  %s\n", json_text(outcome, "text"));
}

static int list(struct api *api, bool as_json)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    api_get(api, "deadletters?limit=200", &answer);
    int status = api_check(api, &answer);
    if (status != EXIT_DONE)
        return status;
    if (as_json)
        return json_print(answer.body);
    const json_t *items = json_object_get(answer.body, "items");
    for (size_t i = 0; i < json_array_size(items); i++)
        print_one(json_array_get(items, i), false);
    if (json_array_size(items) == 0)
        (void)printf("There are no dead letters.\n");
    return EXIT_DONE;
}

static int show(struct api *api, const char *id, bool as_json)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    char path[64];
    (void)str_format(path, sizeof(path), "deadletters/%.36s", id);
    api_get(api, path, &answer);
    int status = api_check(api, &answer);
    if (status != EXIT_DONE)
        return status;
    if (as_json)
        return json_print(answer.body);
    print_one(answer.body, true);
    return EXIT_DONE;
}

static int post(struct api *api, const char *id, const char *what, const char *done)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    char path[96];
    (void)str_format(path, sizeof(path), "deadletters/%.36s/%s", id, what);
    api_post(api, path, "application/json", span_of(NULL, 0), &answer);
    int status = api_check(api, &answer);
    if (status == EXIT_DONE)
        (void)printf("%s: %s\n", id, done);
    return status;
}

int run_dead_letter(const struct arguments *a)
{
    struct api api;
    struct id parsed;
    bool as_json = argument(a, "json") != NULL;
    const char *what = a->operands[0], *id = a->operand_count > 1 ? a->operands[1] : NULL;
    bool is_list = str_equal(what, "list");
    bool known = is_list || str_equal(what, "show") || str_equal(what, "replay") || str_equal(what, "delete");
    if (!known)
        return complain_and(EXIT_USAGE,
                            "there is no `deadletter %s`; there are list, show, replay and delete", what);
    if (is_list != (id == NULL))
        return complain_and(EXIT_USAGE, "`deadletter %s` %s", what,
                            is_list ? "takes no id" : "needs the id of a dead letter");
    if (id && !id_parse(id, &parsed))
        return complain_and(EXIT_USAGE, "\"%s\" is no id; `faxpost deadletter list` shows them", id);
    int status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    if (is_list)
        status = list(&api, as_json);
    else if (str_equal(what, "show"))
        status = show(&api, id, as_json);
    else if (str_equal(what, "replay"))
        status = post(&api, id, "replay", "is looked at again");
    else
        status = post(&api, id, "delete", "is deleted");
    api_close(&api);
    return status;
}

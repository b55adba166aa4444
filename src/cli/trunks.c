/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdio.h>
#include <time.h>

#include "base/str.h"
#include "cli/api.h"
#include "cli/command.h"

static const char *since_text(const json_t *t, char text[40])
{
    time_t seconds = (time_t)(json_number(t, "since_ms") / 1000);
    struct tm tm;
    text[0] = 0;
    if (seconds && localtime_r(&seconds, &tm))
        (void)strftime(text, 40, " since %d/%m/%Y %H:%M:%S", &tm);
    return text;
}

static const char *next_text(const json_t *t, char text[40])
{
    time_t seconds = (time_t)(json_number(t, "next_ms") / 1000);
    struct tm tm;
    text[0] = 0;
    if (seconds && str_equal(json_text(t, "state"), "down") && localtime_r(&seconds, &tm))
        (void)strftime(text, 40, " Next try at %H:%M:%S.", &tm);
    return text;
}

static void print_trunk(const json_t *t)
{
    char since[40], next[40];
    (void)printf("%s  %s over %s: %s%s\n", json_text(t, "name"), json_text(t, "peer"),
                 json_text(t, "transport"), json_text(t, "state"), since_text(t, since));
    if (*json_text(t, "text"))
        (void)printf("  %s%s\n", json_text(t, "text"), next_text(t, next));
}

int run_trunks(const struct arguments *a)
{
    struct api api;
    SCOPED_ANSWER struct api_answer answer = {0};
    int status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    api_get(&api, "trunks", &answer);
    status = api_check(&api, &answer);
    json_t *items = json_object_get(answer.body, "items");
    if (status == EXIT_DONE && argument(a, "json"))
        status = json_print(items);
    else
        for (size_t i = 0; status == EXIT_DONE && i < json_array_size(items); i++)
            print_trunk(json_array_get(items, i));
    if (status == EXIT_DONE && json_array_size(items) == 0 && !argument(a, "json"))
        (void)printf("There is no trunk; `faxpost apply` makes one.\n");
    api_close(&api);
    return status;
}

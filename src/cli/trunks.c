/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdio.h>

#include "base/str.h"
#include "cli/resource.h"

static void print_trunk(const json_t *t)
{
    char since[RESOURCE_TIME_LEN], next[RESOURCE_TIME_LEN];
    const char *text = json_text(t, "text");
    (void)printf("%s  %s over %s: %s", json_text(t, "name"), json_text(t, "peer"), json_text(t, "transport"),
                 json_text(t, "state"));
    if (*resource_time(t, "since_ms", since))
        (void)printf(" since %s", since);
    (void)printf("\n");
    if (!*text)
        return;
    (void)printf("  %s", text);
    if (str_equal(json_text(t, "state"), "down") && *resource_time(t, "next_ms", next))
        (void)printf(" Next try at %s.", next);
    (void)printf("\n");
}

static const struct resource_list listed = {
    .path = "trunks", .none = "There is no trunk; `faxpost apply` makes one.", .print = print_trunk};

int run_trunks(const struct arguments *a)
{
    struct api api;
    int status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    status = resource_list(&api, &listed, argument(a, "json") != NULL);
    api_close(&api);
    return status;
}

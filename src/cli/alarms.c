/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost alarms: what is wrong, and what was. */
#include <stdio.h>

#include "base/str.h"
#include "cli/resource.h"

static void print_alarm(const json_t *a)
{
    char raised[RESOURCE_TIME_LEN], cleared[RESOURCE_TIME_LEN];
    const char *over = resource_time(a, "cleared_ms", cleared), *subject = json_text(a, "subject");
    (void)printf("%s  %s  %s%s%s%s  since %s%s%s\n  %s\n  Do: %s\n", *over ? "-" : "!",
                 json_text(a, "severity"), json_text(a, "code"), *subject ? " (" : "", subject,
                 *subject ? ")" : "", resource_time(a, "raised_ms", raised), *over ? ", over at " : "", over,
                 json_text(a, "text"), json_text(a, "do"));
}

static const struct resource_list open_ones = {
    .path = "alarms?state=open", .none = "Nothing is wrong.", .print = print_alarm};
static const struct resource_list all = {.path = "alarms?limit=200",
                                         .most = 200,
                                         .none = "Nothing was wrong yet.",
                                         .more = "These are the last 200; there may be more.",
                                         .print = print_alarm};

int run_alarms(const struct arguments *a)
{
    struct api api;
    int status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    status = resource_list(&api, argument(a, "all") ? &all : &open_ones, argument(a, "json") != NULL);
    api_close(&api);
    return status;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost print: a received fax on its box's printer. */
#include <stdio.h>

#include "base/str.h"
#include "cli/resource.h"

static void print_one(const json_t *p)
{
    char when[RESOURCE_TIME_LEN], next[RESOURCE_TIME_LEN];
    const char *why = json_text(json_object_get(p, "outcome"), "text"), *by = json_text(p, "by");
    (void)printf("%s  printer of box %s  %s%s%s", resource_time(p, "created_ms", when), json_text(p, "box"),
                 json_text(p, "state"), *by ? ", asked by " : "", by);
    if (json_number(p, "next_ms") > 0 && *why)
        (void)printf(", asked again %s", resource_time(p, "next_ms", next));
    (void)printf("\n%s%s%s", *why ? "  " : "", why, *why ? "\n" : "");
}

static void print_fax(const json_t *fax)
{
    size_t i;
    json_t *p;
    const json_t *list = json_object_get(fax, "prints");
    if (json_array_size(list) == 0)
        (void)printf("This fax was not printed.\n");
    json_array_foreach(list, i, p)
    {
        print_one(p);
    }
}

int run_print(const struct arguments *a)
{
    struct api api;
    struct id id;
    char path[96];
    bool looks = argument(a, "status") != NULL;
    int status =
        resource_id(a->operands[0], "the mail with the fax and the browser application show them", &id);
    if (status == EXIT_DONE)
        status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    (void)str_format(path, sizeof(path), "faxes/%s%s", id_text(id), looks ? "" : "/print");
    status = looks ? resource_show(&api, path, argument(a, "json") != NULL, print_fax)
                   : resource_change(&api, path, id_text(id), "goes to its box's printer");
    api_close(&api);
    return status;
}

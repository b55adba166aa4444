/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost junk: received faxes in quarantine. */
#include <stdio.h>

#include "base/str.h"
#include "cli/resource.h"

static void print_line(const json_t *f)
{
    char when[RESOURCE_TIME_LEN];
    const char *from = json_text(f, "calling");
    (void)printf("%s  %s  box %s, from %s, %lld pages\n", json_text(f, "id"),
                 resource_time(f, "answered_ms", when), json_text(f, "box"), *from ? from : "anonymous",
                 (long long)json_number(f, "pages"));
}

static const struct resource_list listed = {.path = "faxes?junk=1&limit=200",
                                            .most = 200,
                                            .none = "There is nothing in quarantine.",
                                            .more = "These are the newest 200; there may be more.",
                                            .print = print_line};

int run_junk(const struct arguments *a)
{
    struct api api;
    struct id parsed;
    char path[96];
    const char *what = a->operands[0], *id = a->operand_count > 1 ? a->operands[1] : NULL;
    bool is_list = str_equal(what, "list"), is_report = str_equal(what, "report");
    if (!is_list && !is_report && !str_equal(what, "release"))
        return complain_and(EXIT_USAGE, "there is no `junk %.40s`; there are list, report and release", what);
    if (is_list != (id == NULL))
        return complain_and(EXIT_USAGE, "`junk %s` %s", what,
                            is_list ? "takes no id" : "needs the id of a received fax");
    int status = id ? resource_id(id, "`faxpost junk list` shows those in quarantine", &parsed) : EXIT_DONE;
    if (status == EXIT_DONE)
        status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    (void)str_format(path, sizeof(path), "faxes/%.36s/%s", id ? id : "", is_report ? "junk" : "notjunk");
    status = is_list ? resource_list(&api, &listed, argument(a, "json") != NULL)
                     : resource_change(&api, path, id,
                                       is_report ? "is in quarantine, and so will be what looks like it"
                                                 : "is out of quarantine");
    api_close(&api);
    return status;
}

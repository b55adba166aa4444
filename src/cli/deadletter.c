/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost deadletter: mails that became no fax (S4.5). */
#include <stdio.h>

#include "base/str.h"
#include "cli/resource.h"

static void print_line(const json_t *d)
{
    char when[RESOURCE_TIME_LEN];
    (void)printf("%s  %s  %s\n  %s\n", json_text(d, "id"), resource_time(d, "received_ms", when),
                 json_text(d, "sender"), json_text(json_object_get(d, "outcome"), "text"));
}

static void print_whole(const json_t *d)
{
    print_line(d);
    (void)printf("  to: %s  from: %s  %lld bytes  %s\n", json_text(d, "recipients"),
                 json_text(d, "client_ip"), (long long)json_number(d, "bytes"),
                 json_text(json_object_get(d, "outcome"), "code"));
}

static const struct resource_list listed = {.path = "deadletters?limit=200",
                                            .most = 200,
                                            .none = "There are no dead letters.",
                                            .more = "These are the newest 200; there may be more.",
                                            .print = print_line};

static int run_on(struct api *api, const char *what, const char *id, bool as_json)
{
    char path[96];
    bool is_show = str_equal(what, "show");
    (void)str_format(path, sizeof(path), "deadletters/%.36s%s%s", id, is_show ? "" : "/",
                     is_show ? "" : what);
    if (is_show)
        return resource_show(api, path, as_json, print_whole);
    return resource_change(api, path, id, str_equal(what, "replay") ? "is looked at again" : "is deleted");
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
    int status = id ? resource_id(id, "`faxpost deadletter list` shows them", &parsed) : EXIT_DONE;
    if (status == EXIT_DONE)
        status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    if (is_list)
        status = resource_list(&api, &listed, as_json);
    else
        status = run_on(&api, what, id, as_json);
    api_close(&api);
    return status;
}

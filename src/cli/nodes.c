/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost nodes: servers that work on one PostgreSQL. */
#include <inttypes.h>
#include <stdio.h>

#include "base/scope.h"
#include "base/str.h"
#include "cli/resource.h"

static void print_node(const json_t *n)
{
    char heard[RESOURCE_TIME_LEN];
    (void)printf("%-20s  %-8s  %-5s  %3" PRId64 " calls  heard of %s  %s  %s\n", json_text(n, "name"),
                 json_text(n, "state"), json_is_true(json_object_get(n, "leads")) ? "leads" : "",
                 json_number(n, "calls"), resource_time(n, "heard_ms", heard), json_text(n, "version"),
                 json_text(n, "roles"));
}

static const struct resource_list listed = {.path = "nodes",
                                            .none = "There is this server alone: its store is SQLite. "
                                                    "Several need one PostgreSQL (store = postgres://...).",
                                            .print = print_node};

static const struct {
    const char *what, *done;
} wishes[] = {{"drain", "it begins no call any more; `faxpost nodes` shows how many are left"},
              {"resume", "it calls again"},
              {"remove", "it is forgotten"}};

static int wish(struct api *api, const struct arguments *a, size_t which)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf path;
    buf_init(&path, 4000);
    (void)buf_printf(&path, "nodes/%s?name=", wishes[which].what);
    api_append_escaped(&path, a->operands[1]);
    (void)buf_append_str(&path, "&user=");
    api_append_escaped(&path, api_user());
    api_post(api, buf_text(&path), "text/plain", span_of("", 0), &answer);
    int status = api_check(api, &answer);
    if (status == EXIT_DONE)
        (void)printf("%s: %s\n", a->operands[1], wishes[which].done);
    return status;
}

int run_nodes(const struct arguments *a)
{
    struct api api;
    bool is_list = a->operand_count == 0 || str_equal(a->operands[0], "list");
    size_t which = 0;
    while (!is_list && which < ARRAY_LEN(wishes) && !str_equal(a->operands[0], wishes[which].what))
        which++;
    if (which == ARRAY_LEN(wishes))
        return complain_and(EXIT_USAGE, "there is no `nodes %.40s`; there are list, drain, resume and remove",
                            a->operands[0]);
    if (!is_list && a->operand_count < 2)
        return complain_and(EXIT_USAGE, "`nodes %s` needs the name of a node", a->operands[0]);
    int status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    status = is_list ? resource_list(&api, &listed, argument(a, "json") != NULL) : wish(&api, a, which);
    api_close(&api);
    return status;
}

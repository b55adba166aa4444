/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost ldap: tries a directory, and brings users in line with it. */
#include <stdio.h>

#include "base/scope.h"
#include "base/str.h"
#include "cli/resource.h"

/* The server waits ten minutes for a large directory; we wait for the server. */
enum { RUN_PATIENCE_S = 11 * 60 };

static int run(struct api *api, const char *name, const char *what)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf path;
    buf_init(&path, 1000);
    (void)buf_printf(&path, "directories/run?what=%s&name=", what);
    api_append_escaped(&path, name);
    api_post(api, buf_text(&path), "text/plain", span_of("", 0), &answer);
    int status = api_check(api, &answer);
    if (status != EXIT_DONE)
        return status;
    const char *text = json_text(answer.body, "text");
    (void)fputs(text, stdout);
    if (!json_is_true(json_object_get(answer.body, "ok")))
        return complain_and(EXIT_NOT_DELIVERED, "%s",
                            json_text(json_object_get(answer.body, "outcome"), "text"));
    if (!*text)
        (void)printf("Nothing to change.\n");
    return EXIT_DONE;
}

int run_ldap(const struct arguments *a)
{
    const char *what = a->operands[0];
    bool test = str_equal(what, "test");
    if (!test && !str_equal(what, "sync"))
        return complain_and(EXIT_USAGE, "there is no `ldap %.40s`; there are test and sync", what);
    if (test && (argument(a, "dry") || argument(a, "confirm")))
        return complain_and(EXIT_USAGE, "`ldap test` changes nothing: --dry and --confirm are for sync");
    struct api api;
    int status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    api.patience_s = RUN_PATIENCE_S;
    status = run(&api, a->operands[1],
                 test                     ? "test"
                 : argument(a, "dry")     ? "dry"
                 : argument(a, "confirm") ? "confirm"
                                          : "sync");
    api_close(&api);
    return status;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `faxpost test mail`: a connection that works can still refuse our From address, so the server is asked for
 * sender and recipient too, and what it said to each step is shown in its own words (S3.8). */
#include <stdio.h>

#include "base/str.h"
#include "cli/api.h"
#include "cli/command.h"

static void print_result(const json_t *result, bool ok)
{
    const json_t *steps = json_object_get(result, "steps");
    (void)printf("a mail from <%s> to <%s>, which is not sent\n", json_text(result, "sender"),
                 json_text(result, "recipient"));
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        (void)printf("  %-14s %s\n", json_text(step, "step"), json_text(step, "words"));
    }
    (void)printf("%-6s %s\n", ok ? "ok" : "FAILED", json_text(json_object_get(result, "outcome"), "text"));
}

int try_mail(const struct arguments *a)
{
    struct api api;
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf path;
    buf_init(&path, 4096);
    (void)buf_append_str(&path, "mail-server/test?to=");
    api_append_escaped(&path, a->operand_count > 1 ? a->operands[1] : "");
    int status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    api_post(&api, buf_text(&path), "text/plain", span_of("", 0), &answer);
    status = api_check(&api, &answer);
    bool ok = json_is_true(json_object_get(answer.body, "ok"));
    if (status == EXIT_DONE && argument(a, "json"))
        (void)json_print(answer.body);
    else if (status == EXIT_DONE)
        print_result(answer.body, ok);
    api_close(&api);
    return status == EXIT_DONE && !ok ? EXIT_NOT_DELIVERED : status;
}

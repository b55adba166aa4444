/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost explain: what would become of a mail, rule by rule. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "cli/api.h"
#include "cli/command.h"
#include "cli/input.h"

enum { MAIL_MAX = 64 * 1024 * 1024 };

static void add(struct buf *query, const char *name, const char *value)
{
    if (!value)
        return;
    (void)buf_printf(query, "%s%s=", query->len > strlen("explain?") ? "&" : "", name);
    api_append_escaped(query, value);
}

static void make_query(const struct arguments *a, struct buf *query)
{
    SCOPED_FREE char *copy = mem_strdup(argument(a, "to") ? argument(a, "to") : "");
    char *rest = copy, *word;
    (void)buf_append_str(query, "explain?");
    add(query, "from", argument(a, "from"));
    add(query, "subject", argument(a, "subject"));
    add(query, "login", argument(a, "login"));
    while ((word = strsep(&rest, ", ")) != NULL)
        if (*word)
            add(query, "to", word);
}

/* ---- telling ---- */

static void tell_fax(const json_t *f)
{
    (void)printf("  box %s: %s to %s, dialled as %s (%s), %s, %s%s%s%s%s\n", json_text(f, "box"),
                 json_is_true(json_object_get(f, "dry_run")) ? "a dry run" : "a fax", json_text(f, "number"),
                 json_text(f, "dialled"), json_text(f, "class"), json_text(f, "resolution"),
                 json_text(f, "paper"), *json_text(f, "cover") ? ", cover page " : "", json_text(f, "cover"),
                 *json_text(f, "trunk") ? ", trunk " : "", json_text(f, "trunk"));
}

static void tell(const json_t *all)
{
    const json_t *notes = json_object_get(all, "notes"), *faxes = json_object_get(all, "faxes");
    const json_t *forger = json_object_get(all, "forger");
    for (size_t i = 0; i < json_array_size(notes); i++) {
        const json_t *n = json_array_get(notes, i);
        (void)printf("%s %-6s %s\n", json_is_true(json_object_get(n, "good")) ? "  ok" : "  NO",
                     json_text(n, "rule"), json_text(n, "text"));
    }
    if (json_is_true(json_object_get(all, "good")))
        (void)printf("It would become:\n");
    else
        (void)printf("It would not be faxed. The sender %s: %s\n",
                     json_is_true(json_object_get(all, "answered")) ? "gets this answer" : "gets no answer",
                     json_text(json_object_get(all, "outcome"), "text"));
    for (size_t i = 0; i < json_array_size(faxes); i++)
        tell_fax(json_array_get(faxes, i));
    (void)printf("Who forges this From:\n");
    for (size_t i = 0; i < json_array_size(forger); i++)
        (void)printf("  %s\n", json_string_value(json_array_get(forger, i)));
}

int run_explain(const struct arguments *a)
{
    struct api api;
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf mail, query;
    buf_init(&mail, MAIL_MAX);
    buf_init(&query, 32768);
    if (a->operand_count == 0 && (!argument(a, "from") || !argument(a, "to")))
        return complain_and(EXIT_USAGE,
                            "say who writes to whom with --from and --to, or name a file with the mail");
    int status = a->operand_count > 0 ? input_read(a->operands[0], &mail) : EXIT_DONE;
    if (status != EXIT_DONE)
        return status;
    make_query(a, &query);
    status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    api_post(&api, buf_text(&query), "message/rfc822", buf_span(&mail), &answer);
    status = api_check(&api, &answer);
    if (status == EXIT_DONE && argument(a, "json"))
        (void)json_print(answer.body);
    else if (status == EXIT_DONE)
        tell(answer.body);
    api_close(&api);
    return status;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost mails: the queue of outgoing mail (S3.10). */
#include <stdio.h>
#include <time.h>

#include "base/scope.h"
#include "base/str.h"
#include "cli/api.h"
#include "cli/command.h"
#include "model/id.h"

static const char *when_text(int64_t wall_ms, char text[32])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    text[0] = 0;
    if (localtime_r(&seconds, &tm))
        (void)strftime(text, 32, "%Y-%m-%d %H:%M", &tm);
    return text;
}

static void print_mail(const json_t *m, bool whole)
{
    char when[32], next[32];
    const json_t *outcome = json_object_get(m, "outcome");
    const char *why = json_text(outcome, "text");
    bool waits = str_equal(json_text(m, "state"), "waiting");
    (void)printf("%s  %s  %s  %s to %s", json_text(m, "id"), when_text(json_number(m, "created_ms"), when),
                 json_text(m, "word"), json_text(m, "kind"), json_text(m, "recipient"));
    if (waits && json_number(m, "tries") > 0)
        (void)printf(", next try %s", when_text(json_number(m, "next_ms"), next));
    (void)printf("\n");
    if (whole)
        (void)printf("  from: %s  about: %s  tries: %d  %s\n", json_text(m, "sender"), json_text(m, "about"),
                     (int)json_number(m, "tries"), json_text(outcome, "code"));
    if (*why)
        (void)printf("  %s\n", why);
}

static int list(struct api *api, bool as_json)
{
    enum { MOST = 200 };
    SCOPED_ANSWER struct api_answer answer = {0};
    api_get(api, "mails?state=open&limit=200", &answer);
    int status = api_check(api, &answer);
    if (status != EXIT_DONE)
        return status;
    if (as_json)
        return json_print(answer.body);
    const json_t *items = json_object_get(answer.body, "items");
    size_t n = json_array_size(items);
    for (size_t i = 0; i < n; i++)
        print_mail(json_array_get(items, i), false);
    if (n == 0)
        (void)printf("No mail waits.\n");
    else if (n == MOST)
        (void)printf("These are the oldest %d.\n", MOST);
    return EXIT_DONE;
}

static int show(struct api *api, const char *id, bool as_json)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    char path[64];
    (void)str_format(path, sizeof(path), "mails/%.36s", id);
    api_get(api, path, &answer);
    int status = api_check(api, &answer);
    if (status != EXIT_DONE)
        return status;
    if (as_json)
        return json_print(answer.body);
    print_mail(answer.body, true);
    return EXIT_DONE;
}

static int post(struct api *api, const char *path, const char *what, const char *done)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    api_post(api, path, "application/json", span_of(NULL, 0), &answer);
    int status = api_check(api, &answer);
    if (status == EXIT_DONE)
        (void)printf("%s: %s\n", what, done);
    return status;
}

static int reset_tls(struct api *api, const char *server)
{
    SCOPED_BUF struct buf path;
    buf_init(&path, 2000);
    (void)buf_append_str(&path, "mail-server/reset-tls?server=");
    api_append_escaped(&path, server);
    return post(api, buf_text(&path), server, "is believed again if it has no TLS");
}

static const struct {
    const char *name, *done;
    bool all; /* takes "all" too */
} wishes[] = {{"hold", "is held", false},
              {"release", "goes now", true},
              {"retry", "is tried now", true},
              {"delete", "is deleted", false}};

static int find_wish(const char *name)
{
    for (int i = 0; i < (int)ARRAY_LEN(wishes); i++)
        if (str_equal(name, wishes[i].name))
            return i;
    return -1;
}

static int run_wish(struct api *api, int wish, const char *which)
{
    char path[96];
    bool all = str_equal(which, "all");
    (void)str_format(path, sizeof(path), "mails/%.36s%s%s", all ? "" : which, all ? "" : "/",
                     wishes[wish].name);
    return post(api, path, which, wishes[wish].done);
}

static int check(const char *what, int wish, const char *which)
{
    struct id parsed;
    bool is_list = str_equal(what, "list"), is_reset = str_equal(what, "reset-tls");
    if (!is_list && !is_reset && !str_equal(what, "show") && wish < 0)
        return complain_and(
            EXIT_USAGE,
            "there is no `mails %.40s`; there are list, show, hold, release, retry, delete and reset-tls",
            what);
    if (is_list != (which == NULL))
        return complain_and(EXIT_USAGE, "`mails %s` %s", what,
                            is_list    ? "takes no id"
                            : is_reset ? "needs the mail server, as host:port"
                                       : "needs the id of a mail");
    bool all = which && str_equal(which, "all") && wish >= 0 && wishes[wish].all;
    if (which && !is_reset && !all && !id_parse(which, &parsed))
        return complain_and(EXIT_USAGE, "\"%.60s\" is no id; `faxpost mails list` shows them", which);
    return EXIT_DONE;
}

int run_mails(const struct arguments *a)
{
    struct api api;
    bool as_json = argument(a, "json") != NULL;
    const char *what = a->operands[0], *which = a->operand_count > 1 ? a->operands[1] : NULL;
    int wish = find_wish(what);
    int status = check(what, wish, which);
    if (status == EXIT_DONE)
        status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    if (!which)
        status = list(&api, as_json);
    else if (wish >= 0)
        status = run_wish(&api, wish, which);
    else if (str_equal(what, "show"))
        status = show(&api, which, as_json);
    else
        status = reset_tls(&api, which);
    api_close(&api);
    return status;
}

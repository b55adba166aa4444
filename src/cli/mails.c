/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost mails: the queue of outgoing mail (S3.10). */
#include <stdio.h>

#include "base/str.h"
#include "cli/resource.h"

static void print_line(const json_t *m)
{
    char when[RESOURCE_TIME_LEN], next[RESOURCE_TIME_LEN];
    const char *why = json_text(json_object_get(m, "outcome"), "text");
    bool waits = str_equal(json_text(m, "state"), "waiting");
    (void)printf("%s  %s  %s  %s to %s", json_text(m, "id"), resource_time(m, "created_ms", when),
                 json_text(m, "word"), json_text(m, "kind"), json_text(m, "recipient"));
    if (waits && json_number(m, "tries") > 0)
        (void)printf(", next try %s", resource_time(m, "next_ms", next));
    (void)printf("\n%s%s%s", *why ? "  " : "", why, *why ? "\n" : "");
}

/* A line for each event, and below it what the server said. */
static void print_history(const json_t *events)
{
    char first[RESOURCE_TIME_LEN], last[RESOURCE_TIME_LEN];
    size_t i;
    const json_t *e;
    json_array_foreach(events, i, e)
    {
        const char *who = json_text(e, "who"), *server = json_text(e, "server");
        const char *text = json_text(json_object_get(e, "outcome"), "text");
        int times = (int)json_number(e, "times");
        (void)printf("  %s  %s%s%s%s%s", resource_time(e, "at_ms", first), json_text(e, "what"),
                     *who ? " by " : "", who, *server ? ", server " : "", server);
        if (times > 1)
            (void)printf(", %d times until %s", times, resource_time(e, "last_ms", last));
        (void)printf("\n%s%s%s", *text ? "    " : "", text, *text ? "\n" : "");
    }
}

static void print_whole(const json_t *m)
{
    print_line(m);
    (void)printf("  from: %s  about: %s  tries: %d  %s\n", json_text(m, "sender"), json_text(m, "about"),
                 (int)json_number(m, "tries"), json_text(json_object_get(m, "outcome"), "code"));
    print_history(json_object_get(m, "history"));
}

static const struct resource_list listed = {.path = "mails?state=open&limit=200",
                                            .most = 200,
                                            .none = "No mail waits.",
                                            .more = "These are the oldest 200; there may be more.",
                                            .print = print_line};

static int reset_tls(struct api *api, const char *server)
{
    SCOPED_BUF struct buf path;
    buf_init(&path, 2000);
    (void)buf_append_str(&path, "mail-server/reset-tls?server=");
    api_append_escaped(&path, server);
    return resource_change(api, buf_text(&path), server, "is believed again if it has no TLS");
}

static int show(struct api *api, const char *id, bool as_json)
{
    char path[64];
    (void)str_format(path, sizeof(path), "mails/%.36s", id);
    return resource_show(api, path, as_json, print_whole);
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
    return resource_change(api, path, which, wishes[wish].done);
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
    bool is_id = which && !is_reset && !all;
    return is_id ? resource_id(which, "`faxpost mails list` shows them", &parsed) : EXIT_DONE;
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
        status = resource_list(&api, &listed, as_json);
    else if (wish >= 0)
        status = run_wish(&api, wish, which);
    else if (str_equal(what, "show"))
        status = show(&api, which, as_json);
    else
        status = reset_tls(&api, which);
    api_close(&api);
    return status;
}

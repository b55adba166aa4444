/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "cli/api.h"
#include "cli/command.h"
#include "cli/reach.h"
#include "cli/trial.h"

void trial_note(json_t *results, const char *name, bool ok, const char *text)
{
    json_t *result = json_pack("{s:s, s:b, s:s}", "test", name, "ok", (int)ok, "text", text);
    if (!result) /* what a stranger's machine said was no UTF-8 */
        result = json_pack("{s:s, s:b, s:s}", "test", name, "ok", (int)ok, "text",
                           "answers, in no readable words");
    (void)json_array_append_new(results, result);
}

/* state/run/roles: "<role> <instance> <generation> <pid>" a line. */
static void test_processes(const struct api *api, json_t *results)
{
    char path[4200], text[200] = "";
    unsigned running = 0, away = 0;
    SCOPED_BUF struct buf roles;
    buf_init(&roles, 1 << 20);
    (void)str_format(path, sizeof(path), "%s/run/roles", api->state_dir);
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fd_read_rest(fd, &roles) != 0) {
        (void)str_format(text, sizeof(text), "cannot read run/roles of the state directory: %s",
                         strerror(errno));
        trial_note(results, "processes", false, text);
        return;
    }
    char *rest = (char *)roles.data, *line;
    while (rest && (line = strsep(&rest, "\n")) != NULL) {
        const char *pid = strrchr(line, ' ');
        uint64_t number;
        if (!pid || !str_to_u64(pid + 1, 1 << 30, &number))
            continue;
        /* EPERM: it is there and another user's. */
        bool there = number > 0 && (kill((pid_t)number, 0) == 0 || errno == EPERM);
        running += there ? 1 : 0;
        away += there ? 0 : 1;
        if (!there)
            (void)str_format(text, sizeof(text), "%.60s does not run", line);
    }
    if (away == 0)
        (void)str_format(text, sizeof(text), "all %u run", running);
    trial_note(results, "processes", away == 0 && running > 0, text);
}

static bool trunk_is_up(const json_t *t, char text[REACH_TEXT_LEN])
{
    bool up = str_equal(json_text(t, "state"), "up");
    (void)str_format(text, REACH_TEXT_LEN, "%.290s",
                     *json_text(t, "text") ? json_text(t, "text") : "not asked yet");
    return up;
}

static void test_trunks(const json_t *whole, json_t *results)
{
    const json_t *trunks = json_object_get(whole, "trunks");
    for (size_t i = 0; i < json_array_size(trunks); i++) {
        const json_t *t = json_array_get(trunks, i);
        char name[100], text[REACH_TEXT_LEN];
        (void)str_format(name, sizeof(name), "trunk %s", json_text(t, "name"));
        bool tls = str_equal(json_text(t, "transport"), "tls"), ok;
        if (tls) /* who shows whose certificate is for line to judge */
            ok = trunk_is_up(t, text);
        else
            ok = reach_sip(json_text(t, "peer"), str_equal(json_text(t, "transport"), "tcp"), text);
        trial_note(results, name, ok, text);
    }
}

static void test_mail_server(const json_t *whole, json_t *results)
{
    char text[REACH_TEXT_LEN];
    const json_t *m = json_object_get(whole, "mail_server");
    if (!m)
        return;
    bool implicit = str_equal(json_text(m, "security"), "implicit") || json_number(m, "port") == 465;
    bool ok = reach_smtp(json_text(m, "host"), (unsigned)json_number(m, "port"), implicit, text);
    trial_note(results, "mail server", ok, text);
}

/* As the role that uses it does: a small file is put there, read and deleted. */
static void test_place(struct api *api, const char *place, json_t *results)
{
    char name[100], text[REACH_TEXT_LEN];
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf path;
    buf_init(&path, 1000);
    (void)buf_append_str(&path, "archive-places/test?name=");
    api_append_escaped(&path, place);
    (void)buf_append_str(&path, "&user=");
    api_append_escaped(&path, api_user());
    api_post(api, buf_text(&path), "text/plain", span_of("", 0), &answer);
    const json_t *outcome = json_object_get(answer.body, "outcome");
    bool ok = answer.status == 200 && json_is_true(json_object_get(answer.body, "ok"));
    (void)str_format(name, sizeof(name), "archive place %.64s", place);
    (void)str_format(text, sizeof(text), "%.290s",
                     ok                     ? "takes a file, gives it back and deletes it"
                     : answer.status == 200 ? json_text(outcome, "text")
                                            : json_text(answer.body, "detail"));
    trial_note(results, name, ok, text);
}

static void test_places(struct api *api, const json_t *whole, json_t *results)
{
    size_t i;
    json_t *place;
    json_array_foreach(json_object_get(whole, "archive_places"), i, place)
    {
        if (json_is_true(json_object_get(place, "enabled")))
            test_place(api, json_text(place, "name"), results);
    }
}

static void test_alarms(const json_t *status, json_t *results)
{
    const json_t *alarms = json_object_get(status, "alarms");
    for (size_t i = 0; i < json_array_size(alarms); i++)
        trial_note(results, json_text(json_array_get(alarms, i), "code"),
                   str_equal(json_text(json_array_get(alarms, i), "severity"), "notice"),
                   json_text(json_array_get(alarms, i), "text"));
}

int trial_of_server(struct api *api, json_t *results, json_t **whole)
{
    SCOPED_ANSWER struct api_answer status = {0}, settings = {0};
    api_get(api, "status", &status);
    int failed = api_check(api, &status);
    if (failed != EXIT_DONE)
        return failed;
    api_get(api, "provisioning", &settings);
    failed = api_check(api, &settings);
    if (failed != EXIT_DONE)
        return failed;
    trial_note(results, "server", true, "answers");
    test_processes(api, results);
    test_trunks(settings.body, results);
    test_mail_server(settings.body, results);
    test_places(api, settings.body, results);
    test_alarms(status.body, results);
    *whole = json_incref(settings.body);
    return EXIT_DONE;
}

int trial_print(const json_t *results, bool as_json)
{
    int status = EXIT_DONE;
    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *r = json_array_get(results, i);
        bool ok = json_is_true(json_object_get(r, "ok"));
        if (!as_json)
            (void)printf("%-6s %s: %s\n", ok ? "ok" : "FAILED", json_text(r, "test"), json_text(r, "text"));
        if (!ok)
            status = EXIT_NOT_DELIVERED;
    }
    if (as_json)
        (void)json_print(results);
    return status;
}

static int test_mailbox_named(const struct arguments *a)
{
    struct api api;
    if (a->operand_count != 2)
        return complain_and(EXIT_USAGE, "say which: faxpost test mailbox NAME");
    int status = api_open(&api, a);
    if (status == EXIT_DONE)
        status = test_one_mailbox(&api, a, a->operands[1]);
    api_close(&api);
    return status;
}

int run_check(const struct arguments *a)
{
    struct api api;
    if (a->operand_count > 0 && str_equal(a->operands[0], "mail"))
        return try_mail(a);
    if (a->operand_count > 0 && str_equal(a->operands[0], "mailbox"))
        return test_mailbox_named(a);
    if (a->operand_count > 0)
        return complain_and(EXIT_USAGE,
                            "there is no test \"%.60s\"; `faxpost test --help` shows what there is",
                            a->operands[0]);
    int status = api_open(&api, a);
    json_t *results = json_array(), *whole = NULL;
    bool as_json = argument(a, "json") != NULL;
    if (status == EXIT_DONE)
        status = trial_of_server(&api, results, &whole);
    json_decref(whole);
    if (status != EXIT_UNAVAILABLE) {
        int found = trial_print(results, as_json);
        status = status == EXIT_DONE ? found : status;
    }
    if (!as_json && json_array_size(results) > 0)
        (void)printf("Not tried: whether the mail server takes mails of ours (faxpost test mail), and a call "
                     "(faxpost send)\n");
    json_decref(results);
    api_close(&api);
    return status;
}

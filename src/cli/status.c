/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/api.h"
#include "cli/command.h"

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
    interrupted = 1;
}

static bool pages_go(const char *phase)
{
    return str_equal(phase, "sending") || str_equal(phase, "receiving") || str_equal(phase, "confirming");
}

static void print_call(const json_t *c)
{
    bool out = str_equal(json_text(c, "direction"), "out"), going = pages_go(json_text(c, "phase"));
    const char *mode = json_text(c, "mode"), *number = json_text(c, "number");
    (void)printf("  %s %s %s  %s", json_text(c, "box"), out ? "to" : "from", *number ? number : "anonymous",
                 json_text(c, "word"));
    if (going && json_number(c, "rate") > 0)
        (void)printf(", %d bit/s", (int)json_number(c, "rate"));
    if (*mode)
        (void)printf(", %s%s", str_equal(mode, "t38") ? "T.38" : "G.711",
                     going && json_is_true(json_object_get(c, "ecm")) ? ", ECM" : "");
    (void)printf("\n");
}

static void print_calls(const json_t *calls)
{
    (void)printf("Calls now: %zu\n", json_array_size(calls));
    for (size_t i = 0; i < json_array_size(calls); i++)
        print_call(json_array_get(calls, i));
}

static void print_jobs(const json_t *status, const json_t *open)
{
    const json_t *counts = json_object_get(status, "jobs"), *items = json_object_get(open, "items");
    (void)printf(
        "Faxes to send: %d waiting, %d calling, %d held; %d delivered, %d not delivered, %d uncertain\n",
        (int)json_number(counts, "waiting"), (int)json_number(counts, "calling"),
        (int)json_number(counts, "held"), (int)json_number(counts, "done"),
        (int)json_number(counts, "failed"), (int)json_number(counts, "unknown"));
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *j = json_array_get(items, i);
        const char *detail = json_text(j, "detail");
        (void)printf("  %s  %s to %s  %s%s%s\n", json_text(j, "id"), json_text(j, "box"),
                     json_text(j, "number"), json_text(j, "word"), *detail ? ": " : "", detail);
    }
}

static void print_rest(const json_t *status)
{
    const json_t *mails = json_object_get(status, "mails"), *boxes = json_object_get(status, "boxes");
    const json_t *alarms = json_object_get(status, "alarms");
    (void)printf("Faxes received: %d\nMails to send: %d waiting, %d held; %d sent, %d not delivered, %d came "
                 "back\nBoxes:",
                 (int)json_number(status, "faxes"),
                 (int)(json_number(mails, "waiting") + json_number(mails, "composing")),
                 (int)json_number(mails, "held"), (int)json_number(mails, "sent"),
                 (int)json_number(mails, "failed"), (int)json_number(mails, "returned"));
    for (size_t i = 0; i < json_array_size(boxes); i++) {
        const json_t *b = json_array_get(boxes, i);
        const char *extension = json_text(b, "extension");
        (void)printf("%s %s%s%s%s%s", i ? "," : "", json_text(b, "id"), *extension ? " (" : "", extension,
                     *extension ? ")" : "", json_is_true(json_object_get(b, "enabled")) ? "" : " off");
    }
    (void)printf("%s\n", json_array_size(boxes) ? "" : " none; `faxpost apply` makes them");
    for (size_t i = 0; i < json_array_size(alarms); i++)
        (void)printf("! %s\n", json_text(json_array_get(alarms, i), "text"));
}

static int show_once(struct api *api, const struct arguments *a)
{
    SCOPED_ANSWER struct api_answer status = {0}, open = {0};
    api_get(api, "status", &status);
    int failed = api_check(api, &status);
    if (failed != EXIT_DONE)
        return failed;
    api_get(api, "jobs?state=open&limit=50", &open);
    failed = api_check(api, &open);
    if (failed != EXIT_DONE)
        return failed;
    if (argument(a, "watch") && isatty(STDOUT_FILENO))
        (void)printf("\033[H\033[J");
    if (argument(a, "json")) {
        (void)json_object_set(status.body, "open_jobs", json_object_get(open.body, "items"));
        return json_print(status.body);
    }
    print_calls(json_object_get(status.body, "calls"));
    print_jobs(status.body, open.body);
    print_rest(status.body);
    return EXIT_DONE;
}

int run_status(const struct arguments *a)
{
    struct api api;
    const struct sigaction action = {.sa_handler = on_interrupt};
    int status = api_open(&api, a);
    if (argument(a, "watch"))
        (void)sigaction(SIGINT, &action, NULL);
    while (status == EXIT_DONE && !interrupted) {
        status = show_once(&api, a);
        (void)fflush(stdout);
        if (!argument(a, "watch") || status != EXIT_DONE)
            break;
        (void)nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
    }
    api_close(&api);
    return status;
}

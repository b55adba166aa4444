/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/follow.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/progress.h"

enum { POLL_MS = 200, AWAY_MS = 60000 };

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
    interrupted = 1;
}

struct view {
    struct api *api;
    const char *submission;
    bool terminal, json;
    struct progress progress;
    char call[64];           /* whose progress it is */
    char last[PROGRESS_LEN]; /* what was said last */
    bool line_open;
};

static size_t terminal_width(void)
{
    struct winsize w;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col : 80;
}

/* On a terminal one line that changes; else a line whenever `news` is another. So too where a terminal is too
 * narrow for the text: what wraps cannot be taken back. */
static void say(struct view *v, const char *news, const char *text)
{
    bool known = str_equal(news, v->last), changes = v->terminal && strlen(text) < terminal_width();
    (void)str_copy(v->last, sizeof(v->last), news);
    if (known && !changes)
        return;
    (void)printf("%s%s%s", v->line_open ? "\r\033[K" : "", text, changes ? "" : "\n");
    v->line_open = changes;
    (void)fflush(stdout);
}

/* One object a line, for programs that read along; `event` is new. */
static void tell(struct view *v, const char *event, json_t *line)
{
    (void)json_object_set_new(line, "event", json_string(event));
    (void)json_object_set_new(line, "submission", json_string(v->submission));
    (void)json_dumpf(line, stdout, JSON_COMPACT | JSON_SORT_KEYS);
    (void)printf("\n");
    (void)fflush(stdout);
    json_decref(line);
}

/* job, call: NULL where there is none yet. */
static void tell_news(struct view *v, const char *news, const json_t *job, const json_t *call)
{
    static const char *const of_job[] = {"number", "state",     "word",   "detail",
                                         "pages",  "confirmed", "next_ms"};
    static const char *const of_call[] = {"page", "percent", "rate", "mode", "ecm", "station_id"};
    if (str_equal(news, v->last))
        return;
    (void)str_copy(v->last, sizeof(v->last), news);
    json_t *line = json_object();
    if (job)
        (void)json_object_set(line, "job", json_object_get(job, "id"));
    for (size_t i = 0; job && i < ARRAY_LEN(of_job); i++)
        (void)json_object_set(line, of_job[i], json_object_get(job, of_job[i]));
    for (size_t i = 0; call && i < ARRAY_LEN(of_call); i++)
        (void)json_object_set(line, of_call[i], json_object_get(call, of_call[i]));
    tell(v, job ? "progress" : "rendering", line);
}

static void say_call(struct view *v, const json_t *job, const json_t *call)
{
    char line[PROGRESS_LEN], news[PROGRESS_LEN];
    if (!str_equal(json_text(call, "attempt"), v->call)) {
        (void)str_copy(v->call, sizeof(v->call), json_text(call, "attempt"));
        progress_restart(&v->progress);
    }
    const char *phase = json_text(call, "phase");
    bool pages_go = str_equal(phase, "sending") || str_equal(phase, "confirming");
    const struct progress_now now = {.now_ms = clock_mono_ms(),
                                     .page = pages_go ? (unsigned)json_number(call, "page") : 0,
                                     .pages = (unsigned)json_number(job, "pages"),
                                     .percent = (unsigned)json_number(call, "percent"),
                                     .rate = (unsigned)json_number(call, "rate"),
                                     .mode = json_text(call, "mode"),
                                     .word = json_text(call, "word"),
                                     .ecm = json_is_true(json_object_get(call, "ecm"))};
    progress_line(&v->progress, &now, v->terminal ? terminal_width() : 79, line);
    (void)str_format(news, sizeof(news), "%.40s %u %.8s", now.word, now.page ? now.rate : 0, now.mode);
    if (v->json)
        tell_news(v, news, job, call);
    else
        say(v, news, line);
}

static void say_job(struct view *v, const json_t *job)
{
    char line[PROGRESS_LEN];
    const json_t *call = json_object_get(job, "call");
    if (json_is_object(call)) {
        say_call(v, job, call);
        return;
    }
    const char *detail = json_text(job, "detail");
    (void)str_format(line, sizeof(line), "%s: %s%s%.120s", json_text(job, "number"), json_text(job, "word"),
                     *detail ? ", " : "", detail);
    if (v->json)
        tell_news(v, line, job, NULL);
    else
        say(v, line, line);
}

static bool has_ended(const json_t *job)
{
    static const char *const ends[] = {"done", "failed", "unknown", "cancelled", "expired", "held"};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (str_equal(json_text(job, "state"), ends[i]))
            return true;
    return false;
}

/* The job with its running call, where it has one; a new reference. */
static json_t *look_closer(struct view *v, json_t *job)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    char path[64];
    if (!str_equal(json_text(job, "state"), "calling"))
        return json_incref(job);
    (void)str_format(path, sizeof(path), "jobs/%.36s", json_text(job, "id"));
    api_get(v->api, path, &answer);
    return json_incref(answer.status == 200 ? answer.body : job);
}

/* The submission when it is at its end; NULL where we were interrupted or nobody answers any more. */
static json_t *follow(struct view *v)
{
    char path[64];
    int64_t heard_ms = clock_mono_ms();
    (void)str_format(path, sizeof(path), "submissions/%s", v->submission);
    while (!interrupted) {
        SCOPED_ANSWER struct api_answer answer = {0};
        api_get(v->api, path, &answer);
        const json_t *jobs = json_object_get(answer.body, "jobs");
        size_t ended = 0, count = json_array_size(jobs);
        /* A server that is started again is waited for. */
        if (answer.status == 200)
            heard_ms = clock_mono_ms();
        else if (clock_mono_ms() - heard_ms > AWAY_MS)
            return NULL;
        json_t *shown = NULL;
        for (size_t i = 0; i < count; i++) {
            json_t *job = json_array_get(jobs, i);
            ended += has_ended(job) ? 1 : 0;
            if (!has_ended(job) && (!shown || str_equal(json_text(job, "state"), "calling")))
                shown = job;
        }
        bool refused = str_equal(json_text(answer.body, "state"), "refused");
        if (refused || (count > 0 && ended == count))
            return json_incref(answer.body);
        if (shown) {
            json_t *closer = look_closer(v, shown);
            say_job(v, closer);
            json_decref(closer);
        } else if (answer.status == 200 && v->json) {
            tell_news(v, "rendering", NULL, NULL);
        } else if (answer.status == 200) {
            say(v, "rendering", "The document is being made into fax pages");
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
    }
    return NULL;
}

/* ---- what became of it ---- */

static int exit_of_job(const json_t *job)
{
    static const struct {
        const char *state;
        int status;
    } rows[] = {{"done", EXIT_DONE},           {"failed", EXIT_NOT_DELIVERED}, {"unknown", EXIT_UNCERTAIN},
                {"cancelled", EXIT_CANCELLED}, {"expired", EXIT_CANCELLED},    {"held", EXIT_LEFT}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_equal(json_text(job, "state"), rows[i].state))
            return rows[i].status;
    return EXIT_SOFTWARE;
}

static int tell_outcome(struct view *v, const json_t *submission)
{
    const json_t *jobs = json_object_get(submission, "jobs");
    int status = EXIT_DONE;
    if (v->line_open)
        (void)printf("\r\033[K");
    v->line_open = false;
    if (str_equal(json_text(submission, "state"), "refused"))
        return complain_and(EXIT_DATA, "%s", json_text(json_object_get(submission, "outcome"), "text"));
    for (size_t i = 0; i < json_array_size(jobs); i++) {
        const json_t *job = json_array_get(jobs, i);
        const char *detail = json_text(job, "detail");
        if (!v->json)
            (void)printf("%s: %s%s%s\n", json_text(job, "number"), json_text(job, "word"),
                         *detail ? ": " : "", detail);
        if (status == EXIT_DONE)
            status = exit_of_job(job);
    }
    return status;
}

static int wait_and_tell(struct view *v)
{
    const struct sigaction action = {.sa_handler = on_interrupt};
    (void)sigaction(SIGINT, &action, NULL);
    json_t *submission = follow(v);
    if (submission) {
        int status = tell_outcome(v, submission);
        if (v->json)
            tell(v, "ended",
                 json_pack("{s:O, s:O, s:O}", "state", json_object_get(submission, "state"), "jobs",
                           json_object_get(submission, "jobs"), "outcome",
                           json_object_get(submission, "outcome")));
        json_decref(submission);
        return status;
    }
    if (v->line_open)
        (void)printf("\n");
    return complain_and(interrupted ? EXIT_INTERRUPTED : EXIT_UNAVAILABLE,
                        "%s; the fax goes on: `faxpost show %s` tells of it",
                        interrupted ? "stopped watching" : "Faxpost does not answer any more", v->submission);
}

int follow_submission(struct api *api, const char *submission, bool json)
{
    struct view v = {
        .api = api, .submission = submission, .terminal = isatty(STDOUT_FILENO) != 0, .json = json};
    if (json)
        tell(&v, "taken", json_object());
    return wait_and_tell(&v);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdio.h>

#include "base/scope.h"
#include "base/str.h"
#include "cli/resource.h"

static const char IDS_FROM[] = "`faxpost status` shows those of faxes under way";

static void print_attempt(const json_t *t)
{
    char at[RESOURCE_TIME_LEN];
    const char *mode = json_text(t, "mode");
    const json_t *pages = json_object_get(t, "pages"), *outcome = json_object_get(t, "outcome");
    (void)printf("  call at %s over %s%s%s\n", resource_time(t, "started_ms", at), json_text(t, "trunk"),
                 *mode ? ", " : "",
                 str_equal(mode, "t38")     ? "T.38"
                 : str_equal(mode, "audio") ? "G.711"
                                            : "");
    if (*json_text(t, "station_id"))
        (void)printf("    the other machine says it is %s\n", json_text(t, "station_id"));
    for (size_t i = 0; i < json_array_size(pages); i++) {
        const json_t *p = json_array_get(pages, i);
        (void)printf("    page %2d confirmed %s, %5d bit/s, %s%s, %.1f s", (int)json_number(p, "page"),
                     resource_time(p, "confirmed_ms", at), (int)json_number(p, "rate"),
                     json_text(p, "coding"), json_is_true(json_object_get(p, "ecm")) ? ", ECM" : "",
                     (double)json_number(p, "duration_ms") / 1000.0);
        if (json_number(p, "bad_rows") > 0)
            (void)printf(", %d bad lines", (int)json_number(p, "bad_rows"));
        (void)printf("\n");
    }
    if (*json_text(outcome, "text"))
        (void)printf("    %s (%s)\n", json_text(outcome, "text"), json_text(outcome, "code"));
}

static void print_state(const json_t *o)
{
    const char *detail = json_text(o, "detail");
    (void)printf("  %s%s%s\n", json_text(o, "word"), *detail ? ": " : "", detail);
}

static void print_attempts(const json_t *o)
{
    const json_t *attempts = json_object_get(o, "attempts");
    for (size_t i = 0; i < json_array_size(attempts); i++)
        print_attempt(json_array_get(attempts, i));
}

static void print_history(const json_t *job)
{
    char at[RESOURCE_TIME_LEN];
    const json_t *events = json_object_get(job, "history");
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *e = json_array_get(events, i);
        (void)printf("  %s by %s: %s\n", resource_time(e, "at_ms", at), json_text(e, "who"),
                     json_text(e, "what"));
    }
}

/* Those that have not arrived, as far as anybody knows. */
static void print_mails(const json_t *o)
{
    const json_t *mails = json_object_get(o, "mails");
    for (size_t i = 0; i < json_array_size(mails); i++) {
        const json_t *m = json_array_get(mails, i);
        if (!str_equal(json_text(m, "state"), "sent"))
            (void)printf("  %s mail to %s: %s. %s\n", json_text(m, "kind"), json_text(m, "recipient"),
                         json_text(m, "word"), json_text(json_object_get(m, "outcome"), "text"));
    }
}

static void print_subaddress(const json_t *o)
{
    if (*json_text(o, "subaddress"))
        (void)printf("  subaddress (SUB) %s\n", json_text(o, "subaddress"));
}

/* What people wrote beside it. */
static void print_remarks(const json_t *o)
{
    char at[RESOURCE_TIME_LEN];
    size_t i;
    json_t *tag, *note;
    json_array_foreach(json_object_get(o, "tags"), i, tag)
    {
        (void)printf("%s%s", i == 0 ? "  tags: " : ", ", json_string_value(tag));
    }
    if (json_array_size(json_object_get(o, "tags")) > 0)
        (void)printf("\n");
    json_array_foreach(json_object_get(o, "notes"), i, note)
    {
        (void)printf("  %s  %s wrote: %s\n", resource_time(note, "at_ms", at), json_text(note, "who"),
                     json_text(note, "text"));
    }
}

static void print_job(const json_t *job)
{
    char at[RESOURCE_TIME_LEN];
    int pages = (int)json_number(job, "pages");
    (void)printf("fax from %s to %s, %d %s, given on %s\n", json_text(job, "box"), json_text(job, "number"),
                 pages, pages == 1 ? "page" : "pages", resource_time(job, "created_ms", at));
    print_subaddress(job);
    print_state(job);
    print_attempts(job);
    print_history(job);
    print_remarks(job);
    print_mails(job);
}

static void print_fax(const json_t *fax)
{
    const char *calling = json_text(fax, "calling");
    (void)printf("fax from %s to %s (%s), number %d\n", *calling ? calling : "an anonymous caller",
                 json_text(fax, "box"), json_text(fax, "called"), (int)json_number(fax, "faxid"));
    print_subaddress(fax);
    print_state(fax);
    print_attempts(fax);
    print_remarks(fax);
    print_mails(fax);
}

static void print_submission(const json_t *m)
{
    const json_t *jobs = json_object_get(m, "jobs");
    const char *trouble = json_text(json_object_get(m, "outcome"), "text");
    (void)printf("%s from %s: %s%s%s\n", json_text(m, "subject"), json_text(m, "box"), json_text(m, "state"),
                 *trouble ? ": " : "", trouble);
    for (size_t i = 0; i < json_array_size(jobs); i++) {
        const json_t *job = json_array_get(jobs, i);
        (void)printf("%s  to %s\n", json_text(job, "id"), json_text(job, "number"));
        print_state(job);
    }
    print_mails(m);
}

static const char *const resources[] = {"jobs", "faxes", "submissions", NULL};
static resource_print *const printers[] = {print_job, print_fax, print_submission};

int run_show(const struct arguments *a)
{
    struct api api;
    struct id id;
    size_t which = 0;
    SCOPED_ANSWER struct api_answer answer = {0};
    int status = resource_id(a->operands[0], IDS_FROM, &id);
    if (status == EXIT_DONE)
        status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    status = resource_find(&api, resources, id, "job, fax or submission", &which, &answer);
    if (status == EXIT_DONE && argument(a, "json"))
        status = json_print(answer.body);
    else if (status == EXIT_DONE)
        printers[which](answer.body);
    api_close(&api);
    return status;
}

/* POST jobs/ID/WORD with what `more` says; prints `later` where the answer was 202. */
static int change_job(const struct arguments *a, const char *word, const char *more, const char *done,
                      const char *later)
{
    struct api api;
    struct id id;
    SCOPED_BUF struct buf path;
    buf_init(&path, 2000);
    SCOPED_ANSWER struct api_answer answer = {0};
    int status = resource_id(a->operands[0], IDS_FROM, &id);
    if (status == EXIT_DONE)
        status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    (void)buf_printf(&path, "jobs/%s/%s?user=", id_text(id), word);
    api_append_escaped(&path, api_user());
    (void)buf_append_str(&path, more);
    api_post(&api, buf_text(&path), "text/plain", span_of("", 0), &answer);
    status = api_check(&api, &answer);
    if (status == EXIT_DONE)
        (void)printf("%s\n", answer.status == 202 ? later : done);
    api_close(&api);
    return status;
}

int run_cancel(const struct arguments *a)
{
    return change_job(a, "cancel", "", "Cancelled.", "The call is being hung up.");
}

int run_retry(const struct arguments *a)
{
    return change_job(a, "retry", argument(a, "resume") ? "&resume=1" : "", "It is sent again, as a new job.",
                      "");
}

int run_hold(const struct arguments *a)
{
    return change_job(a, "hold", "", "Held.", "");
}

int run_release(const struct arguments *a)
{
    return change_job(a, "release", "", "Released.",
                      "Noted. It goes when a second administrator releases it.");
}

int run_alter(const struct arguments *a)
{
    static const char *const names[] = {"number", "at", "priority", "retries", "trunk"};
    SCOPED_BUF struct buf more;
    buf_init(&more, 1500);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *value = argument(a, names[i]);
        if (!value)
            continue;
        (void)buf_printf(&more, "&%s=", names[i]);
        api_append_escaped(&more, value);
    }
    if (more.len == 0)
        return complain_and(EXIT_USAGE, "say what changes: --number, --at, --priority, --retries or --trunk");
    return change_job(a, "alter", buf_text(&more), "Altered.", "");
}

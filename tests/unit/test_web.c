/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The API as a client sees it. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "web_place.h"

#include "base/scope.h"
#include "base/str.h"
#include "store/alarms.h"
#include "store/attempts.h"
#include "store/config.h"
#include "store/faxes.h"
#include "store/jobs.h"
#include "store/submissions.h"
#include "web/words.h"

/* ---- what the store has ---- */

static struct id add_job(struct web_place *p, enum job_state to)
{
    struct faxbox b;
    struct arena a;
    struct outcome why;
    arena_init(&a);
    assert_true(config_box(&p->store, &a, "front", &b));
    struct submission m = {.id = id_new(),
                           .tenant = b.tenant,
                           .faxbox = "front",
                           .sender = "",
                           .subject = "x.pdf",
                           .message_id = ""};
    const struct job j = {.id = id_new(),
                          .submission = m.id,
                          .tenant = b.tenant,
                          .faxbox = "front",
                          .number = "200",
                          .display_number = "2 00",
                          .created_ms = 1000,
                          .next_ms = 1000,
                          .pages = 2,
                          .max_tries = 3};
    store_begin(&p->store);
    submission_add(&p->store, &m);
    job_add(&p->store, &j);
    if (to != JOB_WAITING)
        job_start_call(&p->store, j.id);
    outcome_set(&why, VERDICT_GIVE_UP, "sip-404", "Nobody has the number 200.");
    if (to != JOB_WAITING && to != JOB_CALLING)
        job_close(&p->store, j.id, to, 5000, &why);
    store_commit(&p->store);
    p->submission = m.id;
    arena_clear(&a);
    return j.id;
}

static void add_attempt(struct web_place *p, struct id job)
{
    const struct attempt t = {.id = id_new(), .job = job, .trunk = "pbx", .started_ms = 2000};
    const struct page_stats page = {
        .page = 0, .rate = 14400, .coding = "T.6", .ecm = true, .duration_ms = 4200, .confirmed_ms = 3000};
    store_begin(&p->store);
    attempt_add(&p->store, &t);
    assert_true(attempt_page_add(&p->store, t.id, &page));
    job_page_confirmed(&p->store, job, 0);
    store_commit(&p->store);
}

/* ---- tests ---- */

static void unknown_addresses_and_methods(void **state)
{
    SCOPED_REPLY struct reply a, b, c, d;
    web_ask(*state, "GET", "/api/v1/nothing", NULL, &a);
    assert_int_equal(a.status, 404);
    assert_string_equal(text_at(a.body, "code"), "no-such-address");
    assert_non_null(strstr(buf_text(&a.text), "application/problem+json"));
    web_ask(*state, "PUT", "/api/v1/status", NULL, &b);
    assert_int_equal(b.status, 405);
    assert_non_null(strstr(buf_text(&b.text), "Allow: GET"));
    web_ask(*state, "GET", "/api/v1/jobs/7", NULL, &c);
    assert_int_equal(c.status, 404);
    web_ask(*state, "GET", "/api/v1/jobs/0192f0c1-7a3b-7c4d-8e5f-001122334455", NULL, &d);
    assert_int_equal(d.status, 404);
    assert_string_equal(text_at(d.body, "code"), "unknown-job");
}

static void document_goes_to_queue_whole(void **state)
{
    struct web_place *p = *state;
    SCOPED_REPLY struct reply a;
    web_ask(p, "POST", "/api/v1/jobs?box=front&number=200&number=%2B39%20050&name=x.pdf&user=u@example.com",
            "%PDF-1.4 x", &a);
    assert_int_equal(a.status, 202);
    assert_string_equal(text_at(a.body, "submission"), id_text(p->submission));
    assert_string_equal(p->numbers, "200\n+39 050");
    assert_string_equal(p->document, "%PDF-1.4 x");
    assert_string_equal(p->name, "x.pdf");
    assert_string_equal(p->user, "u@example.com");
}

static void own_id_makes_a_repeat_the_same_submission(void **state)
{
    struct web_place *p = *state;
    static const char target[] =
        "/api/v1/jobs?box=front&number=200&submission=0192f0c1-7a3b-7c4d-8e5f-001122334455";
    SCOPED_REPLY struct reply a, b;
    web_ask(p, "POST", target, "x", &a);
    web_ask(p, "POST", target, "x", &b);
    assert_string_equal(text_at(a.body, "submission"), "0192f0c1-7a3b-7c4d-8e5f-001122334455");
    assert_string_equal(text_at(b.body, "submission"), text_at(a.body, "submission"));
}

static void wrong_submissions_never_reach_queue(void **state)
{
    static const struct {
        const char *target, *body;
    } cases[] = {
        {"/api/v1/jobs?number=200", "x"},
        {"/api/v1/jobs?box=front", "x"},
        {"/api/v1/jobs?box=front&number=200", NULL},
        {"/api/v1/jobs?box=front&number=200", ""},
        {"/api/v1/jobs?box=front&number=200&submission=7", "x"},
        {"/api/v1/jobs?box=front&number=200&user=a%0ab", "x"},
    };
    struct web_place *p = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        SCOPED_REPLY struct reply a;
        web_ask(p, "POST", cases[i].target, cases[i].body, &a);
        assert_int_equal(a.status, 400);
    }
    assert_int_equal(p->asked, 0);
}

static void refusal_of_queue_is_told_in_its_words(void **state)
{
    SCOPED_REPLY struct reply a, b;
    web_ask(*state, "POST", "/api/v1/jobs?box=none&number=200", "x", &a);
    assert_int_equal(a.status, 404);
    assert_string_equal(text_at(a.body, "detail"), "There is no fax box like that.");
    web_ask(*state, "POST", "/api/v1/jobs/0192f0c1-7a3b-7c4d-8e5f-001122334455/cancel", NULL, &b);
    assert_int_equal(b.status, 409);
    assert_string_equal(text_at(b.body, "code"), "job-ended");
}

static void body_over_the_limit_is_refused(void **state)
{
    struct web_place *p = *state;
    SCOPED_BUF struct buf request;
    SCOPED_REPLY struct reply a = {0};
    SCOPED_FD int fd = web_connect(p);
    static const char megabyte[1 << 20];
    buf_init(&request, 80 << 20);
    (void)buf_printf(&request,
                     "POST /api/v1/provisioning HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                     "Content-Length: %d\r\n\r\n",
                     17 << 20);
    for (int i = 0; i < 17; i++)
        (void)buf_append(&request, megabyte, sizeof(megabyte));
    web_converse(p, fd, buf_span(&request), &a);
    assert_int_equal(a.status, 413);
    assert_int_equal(p->asked, 0);
}

static void job_is_told_with_words_attempts_and_pages(void **state)
{
    struct web_place *p = *state;
    SCOPED_REPLY struct reply a, b, c;
    struct id job = add_job(p, JOB_FAILED);
    char target[100];
    add_attempt(p, job);
    (void)str_format(target, sizeof(target), "/api/v1/jobs/%s", id_text(job));
    web_ask(p, "GET", target, NULL, &a);
    assert_int_equal(a.status, 200);
    assert_string_equal(text_at(a.body, "word"), "Not delivered");
    assert_string_equal(text_at(a.body, "detail"), "Nobody has the number 200. (1 of 2 pages confirmed)");
    const json_t *attempt = json_array_get(json_object_get(a.body, "attempts"), 0);
    const json_t *page = json_array_get(json_object_get(attempt, "pages"), 0);
    assert_int_equal(json_integer_value(json_object_get(page, "page")), 1);
    assert_int_equal(json_integer_value(json_object_get(page, "rate")), 14400);
    (void)str_format(target, sizeof(target), "/api/v1/submissions/%s", id_text(p->submission));
    web_ask(p, "GET", target, NULL, &b);
    assert_int_equal(json_array_size(json_object_get(b.body, "jobs")), 1);
    (void)str_format(target, sizeof(target), "/api/v1/calls/%s", text_at(attempt, "id"));
    web_ask(p, "GET", target, NULL, &c);
    assert_string_equal(text_at(c.body, "direction"), "out");
}

static void running_call_is_shown_at_its_job(void **state)
{
    struct web_place *p = *state;
    SCOPED_REPLY struct reply a;
    struct id job = add_job(p, JOB_CALLING);
    char target[100];
    (void)str_format(p->live, sizeof(p->live),
                     "[{\"attempt\":\"x\",\"job\":\"%s\",\"phase\":\"sending\",\"page\":2,\"pages\":2,"
                     "\"rate\":14400}]",
                     id_text(job));
    (void)str_format(target, sizeof(target), "/api/v1/jobs/%s", id_text(job));
    web_ask(p, "GET", target, NULL, &a);
    assert_string_equal(text_at(a.body, "word"), "Sending page 2 of 2");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(a.body, "call"), "rate")), 14400);
}

static void lists_go_on_where_they_ended(void **state)
{
    struct web_place *p = *state;
    SCOPED_REPLY struct reply a, b, c, d;
    char target[120];
    for (int i = 0; i < 3; i++)
        (void)add_job(p, JOB_CALLING);
    web_ask(p, "GET", "/api/v1/jobs?limit=2", NULL, &a);
    assert_int_equal(json_array_size(json_object_get(a.body, "items")), 2);
    (void)str_format(target, sizeof(target), "/api/v1/jobs?limit=2&before=%s", text_at(a.body, "next"));
    web_ask(p, "GET", target, NULL, &b);
    assert_int_equal(json_array_size(json_object_get(b.body, "items")), 1);
    assert_null(json_object_get(b.body, "next"));
    web_ask(p, "GET", "/api/v1/jobs?limit=0", NULL, &c);
    assert_int_equal(c.status, 400);
    web_ask(p, "GET", "/api/v1/jobs?state=open", NULL, &d);
    assert_int_equal(json_array_size(json_object_get(d.body, "items")), 3);
}

static void provisioning_goes_both_ways(void **state)
{
    struct web_place *p = *state;
    SCOPED_REPLY struct reply a, b, c, d;
    struct faxbox box;
    struct arena arena;
    arena_init(&arena);
    web_ask(p, "GET", "/api/v1/provisioning", NULL, &a);
    assert_int_equal(a.status, 200);
    SCOPED_FREE char *text = json_dumps(a.body, 0);
    web_ask(p, "POST", "/api/v1/provisioning", text, &b);
    assert_int_equal(b.status, 200);
    assert_int_equal(json_integer_value(json_object_get(b.body, "changed")), 0);
    web_ask(p, "POST", "/api/v1/provisioning?dry=1", "{\"faxboxes\":[{\"id\":\"front\",\"tries\":7}]}", &c);
    assert_int_equal(json_integer_value(json_object_get(c.body, "changed")), 1);
    assert_true(config_box(&p->store, &arena, "front", &box));
    assert_int_equal(box.tries, 3);
    web_ask(p, "POST", "/api/v1/provisioning", "{\"faxboxes\":[{\"id\":\"front\",\"tries\":77}]}", &d);
    assert_int_equal(d.status, 422);
    assert_string_equal(text_at(json_array_get(json_object_get(d.body, "errors"), 0), "path"),
                        "faxboxes[0].tries");
    arena_clear(&arena);
}

static bool has_alarm(const json_t *status, const char *code)
{
    const json_t *alarms = json_object_get(status, "alarms");
    for (size_t i = 0; i < json_array_size(alarms); i++)
        if (str_equal(text_at(json_array_get(alarms, i), "code"), code))
            return true;
    return false;
}

static void status_shows_calls_counts_and_alarms(void **state)
{
    struct web_place *p = *state;
    SCOPED_REPLY struct reply a;
    (void)add_job(p, JOB_WAITING);
    store_begin(&p->store);
    alarm_raise(
        &p->store,
        &(struct alarm){.id = id_new(), .code = "no-trunk", .subject = "", .text = "x", .raised_ms = 1});
    const struct alarm over = {
        .id = id_new(), .code = "no-fax-domain", .subject = "", .text = "x", .raised_ms = 1};
    alarm_raise(&p->store, &over);
    alarm_clear(&p->store, over.id, 2);
    store_commit(&p->store);
    (void)str_copy(p->live, sizeof(p->live), "[{\"attempt\":\"x\"}]");
    web_ask(p, "GET", "/api/v1/status", NULL, &a);
    assert_int_equal(a.status, 200);
    assert_int_equal(json_array_size(json_object_get(a.body, "calls")), 1);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(a.body, "jobs"), "waiting")), 1);
    assert_true(has_alarm(a.body, "no-trunk"));
    assert_false(has_alarm(a.body, "no-fax-domain"));
    assert_false(has_alarm(a.body, "queue-away"));
    const json_t *box = json_array_get(json_object_get(a.body, "boxes"), 0);
    assert_string_equal(text_at(box, "extension"), "100");
}

/* A client that leaves while queue is asked takes nobody along, and the late answer finds nobody. */
static void client_that_leaves_is_forgotten(void **state)
{
    struct web_place *p = *state;
    static const char request[] =
        "POST /api/v1/jobs?box=front&number=200 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
        "\r\nx";
    SCOPED_REPLY struct reply a;
    p->silent = true;
    int fd = web_connect(p);
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    while (p->asked == 0) {
        server_run(p->server);
        (void)loop_step(p->loop, 0);
    }
    (void)close(fd);
    p->silent = false;
    struct message late = {.type = MSG_submitted, .submitted = {.submission = p->submission, .status = 202}};
    peers_answer(p->queue, &p->asker, &late);
    web_ask(p, "GET", "/api/v1/status", NULL, &a);
    assert_int_equal(a.status, 200);
}

/* What is open when the server ends does not keep it from ending. */
static void open_question_does_not_outlive_the_server(void **state)
{
    struct web_place *p = *state;
    static const char request[] = "GET /api/v1/status HTTP/1.1\r\nHost: x\r\n\r\n";
    p->silent = true;
    SCOPED_FD int fd = web_connect(p);
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    for (int i = 0; i < 50; i++) {
        server_run(p->server);
        (void)loop_step(p->loop, 0);
    }
    assert_true(server_wait_ms(p->server) <= 3000);
    assert_true(server_wait_ms(p->server) >= 0);
}

static void calls_are_told_in_words(void **state)
{
    static const struct {
        bool out;
        const char *phase, *word;
        unsigned page, pages;
    } rows[] = {{true, "dialling", "Calling", 1, 5},
                {true, "ringing", "Ringing", 1, 5},
                {true, "negotiating", "Connected", 1, 5},
                {true, "sending", "Sending page 2 of 5", 2, 5},
                {true, "confirming", "Sending page 2 of 5", 2, 5},
                {true, "ending", "Ending", 5, 5},
                {false, "incoming", "Coming in", 1, 0},
                {false, "receiving", "Receiving page 3", 3, 0},
                {false, "confirming", "Receiving page 3", 3, 0}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char word[WORDS_LEN];
        words_of_call(rows[i].out, rows[i].phase, rows[i].page, rows[i].pages, word);
        assert_string_equal(word, rows[i].word);
    }
}

static void see_waits(struct web_place *p, struct id job, const char *code, const char *detail)
{
    char target[100];
    SCOPED_REPLY struct reply a;
    (void)str_format(target, sizeof(target), "/api/v1/jobs/%s", id_text(job));
    web_ask(p, "GET", target, NULL, &a);
    assert_string_equal(code ? code : "", text_at(json_object_get(a.body, "waits"), "code"));
    assert_string_equal(text_at(a.body, "detail"), detail);
}

static void write_store(struct web_place *p, const char *script)
{
    store_begin(&p->store);
    sql_script(p->store.sql, script);
    store_commit(&p->store);
}

static void what_a_due_fax_waits_for_is_said(void **state)
{
    struct web_place *p = *state;
    struct id job = add_job(p, JOB_WAITING);
    see_waits(p, job, NULL, "");
    struct id called = add_job(p, JOB_CALLING);
    add_attempt(p, called);
    see_waits(p, job, "number-called", "another fax to this number is being sent");
    write_store(p, "UPDATE job SET number = '201' WHERE state <> 0;");
    see_waits(p, job, NULL, "");
    write_store(p, "UPDATE faxbox SET calls_out = 1;");
    see_waits(p, job, "call-limit", "limit of 1 call reached");
    write_store(p, "UPDATE faxbox SET calls_out = 2; UPDATE meta SET value = '1' WHERE key = 'calls_total';");
    see_waits(p, job, "call-limit", "limit of 1 call reached");
    write_store(p, "UPDATE meta SET value = '2' WHERE key = 'calls_total';");
    see_waits(p, job, NULL, "");
}

static void words_are_those_of_all_screens(void **state)
{
    char word[WORDS_LEN], detail[WORDS_LEN];
    struct job j = {.state = JOB_DONE,
                    .pages = 5,
                    .station_id = "+39 050 1",
                    .display_number = "1",
                    .reason = "",
                    .ended_ms = 1000};
    words_of_job(&j, 0, word, detail);
    assert_string_equal(word, "Delivered");
    assert_true(str_starts(detail, "5 pages confirmed by +39 050 1, "));
    j = (struct job){.state = JOB_UNKNOWN, .reason = ""};
    words_of_job(&j, 0, word, detail);
    assert_string_equal(word, "Uncertain");
    assert_non_null(strstr(detail, "It may have arrived"));
    j = (struct job){
        .state = JOB_WAITING, .reason = "The line was busy.", .next_ms = 5000, .tries = 1, .max_tries = 3};
    words_of_job(&j, 0, word, detail);
    assert_true(str_starts(detail, "try 2 of 3 at "));
    struct fax f = {.state = FAX_PARTIAL, .pages = 2};
    words_of_fax(&f, word, detail);
    assert_string_equal(word, "Incomplete");
    assert_true(str_starts(detail, "2 pages, then the line broke off"));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, web_place_setup, web_place_teardown)
    const struct CMUnitTest tests[] = {
        CASE(unknown_addresses_and_methods),
        CASE(document_goes_to_queue_whole),
        CASE(own_id_makes_a_repeat_the_same_submission),
        CASE(wrong_submissions_never_reach_queue),
        CASE(refusal_of_queue_is_told_in_its_words),
        CASE(body_over_the_limit_is_refused),
        CASE(job_is_told_with_words_attempts_and_pages),
        CASE(running_call_is_shown_at_its_job),
        CASE(lists_go_on_where_they_ended),
        CASE(provisioning_goes_both_ways),
        CASE(status_shows_calls_counts_and_alarms),
        CASE(client_that_leaves_is_forgotten),
        CASE(open_question_does_not_outlive_the_server),
        CASE(what_a_due_fax_waits_for_is_said),
        cmocka_unit_test(words_are_those_of_all_screens),
        cmocka_unit_test(calls_are_told_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

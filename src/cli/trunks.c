/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost trunks: how it is with each, and a fax over one of them back to the server. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/resource.h"

enum { LOOK_US = 500 * 1000 };
/* Two calls in a row, each with its ringing, training and page; the server ends both long before. */
enum { TEST_PATIENCE_MS = 15 * 60 * 1000 };

static const char *mode_words(const json_t *t)
{
    return str_equal(json_text(t, "mode"), "t38") ? "T.38" : "G.711";
}

static void print_figures(const json_t *f)
{
    (void)printf("%" PRId64 " s, %" PRId64 " bit/s, %" PRId64 " frames sent again, %" PRId64 " bad rows",
                 json_number(f, "seconds"), json_number(f, "rate"), json_number(f, "resent"),
                 json_number(f, "bad_rows"));
}

static void print_trend(const json_t *t)
{
    char when[RESOURCE_TIME_LEN];
    const json_t *last = json_object_get(t, "last"), *usual = json_object_get(t, "usual");
    (void)printf("  self-test in %s %s: %s", mode_words(t), resource_time(last, "ended_ms", when),
                 json_text(t, "trend"));
    if (str_equal(json_text(t, "trend"), "failed")) {
        (void)printf(", %s", json_text(json_object_get(last, "outcome"), "text"));
    } else {
        (void)printf(" (");
        print_figures(json_object_get(last, "figures"));
        (void)printf(")");
    }
    if (*json_text(t, "why"))
        (void)printf(": %s", json_text(t, "why"));
    else if (json_is_object(usual)) {
        (void)printf("; usually ");
        print_figures(usual);
    }
    (void)printf("\n");
}

static void print_trunk(const json_t *t)
{
    char since[RESOURCE_TIME_LEN], next[RESOURCE_TIME_LEN];
    const char *text = json_text(t, "text");
    size_t i;
    json_t *test;
    (void)printf("%s  %s over %s: %s", json_text(t, "name"), json_text(t, "peer"), json_text(t, "transport"),
                 json_text(t, "state"));
    if (*resource_time(t, "since_ms", since))
        (void)printf(" since %s", since);
    (void)printf("\n");
    if (*text) {
        (void)printf("  %s", text);
        if (str_equal(json_text(t, "state"), "down") && *resource_time(t, "next_ms", next))
            (void)printf(" Next try at %s.", next);
        (void)printf("\n");
    }
    json_array_foreach(json_object_get(t, "self_tests"), i, test)
    {
        print_trend(test);
    }
}

static const struct resource_list listed = {
    .path = "trunks", .none = "There is no trunk; `faxpost apply` makes one.", .print = print_trunk};

/* ---- a test ---- */

static bool is_open(const json_t *test)
{
    const char *state = json_text(test, "state");
    return str_equal(state, "waiting") || str_equal(state, "running");
}

static void print_steps(const json_t *test, size_t *printed)
{
    const json_t *steps = json_object_get(test, "steps");
    for (; *printed < json_array_size(steps); (*printed)++) {
        char when[RESOURCE_TIME_LEN];
        const json_t *s = json_array_get(steps, *printed);
        (void)printf("%s  %s: %s\n", resource_time(s, "at_ms", when), mode_words(test), json_text(s, "text"));
    }
    (void)fflush(stdout);
}

/* Until it has ended. */
static int follow(struct api *api, const char *id, bool as_json)
{
    char path[80];
    size_t printed = 0;
    const int64_t until_ms = clock_mono_ms() + TEST_PATIENCE_MS;
    (void)str_format(path, sizeof(path), "self-tests/%s", id);
    while (true) {
        SCOPED_ANSWER struct api_answer answer = {0};
        api_get(api, path, &answer);
        int status = api_check(api, &answer);
        if (status != EXIT_DONE)
            return status;
        if (!as_json)
            print_steps(answer.body, &printed);
        if (is_open(answer.body) && clock_mono_ms() < until_ms) {
            (void)usleep(LOOK_US);
            continue;
        }
        if (as_json)
            (void)json_print(answer.body);
        return str_equal(json_text(answer.body, "state"), "good") ? EXIT_DONE : EXIT_NOT_DELIVERED;
    }
}

static int test(struct api *api, const char *name, bool as_json)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf path;
    size_t i;
    json_t *one;
    buf_init(&path, 1000);
    (void)buf_append_str(&path, "trunks/test?name=");
    api_append_escaped(&path, name);
    (void)buf_append_str(&path, "&user=");
    api_append_escaped(&path, api_user());
    api_post(api, buf_text(&path), "text/plain", span_of("", 0), &answer);
    int status = api_check(api, &answer);
    if (status != EXIT_DONE)
        return status;
    json_array_foreach(json_object_get(answer.body, "tests"), i, one)
    {
        int ended = follow(api, json_text(one, "id"), as_json);
        status = ended == EXIT_DONE ? status : ended;
    }
    return status;
}

int run_trunks(const struct arguments *a)
{
    struct api api;
    bool as_json = argument(a, "json") != NULL,
         is_test = a->operand_count > 0 && str_equal(a->operands[0], "test");
    if (a->operand_count > 0 && !(is_test && a->operand_count == 2))
        return complain_and(EXIT_USAGE, "there are `faxpost trunks` and `faxpost trunks test NAME`");
    int status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    status = is_test ? test(&api, a->operands[1], as_json) : resource_list(&api, &listed, as_json);
    api_close(&api);
    return status;
}

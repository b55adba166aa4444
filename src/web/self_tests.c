/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Self-tests of trunks: what came of them, and the button that makes one now. */
#include "store/self_tests.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "store/reports.h"
#include "web/resources.h"

enum { PATIENCE_MS = 30000, TRUNK_NAME_MOST = 64 };

static const char *mode_name(bool t38)
{
    return t38 ? "t38" : "audio";
}

static json_t *figures_json(const struct self_test_figures *f)
{
    return json_pack("{s:i, s:i, s:i, s:i}", "seconds", (int)f->seconds, "rate", (int)f->rate, "resent",
                     (int)f->resent, "bad_rows", (int)f->bad_rows);
}

/* "1800000000000 words" a line. */
static json_t *steps_json(struct request *r, const char *steps)
{
    json_t *list = json_array();
    char *rest = arena_strdup(&r->arena, steps), *line;
    while ((line = strsep(&rest, "\n")) != NULL) {
        char *words = strchr(line, ' ');
        if (!words)
            continue;
        *words++ = 0;
        (void)json_array_append_new(
            list, json_pack("{s:I, s:s}", "at_ms", (json_int_t)strtoll(line, NULL, 10), "text", words));
    }
    return list;
}

static json_t *test_json(struct request *r, const struct self_test *t)
{
    bool ended = t->state == SELF_TEST_GOOD || t->state == SELF_TEST_FAILED;
    json_t *o =
        json_pack("{s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:b, s:o, s:o}", "id", id_text(t->id), "trunk",
                  t->trunk, "mode", mode_name(t->t38), "state", self_test_state_name(t->state), "asked",
                  (int)t->asked, "created_ms", json_time(t->created_ms), "started_ms",
                  json_time(t->started_ms), "ended_ms", json_time(t->ended_ms), "arrived", (int)t->arrived,
                  "outcome", json_outcome(t->code, t->reason), "steps", steps_json(r, t->steps));
    json_t *figures = ended ? figures_json(&t->figures) : json_null();
    (void)json_object_set_new(o, "figures", figures);
    return o;
}

/* ---- at the trunk ---- */

static json_t *mode_json(struct request *r, const char *trunk, bool t38)
{
    struct self_test list[SELF_TEST_TREND_LOOKS];
    struct self_test_figures figures[SELF_TEST_TREND_LOOKS];
    size_t n = self_test_results(r->store, trunk, t38, &r->arena, list, SELF_TEST_TREND_LOOKS);
    if (n == 0)
        return NULL;
    for (size_t i = 0; i < n; i++)
        figures[i] = list[i].figures;
    const struct self_test_judgement j = self_test_judge(figures, n);
    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "mode", mode_name(t38), "trend",
                     self_test_trend_name(j.trend), "why", j.why, "usual",
                     j.usual.good ? figures_json(&j.usual) : json_null(), "last", test_json(r, &list[0]));
}

json_t *json_self_tests(struct request *r, const char *trunk)
{
    json_t *list = json_array();
    for (int t38 = 1; t38 >= 0; t38--) {
        json_t *mode = mode_json(r, trunk, t38 != 0);
        if (mode)
            (void)json_array_append_new(list, mode);
    }
    return list;
}

/* ---- the list ---- */

static json_t *tests_json(struct request *r, const struct id *ids, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        struct self_test t;
        if (self_test_find(r->store, ids[i], &r->arena, &t))
            (void)json_array_append_new(list, test_json(r, &t));
    }
    return list;
}

void get_self_tests(struct request *r)
{
    struct report_cursor c;
    struct id ids[REQUEST_LIST_MOST];
    const char *trunk = request_argument(r, "trunk", "");
    if (!request_cursor(r, &c))
        return;
    size_t n = self_test_list(r->store, trunk, c.before, ids, c.most);
    reply_list(r, tests_json(r, ids, n), c.most, n > 0 ? ids[n - 1] : ID_NONE);
}

void get_self_test(struct request *r)
{
    struct self_test t;
    if (self_test_find(r->store, r->id, &r->arena, &t))
        reply_json(r, MHD_HTTP_OK, test_json(r, &t));
    else
        reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-test", "There is no such self-test.");
}

/* ---- now ---- */

static void on_taken(struct request *r, const struct message *m)
{
    if (!m)
        reply_queue_away(r, "Whether the trunk is tested is not known: look at its tests.");
    else if (m->self_test_taken.status >= 400)
        reply_problem(r, m->self_test_taken.status, m->self_test_taken.code, "%s", m->self_test_taken.reason);
    else
        reply_json(
            r, MHD_HTTP_ACCEPTED,
            json_pack(
                "{s:o}", "tests",
                tests_json(r, (const struct id[]){m->self_test_taken.first, m->self_test_taken.second}, 2)));
}

void test_trunk(struct request *r)
{
    const char *name = request_argument(r, "name", ""), *who = request_asker(r);
    if (!who)
        return;
    if (!*name || strlen(name) > TRUNK_NAME_MOST) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-name", "name is that of a trunk.");
        return;
    }
    request_ask(r,
                &(struct message){.type = MSG_self_test,
                                  .self_test = {.first = id_new(),
                                                .second = id_new(),
                                                .trunk = name,
                                                .who = who,
                                                .actor = r->actor.user,
                                                .client_ip = r->actor.client_ip}},
                PATIENCE_MS, on_taken);
}

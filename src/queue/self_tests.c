/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/self_tests.h"
#include "queue/nodes.h"
#include "queue/quiet.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/page_set.h"
#include "proto/number.h"
#include "proto/send_window.h"
#include "queue/audit_notes.h"
#include "queue/dialling.h"
#include "queue/self_test_page.h"
#include "queue/tenant_time.h"
#include "store/self_tests.h"

enum { MINUTE_MS = 60 * 1000, ASKED_WAITS_MS = 2 * MINUTE_MS, LOOK_AT_CLOCK_MS = 20 * 1000 };
/* After it lost its lines: who wanted them has taken them by then. */
enum { REST_MS = 10 * 1000 };
enum { STARTS_MAX = 3, WAITING_MAX = 32, TOKEN_LEN = 21 };

static void step(struct queue *q, struct id test, const char *format, ...) PRINTF_LIKE(3, 4);
static void step(struct queue *q, struct id test, const char *format, ...)
{
    char words[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(words, sizeof(words), format, args);
    va_end(args);
    self_test_step(&q->store, test, q->now_ms, words);
}

static const char *mode_words(bool t38)
{
    return t38 ? "T.38" : "G.711";
}

/* ---- how it ends ---- */

static void end_test(struct queue *q, struct self_test *t, enum self_test_state to, const struct outcome *o)
{
    t->state = to;
    t->ended_ms = q->now_ms;
    t->code = to == SELF_TEST_GOOD ? "" : o->code;
    t->reason = to == SELF_TEST_GOOD ? "" : o->text;
    self_test_set(&q->store, t);
    step(q, t->id, "%s%s%s", self_test_state_name(to), *t->reason ? ": " : "", t->reason);
    log_info(id_text(t->id), "self-test of trunk %s in %s: %s%s%s", t->trunk, mode_words(t->t38),
             self_test_state_name(to), *t->reason ? ": " : "", t->reason);
    q->look_now = true; /* an alarm may be due, or over */
    queue_wants(q, WORK_DIAL | WORK_ALARMS);
}

/* It waits again, for it says nothing of the trunk that its calls were given up. */
static void waits_again(struct queue *q, struct self_test *t, const char *why)
{
    struct outcome o;
    if (q->now_ms >= t->until_ms || t->starts >= STARTS_MAX) {
        outcome_set(&o, VERDICT_GIVE_UP, "self-test-no-line", "The test was not made: %s.", why);
        end_test(q, t, SELF_TEST_SKIPPED, &o);
        return;
    }
    q->tests_rest_until_ms = q->steady_ms + REST_MS;
    t->state = SELF_TEST_WAITING;
    t->arrived = false;
    t->figures = (struct self_test_figures){.good = false};
    t->code = t->reason = "";
    self_test_set(&q->store, t);
    step(q, t->id, "waits again: %s", why);
    queue_wants(q, WORK_DIAL);
}

static void end_call(struct queue *q, struct id test, bool out)
{
    struct outcome o;
    struct id call = self_test_open_call(&q->store, test, out);
    outcome_set(&o, VERDICT_GIVE_UP, "self-test-over", "The self-test gave its calls up.");
    if (!id_is_none(call))
        attempt_drop(q, call, &o);
}

/* The test no longer runs before its calls end: they change nothing then. */
static void end_calls(struct queue *q, struct id test)
{
    end_call(q, test, true);
    end_call(q, test, false);
}

static void fail(struct queue *q, struct self_test *t, const struct outcome *o)
{
    end_test(q, t, SELF_TEST_FAILED, o);
    end_calls(q, t->id);
}

bool self_test_yield(struct queue *q)
{
    struct self_test t;
    if (!self_test_find(&q->store, self_test_running(&q->store), &q->arena, &t))
        return false;
    t.starts--;
    waits_again(q, &t, "a fax wanted the line");
    end_calls(q, t.id);
    return true;
}

bool self_test_fills_trunk(struct queue *q, const struct call_load *load)
{
    struct self_test t;
    struct trunk trunk;
    return self_test_find(&q->store, self_test_running(&q->store), &q->arena, &t) &&
           find_trunk(q, t.trunk, &trunk) && load_trunk_is_full(load, &trunk);
}

static bool find_running(struct queue *q, const struct attempt *call, struct self_test *t)
{
    return self_test_find(&q->store, call->test, &q->arena, t) && t->state == SELF_TEST_RUNNING;
}

static void conclude(struct queue *q, struct self_test *t, const struct attempt *out,
                     const struct attempt_end_facts *f)
{
    struct outcome o = *f->outcome;
    t->figures.seconds = out->answered_ms ? (unsigned)((q->now_ms - out->answered_ms + 500) / 1000) : 0;
    if (*t->code) /* it was seen at the page */
        outcome_set(&o, VERDICT_GIVE_UP, t->code, "%s", t->reason);
    else if (o.verdict == VERDICT_DONE && t->t38 && !f->t38)
        outcome_set(&o, VERDICT_GIVE_UP, "self-test-audio",
                    "The page came back, but the call stayed in G.711: the trunk has \"t38\", and its peer "
                    "did not take it up.");
    else if (o.verdict == VERDICT_DONE && !t->arrived)
        outcome_set(&o, VERDICT_GIVE_UP, "self-test-elsewhere",
                    "The page was confirmed, but not by us: the number leads to another machine.");
    end_test(q, t, o.verdict == VERDICT_DONE ? SELF_TEST_GOOD : SELF_TEST_FAILED, &o);
}

void self_test_call_ended(struct queue *q, const struct attempt *call, const struct attempt_end_facts *f)
{
    struct self_test t;
    bool out = id_is_none(call->fax);
    if (!find_running(q, call, &t))
        return;
    if (f->crashed || f->dial_failure == DIAL_NOT_YET) {
        waits_again(q, &t,
                    f->crashed ? "our own server gave the call up"
                               : "the trunk's host name is being looked up");
        end_calls(q, t.id);
    } else if (out) {
        struct attempt ended = *call;
        (void)attempt_find(&q->store, call->id, &q->arena, &ended);
        conclude(q, &t, &ended, f);
    } else if (f->outcome->verdict != VERDICT_DONE) {
        step(q, t.id, "at the end that receives: %s", f->outcome->text);
    }
}

/* ---- the call that goes out ---- */

/* What its machine calls itself: digits alone fit every machine (T.30 §5.3.6.2.4). */
static void token_of(struct id test, char token[TOKEN_LEN])
{
    uint64_t n = 0;
    for (size_t i = 8; i < sizeof(test.bytes); i++)
        n = n << 8 | test.bytes[i];
    (void)str_format(token, TOKEN_LEN, "%020llu", (unsigned long long)n);
}

static void ask_send(struct queue *q, const struct self_test *t, const struct attempt *call,
                     const struct trunk *trunk)
{
    char token[TOKEN_LEN];
    struct page page;
    SCOPED_BUF struct buf t6, set;
    buf_init(&t6, PAGE_BYTES_MAX);
    buf_init(&set, PAGE_SET_BYTES_MAX);
    self_test_page_make(t->id, &t6, &page);
    if (!page_set_format(&set, &page, 1))
        panic("the page of a self-test does not become a page set");
    SCOPED_FD int fd = fd_sealed_memory("pages", buf_span(&set));
    if (fd < 0)
        panic("no memory file for a self-test: %s", strerror(errno));
    token_of(t->id, token);
    const struct message m = {.type = MSG_send,
                              .send = {.attempt = call->id,
                                       .station_id = token,
                                       .header_name = "Faxpost self-test",
                                       .header_to = trunk->self_test_number,
                                       .zone = "UTC",
                                       .language = "en",
                                       .ecm = 1,
                                       .v17 = 1,
                                       .unpaced = !trunk->pace,
                                       .pages = 1,
                                       .documents = "",
                                       .page_set = fd}};
    struct live_call *c = live_add(q, call->id);
    c->pages = 1;
    c->call_request = peers_ask(q->peers, ROLE_CALL, call->call_instance, &m);
}

static void begin(struct queue *q, struct self_test *t, const struct trunk *trunk, unsigned process)
{
    const struct attempt call = {.id = id_new(),
                                 .test = t->id,
                                 .call_instance = process,
                                 .trunk = trunk->name,
                                 .started_ms = q->now_ms};
    t->state = SELF_TEST_RUNNING;
    t->started_ms = q->now_ms;
    t->starts++;
    self_test_set(&q->store, t);
    attempt_add(&q->store, &call);
    ask_send(q, t, &call, trunk);
    step(q, t->id, "calls %s over %s, in %s", trunk->self_test_number, trunk->name, mode_words(t->t38));
}

bool self_test_number(struct queue *q, const struct attempt *call, const char **number, bool *t38)
{
    struct self_test t;
    struct trunk trunk;
    if (!find_running(q, call, &t) || !find_trunk(q, t.trunk, &trunk) || !*trunk.self_test_number)
        return false;
    *number = trunk.self_test_number;
    *t38 = t.t38;
    return true;
}

void self_test_dial_state(struct queue *q, const struct attempt *call, const char *phase)
{
    struct self_test t;
    struct outcome o;
    if (!str_equal(phase, "answered") || !id_is_none(call->fax) || !find_running(q, call, &t))
        return;
    if (!id_is_none(self_test_open_call(&q->store, t.id, false))) {
        step(q, t.id, "answered");
        return;
    }
    outcome_set(&o, VERDICT_GIVE_UP, "self-test-elsewhere",
                "Somebody else answered: the call did not come back to this server. self_test_number has to "
                "be a number whose calls this trunk, or another one, brings here.");
    fail(q, &t, &o);
}

void self_test_page_sent(struct queue *q, const struct attempt *call, const struct page_stats *p)
{
    struct self_test t;
    if (!find_running(q, call, &t))
        return;
    t.figures.rate = p->rate;
    t.figures.resent = p->resent;
    self_test_set(&q->store, &t);
    step(q, t.id, "page confirmed: %u bit/s, %u frames sent again", p->rate, p->resent);
}

/* ---- the call that comes back ---- */

/* Digits that count: trunks write a number with country and area, with zeros, or without. */
static void significant(const char *number, char to[NUMBER_TEXT_LEN])
{
    size_t n = 0;
    while (*number == '+' || *number == '0')
        number++;
    for (; *number && n < NUMBER_TEXT_LEN - 1; number++)
        if (*number >= '0' && *number <= '9')
            to[n++] = *number;
    to[n] = 0;
}

/* A longer one that ends so is the same written out; a shorter one may be, or is somebody's own. */
enum likeness { NUMBERS_DIFFER, NUMBER_IS_ITS_END, NUMBERS_ARE_SAME };

static enum likeness likeness(const char *dialled, const char *called)
{
    enum { ENOUGH_DIGITS = 6 };
    char a[NUMBER_TEXT_LEN], b[NUMBER_TEXT_LEN];
    significant(dialled, a);
    significant(called, b);
    size_t len_a = strlen(a), len_b = strlen(b);
    const char *longer = len_a > len_b ? a : b, *shorter = len_a > len_b ? b : a;
    size_t len = strlen(shorter);
    if (str_equal(dialled, called) || (len > 0 && str_equal(a, b)))
        return NUMBERS_ARE_SAME;
    if (len < ENOUGH_DIGITS || !str_equal(longer + strlen(longer) - len, shorter))
        return NUMBERS_DIFFER;
    return len_a > len_b ? NUMBER_IS_ITS_END : NUMBERS_ARE_SAME;
}

static void refuse(struct queue *q, const struct sender *from, const struct msg_invited *m, unsigned status,
                   const char *reason)
{
    const struct message answer = {
        .type = MSG_invite_verdict,
        .invite_verdict = {.attempt = m->attempt, .sip_status = status, .reason = reason}};
    peers_answer(q->peers, from, &answer);
}

static void receive(struct queue *q, const struct sender *from, const struct msg_invited *m,
                    const struct self_test *t, const struct trunk *trunk, unsigned process)
{
    char token[TOKEN_LEN];
    const struct attempt call = {.id = m->attempt,
                                 .fax = t->id,
                                 .test = t->id,
                                 .call_instance = process,
                                 .trunk = m->trunk,
                                 .started_ms = q->now_ms};
    token_of(t->id, token);
    attempt_add(&q->store, &call);
    const struct message ask = {.type = MSG_receive,
                                .receive = {.attempt = call.id,
                                            .station_id = token,
                                            .ecm = 1,
                                            .v17 = 1,
                                            .unpaced = !trunk->pace,
                                            .blocked = "",
                                            .page_set = -1}};
    struct live_call *c = live_add(q, call.id);
    c->call_request = peers_ask(q->peers, ROLE_CALL, call.call_instance, &ask);
    c->invite = *from;
    c->invite_waits = true;
    (void)str_copy(c->phase, sizeof(c->phase), "incoming");
    step(q, t->id, "came in over %s, to %s, from %s", m->trunk, m->called,
         *m->calling ? m->calling : "anonymous");
}

static bool is_box_number(struct queue *q, const char *called, struct faxbox *box)
{
    return config_box_by_number(&q->store, &q->arena, called, box) ||
           (called[0] == '+' && config_box_by_number(&q->store, &q->arena, called + 1, box));
}

/* The number as it arrives leads to a box: what came there would be a customer's fax. */
static void refuse_box_number(struct queue *q, struct self_test *t, const struct msg_invited *m,
                              const struct faxbox *box)
{
    struct outcome o;
    outcome_set(
        &o, VERDICT_GIVE_UP, "self-test-box",
        "The call came back to %.32s, which is a number of faxbox %.64s. A self-test needs a number that "
        "no faxbox has.",
        m->called, box->id);
    fail(q, t, &o);
}

static void take_or_refuse(struct queue *q, const struct sender *from, const struct msg_invited *m,
                           struct self_test *t)
{
    struct call_load load;
    struct faxbox box;
    struct trunk trunk = {.pace = true};
    bool known = find_trunk(q, m->trunk, &trunk);
    int process = live_choose_process(q);
    load_take(q, &load);
    if (is_box_number(q, m->called, &box)) {
        refuse(q, from, m, 486, "a self-test came to a box");
        refuse_box_number(q, t, m, &box);
    } else if (process < 0 || load_is_full(q, &load, false) || (known && load_trunk_is_full(&load, &trunk))) {
        refuse(q, from, m, 486, "a self-test has no line");
        waits_again(q, t, "it needs one line out and one back, and all are in use");
        end_calls(q, t->id);
    } else {
        receive(q, from, m, t, &trunk, (unsigned)process);
    }
}

const char *self_test_sent_away(struct queue *q, const char *blocked)
{
    char token[TOKEN_LEN];
    struct id test = self_test_running(&q->store);
    if (id_is_none(test))
        return blocked;
    token_of(test, token);
    return arena_format(&q->arena, "%s %s", token, blocked);
}

bool self_test_takes_call(struct queue *q, const struct sender *from, const struct msg_invited *m)
{
    struct self_test t;
    struct trunk trunk;
    struct attempt known;
    struct faxbox box;
    if (attempt_find(&q->store, m->attempt, &q->arena, &known)) {
        if (!id_is_none(known.test))
            refuse(q, from, m, 503, "the call was given up"); /* asked again after our restart */
        return !id_is_none(known.test);
    }
    if (!self_test_find(&q->store, self_test_running(&q->store), &q->arena, &t) ||
        !find_trunk(q, t.trunk, &trunk) || id_is_none(self_test_open_call(&q->store, t.id, true)))
        return false;
    enum likeness like = likeness(trunk.self_test_number, m->called);
    if (like == NUMBER_IS_ITS_END && is_box_number(q, m->called, &box)) {
        /* Whose call it is shows when the machines meet: self_test_sent_away(). */
        step(q, t.id, "a call to %s came, a number of faxbox %s, which gets it", m->called, box.id);
        return false;
    }
    if (like == NUMBERS_DIFFER)
        return false;
    if (!id_is_none(self_test_open_call(&q->store, t.id, false)))
        refuse(q, from, m, 486, "a self-test uses this number");
    else
        take_or_refuse(q, from, m, &t);
    return true;
}

bool self_test_uses_t38(struct queue *q, const struct attempt *call)
{
    struct self_test t;
    return self_test_find(&q->store, call->test, &q->arena, &t) && t.t38;
}

int self_test_page_came(struct queue *q, const struct attempt *call, const struct page *p, unsigned bad_rows)
{
    struct self_test t;
    struct outcome o;
    if (!find_running(q, call, &t))
        return ESTALE;
    unsigned differ = self_test_page_differs(t.id, p);
    t.arrived = differ == 0;
    t.figures.bad_rows = bad_rows;
    if (differ == SELF_TEST_ROWS)
        outcome_set(&o, VERDICT_GIVE_UP, "self-test-page",
                    "Another page arrived than the one that was sent.");
    else
        outcome_set(&o, VERDICT_GIVE_UP, "self-test-page",
                    "The page arrived with %u of %u rows changed, though ECM found no fault.", differ,
                    (unsigned)SELF_TEST_ROWS);
    t.code = t.arrived ? "" : o.code;
    t.reason = t.arrived ? "" : o.text;
    self_test_set(&q->store, &t);
    step(q, t.id, "%s", t.arrived ? "page is back, every pixel of it" : o.text);
    return t.arrived ? 0 : EILSEQ;
}

/* ---- when ---- */

static void add(struct queue *q, struct id id, const char *trunk, bool t38, bool asked, int64_t until_ms)
{
    const struct self_test t = {
        .id = id, .trunk = trunk, .t38 = t38, .asked = asked, .created_ms = q->now_ms, .until_ms = until_ms};
    self_test_add(&q->store, &t);
    queue_wants(q, WORK_DIAL);
}

static void add_both(struct queue *q, const struct trunk *trunk, struct id first, struct id second,
                     bool asked, int64_t until_ms)
{
    if (trunk_may_t38(trunk))
        add(q, first, trunk->name, true, asked, until_ms);
    add(q, second, trunk->name, false, asked, until_ms);
}

/* For how many minutes has it been so at that minute of the week, and (forward) will it be? */
static unsigned minutes_open(const struct send_window *w, unsigned day, unsigned minute, bool forward)
{
    unsigned n = 0;
    while (n < MINUTES_A_DAY && send_window_opens_in(w, day, minute) == 0) {
        unsigned at = (day * MINUTES_A_DAY + minute + (forward ? 1 : MINUTES_A_WEEK - 1)) % MINUTES_A_WEEK;
        day = at / MINUTES_A_DAY;
        minute = at % MINUTES_A_DAY;
        n++;
    }
    return n;
}

static void look_at_hours(struct queue *q, const struct trunk *trunk, unsigned day, unsigned minute)
{
    struct send_window w;
    if (!*trunk->self_test_number || !send_window_parse(trunk->self_test_hours, &w) || w.count == 0)
        return;
    unsigned open = minutes_open(&w, day, minute, false);
    int64_t since_ms = q->now_ms - open * (int64_t)MINUTE_MS;
    if (open == 0 || self_test_last_timed(&q->store, trunk->name) > since_ms ||
        self_test_under_way(&q->store, trunk->name))
        return;
    int64_t until_ms = q->now_ms + minutes_open(&w, day, minute, true) * (int64_t)MINUTE_MS;
    add_both(q, trunk, id_new(), id_new(), false, until_ms);
}

static void look_at_clock(struct queue *q)
{
    struct trunk *list;
    struct tenant t;
    unsigned day, minute;
    if (q->tests_looked_ms != 0 && q->steady_ms - q->tests_looked_ms < LOOK_AT_CLOCK_MS)
        return;
    q->tests_looked_ms = q->steady_ms;
    struct id master = config_tenant_id(&q->store, store_meta(&q->store, &q->arena, "master_tenant"));
    const char *zone = config_tenant(&q->store, &q->arena, master, &t) ? t.zone : "UTC";
    tenant_time_of_week(zone, q->now_ms, &day, &minute);
    size_t n = all_trunks(q, &list);
    for (size_t i = 0; i < n; i++)
        look_at_hours(q, &list[i], day, minute);
}

/* For both of its calls; that trunk carries the first one. */
static bool has_room(struct queue *q, const struct trunk *trunk)
{
    struct call_load load;
    const struct open_call out = {ID_NONE, "", trunk->name, true};
    load_take(q, &load);
    if (load_is_full(q, &load, true) || load_trunk_is_full(&load, trunk))
        return false;
    load_add(&load, &out);
    return !load_is_full(q, &load, false) && live_choose_process(q) >= 0;
}

static void try_to_begin(struct queue *q, struct self_test *t)
{
    struct trunk trunk;
    struct outcome o;
    if (!find_trunk(q, t->trunk, &trunk) || !*trunk.self_test_number || (t->t38 && !trunk_may_t38(&trunk))) {
        outcome_set(&o, VERDICT_GIVE_UP, "self-test-no-line",
                    "The settings of the trunk allow no such test any more.");
        end_test(q, t, SELF_TEST_SKIPPED, &o);
    } else if (has_room(q, &trunk)) {
        begin(q, t, &trunk, (unsigned)live_choose_process(q));
    } else if (q->now_ms >= t->until_ms) {
        waits_again(q, t, "no line was free for it");
    }
}

void pump_self_tests(struct queue *q)
{
    struct id ids[WAITING_MAX];
    if (!q->may_dial || !quiet_may_dial(q) || !nodes_run_role(q, ROLE_LINE))
        return;
    look_at_clock(q);
    if (q->steady_ms < q->tests_rest_until_ms)
        return;
    size_t n = self_test_waiting(&q->store, ids, WAITING_MAX);
    for (size_t i = 0; i < n && id_is_none(self_test_running(&q->store)); i++) {
        struct self_test t;
        if (self_test_find(&q->store, ids[i], &q->arena, &t))
            try_to_begin(q, &t);
    }
}

/* ---- asked for ---- */

static unsigned why_not(struct queue *q, const char *name, struct trunk *trunk, struct outcome *o)
{
    struct faxbox box;
    if (!find_trunk(q, name, trunk)) {
        outcome_set(o, VERDICT_GIVE_UP, "unknown-trunk", "There is no trunk \"%.64s\".", name);
        return 404;
    }
    if (!*trunk->self_test_number)
        outcome_set(
            o, VERDICT_GIVE_UP, "self-test-no-number",
            "The trunk has no number to test it with. Set self_test_number: a number that leads back to this "
            "server and that no faxbox has.");
    else if (is_box_number(q, trunk->self_test_number, &box))
        outcome_set(o, VERDICT_GIVE_UP, "self-test-box",
                    "%.32s is a number of faxbox %.64s. A self-test needs a number that no faxbox has.",
                    trunk->self_test_number, box.id);
    else if (self_test_under_way(&q->store, trunk->name))
        outcome_set(o, VERDICT_GIVE_UP, "self-test-under-way", "A test of this trunk is under way.");
    else
        return 0;
    return 409;
}

void on_self_test(void *context, const struct sender *from, struct msg_self_test *m)
{
    struct queue *q = context;
    struct outcome o;
    struct trunk trunk;
    struct self_test t;
    unsigned status = 202;
    queue_enter(q);
    outcome_done(&o);
    if (!self_test_find(&q->store, m->second, &q->arena, &t) && /* else asked again after our restart */
        (status = why_not(q, m->trunk, &trunk, &o)) == 0) {
        status = 202;
        add_both(q, &trunk, m->first, m->second, true, q->now_ms + ASKED_WAITS_MS);
        note_deed(q, ID_NONE, &(struct doer){m->actor, m->who, m->client_ip}, "trunks.test", m->trunk, "");
    }
    const struct message answer = {
        .type = MSG_self_test_taken,
        .self_test_taken = {.first = m->first, .second = m->second, .status = status, MESSAGE_OUTCOME(&o)}};
    peers_answer(q->peers, from, &answer);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Self-tests (store/self_tests.h): when they are made, and what their two calls say. One runs at a time, over
 * lines that nobody else wants: a customer's call that finds none free gets those of the test, which waits
 * again. What comes to its number while it runs is the test's, and is confirmed where it is our own page
 * alone.
 */
#pragma once

#include "queue/limits.h"

/* Begins the next one where there is room for it. */
void pump_self_tests(struct queue *q);
/* A line is wanted: the test that runs gives up its own. False where none runs. */
bool self_test_yield(struct queue *q);
/* Does one run over a trunk that carries no call more? */
bool self_test_fills_trunk(struct queue *q, const struct call_load *load);

/* A call comes in: is it the test's, or to its number? Then it was dealt with. */
bool self_test_takes_call(struct queue *q, const struct sender *from, const struct msg_invited *m);
/* The stations that a box does not take, and among them the test that runs: its page is nobody's fax. */
const char *self_test_sent_away(struct queue *q, const char *blocked);
/* The rest is about calls of which t.test is a test. */
bool self_test_uses_t38(struct queue *q, const struct attempt *t);
/* False where there is nothing to dial any more. number: the batch's. */
bool self_test_number(struct queue *q, const struct attempt *t, const char **number, bool *t38);
void self_test_dial_state(struct queue *q, const struct attempt *t, const char *phase);
void self_test_page_sent(struct queue *q, const struct attempt *t, const struct page_stats *p);
/* 0: it is our page, and may be confirmed; else an errno. */
int self_test_page_came(struct queue *q, const struct attempt *t, const struct page *p, unsigned bad_rows);
void self_test_call_ended(struct queue *q, const struct attempt *t, const struct attempt_end_facts *f);

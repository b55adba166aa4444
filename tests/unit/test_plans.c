/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* No list that web or the command line shows, and nothing that the queue asks again and again, reads a whole
 * table that grows with what was faxed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "test.h"

#include "scratch.h"

#include "base/attr.h"
#include "base/buf.h"
#include "base/scope.h"
#include "base/str.h"
#include "store/attempts.h"
#include "store/controls.h"
#include "store/destinations.h"
#include "store/faxes.h"
#include "store/jobs.h"
#include "store/lists.h"
#include "store/mail_history.h"
#include "store/mails.h"
#include "store/outbox.h"
#include "store/reports.h"
#include "store/retention.h"
#include "store/alarms.h"
#include "store/submissions.h"
#include "store/usage.h"
#include "store/webhooks.h"
#include "store/remarks.h"

enum { MOST = 10 };

static void ask_lists(struct store *s, struct arena *a, const struct scope *w)
{
    struct id ids[MOST];
    struct destination *destinations;
    const struct report_cursor c = {.most = MOST};
    struct destination_cursor d = {.number = "", .tenant = w->tenant, .before_ms = 1, .most = MOST};
    const struct list_filter all = {.scope = *w, .box = "", .words = "", .archived = LIST_ANY, .most = MOST};
    (void)list_jobs(s, &all, ids);
    (void)list_faxes(s, &all, ids);
    (void)report_attempts(s, w, &c, ids);
    (void)report_open_jobs(s, w, MOST, ids);
    for (int state = REPORT_MAILS_UNSENT; state < MAIL_OUT_STATE_COUNT; state++) {
        (void)report_mails(s, w, &(struct report_mail_filter){state, ""}, &c, ids);
        (void)report_mails(s, w, &(struct report_mail_filter){state, "a@example.com"}, &c, ids);
    }
    (void)report_count_jobs(s, w, JOB_HELD);
    (void)report_count_mails(s, w, MAIL_OUT_HELD);
    (void)destination_list(s, a, &d, &destinations);
    d.locked = true;
    (void)destination_list(s, a, &d, &destinations);
    d.number = "+39";
    (void)destination_list(s, a, &d, &destinations);
}

static void ask_the_rest(struct store *s, struct arena *a)
{
    struct id ids[MOST], id = id_new();
    unsigned open_calls;
    struct job_event *events;
    struct mail_event *mail_event_list;
    struct due_box *boxes;
    struct open_call *calls;
    struct page_stats *pages;
    struct stored_page *stored;
    (void)report_late_mails(s, 1);
    (void)report_mail_trouble(s, a);
    (void)dead_letters(s, ID_NONE, ids, MOST);
    (void)job_events(s, id, a, &events);
    (void)mail_events(s, id, a, &mail_event_list);
    (void)job_due_boxes(s, 1, a, &boxes);
    (void)job_first_due(s, "front", 1, "\n", "");
    (void)job_number_is_called(s, "1");
    (void)job_next_due(s);
    (void)job_overdue(s, 1, ids, MOST);
    (void)job_next_deadline(s);
    (void)job_of_submission(s, id, ids, MOST);
    (void)job_unfinished(s, id);
    (void)job_retry(s, id, &ids[0]);
    (void)job_held_for(s, id, "1", "x", ids, MOST);
    (void)job_count_kinds(s, id, "a", "b", 1);
    (void)job_reached_prefix(s, id, "+39");
    (void)attempt_open_calls(s, a, &calls);
    (void)attempt_open_ones(s, ids, MOST);
    attempt_open_of_processes(s, &open_calls, 1);
    (void)attempt_of_job(s, id, ids, MOST);
    (void)attempt_open_of_job(s, id);
    (void)attempt_pages(s, id, a, &pages);
    (void)fax_pages(s, id, a, &stored);
    (void)fax_page_bytes(s, id);
    (void)submission_pages(s, id, 0, a, &stored);
    (void)submission_to_render(s, ids, MOST);
    (void)mail_in_to_unpack(s, ids, MOST);
    (void)mail_out_to_compose(s, 1, ids, MOST);
    (void)mail_out_due(s, 1, ids, MOST);
    (void)mail_out_due_of(s, ID_NONE, 1, ids, MOST);
    (void)mail_out_due_of(s, id, 1, ids, MOST);
    (void)mail_out_next_due(s);
    (void)mail_out_waiting(s);
    (void)mail_out_late(s, 1, ids, MOST);
    (void)mail_out_has_stand_in(s, id);
    (void)mail_out_late_of(s, ID_NONE, 1);
    (void)mail_out_alarms(s, ids, MOST);
    const struct fax second = {.id = id, .faxbox = "front", .calling = "1", .station_id = ""};
    (void)fax_first_try(s, &second, 1, &ids[0]);
    (void)fax_broken_off(s, "front", "1", 1, ids, MOST);
    (void)mail_out_unmade(s, id);
    (void)mail_out_of_fax(s, id);
    struct alarm *alarms;
    struct report_held *held;
    const struct kept_box box = {.tenant = id, .name = "front"};
    struct mail_walk walk = {0};
    struct kept_box boxes_kept[MOST];
    (void)alarms_open(s, &SCOPE_ALL, a, &alarms);
    (void)alarm_last_mailed(s, "a", "b");
    alarms_forget(s, 1);
    (void)report_held_jobs(s, a, &held);
    (void)retention_boxes(s, "", a, boxes_kept, MOST);
    (void)retention_faxes(s, &box, 1, ids, MOST);
    (void)retention_submissions(s, &box, 1, ids, MOST);
    (void)retention_delete_mails(s, &walk, 1);
    (void)usage_of_sender(s, id, "a@example.com", 1);
    (void)destination_tenants(s, "1", ids, MOST);
    const char *tags[MOST];
    struct note *notes, own;
    const struct scope scopes[] = {SCOPE_ALL, {.tenant = id}, {.tenant = id, .user = id}};
    for (size_t i = 0; i < ARRAY_LEN(scopes); i++)
        for (int sent = 0; sent < 2; sent++)
            (void)tags_in_use(s, &scopes[i], sent != 0, "a", a, tags, MOST);
    (void)tags_of(s, id, a, tags);
    (void)notes_of(s, id, a, &notes);
    (void)note_find(s, id, a, &own);
    (void)note_count(s, id);
    (void)webhook_fails(s, id);
    struct usage_sum sum;
    usage_begin(&sum, id, 1, 2);
    while (usage_add(s, &sum))
        ;
    usage_end(&sum);
}

/* Settings, of which there are few. One number of the status, over an index that holds it. Indexes of what is
 * open alone. A list that was made before. */
static bool is_allowed(const char *line)
{
    static const char *const starts[] = {"SCAN mail_server",
                                         "SCAN fax USING COVERING INDEX",
                                         "SCAN attempt USING INDEX attempt_open_time",
                                         "SCAN t USING INDEX attempt_open_time",
                                         "SCAN attempt USING INDEX attempt_open:",
                                         "SCAN attempt USING COVERING INDEX attempt_open:",
                                         "SCAN mail_out USING INDEX mail_out_unsent",
                                         "SCAN alarm USING INDEX alarm_open:",
                                         "SCAN t:"};
    for (size_t i = 0; i < ARRAY_LEN(starts); i++)
        if (str_starts(line, starts[i]))
            return true;
    return false;
}

static void no_question_reads_a_whole_table(void **state)
{
    char dir[64], error[STORE_ERROR_LEN];
    struct store s;
    struct arena a;
    SCOPED_BUF struct buf lines;
    buf_init(&lines, 1 << 20);
    arena_init(&a);
    scratch_state(dir, sizeof(dir));
    assert_int_equal(store_open(&s, dir, "", false, error), 0);
    const struct scope scopes[] = {SCOPE_ALL, {.tenant = id_new()}, {.tenant = id_new(), .user = id_new()}};
    for (size_t i = 0; i < ARRAY_LEN(scopes); i++)
        ask_lists(&s, &a, &scopes[i]);
    ask_the_rest(&s, &a);
    (void)sql_get_int(s.sql, 0, "SELECT count(*) FROM job WHERE display_number = 'x'",
                      ""); /* one that does */
    sql_plan_steps(s.sql, "SCAN ", &lines);
    char *rest = arena_strdup(&a, buf_text(&lines)), *line;
    bool seen = false;
    unsigned found = 0;
    while ((line = strsep(&rest, "\n")) != NULL) {
        bool bait = strstr(line, "display_number = 'x'") != NULL;
        seen = seen || bait;
        if (*line && !bait && !is_allowed(line))
            print_error("%s\n", line), found++;
    }
    assert_int_equal(found, 0);
    /* The next fax of a box is found among thousands without sorting them. */
    buf_reset(&lines);
    sql_plan_steps(s.sql, "USE TEMP B-TREE FOR ORDER BY", &lines);
    assert_null(strstr(buf_text(&lines), "o.number = j.number"));
    assert_true(seen);
    store_close(&s);
    arena_clear(&a);
    scratch_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_question_reads_a_whole_table)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A reader whose database takes too long finds nothing from some statement on: what is read then is not to be
 * believed, and nobody falls over it. */
#include "provision_place.h"

#include "provision/settings.h"
#include "queue/report.h"
#include "store/sql_engine.h"
#include "store/submissions.h"

#define MORE                                                                                                 \
    "{\"settings_templates\":[{\"name\":\"office\",\"tries\":5}],"                                           \
    "\"faxboxes\":[{\"id\":\"back\",\"template\":\"office\"}],"                                              \
    "\"mail_templates\":[{\"name\":\"cover-letter\",\"language\":\"en\",\"text\":\"subject: "                \
    "x\\ntext:\\nx\\n\"}],"                                                                                  \
    "\"webhooks\":[{\"name\":\"hook\",\"url\":\"https://example.com/\",\"events\":[\"fax.received\"]}],"     \
    "\"archive_places\":[{\"name\":\"vault\",\"kind\":\"local\",\"url\":\"offsite\",\"encrypted\":false}]}"

static const struct sql_engine *whole;
static struct sql_engine cut;
static unsigned left; /* statements that are answered yet */

static void cut_query(struct sql_rows *r, const char *statement, const struct sql_value *values, size_t count)
{
    if (left == 0) {
        r->sql->overdue = true;
        r->statement = NULL;
        return;
    }
    left--;
    whole->query(r, statement, values, count);
}

static struct id submission;

static void read_all(struct store *s)
{
    SCOPED_BUF struct buf facts;
    static const char *const resources[] = {
        "boxes",     "settings-templates", "users",  "tenants",      "webhooks",     "mailboxes",
        "templates", "archive-places",     "trunks", "mail-servers", "installation", "directories"};
    for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++)
        json_decref(settings_list(s, resources[i], NULL));
    buf_init(&facts, 1 << 16);
    struct arena a;
    arena_init(&a);
    report_of_jobs(s, &a, submission, ID_NONE, &facts);
    arena_clear(&a);
}

static void plant_submission(struct place *p)
{
    struct faxbox box;
    assert_true(config_box(&p->store, &p->arena, "back", &box));
    submission = id_new();
    submission_add(&p->store, &(struct submission){.id = submission,
                                                   .tenant = box.tenant,
                                                   .faxbox = "back",
                                                   .sender = "",
                                                   .subject = "",
                                                   .message_id = ""});
}

static void who_reads_outlives_a_database_that_takes_too_long(void **state)
{
    struct place *p = *state;
    assert_int_equal(apply(p, HOUSE, false), 200);
    if (apply(p, MORE, false) != 200)
        fail_msg("%s", buf_text(&p->result));
    plant_submission(p);
    whole = p->store.sql->engine;
    cut = *whole;
    cut.query = cut_query;
    p->store.sql->engine = &cut;
    bool overdue = true;
    for (unsigned n = 0; overdue; n++) {
        left = n;
        sql_new_question(p->store.sql);
        read_all(&p->store);
        overdue = sql_overdue(p->store.sql);
        assert_true(n < 10000);
    }
    p->store.sql->engine = whole;
    sql_new_question(p->store.sql);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_reads_outlives_a_database_that_takes_too_long, place_setup,
                                        place_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

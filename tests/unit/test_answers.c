/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who is told what of a fax, in which words and from which envelope sender. */
#include <string.h>

#include "submit_steps.h"

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/mail_manners.h"
#include "proto/mail_template.h"

/* Faxes are sent from `front` and received by `back`. */
#define BOX(settings)  "{\"faxboxes\":[{\"id\":\"front\"," settings "}]}"
#define BACK(settings) "{\"faxboxes\":[{\"id\":\"back\"," settings "}]}"

static void receive_fax(struct house *h)
{
    struct id attempt = until_receiving(h);
    receive_page(h, attempt, 0);
    attempt_ends(h, attempt, VERDICT_DONE, false);
}

static void send_fax(struct house *h, bool delivered)
{
    struct id attempt = until_answered(h, 1);
    if (delivered) {
        house_ask(h, &h->call, MESSAGE(page_ending, .attempt = attempt, .page = 0));
        (void)house_take(h, &h->call, MSG_page_ending_stored);
        confirm_page(h, attempt, 0);
    }
    attempt_ends(h, attempt, delivered ? VERDICT_DONE : VERDICT_GIVE_UP, false);
}

/* A mail that becomes no fax. */
static const struct note refused = {.to = TO(""), .bare = true};

/* proves: S4.1 S2.14 S2.2 */
static void received_fax_goes_to_further_recipients_in_the_format_of_its_box(void **state)
{
    struct house *h = *state;
    static const char *const people[] = {"ann@example.com", "post@example.com", "x@example.org"};
    apply(h, BACK("\"file_format\":\"tiff\",\"recipients\":[\"Post@example.com\",\"post@example.com\","
                  "\"x@example.org\",\"ann@example.com\"]"));
    receive_fax(h);
    for (size_t i = 0; i < ARRAY_LEN(people); i++) {
        struct heard mail = take_mail(h, MSG_compose_received);
        bool known = false;
        for (size_t k = 0; k < ARRAY_LEN(people); k++)
            known = known || str_equal_nocase(mail.text, people[k]);
        assert_true(known);
        assert_true(str_starts(mail.more, "tiff\n"));
    }
    assert_false(house_heard(h, &h->convert, MSG_compose_received));
    apply(h, BACK("\"file_format\":\"pdf\",\"recipients\":[]"));
    receive_fax(h);
    assert_true(str_starts(take_mail(h, MSG_compose_received).more, "pdf\n"));
}

/* proves: S2.13 S4.6 */
static void report_goes_to_the_sender_whatever_became_of_his_fax(void **state)
{
    struct house *h = *state;
    send_fax(h, true);
    assert_string_equal(take_mail(h, MSG_compose_report).more, "ann@example.com");
    assert_false(house_heard(h, &h->convert, MSG_compose_report));
}

static void failed_fax_is_reported_too_and_to_whom_the_box_says(void **state)
{
    struct house *h = *state;
    apply(h, BOX("\"report_on\":\"failed\",\"report_to\":[\"boss@example.com\",\"ANN@example.com\"]"));
    send_fax(h, false);
    struct heard one = take_mail(h, MSG_compose_report), other = take_mail(h, MSG_compose_report);
    bool first = str_equal(one.more, "ann@example.com");
    assert_string_equal((first ? &one : &other)->more, "ann@example.com");
    assert_string_equal((first ? &other : &one)->more, "boss@example.com");
    assert_false(house_heard(h, &h->convert, MSG_compose_report));
}

static void delivered_fax_is_not_reported_where_the_box_wants_failures_alone(void **state)
{
    struct house *h = *state;
    apply(h, BOX("\"report_on\":\"failed\",\"report_to\":[\"boss@example.com\"]"));
    send_fax(h, true);
    assert_false(house_heard(h, &h->convert, MSG_compose_report));
}

#define ANN(settings)                                                                                        \
    "{\"users\":[{\"tenant\":\"main\",\"name\":\"ann\",\"addresses\":[\"ann@example.com\"]," settings "}]}"

static void only_failures_are_reported_to_who_wants_it_so(void **state)
{
    struct house *h = *state;
    apply(h, ANN("\"notify_sent\":\"failed\""));
    send_fax(h, true);
    assert_false(house_heard(h, &h->convert, MSG_compose_report));
}

static void failure_is_reported_to_who_wants_failures_alone(void **state)
{
    struct house *h = *state;
    apply(h, ANN("\"notify_sent\":\"failed\""));
    send_fax(h, false);
    assert_string_equal(take_mail(h, MSG_compose_report).more, "ann@example.com");
}

static void nothing_is_reported_to_who_wants_nothing(void **state)
{
    struct house *h = *state;
    apply(h, ANN("\"notify_sent\":\"never\""));
    send_fax(h, false);
    assert_false(house_heard(h, &h->convert, MSG_compose_report));
}

static void wish_of_a_person_goes_before_that_of_the_box(void **state)
{
    struct house *h = *state;
    apply(h, BOX("\"report_on\":\"never\""));
    apply(h, ANN("\"notify_sent\":\"always\""));
    send_fax(h, true);
    assert_string_equal(take_mail(h, MSG_compose_report).more, "ann@example.com");
}

/* Others of the box still get it, and nobody takes it for a fax without anyone to receive it. */
static void person_who_wants_no_received_faxes_gets_none_and_no_fallback_stands_in(void **state)
{
    struct house *h = *state;
    apply(h, "{\"tenants\":[{\"name\":\"main\",\"fallback_address\":\"desk@example.com\"}]}");
    apply(h, ANN("\"notify_received\":\"never\""));
    receive_fax(h);
    assert_false(house_heard(h, &h->convert, MSG_compose_received));
    apply(h, BACK("\"recipients\":[\"post@example.com\"]"));
    receive_fax(h);
    assert_string_equal(take_mail(h, MSG_compose_received).text, "post@example.com");
    assert_false(house_heard(h, &h->convert, MSG_compose_received));
    apply(h, ANN("\"notify_received\":\"each\""));
    receive_fax(h);
    (void)take_mail(h, MSG_compose_received);
    (void)take_mail(h, MSG_compose_received);
}

static void answers_go_to_another_address_or_to_nobody(void **state)
{
    struct house *h = *state;
    apply(h, BOX("\"answers\":\"Desk@example.com\""));
    (void)send_mail(h, &refused);
    assert_string_equal(take_mail(h, MSG_compose_answer).more, "Desk@example.com");
    apply(h, BOX("\"answers\":\"nobody\",\"report_to\":[\"boss@example.com\"]"));
    (void)send_mail(h, &refused);
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
    assert_int_equal(sql_get_int(h->queue.store.sql, 0, "SELECT count(*) FROM mail_in WHERE state = ?1", "n",
                                 (int)MAIL_IN_REFUSED),
                     2);
    send_fax(h, false);
    assert_string_equal(take_mail(h, MSG_compose_report).more, "boss@example.com");
    assert_false(house_heard(h, &h->convert, MSG_compose_report));
}

/* proves: S2.5 D1 */
static void who_wants_his_mails_encrypted_is_told_nothing_in_clear(void **state)
{
    struct house *h = *state;
    struct sql *sql = h->queue.store.sql;
    (void)sql_run(sql, "UPDATE user SET pgp_encrypt = 1", "");
    (void)send_mail(h, &refused);
    struct heard veiled = take_mail(h, MSG_compose_answer); /* no key of hers is known */
    assert_non_null(strstr(veiled.text, "not told here"));
    assert_null(strstr(veiled.text, "attachment"));
    assert_int_equal(veiled.c, 0);
    (void)sql_run(sql,
                  "INSERT INTO user_key (user, place, key, fingerprints)"
                  " SELECT user, 0, 'armor', 'f' FROM user_address WHERE address = 'ann@example.com'",
                  "");
    (void)send_mail(h, &refused);
    struct heard asked = house_take(h, &h->convert, MSG_compose_answer);
    assert_non_null(strstr(asked.text, "attachment"));
    assert_int_equal(asked.c, 1);
    /* A key that has expired since: the answer is made once more, and says nothing. */
    house_answer(h, &h->convert, &asked,
                 MESSAGE(composed, .mail = asked.id, .verdict = VERDICT_GIVE_UP, .code = "pgp-key",
                         .reason = "expired", .mail_bytes = -1));
    queue_enter(&h->queue);
    (void)sql_run(sql, "UPDATE mail_out SET next_ms = 0", "");
    queue_wants(&h->queue, WORK_COMPOSE);
    veiled = take_mail(h, MSG_compose_answer);
    assert_true(id_equal(veiled.id, asked.id));
    assert_non_null(strstr(veiled.text, "not told here"));
    assert_int_equal(veiled.c, 0);
}

/* proves: S2.5 */
static void who_has_no_valid_certificate_is_told_so_and_nothing_else(void **state)
{
    struct house *h = *state;
    (void)sql_run(h->queue.store.sql, "UPDATE user SET smime = 'aes-256-gcm'", "");
    (void)send_mail(h, &refused);
    struct heard asked = house_take(h, &h->convert, MSG_compose_answer);
    house_answer(h, &h->convert, &asked,
                 MESSAGE(composed, .mail = asked.id, .verdict = VERDICT_GIVE_UP, .code = "smime-expired",
                         .reason = "expired", .mail_bytes = -1));
    queue_enter(&h->queue);
    (void)sql_run(h->queue.store.sql, "UPDATE mail_out SET next_ms = 0", "");
    queue_wants(&h->queue, WORK_COMPOSE);
    struct heard veiled = take_mail(h, MSG_compose_answer);
    assert_non_null(strstr(veiled.text, "no S/MIME certificate of yours"));
    assert_int_equal(veiled.c, 0);
}

/* ---- what the mail's client asked for (RFC 3461) ---- */

#define TWO "0501234567@front.fax.example.com\n200@front.fax.example.com\n"

/* Both of its numbers end so. */
static void end_both(struct house *h, const char *wishes, bool delivered)
{
    (void)send_mail(h, &(struct note){.to = TWO, .wishes = wishes});
    answer_all_renders(h, 1);
    for (int i = 0; i < 2; i++) {
        struct heard dial = house_take(h, &h->call, MSG_send);
        if (delivered) {
            house_ask(h, &h->call, MESSAGE(page_ending, .attempt = dial.id, .page = 0));
            (void)house_take(h, &h->call, MSG_page_ending_stored);
            confirm_page(h, dial.id, 0);
        }
        attempt_ends(h, dial.id, delivered ? VERDICT_DONE : VERDICT_GIVE_UP, false);
    }
}

/* proves: S2.13 */
static void client_of_a_mail_says_what_he_is_told_of(void **state)
{
    struct house *h = *state;
    static const struct {
        const char *report_on, *wishes;
        bool delivered, told;
    } cases[] = {
        {"always", "1 \n1 \n1 ", false, false}, /* NEVER */
        {"always", "1 \n4 \n4 ", true, false},  /* FAILURE */
        {"always", "1 \n4 \n4 ", false, true},
        {"failed", "1 \n2 \n2 ", true, true},              /* SUCCESS */
        {"failed", "1 \n2 \n1 ", true, true},              /* one of them is enough */
        {"failed", "1 \n8 \n8 ", false, false},            /* DELAY */
        {"failed", "1 E1\n0 rfc822;a@b\n0 ", true, false}, /* as the box has it */
        {"failed", "1 E1\n0 rfc822;a@b\n0 ", false, true},
        {"never", "1 \n6 \n6 ", false, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char settings[64];
        (void)str_format(settings, sizeof(settings),
                         "{\"faxboxes\":[{\"id\":\"front\",\"report_on\":\"%s\"}]}", cases[i].report_on);
        apply(h, settings);
        end_both(h, cases[i].wishes, cases[i].delivered);
        if (house_heard(h, &h->convert, MSG_compose_report) != cases[i].told)
            fail_msg("case %zu", i);
        if (!cases[i].told)
            continue;
        struct heard report = take_mail(h, MSG_compose_report);
        assert_int_equal(report.a, 1); /* for machines too */
        assert_false(house_heard(h, &h->convert, MSG_compose_report));
        if (strstr(cases[i].wishes, "rfc822"))
            assert_non_null(strstr(report.text, "\"original\":\"rfc822;a@b\""));
        assert_int_equal(strstr(report.text, "\"unasked\":true") != NULL, i == 4);
    }
}

/* proves: D1 */
static void refusal_is_not_told_where_nobody_wants_to_hear_of_failures(void **state)
{
    struct house *h = *state;
    struct note n = refused;
    static const char *const silent[] = {"1 \n1 ", "1 \n2 ", "1 \nA rfc822;a@b"};
    for (size_t i = 0; i < ARRAY_LEN(silent); i++) {
        n.wishes = silent[i];
        (void)send_mail(h, &n);
        assert_false(house_heard(h, &h->convert, MSG_compose_answer));
    }
    n.wishes = "1 \n4 ";
    (void)send_mail(h, &n);
    assert_int_equal(take_mail(h, MSG_compose_answer).b, 1);
}

/* ---- loops ---- */

/* proves: D1 */
static void mail_of_a_program_is_kept_and_never_answered(void **state)
{
    struct house *h = *state;
    struct note n = refused;
    n.manners = MAIL_IS_AUTOMATIC;
    (void)send_mail(h, &n);
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
    n = refused;
    n.envelope = "";
    (void)send_mail(h, &n);
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
    /* Refused later, for a document that breaks. */
    (void)send_mail(h, &(struct note){.to = TO(""), .manners = MAIL_IS_AUTOMATIC});
    struct heard asked = house_take(h, &h->convert, MSG_render);
    house_answer(h, &h->convert, &asked,
                 MESSAGE(rendered, .document = asked.id, .verdict = VERDICT_GIVE_UP,
                         .code = "document-damaged", .reason = "It is damaged."));
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
    (void)send_mail(h, &refused);
    (void)take_mail(h, MSG_compose_answer);
    assert_int_equal(sql_get_int(h->queue.store.sql, 0, "SELECT count(*) FROM mail_in WHERE state = ?1", "n",
                                 (int)MAIL_IN_REFUSED),
                     4);
}

static const char *envelope_of_next(struct house *h)
{
    static char sender[512];
    struct heard deliver = house_take(h, &h->mailout, MSG_deliver);
    (void)str_copy(sender, sizeof(sender), deliver.envelope);
    house_answer(h, &h->mailout, &deliver, MESSAGE(delivered, .mail = deliver.id));
    return sender;
}

/* RFC 3834 §3.3: the answer to a mail that was not taken has no envelope sender, so nothing answers it; a
 * received fax (D7) and a report have one, for their bounces are wanted. */
/* proves: S3.13 */
static void refusals_have_no_envelope_sender_and_faxes_and_reports_have_one(void **state)
{
    struct house *h = *state;
    (void)send_mail(h, &refused);
    (void)take_mail(h, MSG_compose_answer);
    assert_string_equal(envelope_of_next(h), "");
    receive_fax(h);
    (void)take_mail(h, MSG_compose_received);
    assert_non_null(strchr(envelope_of_next(h), '@'));
    send_fax(h, true);
    (void)take_mail(h, MSG_compose_report);
    assert_non_null(strchr(envelope_of_next(h), '@'));
}

static void who_asks_for_it_is_answered_for_machines(void **state)
{
    struct house *h = *state;
    struct note n = refused;
    (void)send_mail(h, &n);
    assert_int_equal(take_mail(h, MSG_compose_answer).b, 0);
    n.manners = MAIL_WANTS_DSN;
    (void)send_mail(h, &n);
    assert_int_equal(take_mail(h, MSG_compose_answer).b, 1);
    (void)send_mail(h, &(struct note){.to = TO(""), .manners = MAIL_WANTS_DSN});
    answer_all_renders(h, 1);
    struct job j = job_to(h, "+390501234567");
    cancel(h, &j);
    assert_int_equal(take_mail(h, MSG_compose_report).a, 1);
}

/* ---- words ---- */

static const char *next_template(struct house *h)
{
    static char template[512];
    receive_fax(h);
    (void)str_copy(template, sizeof(template), strchr(take_mail(h, MSG_compose_received).more, '\n') + 1);
    return template;
}

static void assert_shipped(struct house *h, const char *language, bool neutral)
{
    const char *text = mail_template_shipped(MAIL_TEMPLATE_RECEIVED, language, neutral);
    assert_memory_equal(next_template(h), text, 200);
}

/* proves: S2.18 S4.11 */
static void words_are_the_box_s_language_the_tenant_s_own_template_or_the_shipped_one(void **state)
{
    struct house *h = *state;
#define TENANT(settings) "{\"tenants\":[{\"name\":\"main\"," settings "}]}"
    assert_shipped(h, "en", false);
    apply(h, TENANT("\"language\":\"de\""));
    assert_shipped(h, "de", false);
    apply(h, TENANT("\"mail_style\":\"neutral\""));
    assert_shipped(h, "de", true);
    apply(h, BACK("\"language\":\"fr\""));
    assert_shipped(h, "fr", true);
    apply(h, "{\"mail_templates\":[{\"name\":\"received\",\"language\":\"fr\","
             "\"text\":\"subject: Un fax\\nfile: fax\\ntext:\\n{pages}\\n\"}]}");
    assert_string_equal(next_template(h), "subject: Un fax\nfile: fax\ntext:\n{pages}\n");
    apply(h, BACK("\"language\":\"\""));
    assert_shipped(h, "de", true);
    apply(h, BACK("\"language\":\"fr\""));
    apply(h, "{\"mail_templates\":[{\"name\":\"received\",\"language\":\"fr\",\"absent\":true}]}");
    assert_shipped(h, "fr", true);
}

/* He wants no faxes of his own boxes; this one is of a box that nobody reads. */
static void fallback_address_gets_what_nobody_receives_whatever_its_owner_wants(void **state)
{
    struct house *h = *state;
    apply(h, "{\"tenants\":[{\"name\":\"main\",\"fallback_address\":\"ann@example.com\"}]}");
    apply(h, ANN("\"notify_received\":\"never\""));
    apply(h, BACK("\"users\":[],\"permissions\":[],\"recipients\":[]"));
    receive_fax(h);
    assert_string_equal(take_mail(h, MSG_compose_received).text, "ann@example.com");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(received_fax_goes_to_further_recipients_in_the_format_of_its_box,
                                        house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(report_goes_to_the_sender_whatever_became_of_his_fax, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(failed_fax_is_reported_too_and_to_whom_the_box_says, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(delivered_fax_is_not_reported_where_the_box_wants_failures_alone,
                                        house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(who_has_no_valid_certificate_is_told_so_and_nothing_else, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(who_wants_his_mails_encrypted_is_told_nothing_in_clear, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(client_of_a_mail_says_what_he_is_told_of, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(refusal_is_not_told_where_nobody_wants_to_hear_of_failures,
                                        house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(only_failures_are_reported_to_who_wants_it_so, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(failure_is_reported_to_who_wants_failures_alone, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(nothing_is_reported_to_who_wants_nothing, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(wish_of_a_person_goes_before_that_of_the_box, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(fallback_address_gets_what_nobody_receives_whatever_its_owner_wants,
                                        house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(
            person_who_wants_no_received_faxes_gets_none_and_no_fallback_stands_in, house_setup,
            house_teardown),
        cmocka_unit_test_setup_teardown(answers_go_to_another_address_or_to_nobody, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(mail_of_a_program_is_kept_and_never_answered, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(refusals_have_no_envelope_sender_and_faxes_and_reports_have_one,
                                        house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(who_asks_for_it_is_answered_for_machines, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(
            words_are_the_box_s_language_the_tenant_s_own_template_or_the_shipped_one, house_setup,
            house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

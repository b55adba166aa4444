/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails that were polled, from the question about their keys to their jobs: for which box, and whose word
 * counts. */
#include <errno.h>
#include <string.h>

#include "submit_steps.h"

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "store/mailboxes.h"
#include "store/mails.h"

#define FACTS(dmarc, from)                                                                                   \
    "dmarc=" dmarc " policy=reject spf=none dkim=none arc=none arc.dmarc=none from=" from
#define PROVEN FACTS("pass", "ann@example.com")

struct polled {
    const char *from, *addressees, *subject, *facts;
    bool bare, pgp;
};

static unsigned keys;
static const char to_mailbox[] = "fax@clinic.example\t0501234567\n";

/* Mailbox "scans" serves front and back, from both of which ann may send; side is hers too. */
static int setup(void **state)
{
    int failed = house_setup(state);
    struct house *h = *state;
    apply(h, "{\"tenants\":[{\"name\":\"main\"}],"
             "\"mailboxes\":[{\"name\":\"scans\",\"tenant\":\"main\",\"address\":\"fax@clinic.example\","
             "\"host\":\"mail.clinic.example\",\"interval\":60}],"
             "\"faxboxes\":[{\"id\":\"front\",\"mailbox\":\"scans\"},"
             "{\"id\":\"side\",\"name\":\"Side\",\"tenant\":\"main\",\"users\":[{\"user\":\"ann\"}]}]}");
    house_run(h);
    return failed;
}

static void serve_back_too(struct house *h)
{
    apply(h, "{\"faxboxes\":[{\"id\":\"back\",\"mailbox\":\"scans\",\"users\":[{\"user\":\"ann\"}]}]}");
}

static struct id scans(struct house *h)
{
    struct mailbox *list;
    struct arena a;
    arena_init(&a);
    assert_int_equal(mailbox_all(&h->queue.store, &a, &list), 1);
    struct id id = list[0].id;
    arena_clear(&a);
    return id;
}

/* Of that key; what fetch is told: 0, or an errno. */
static uint32_t bring(struct house *h, const char *key, const char *facts)
{
    house_ask(h, &h->fetch,
              MESSAGE(mailbox_take, .mail = id_new(), .mailbox = scans(h), .key = key, .announced = 8,
                      .facts = facts, .data = span_str("raw mail")));
    return house_take(h, &h->fetch, MSG_mailbox_taken).a;
}

static const char *known(struct house *h, const char *key)
{
    static char states[8];
    house_ask(h, &h->fetch, MESSAGE(mailbox_keys, .mailbox = scans(h), .keys = key));
    (void)str_copy(states, sizeof(states), house_take(h, &h->fetch, MSG_mailbox_known).text);
    return states;
}

static struct id take_polled(struct house *h, const struct polled *p)
{
    char text[64];
    (void)str_format(text, sizeof(text), "key %u", ++keys);
    assert_int_equal(bring(h, text, p->facts ? p->facts : PROVEN), 0);
    struct heard asked = house_take(h, &h->convert, MSG_unpack);
    (void)str_format(text, sizeof(text), "polled-%u@example.com", keys);
    SCOPED_FD int parts =
        p->bare ? fd_sealed_memory("parts", span_of("FXPARTS1\0\0\0\0\0\0\0\0", 16)) : one_part();
    house_answer(h, &h->convert, &asked,
                 MESSAGE(unpacked, .mail = asked.id, .from = p->from ? p->from : "ann@example.com",
                         .addressees = p->addressees ? p->addressees : to_mailbox,
                         .subject = p->subject ? p->subject : "", .message_id = text, .pgp = p->pgp,
                         .parts = parts));
    return asked.id;
}

static void assert_faxed(struct house *h, const struct polled *p, const char *number, const char *box)
{
    int64_t before = count_jobs(h);
    (void)take_polled(h, p);
    if (house_heard(h, &h->convert, MSG_compose_answer))
        fail_msg("answered: %s", house_take(h, &h->convert, MSG_compose_answer).text);
    answer_all_renders(h, 1);
    assert_int_equal(count_jobs(h), before + 1);
    assert_string_equal(job_to(h, number).faxbox, box);
    (void)sql_run(h->queue.store.sql, "UPDATE job SET number = 'x', state = ?1 WHERE number = ?2", "nt",
                  (int)JOB_FAILED, number);
}

/* part: of the answer, and of the reason that stays with the dead letter; answered: else the sender hears
 * nothing. */
static void assert_dead(struct house *h, const struct polled *p, const char *part, bool answered)
{
    struct dead_letter d;
    struct arena a;
    int64_t before = count_jobs(h);
    struct id mail = take_polled(h, p);
    if (answered)
        assert_non_null(strstr(take_mail(h, MSG_compose_answer).text, part));
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
    assert_false(house_heard(h, &h->convert, MSG_render));
    assert_int_equal(count_jobs(h), before);
    arena_init(&a);
    assert_true(dead_letter_find(&h->queue.store, mail, &a, &d));
    if (!strstr(d.reason, part) && !strstr(d.code, part))
        fail_msg("no \"%s\" in: %s %s", part, d.code, d.reason);
    arena_clear(&a);
}

/* ---- PGP ---- */

/* Whoever writes ann's address into a mail has no key of hers used, and none of ours. */
/* proves: A5 S2.5 */
static void nothing_is_opened_before_its_author_is_proven(void **state)
{
    struct house *h = *state;
    static const char *const facts[] = {FACTS("fail", "ann@example.com"), FACTS("none", "ann@example.com"),
                                        FACTS("pass", "eve@evil.net")};
    for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
        (void)take_polled(h, &(struct polled){.facts = facts[i], .pgp = true});
        assert_false(house_heard(h, &h->convert, MSG_pgp_open));
        assert_false(house_heard(h, &h->convert, MSG_compose_answer));
    }
    assert_dead(h, &(struct polled){.facts = facts[0], .pgp = true}, "unverified-sender", false);
    (void)take_polled(h, &(struct polled){.pgp = true});
    assert_true(house_heard(h, &h->convert, MSG_pgp_open));
}

/* ---- which box, which number ---- */

/* proves: S4.3 A2 */
static void number_stands_in_the_display_name_behind_a_plus_or_in_the_subject(void **state)
{
    struct house *h = *state;
    static const struct polled forms[] = {
        {.addressees = "fax@clinic.example\t0501234567\n"},
        {.addressees = "fax@clinic.example\tReception Desk 0501234567\n"},
        {.addressees = "FAX@Clinic.example\t0501234567\n"},
        {.addressees = "somebody@else.example\tBob 5\nfax@clinic.example\t0501234567\n"},
        {.addressees = "fax+0501234567@clinic.example\t\n"},
        {.addressees = "fax@clinic.example\t\n", .subject = "Re: [x] 0501234567"},
        {.addressees = "fax@clinic.example\t\n", .subject = "0501234567@front"},
        {.addressees = "\t\n", .subject = "0501234567"},        /* Bcc */
        {.addressees = "0501234567@front.fax.example.com\t\n"}, /* it catches our domain's mail */
        {.addressees = "fax@clinic.example\t0501234567\nside+0509999999@fax.example.com\t\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        assert_faxed(h, &forms[i], "+390501234567", "front");
    assert_dead(h, &(struct polled){.addressees = "fax@clinic.example\t\n", .subject = "hello"}, "number",
                true);
}

/* proves: S2.4 S2.8 */
static void mailbox_serves_the_boxes_that_name_it(void **state)
{
    struct house *h = *state;
    assert_faxed(h, &(struct polled){.subject = ""}, "+390501234567", "front"); /* side does not name it */
    assert_dead(h, &(struct polled){.addressees = "fax@clinic.example\t\n", .subject = "0501234567@side"},
                "There is: front", true);
    serve_back_too(h);
    assert_dead(h, &(struct polled){.subject = ""}, "several boxes (back, front)", true);
    assert_faxed(h, &(struct polled){.addressees = "fax@clinic.example\t\n", .subject = "0501234567@back"},
                 "+390501234567", "back");
    assert_faxed(h, &(struct polled){.addressees = "fax@clinic.example\t\n", .subject = "0501234567@FRONT"},
                 "+390501234567", "front");
    apply(h, "{\"faxboxes\":[{\"id\":\"front\",\"mailbox\":\"\"},{\"id\":\"back\",\"mailbox\":\"\"}]}");
    assert_dead(h, &(struct polled){.facts = ""}, "may send from no fax box", false);
}

/* proves: S2.6 */
static void case_of_the_mailboxs_address_counts_where_the_boxes_say_so(void **state)
{
    struct house *h = *state;
    apply(h, "{\"faxboxes\":[{\"id\":\"front\",\"address_case\":\"exact\"}]}");
    assert_faxed(h, &(struct polled){.addressees = "fax@CLINIC.example\t0501234567\n"}, "+390501234567",
                 "front");
    assert_dead(h, &(struct polled){.addressees = "Fax@clinic.example\t0501234567\n"}, "upper and lower case",
                true);
}

/* ---- whose it is ---- */

/* proves: A5 D1 */
static void forged_or_unknown_sender_gets_no_fax_and_no_answer(void **state)
{
    struct house *h = *state;
    static const char *const facts[] = {FACTS("fail", "ann@example.com"), FACTS("none", "ann@example.com")};
    for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
        assert_dead(h, &(struct polled){.facts = facts[i]}, "unverified-sender", false);
        assert_dead(h, &(struct polled){.facts = facts[i], .addressees = "fax@clinic.example\t\n"}, "number",
                    false);
        assert_dead(h, &(struct polled){.facts = facts[i], .bare = true}, "unverified-sender", false);
    }
    assert_dead(h, &(struct polled){.facts = FACTS("pass", "eve@evil.net")}, "author-unclear", false);
    assert_dead(h, &(struct polled){.from = "eve@evil.net", .facts = FACTS("pass", "eve@evil.net")},
                "may send from no fax box", false);
    assert_dead(h, &(struct polled){.bare = true}, "no attachment",
                true); /* whose own word is wrong is told */
}

/* proves: A5 S4.5 */
static void mail_the_dns_cannot_judge_waits_longer_each_time(void **state)
{
    struct house *h = *state;
    static const char later[] = FACTS("temperror", "ann@example.com");
    for (int64_t wait_s = 60; wait_s < 3600; wait_s *= 2) {
        assert_string_equal(known(h, "slow"), "n");
        assert_int_equal(bring(h, "slow", later), EAGAIN);
        assert_string_equal(known(h, "slow"), "w");
        (void)sql_run(h->queue.store.sql, "UPDATE mailbox_key SET not_before_ms = not_before_ms - ?1", "i",
                      wait_s * 1000 - 30000);
        assert_string_equal(known(h, "slow"), "w");
        (void)sql_run(h->queue.store.sql, "UPDATE mailbox_key SET not_before_ms = not_before_ms - 30000", "");
    }
    assert_false(house_heard(h, &h->convert, MSG_unpack));
    house_restart_queue(h);
    assert_int_equal(bring(h, "slow", PROVEN), 0);
    assert_string_equal(known(h, "slow"), "t");
    assert_int_equal(bring(h, "slow", PROVEN), 0); /* asked again: it is here */
    (void)house_take(h, &h->convert, MSG_unpack);
    assert_false(house_heard(h, &h->convert, MSG_unpack));
    /* Nobody waits for the DNS of somebody who may not send. */
    assert_int_equal(bring(h, "eve", FACTS("temperror", "eve@evil.net")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(number_stands_in_the_display_name_behind_a_plus_or_in_the_subject,
                                        setup, house_teardown),
        cmocka_unit_test_setup_teardown(nothing_is_opened_before_its_author_is_proven, setup, house_teardown),
        cmocka_unit_test_setup_teardown(mailbox_serves_the_boxes_that_name_it, setup, house_teardown),
        cmocka_unit_test_setup_teardown(case_of_the_mailboxs_address_counts_where_the_boxes_say_so, setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(forged_or_unknown_sender_gets_no_fax_and_no_answer, setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(mail_the_dns_cannot_judge_waits_longer_each_time, setup,
                                        house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

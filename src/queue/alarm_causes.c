/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One function a cause. Each reads what is so now, and says nothing of what was. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "queue/alarms.h"
#include "queue/dialling.h"
#include "queue/fax_secrets.h"
#include "queue/nodes.h"
#include "store/archive.h"
#include "store/mailboxes.h"
#include "store/prints.h"
#include "store/provision.h"
#include "store/reports.h"
#include "store/room.h"
#include "queue/people.h"
#include "store/identities.h"
#include "store/self_tests.h"
#include "store/webhooks.h"
#include "store/trunk_health.h"

enum { LATE_MINUTES = 15, CRASHES_ALARM = 3, FAX_GUESSES = 5 };
#define MINUTE_MS        (60LL * 1000)
#define HOUR_MS          (60 * MINUTE_MS)
#define DAY_MS           (24 * HOUR_MS)
#define CRASHES_MS       (10 * MINUTE_MS) /* so many crashes within that time, told for an hour */
#define CERTIFICATE_MS   (21 * DAY_MS)
#define PRINT_LATE_MS    (15 * MINUTE_MS)
#define ARCHIVE_LATE_MS  (15 * MINUTE_MS)
#define GUESSES_SHOWN_MS DAY_MS

/* What one node of several finds about itself is named after it. */
static const char *of_node(struct alarm_finds *f, const char *subject)
{
    struct arena *a = &f->q->arena;
    return f->q->nodes.several && *f->node ? arena_format(a, "%s%s%s", subject, *subject ? ", " : "", f->node)
                                           : arena_strdup(a, subject);
}

static void found(struct alarm_finds *f, const char *code, const char *subject, struct id tenant,
                  const char *format, ...) PRINTF_LIKE(5, 6);
static void found(struct alarm_finds *f, const char *code, const char *subject, struct id tenant,
                  const char *format, ...)
{
    enum { TEXT_MAX = 1200 };
    char text[TEXT_MAX];
    va_list args;
    if (f->count == ALARMS_FOUND_MAX)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    f->list[f->count++] = (struct alarm){.code = arena_strdup(&f->q->arena, code),
                                         .subject = of_node(f, subject),
                                         .node = f->node,
                                         .tenant = tenant,
                                         .text = arena_strdup(&f->q->arena, text)};
}

static bool to_maildir(const struct queue *q)
{
    return str_starts(q->conf->deliver, "maildir:");
}

static void find_setup(struct alarm_finds *f)
{
    struct queue *q = f->q;
    if (!*store_meta(&q->store, &q->arena, "fax_domain"))
        found(f, "no-fax-domain", "", ID_NONE,
              "There is no fax domain, so no mail can name a number. Set it: faxpost set "
              "installation.fax_domain "
              "fax.example.com");
    if (!report_has_trunk(&q->store))
        found(f, "no-trunk", "", ID_NONE,
              "There is no trunk, so no fax can be sent or received. Add one to the provisioning: faxpost "
              "apply");
    if (!to_maildir(q) && !report_has_mail_server(&q->store))
        found(f, "no-mail-server", "", ID_NONE,
              "There is no mail server. Mails are made and kept until there is one: faxpost set "
              "mail_server.host ...");
}

static void find_trunks(struct alarm_finds *f)
{
    struct trunk *list;
    size_t n = all_trunks(f->q, &list);
    for (size_t i = 0; i < n; i++) {
        struct stored_health h;
        if (trunk_health_find(&f->q->store, &f->q->arena, list[i].name, &h) && h.state == TRUNK_DOWN)
            found(f, "trunk-down", list[i].name, ID_NONE, "The trunk %s is down: %s", list[i].name, h.text);
    }
}

static void find_test_results(struct alarm_finds *f, const char *trunk, bool t38)
{
    struct self_test list[SELF_TEST_TREND_LOOKS];
    struct self_test_figures figures[SELF_TEST_TREND_LOOKS];
    size_t n = self_test_results(&f->q->store, trunk, t38, &f->q->arena, list, SELF_TEST_TREND_LOOKS);
    for (size_t i = 0; i < n; i++)
        figures[i] = list[i].figures;
    const struct self_test_judgement j = self_test_judge(figures, n);
    const char *mode = t38 ? "T.38" : "G.711";
    const char *subject = arena_format(&f->q->arena, "%s, %s", trunk, mode);
    if (j.trend == SELF_TEST_BAD)
        found(f, "trunk-test-failed", subject, ID_NONE, "The self-test of trunk %s in %s failed: %s", trunk,
              mode, list[0].reason);
    else if (j.trend == SELF_TEST_WORSE)
        found(f, "trunk-test-worse", subject, ID_NONE,
              "The self-test of trunk %s in %s came back, but worse than usual: %s.", trunk, mode, j.why);
}

static void find_self_tests(struct alarm_finds *f)
{
    struct trunk *list;
    size_t n = all_trunks(f->q, &list);
    for (size_t i = 0; i < n; i++) {
        if (!*list[i].self_test_number)
            continue;
        if (trunk_may_t38(&list[i]))
            find_test_results(f, list[i].name, true);
        find_test_results(f, list[i].name, false);
    }
}

/* The one that has been so for longest. */
static bool an_example(struct alarm_finds *f, enum mail_out_state state, struct mail_out *m)
{
    struct id id;
    const struct report_mail_filter filter = {.state = (int)state, .recipient = ""};
    const struct report_cursor one = {.most = 1};
    return report_mails(&f->q->store, &SCOPE_ALL, &filter, &one, &id) == 1 &&
           mail_out_find(&f->q->store, id, &f->q->arena, m);
}

/* Of one the reason in words, for it tells what to do. */
static void find_failed_mails(struct alarm_finds *f)
{
    struct mail_out m;
    struct store *s = &f->q->store;
    int64_t failed = report_count_mails(s, &SCOPE_ALL, MAIL_OUT_FAILED);
    int64_t returned = report_count_mails(s, &SCOPE_ALL, MAIL_OUT_RETURNED);
    if (returned > 0 && an_example(f, MAIL_OUT_RETURNED, &m))
        found(f, "mail-returned", "", ID_NONE,
              "%" PRId64
              " %s back, such as one to %s: %s `faxpost mails list` shows them; delete what is settled",
              returned, returned == 1 ? "mail came" : "mails came", m.recipient, m.reason);
    if (failed > 0 && an_example(f, MAIL_OUT_FAILED, &m))
        found(f, "mail-failed", "", ID_NONE, "%" PRId64 " %s refused for good, such as one to %s: %s", failed,
              failed == 1 ? "mail was" : "mails were", m.recipient, m.reason);
}

static void find_waiting_mails(struct alarm_finds *f)
{
    uint64_t minutes;
    struct queue *q = f->q;
    if (!str_to_u64(store_meta(&q->store, &q->arena, "mail_alarm_minutes"), 10000, &minutes) || minutes == 0)
        minutes = LATE_MINUTES;
    int64_t late = report_late_mails(&q->store, q->now_ms - (int64_t)minutes * MINUTE_MS);
    const char *trouble = report_mail_trouble(&q->store, &q->arena);
    if (late > 0)
        found(f, "mail-late", "", ID_NONE,
              "%" PRId64 " mails with received faxes have waited for more than %d minutes. %s", late,
              (int)minutes, trouble);
    else if (*trouble)
        found(f, "mail-waits", "", ID_NONE, "Mail does not leave: %s", trouble);
}

/* By tenant, for its administrators see them too. */
static void find_too_large(struct alarm_finds *f)
{
    struct tenant *list;
    size_t n = provision_tenants(&f->q->store, &f->q->arena, &list);
    for (size_t i = 0; i < n; i++) {
        const struct scope w = {.tenant = list[i].id};
        int64_t count = mailbox_too_large(&f->q->store, &w);
        if (count > 0)
            found(f, "mailbox-too-large", list[i].name, list[i].id,
                  "%" PRId64
                  " %s fetched from mailboxes larger than smtp_max_bytes and not faxed. `faxpost deadletter "
                  "list` shows them; delete what is settled.",
                  count, count == 1 ? "mail was" : "mails were");
    }
}

/* Each by name: another password is another person's work. */
static void find_mailboxes(struct alarm_finds *f)
{
    struct mailbox_state *list;
    size_t n = mailbox_states(&f->q->store, &SCOPE_ALL, &f->q->arena, &list);
    for (size_t i = 0; i < n; i++) {
        if (!list[i].ok)
            found(f, list[i].code, list[i].name, list[i].tenant, "Mailbox %s is not read: %s", list[i].name,
                  list[i].text);
        if (!list[i].used)
            found(
                f, "mailbox-unused", list[i].name, list[i].tenant,
                "No faxbox names the mailbox %s, so every mail in it becomes a dead letter. Name it in a box "
                "(mailbox), or take it away.",
                list[i].name);
    }
    find_too_large(f);
}

static void find_held_jobs(struct alarm_finds *f)
{
    struct report_held *list;
    size_t n = report_held_jobs(&f->q->store, &f->q->arena, &list);
    for (size_t i = 0; i < n; i++)
        found(f, "jobs-held", list[i].tenant_name, list[i].tenant,
              "Held until a person releases them: %" PRId64
              " of the faxes to send; faxpost status lists them",
              list[i].jobs);
}

static void find_guesses(struct alarm_finds *f)
{
    uint64_t at_ms;
    struct queue *q = f->q;
    char *at = arena_strdup(&q->arena, store_meta(&q->store, &q->arena, "login.alarm")),
         *blank = strchr(at, ' ');
    if (!blank)
        return;
    *blank = 0;
    if (str_to_u64(at, INT64_MAX, &at_ms) && (int64_t)at_ms > q->now_ms - GUESSES_SHOWN_MS)
        found(f, "logins-guessed", "", ID_NONE, "%s", blank + 1);
}

static void find_fax_guesses(struct alarm_finds *f)
{
    struct report_guessed *list;
    size_t n = report_guessed_passwords(&f->q->store, &f->q->arena, f->q->now_ms - GUESSES_SHOWN_MS,
                                        FAX_GUESSES, &list);
    for (size_t i = 0; i < n; i++)
        found(f, "fax-password-guessed", list[i].faxbox, list[i].tenant,
              "%" PRId64 " calls to box %s within a day did not say its fax password (PWD), or what its "
              "document for polling wants (SEP, PWD). The last came from %s. They got nothing.",
              list[i].calls, list[i].faxbox, *list[i].calling ? list[i].calling : "an unknown number");
}

/* One of 10 s looks: 60 us a box. Where the key is another one, it is so for all of them. */
static void find_lost_fax_passwords(struct alarm_finds *f)
{
    enum { LOOKS = 100 };
    struct box_password list[LOOKS];
    const char *lost = NULL;
    unsigned count = 0;
    size_t n = config_box_passwords(&f->q->store, &f->q->arena, list, LOOKS);
    for (size_t i = 0; i < n; i++) {
        if (fax_secret_opens(f->q, list[i].password))
            continue;
        lost = list[i].box;
        count++;
    }
    if (lost)
        found(
            f, "fax-password-lost", "", ID_NONE,
            "The fax password of %u %s, such as %s, was sealed by another installation, so nobody knows it. "
            "Calls to it are refused (480) until it has a new one: faxpost set faxboxes.%s.fax_password ...",
            count, count == 1 ? "box" : "boxes", lost, lost);
}

/* ---- this machine ---- */

static void find_disk(struct alarm_finds *f)
{
    struct store_room r;
    char text[ROOM_TEXT_LEN];
    if (!room_of_store(&f->q->store, &r))
        return;
    enum room room = room_judge(&r);
    room_describe(&r, text);
    if (room == ROOM_FULL || f->q->lacks != 0)
        found(f, "disk-full", "", ID_NONE, "Where the state directory lies %s.", text);
    else if (room == ROOM_LOW)
        found(f, "disk-low", "", ID_NONE, "Where the state directory lies %s.", text);
}

static void find_certificate(struct alarm_finds *f)
{
    struct queue *q = f->q;
    int64_t until = q->certificate_until_ms, left = until - q->now_ms;
    if (until == 0 || left > CERTIFICATE_MS)
        return;
    if (left > 0)
        found(f, "certificate-ends", "", ID_NONE,
              "The certificate that we show (tls_certificate) ends in %" PRId64
              " days; after that who checks it does not "
              "speak with us any more.",
              (int64_t)(left / DAY_MS));
    else
        found(f, "certificate-ended", "", ID_NONE,
              "The certificate that we show (tls_certificate) ended %" PRId64 " days ago.",
              (int64_t)(-left / DAY_MS));
}

static void find_office(struct alarm_finds *f)
{
    if (*f->q->office_refused)
        found(f, "office-refused", "", ID_NONE, "%s", f->q->office_refused);
    else if (*f->q->office_trouble)
        found(f, "libreoffice-missing", "", ID_NONE, "%s", f->q->office_trouble);
}

static void find_crashes(struct alarm_finds *f)
{
    struct queue *q = f->q;
    for (int r = 0; r < ROLE_COUNT; r++) {
        const struct role_crashes *c = &q->crashes[r];
        if (c->alarm_ms && q->steady_ms - c->alarm_ms < HOUR_MS)
            found(f, "role-crashes", role_name((enum role)r), ID_NONE,
                  "The role %s died %d times within ten minutes, last within the hour. What it worked on is "
                  "taken up again.",
                  role_name((enum role)r), CRASHES_ALARM);
    }
}

void alarms_note_crash(struct queue *q, enum role role)
{
    struct role_crashes *c = &q->crashes[role];
    int64_t now_ms = q->steady_clock();
    memmove(&c->at_ms[1], &c->at_ms[0], sizeof(c->at_ms) - sizeof(c->at_ms[0]));
    c->at_ms[0] = now_ms;
    int64_t first = c->at_ms[CRASHES_ALARM - 1];
    if (first && now_ms - first <= CRASHES_MS)
        c->alarm_ms = now_ms;
}

static void find_clock(struct alarm_finds *f)
{
    struct queue *q = f->q;
    if (q->clock_set_ms && q->steady_ms - q->clock_set_ms < HOUR_MS)
        found(f, "clock-set", "", ID_NONE,
              "The clock of this machine was set %s by %" PRId64
              " s within the last hour. What waits goes with it.",
              q->clock_set_by_ms > 0 ? "forward" : "back",
              (q->clock_set_by_ms > 0 ? q->clock_set_by_ms : -q->clock_set_by_ms) / 1000);
}

/* Shorter ones are a server's restart. */
static void find_store(struct alarm_finds *f)
{
    enum { AWAY_ALARM_MS = 10000 };
    const struct queue *q = f->q;
    if (q->store_away_ms >= AWAY_ALARM_MS && q->steady_ms - q->store_back_ms < HOUR_MS)
        found(
            f, "store-away", "", ID_NONE,
            "PostgreSQL could not be reached for %" PRId64
            " s, until within the last hour. Nothing that was accepted is lost; mail and calls were refused "
            "meanwhile, and calls under way go on at the first page that was not confirmed.",
            q->store_away_ms / 1000);
}

static void find_webhooks(struct alarm_finds *f)
{
    struct webhook_given_up *list;
    size_t n = webhook_given_up(&f->q->store, &f->q->arena, f->q->now_ms - DAY_MS, &list);
    for (size_t i = 0; i < n; i++)
        found(f, "webhook-given-up", list[i].webhook, list[i].tenant,
              "The webhook %s was not told of %" PRId64 " things in the last day, after all tries: %s",
              list[i].webhook, list[i].calls, list[i].reason);
}

/* "MOMENT TAB CODE TAB TEXT" of its last reading (queue/people.h). */
static void find_directories(struct alarm_finds *f)
{
    struct queue *q = f->q;
    struct identity_source *list;
    size_t n = identity_sources(&q->store, IDENTITY_DIRECTORY, &q->arena, &list);
    for (size_t i = 0; i < n; i++) {
        const char *state = store_meta(&q->store, &q->arena, directory_state_key(&q->arena, list[i].name));
        const char *code = strchr(state, '\t'), *text = code ? strchr(code + 1, '\t') : NULL;
        if (!text || text == code + 1)
            continue;
        found(f, str_starts(code + 1, "directory-shrinks") ? "directory-shrinks" : "directory-away",
              list[i].name, list[i].tenant_id, "%s", text + 1);
    }
}

/* Their mails have gone; but who looks at the printer's tray alone misses them. */
static void find_prints(struct alarm_finds *f)
{
    struct print_trouble *list;
    int64_t now_ms = f->q->now_ms;
    size_t n = print_troubles(&f->q->store, &f->q->arena, now_ms - DAY_MS, now_ms - PRINT_LATE_MS, &list);
    for (size_t i = 0; i < n; i++)
        found(f, "print-failed", list[i].faxbox, list[i].tenant,
              "Of box %s %" PRId64 " faxes wait for its printer and %" PRId64
              " were given up in the last day: %s",
              list[i].faxbox, list[i].waiting, list[i].failed, list[i].reason);
}

static void find_archive_place(struct alarm_finds *f, const struct archive_place *p)
{
    struct archive_figures n;
    archive_figures(&f->q->store, p->name, false, &n);
    bool fails = p->fails > 1 || (p->fails > 0 && f->q->now_ms - p->failing_ms > ARCHIVE_LATE_MS);
    bool mistaken = p->fails > 0 && str_equal(p->code, "archive-other-place");
    bool late = n.waiting > 0 && f->q->now_ms - n.oldest_ms > ARCHIVE_LATE_MS;
    if (p->enabled && mistaken)
        found(f, "archive-other-place", p->name, ID_NONE, "The archive place %s: %s", p->name, p->reason);
    else if (p->enabled && (fails || late))
        found(f, "archive-place", p->name, ID_NONE, "%" PRId64 " faxes wait for the archive place %s. %s",
              n.waiting, p->name, p->reason);
    if (n.damaged > 0)
        found(f, "archive-damaged", p->name, ID_NONE,
              "%" PRId64 " copies at the archive place %s are missing there or were changed.", n.damaged,
              p->name);
    if (n.failed > 0)
        found(f, "archive-failed", p->name, ID_NONE,
              "Of %" PRId64 " faxes no file could be made for the archive place %s.", n.failed, p->name);
}

static void find_archive(struct alarm_finds *f)
{
    struct archive_place places[ARCHIVE_PLACES_MAX];
    size_t n = archive_places(&f->q->store, &f->q->arena, places);
    for (size_t i = 0; i < n; i++)
        find_archive_place(f, &places[i]);
}

/* The text is convert's, with what to install. */
static void find_reader(struct alarm_finds *f)
{
    if (*f->q->reader_trouble)
        found(f, "no-ocr", "", ID_NONE, "%s", f->q->reader_trouble);
}

static void find_nodes(struct alarm_finds *f)
{
    struct node *list;
    size_t n = nodes_all(&f->q->store, &f->q->arena, &list);
    for (size_t i = 0; i < n; i++)
        if (list[i].taken && !list[i].stopped)
            found(f, "node-gone", list[i].name, ID_NONE,
                  "The node %s has not been heard of for %" PRId64
                  " minutes; the others do its work. Start it again, or, where it is gone for good: faxpost "
                  "nodes "
                  "remove %s",
                  list[i].name, (int64_t)((f->q->now_ms - list[i].lease_ms) / MINUTE_MS), list[i].name);
}

/* What only this server knows, and each of several of itself. */
static void find_own(struct alarm_finds *f)
{
    find_disk(f);
    find_crashes(f);
    find_trunks(f);
    find_certificate(f);
    find_office(f);
    find_clock(f);
    find_store(f);
    find_reader(f);
}

void alarms_find(struct alarm_finds *f)
{
    f->node = nodes_name(f->q);
    find_own(f);
    f->node = "";
    if (!nodes_lead(f->q))
        return;
    find_nodes(f);
    find_self_tests(f);
    find_setup(f);
    find_waiting_mails(f);
    find_failed_mails(f);
    find_held_jobs(f);
    find_guesses(f);
    find_fax_guesses(f);
    find_lost_fax_passwords(f);
    find_webhooks(f);
    find_directories(f);
    find_prints(f);
    find_archive(f);
    find_mailboxes(f); /* last: they may be many */
}

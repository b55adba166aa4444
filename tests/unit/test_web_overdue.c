/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* PostgreSQL takes too long from some statement on, at every place in every GET route: who asked is told so,
 * and the next request is answered as before. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "web_place.h"

#include "store_place.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "provision/json.h"
#include "queue/report.h"
#include "store/alarms.h"
#include "store/archive.h"
#include "store/attempts.h"
#include "store/audit.h"
#include "store/blob.h"
#include "store/config.h"
#include "store/contacts.h"
#include "store/destinations.h"
#include "store/dkim_keys.h"
#include "store/faxes.h"
#include "store/jobs.h"
#include "store/mail_history.h"
#include "store/mails.h"
#include "store/offers.h"
#include "store/outbox.h"
#include "store/passkeys.h"
#include "store/prints.h"
#include "store/readings.h"
#include "store/remarks.h"
#include "store/self_tests.h"
#include "store/sessions.h"
#include "store/sql_engine.h"
#include "store/submissions.h"
#include "store/webhooks.h"
#include "web/identity.h"
#include "web/request.h"

/* ---- a database that stops answering ---- */

static const struct sql_engine *whole;
static struct sql_engine cut;
static struct sql *reader; /* the server's */
static unsigned left;      /* statements that are answered yet */
static bool was_cut;

static bool is_answered(struct sql *s)
{
    if (s->overdue || left == 0) {
        was_cut = was_cut || !s->overdue;
        s->overdue = true;
        return false;
    }
    left--;
    return true;
}

static void cut_query(struct sql_rows *r, const char *statement, const struct sql_value *values, size_t count)
{
    if (is_answered(r->sql))
        whole->query(r, statement, values, count);
    else
        r->statement = NULL;
}

static int cut_schema(struct sql *s)
{
    return is_answered(s) ? whole->schema(s) : 0;
}

/* The one report that is asked for shows the reader. */
static void report(struct store *s, struct arena *a, struct id submission, struct id job, struct buf *to)
{
    reader = s->sql;
    report_of_jobs(s, a, submission, job, to);
}

/* ---- what the store has ---- */

#define MORE                                                                                                 \
    "{\"tenants\":[{\"name\":\"t\",\"billing_codes\":[\"4711\"]}],"                                          \
    "\"users\":[{\"name\":\"boss\",\"addresses\":[\"boss@example.com\"],\"role\":\"tenant\"},"               \
    "{\"name\":\"clerk\",\"addresses\":[\"clerk@example.com\"]}],"                                           \
    "\"settings_templates\":[{\"name\":\"office\",\"tries\":5}],"                                            \
    "\"faxboxes\":[{\"id\":\"front\",\"template\":\"office\",\"numbers\":[\"+4930123\"],"                    \
    "\"users\":[{\"user\":\"u\"},{\"user\":\"clerk\"}]}],"                                                   \
    "\"mail_templates\":[{\"name\":\"cover-letter\",\"language\":\"en\",\"text\":\"subject: "                \
    "x\\ntext:\\nx\\n\"}],"                                                                                  \
    "\"webhooks\":[{\"name\":\"hook\",\"url\":\"https://example.com/\",\"events\":[\"fax.received\"]}],"     \
    "\"archive_places\":[{\"name\":\"vault\",\"kind\":\"local\",\"url\":\"offsite\",\"encrypted\":false}],"  \
    "\"identity_providers\":[{\"name\":\"idp\",\"issuer\":\"https://id.example.com\",\"client_id\":\"x\"}]," \
    "\"directories\":[{\"name\":\"ours\",\"host\":\"ldap.example.com\",\"base\":\"dc=example\"}],"           \
    "\"mailboxes\":[{\"name\":\"post\",\"address\":\"fax@example.com\",\"host\":\"127.0.0.1\"}],"            \
    "\"trunks\":[{\"name\":\"pbx\",\"peer\":\"sip:127.0.0.1:5070\"}],"                                       \
    "\"mail_server\":{\"host\":\"mail.example.com\"}}"

enum { TIME_MS = 1000000 };

static struct planted {
    struct id tenant, clerk, boss;
    struct id submission, preview, job, waiting, call, fax, mail, letter, contact, test, copy;
} p;

static struct id user_of(struct store *s, const char *address)
{
    struct id user;
    assert_true(config_user_of(s, address, &user));
    return user;
}

static struct id plant_submission(struct store *s, bool preview)
{
    const struct submission m = {.id = id_new(),
                                 .tenant = p.tenant,
                                 .faxbox = "front",
                                 .sender = "",
                                 .subject = "x.pdf",
                                 .message_id = "",
                                 .preview = preview,
                                 .dry = preview,
                                 .owner = p.clerk,
                                 .created_ms = TIME_MS};
    const struct target_row target = {.number = "200",
                                      .display = "2 00",
                                      .name = "",
                                      .kind = "local",
                                      .trunk = "",
                                      .billing = "4711",
                                      .subaddress = "",
                                      .fax_password = "",
                                      .recipient = -1};
    const struct page page = {{PAGE_WIDTH_A4, 100, PAGE_FINE}, span_str("T.6 data")};
    struct document d = {.target = TARGET_ALL, .name = "x.pdf", .type = "application/pdf"};
    submission_add(s, &m);
    submission_add_target(s, m.id, 0, &target);
    d.blob = blob_put(s, span_str("%PDF-"));
    document_add(s, m.id, &d);
    document_rendered(s, m.id, 0, &page, NULL, 1, "1", "");
    submission_move(s, m.id, SUBMISSION_ADMITTED, "", "");
    return m.id;
}

static struct id plant_job(struct store *s, bool ends)
{
    struct outcome why;
    const struct job j = {.id = id_new(),
                          .submission = p.submission,
                          .tenant = p.tenant,
                          .faxbox = "front",
                          .number = ends ? "200" : "300",
                          .display_number = "2 00",
                          .billing = "4711",
                          .created_ms = TIME_MS,
                          .next_ms = TIME_MS,
                          .pages = 1,
                          .max_tries = 3};
    job_add(s, &j);
    job_event_add(s, j.id, TIME_MS, "clerk", "held");
    if (!ends)
        return j.id;
    const struct attempt t = {.id = p.call = id_new(), .job = j.id, .out = true, .trunk = "pbx"};
    const struct page_stats page = {.rate = 14400, .coding = "T.6", .confirmed_ms = TIME_MS};
    job_start_call(s, j.id);
    attempt_add(s, &t);
    assert_true(attempt_page_add(s, t.id, &page));
    job_page_confirmed(s, j.id, 0);
    outcome_done(&why);
    job_close(s, j.id, JOB_DONE, TIME_MS, &why);
    return j.id;
}

static void plant_fax(struct store *s)
{
    const struct page page = {{PAGE_WIDTH_A4, 100, PAGE_FINE}, span_str("T.6 data")};
    const struct attempt t = {.id = id_new(), .fax = p.fax = id_new(), .trunk = "pbx"};
    const char *const tags[] = {"bill"};
    attempt_add(s, &t);
    fax_add(s, &(struct fax){.id = p.fax,
                             .tenant = p.tenant,
                             .faxbox = "front",
                             .attempt = t.id,
                             .calling = "+4940555",
                             .called = "100",
                             .answered_ms = TIME_MS});
    fax_add_page(s, p.fax, 0, &page, TIME_MS);
    fax_close(s, p.fax, FAX_COMPLETE,
              &(struct fax){.station_id = "", .ended_ms = TIME_MS, .code = "", .reason = ""});
    reading_want(s, p.fax, false);
    reading_done(s, p.fax, 0, span_str("1 1 9 9 word\n"), "word");
    tags_set(s, p.fax, p.tenant, false, tags, 1);
    tags_set(s, p.job, p.tenant, true, tags, 1);
    note_add(s, &(struct note){.id = id_new(), .about = p.fax, .user = p.clerk, .who = "clerk", .text = "x"});
    print_add(s, &(struct print){.id = id_new(), .fax = p.fax, .faxbox = "front", .asked_by = "clerk"});
}

static void plant_mails(struct store *s)
{
    struct outcome why;
    const struct mail_out m = {.id = p.mail = id_new(),
                               .tenant = p.tenant,
                               .kind = MAIL_KIND_FORWARDED,
                               .about = p.fax,
                               .sender = "",
                               .recipient = "clerk@example.com",
                               .faxbox = "front",
                               .text = "",
                               .answer_code = "",
                               .message_id = "",
                               .subject = ""};
    const struct mail_in in = {.id = p.letter = id_new(),
                               .received_ms = TIME_MS,
                               .sender = "x@example.com",
                               .recipients = "front@fax.example.com",
                               .wishes = "",
                               .client_ip = "",
                               .facts = "",
                               .blob = blob_put(s, span_str("Subject: x\r\n\r\n"))};
    mail_out_add(s, &m);
    outcome_set(&why, VERDICT_RETRY, "mail-deferred", "Later.");
    mail_event_tried(s, m.id, TIME_MS, "deferred", "main", &why);
    mail_in_add(s, &in);
    mail_in_close(s, in.id, MAIL_IN_REFUSED, "no-number", "No number.");
}

static void plant_rest(struct store *s)
{
    p.contact = id_new();
    contact_put(s, &(struct contact){.id = p.contact,
                                     .tenant = p.tenant,
                                     .user = p.clerk,
                                     .name = "Ann",
                                     .company = "",
                                     .number = "200",
                                     .note = "",
                                     .groups = "a\nb",
                                     .version = 1});
    p.test = id_new();
    self_test_add(s,
                  &(struct self_test){.id = p.test, .trunk = "pbx", .code = "", .reason = "", .steps = ""});
    p.copy = id_new();
    archive_copy_add(s, &(struct archive_copy){.id = p.copy,
                                               .about = p.fax,
                                               .tenant = p.tenant,
                                               .place = "vault",
                                               .faxbox = "front",
                                               .number = "",
                                               .object = "o",
                                               .sha256 = "",
                                               .code = "",
                                               .reason = ""});
    assert_true(legal_hold_set(
        s, &(struct legal_hold){.about = p.fax, .tenant = p.tenant, .who = "boss", .reason = ""}));
    alarm_raise(s, &(struct alarm){.id = id_new(), .code = "no-trunk", .subject = "", .text = "x"});
    audit_add(s, &(struct audit){.id = id_new(),
                                 .at_ms = TIME_MS,
                                 .tenant = p.tenant,
                                 .who = "boss",
                                 .client_ip = "",
                                 .action = "boxes.change",
                                 .subject = "front",
                                 .detail = ""});
    destination_set(s, &(struct destination){.tenant = p.tenant,
                                             .number = "200",
                                             .calls = 1,
                                             .last_ms = TIME_MS,
                                             .locked_ms = TIME_MS,
                                             .station_id = "",
                                             .last_code = "",
                                             .last_reason = "",
                                             .locked_by = "",
                                             .lock_reason = ""});
    passkey_add(s, &(struct passkey){.id = id_new(),
                                     .user = p.clerk,
                                     .name = "key",
                                     .rp = "fax.example.com",
                                     .credential = span_str("credential"),
                                     .public_key = span_str("key"),
                                     .transports = ""});
    dkim_key_put(s, &(struct dkim_key_row){.domain = "example.com",
                                           .selector = "s1",
                                           .active = true,
                                           .record = "v=DKIM1; p=AA",
                                           .secret = span_str("sealed")});
    offer_set(s, &(struct offer){.faxbox = "front",
                                 .submission = p.submission,
                                 .selective = "",
                                 .password = "",
                                 .created_by = "clerk"});
}

static void plant_hook_call(struct store *s)
{
    struct webhook w;
    struct arena a;
    arena_init(&a);
    assert_true(webhook_named(s, "hook", &a, &w));
    webhook_call_add(s, &(struct webhook_call){.id = id_new(),
                                               .webhook = w.id,
                                               .tenant = p.tenant,
                                               .about = p.job,
                                               .event = "fax.received",
                                               .code = "",
                                               .reason = ""});
    arena_clear(&a);
}

static void plant(struct store *s, const char *dir)
{
    SCOPED_BUF struct buf result;
    buf_init(&result, 65535);
    if (provision_apply(s, &(struct provision_keys){dir, NULL}, MORE, false, &result) != 200)
        fail_msg("%s", buf_text(&result));
    p = (struct planted){.tenant = config_tenant_id(s, "t"),
                         .clerk = user_of(s, "clerk@example.com"),
                         .boss = user_of(s, "boss@example.com")};
    store_begin(s);
    p.preview = plant_submission(s, true);
    p.submission = plant_submission(s, false);
    p.job = plant_job(s, true);
    p.waiting = plant_job(s, false);
    plant_fax(s);
    plant_mails(s);
    plant_rest(s);
    plant_hook_call(s);
    store_commit(s);
}

/* ---- who asks ---- */

struct asker {
    const char *name;
    char cookie[TOKEN_TEXT_LEN]; /* "": over the unix socket */
};

static struct asker log_in(struct store *s, const char *name, struct id user, int64_t now_ms)
{
    uint8_t hash[TOKEN_HASH_LEN];
    struct asker a = {.name = name};
    token_make(a.cookie, hash);
    store_begin(s);
    session_add(s, span_of(hash, sizeof(hash)), id_new(), user, now_ms, "127.0.0.1", "test");
    store_commit(s);
    return a;
}

static int connect_as(const struct web_place *w, const struct asker *who)
{
    if (!*who->cookie)
        return web_connect(w);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&w->tcp, sizeof(w->tcp)), 0);
    assert_int_equal(fd_set_nonblocking(fd), 0);
    return fd;
}

static void get(struct web_place *w, const struct asker *who, const char *target, struct reply *a)
{
    SCOPED_BUF struct buf request;
    SCOPED_FD int fd = connect_as(w, who);
    *a = (struct reply){0};
    buf_init(&request, 4096);
    (void)buf_printf(&request, "GET /api/v1/%s HTTP/1.1\r\nHost: faxpost\r\nConnection: close\r\n", target);
    if (*who->cookie)
        (void)buf_printf(&request, "Cookie: " SESSION_COOKIE "=%s\r\n", who->cookie);
    (void)buf_append_str(&request, "\r\n");
    web_converse(w, fd, buf_span(&request), a);
}

/* ---- what is asked ---- */

enum { TARGET_LEN = 200 };

static const struct {
    const char *beginning;
    const struct id *id;
} subjects[] = {{"jobs/", &p.job},     {"faxes/", &p.fax},          {"previews/", &p.preview},
                {"mails/", &p.mail},   {"deadletters/", &p.letter}, {"submissions/", &p.submission},
                {"calls/", &p.call},   {"contacts/", &p.contact},   {"self-tests/", &p.test},
                {"archive/", &p.copy}, {"mail-server/", &p.test}};

/* What further arguments lead elsewhere; behind the last = of one the clerk. */
static const char *const more[] = {"jobs?q=200",
                                   "jobs?q=200&state=done",
                                   "jobs?state=open",
                                   "jobs?tag=bill",
                                   "faxes?q=4940",
                                   "faxes?tag=bill&q=word",
                                   "faxes?unread=1",
                                   "faxes?archived=1",
                                   "faxes?junk=1",
                                   "mails?state=open",
                                   "mails?state=sent",
                                   "mails?recipient=clerk%40example.com",
                                   "boxes?q=front",
                                   "boxes?tenant=t",
                                   "alarms?state=open",
                                   "traffic?by=day",
                                   "destinations?number=200",
                                   "destinations?locked=1",
                                   "contacts?q=ann",
                                   "usage?since=0&until=2000000",
                                   "usage.csv?since=0&until=2000000&tenant=t",
                                   "tags?of=jobs&q=b",
                                   "archive?place=vault&state=waiting",
                                   "self-tests?trunk=pbx",
                                   "webhook-calls?webhook=hook",
                                   "old-faxes?source=x&at_ms=1",
                                   "template-kinds?language=de",
                                   "passkeys?user="};

/* The first entry of that list has which name? */
static void name_of_entry(struct web_place *w, const char *list, char *name, size_t room)
{
    static const struct asker local = {.name = "the command line"};
    SCOPED_REPLY struct reply a;
    get(w, &local, list, &a);
    const json_t *entry = json_array_get(json_object_get(a.body, "items"), 0);
    const char *id = text_at(entry, "id");
    if (!str_copy(name, room, *id ? id : text_at(entry, "name")) || !*name)
        fail_msg("%s is empty: plant one", list);
}

static void put_id(const char *path, char *to, size_t room)
{
    for (size_t i = 0; i < ARRAY_LEN(subjects); i++)
        if (str_starts(path, subjects[i].beginning)) {
            (void)str_copy(to, room, id_text(*subjects[i].id));
            return;
        }
    fail_msg("no subject for %s: plant one", path);
}

/* The address of that route. */
static void target_of(struct web_place *w, const char *path, char target[TARGET_LEN])
{
    char value[100], list[TARGET_LEN];
    const char *colon = strchr(path, ':');
    if (!colon) {
        (void)str_copy(target, TARGET_LEN, path);
        return;
    }
    if (str_starts(colon, ":name")) {
        (void)str_format(list, sizeof(list), "%.*s", (int)(colon - path - 1), path);
        name_of_entry(w, list, value, sizeof(value));
    } else {
        put_id(path, value, sizeof(value));
    }
    const char *number = strstr(path, ":n.png");
    const char *rest = colon + strcspn(colon, "/");
    (void)str_format(target, TARGET_LEN, "%.*s%s%.*s%s", (int)(colon - path), path, value,
                     number ? (int)(number - rest) : (int)strlen(rest), rest, number ? "1.png" : "");
}

/* ---- the tests ---- */

#define WHY_SQLITE "SQLite stands in for a PostgreSQL that is slow"

/* Cut after each statement until there is none to be cut any more; what it answers then. */
static unsigned cut_everywhere(struct web_place *w, const struct asker *who, const char *target)
{
    for (unsigned n = 0; n < 10000; n++) {
        SCOPED_REPLY struct reply a;
        left = n;
        was_cut = false;
        reader->engine = &cut;
        get(w, who, target, &a);
        reader->engine = whole;
        bool right = was_cut ? a.status == 503 && str_equal(text_at(a.body, "code"), "store-slow")
                             : a.status < 500 && a.status != 429;
        if (!right)
            fail_msg("%s as %s, %u statements answered: %s", target, who->name, n, buf_text(&a.text));
        if (!was_cut)
            return a.status;
    }
    fail_msg("%s has no end", target);
    return 0;
}

static struct web_place *place;
static struct asker askers[3];

static int setup(void **state)
{
    SCOPED_REPLY struct reply a;
    char target[TARGET_LEN];
    *state = place = web_place_new(report);
    plant(&place->store, place->dir);
    askers[0] = (struct asker){.name = "the command line"};
    askers[1] = log_in(&place->store, "the boss", p.boss, clock_wall_ms());
    askers[2] = log_in(&place->store, "the clerk", p.clerk, clock_wall_ms());
    (void)str_format(target, sizeof(target), "jobs/%s/report.pdf", id_text(p.job));
    get(place, &askers[0], target, &a);
    assert_non_null(reader);
    whole = reader->engine;
    cut = *whole;
    cut.query = cut_query;
    cut.schema = cut_schema;
    return 0;
}

/* Some want an argument. */
static bool is_in_more(const char *target)
{
    for (size_t i = 0; i < ARRAY_LEN(more); i++)
        if (str_starts(more[i], target) && more[i][strlen(target)] == '?')
            return true;
    return str_equal(target, "dkim-record"); /* of a key: without one it is told so */
}

static void routes_are_told_wherever_the_database_stops(void **state)
{
    store_needs_sqlite(WHY_SQLITE);
    char target[TARGET_LEN];
    for (size_t i = 0; i < route_count; i++) {
        bool answered = false;
        if (!str_equal(routes[i].method, "GET") || str_equal(routes[i].path, "events"))
            continue;
        target_of(place, routes[i].path, target);
        for (size_t k = 0; k < ARRAY_LEN(askers); k++)
            answered = cut_everywhere(place, &askers[k], target) < 300 || answered;
        if (!answered && !is_in_more(target))
            fail_msg("nobody sees %s: plant what it shows", target);
    }
}

static void so_are_their_arguments(void **state)
{
    store_needs_sqlite(WHY_SQLITE);
    char target[TARGET_LEN];
    for (size_t i = 0; i < ARRAY_LEN(more); i++) {
        bool answered = false;
        bool open = more[i][strlen(more[i]) - 1] == '=';
        (void)str_format(target, sizeof(target), "%s%s", more[i], open ? id_text(p.clerk) : "");
        for (size_t k = 0; k < ARRAY_LEN(askers); k++)
            answered = cut_everywhere(place, &askers[k], target) < 300 || answered;
        if (!answered)
            fail_msg("nobody sees %s", target);
    }
}

/* What a stream of events says before its first one. */
static bool follow(struct web_place *w, const struct asker *who)
{
    char text[4096] = "";
    size_t len = 0;
    SCOPED_BUF struct buf request;
    SCOPED_FD int fd = connect_as(w, who);
    buf_init(&request, 4096);
    (void)buf_printf(&request,
                     "GET /api/v1/events HTTP/1.1\r\nHost: faxpost\r\nCookie: " SESSION_COOKIE "=%s\r\n\r\n",
                     who->cookie);
    assert_int_equal(send(fd, request.data, request.len, MSG_NOSIGNAL), (ssize_t)request.len);
    while (!strstr(text, "told here") && !strstr(text, "store-slow")) {
        server_run(w->server);
        (void)loop_step(w->loop, 0);
        ssize_t n = recv(fd, text + len, sizeof(text) - 1 - len, 0);
        len += n > 0 ? (size_t)n : 0;
        text[len] = 0;
    }
    return strstr(text, "told here") != NULL;
}

static void so_is_who_wants_to_hear_of_changes(void **state)
{
    store_needs_sqlite(WHY_SQLITE);
    for (left = 0;; left++) {
        const unsigned n = left;
        was_cut = false;
        reader->engine = &cut;
        bool follows = follow(place, &askers[2]);
        reader->engine = whole;
        left = n;
        assert_int_equal(follows, !was_cut);
        if (follows)
            return;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(routes_are_told_wherever_the_database_stops),
        cmocka_unit_test(so_are_their_arguments),
        cmocka_unit_test(so_is_who_wants_to_hear_of_changes),
    };
    return cmocka_run_group_tests(tests, setup, web_place_teardown);
}

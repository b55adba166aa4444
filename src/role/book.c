/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/book.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/rand.h"
#include "base/scope.h"
#include "base/str.h"
#include "proto/ldap_filter.h"
#include "role/ldap_link.h"

enum { PEOPLE_MOST = 100000, PAGE = 500, VALUES_MOST = 500, VALUE_MOST = 500, ATTRIBUTES_MOST = 16 };
enum { REQUEST_MAX = 16 * 1024, TEXT_MAX = 30000, SHOWN_IN_TEST = 5, RUNS_MOST = 200, MINUTE_MS = 60000 };
enum { FIRST_LOOK_MS = 15 * MINUTE_MS, ID_BYTES_MAX = 120, COOKIE_MAX = 4096, TEXT_PART = 200 };

struct book {
    struct list node;
    struct directory *directory;
    json_t *settings;
    struct timer due;
};

enum run_kind { RUN_READ, RUN_LOGIN };
enum run_at { AT_BIND, AT_SEARCH, AT_PASSWORD, AT_QUEUE };

struct book_run {
    struct list node;
    struct book *book;
    enum run_kind kind;
    enum run_at at;
    struct ldap_link *link;
    uint32_t id; /* of the last request */
    bool asked;  /* web waits */
    struct sender from;
    uint64_t ask; /* of queue; 0: none */
    /* RUN_READ */
    unsigned what; /* enum directory_wish_kind */
    json_t *people;
    uint8_t cookie[COOKIE_MAX];
    size_t cookie_len;
    char *who, *client_ip;
    struct id actor;
    /* RUN_LOGIN */
    char *subject, *login, *password, *totp, *passkey, *host, *agent, *dn;
    unsigned found;
    uint8_t hash[32];
    struct id session, replaces;
};

/* ---- ends ---- */

static void run_free(struct book_run *r)
{
    list_remove(&r->node);
    ldap_link_free(r->link);
    if (r->ask)
        peers_withdraw(r->book->directory->house.peers, r->ask);
    json_decref(r->people);
    mem_free_secret(&r->password);
    mem_free_secret(&r->totp);
    free(r->who);
    free(r->client_ip);
    free(r->subject);
    free(r->login);
    free(r->passkey);
    free(r->host);
    free(r->agent);
    free(r->dn);
    free(r);
}

static struct book_run *run_of(struct list *node)
{
    return CONTAINER_OF(node, struct book_run, node);
}

static const char *setting(const struct book_run *r, const char *name)
{
    return fetch_setting(r->book->settings, name);
}

static void answer_web(struct book_run *r, const struct outcome *o, const char *text)
{
    const struct message m = {.type = MSG_directory_done,
                              .directory_done = {MESSAGE_OUTCOME(o), .text = text}};
    if (r->asked)
        peers_answer(r->book->directory->house.peers, &r->from, &m);
}

static struct peers *peers_of(const struct book_run *r)
{
    return r->book->directory->house.peers;
}

/* What the server said of a password, or why nobody could ask it. */
static void tell_login(struct book_run *r, const struct outcome *o)
{
    const struct message m = {.type = MSG_identity_login,
                              .identity_login = {.kind = IDENTITY_BY_DIRECTORY,
                                                 .source = setting(r, "name"),
                                                 MESSAGE_OUTCOME(o),
                                                 .subject = r->subject,
                                                 .address = "",
                                                 .name = "",
                                                 .groups = "",
                                                 .login = r->login,
                                                 .totp = r->totp,
                                                 .passkey = r->passkey,
                                                 .host = r->host,
                                                 .client_ip = r->client_ip,
                                                 .agent = r->agent,
                                                 .session = r->session,
                                                 .hash = span_of(r->hash, sizeof(r->hash)),
                                                 .replaces = r->replaces}};
    r->at = AT_QUEUE;
    r->ask = peers_ask(peers_of(r), ROLE_QUEUE, 0, &m);
}

static void send_people(struct book_run *r, const struct outcome *o)
{
    SCOPED_FREE char *text = json_dumps(r->people, JSON_COMPACT);
    SCOPED_FD int fd = memfd_create("people", MFD_CLOEXEC);
    if (!text || fd < 0 || fd_write_all(fd, span_str(text)) != 0 || lseek(fd, 0, SEEK_SET) < 0)
        panic("no memory file for the people of a directory");
    const struct message m = {.type = MSG_directory_people,
                              .directory_people = {.directory = setting(r, "name"),
                                                   MESSAGE_OUTCOME(o),
                                                   .what = r->what,
                                                   .who = r->who,
                                                   .actor = r->actor,
                                                   .client_ip = r->client_ip,
                                                   .people = fd}};
    r->at = AT_QUEUE;
    r->ask = peers_ask(peers_of(r), ROLE_QUEUE, 0, &m);
}

/* The link has said all that it will. */
static void end_run(struct book_run *r, const struct outcome *o)
{
    ldap_link_free(r->link);
    r->link = NULL;
    if (r->kind == RUN_LOGIN)
        tell_login(r, o);
    else if (r->what == DIRECTORY_TEST && o->verdict != VERDICT_DONE) {
        answer_web(r, o, "");
        run_free(r);
    } else
        send_people(r, o); /* a failure too: queue keeps it, and tells */
}

static void fail_run(struct book_run *r, const char *code, const char *why)
{
    struct outcome o;
    outcome_set(&o, VERDICT_RETRY, code,
                "The directory \"%.64s\" could not be read: %.280s. Nothing was changed.", setting(r, "name"),
                why);
    utf8_clean(o.text);
    if (r->kind == RUN_LOGIN)
        outcome_set(
            &o, VERDICT_RETRY, code,
            "The directory that knows your password cannot be asked at this moment. Try again later, or ask "
            "an administrator.");
    log_warning(NULL, "directory %s: %s", setting(r, "name"), why);
    end_run(r, &o);
}

static void on_failed(void *context, const char *why)
{
    fail_run(context, "directory-away", why);
}

static void fail_result(struct book_run *r, const char *what, const struct ldap_message *m)
{
    char why[400];
    (void)str_format(why, sizeof(why), "%s: %s (%u %.*s)", what, ldap_result_text(m->result), m->result,
                     (int)(m->text.len < TEXT_PART ? m->text.len : TEXT_PART), (const char *)m->text.data);
    fail_run(r, m->result == LDAP_INVALID_CREDENTIALS ? "directory-login" : "directory-refused", why);
}

/* ---- requests ---- */

static void send_bind(struct book_run *r, const char *dn, const char *password, enum run_at at)
{
    uint8_t bytes[REQUEST_MAX];
    struct ber_writer w = ber_writer_of(bytes, sizeof(bytes));
    r->at = at;
    ldap_put_bind(&w, ++r->id, dn, password);
    ldap_link_send(r->link, span_of(bytes, w.len));
    explicit_bzero(bytes, sizeof(bytes));
}

/* What stands in our ids for a value that is no text: "hex:" and its bytes. */
static bool id_bytes(const char *subject, uint8_t bytes[ID_BYTES_MAX], struct span *value)
{
    size_t len = strlen(subject);
    *value = span_str(subject);
    if (!str_starts(subject, "hex:"))
        return true;
    len = (len - 4) / 2;
    *value = span_of(bytes, len);
    return len <= ID_BYTES_MAX && hex_parse(subject + 4, bytes, len);
}

/* The filter of the settings; for a login, and this one entry. */
static struct span make_filter(const struct book_run *r, uint8_t room[LDAP_FILTER_MAX])
{
    enum { AND = 0xa0 };
    uint8_t bytes[ID_BYTES_MAX];
    struct span value;
    struct ber_writer w = ber_writer_of(room, LDAP_FILTER_MAX);
    bool login = r->kind == RUN_LOGIN;
    size_t whole = login ? ber_open(&w, AND) : 0;
    bool good = ldap_filter_write(setting(r, "filter"), &w);
    if (login && id_bytes(r->subject, bytes, &value))
        ldap_filter_equal(&w, setting(r, "attribute_id"), value);
    else
        good = good && !login;
    if (login)
        ber_close(&w, whole);
    return good && !w.full ? span_of(room, w.len) : span_of(NULL, 0);
}

static size_t list_attributes(const struct book_run *r, const char *list[ATTRIBUTES_MOST])
{
    size_t n = 0, i;
    json_t *one;
    list[n++] = setting(r, "attribute_id");
    list[n++] = setting(r, "attribute_name");
    list[n++] = setting(r, "attribute_groups");
    json_array_foreach(json_object_get(r->book->settings, "attribute_addresses"), i, one)
    {
        if (n < ATTRIBUTES_MOST)
            list[n++] = json_string_value(one);
    }
    return n;
}

static void send_search(struct book_run *r)
{
    uint8_t bytes[REQUEST_MAX], room[LDAP_FILTER_MAX];
    const char *attributes[ATTRIBUTES_MOST];
    struct ber_writer w = ber_writer_of(bytes, sizeof(bytes));
    bool all = r->kind == RUN_READ;
    const struct ldap_search s = {.base = setting(r, "base"),
                                  .filter = make_filter(r, room),
                                  .attributes = attributes,
                                  .attribute_count = list_attributes(r, attributes),
                                  .most = all ? 0 : 2,
                                  .page = all ? PAGE : 0,
                                  .cookie = span_of(r->cookie, r->cookie_len)};
    r->at = AT_SEARCH;
    ldap_put_search(&w, ++r->id, &s);
    if (s.filter.len == 0 || w.full)
        fail_run(r, "directory-settings", "base, filter and attributes are too long together");
    else
        ldap_link_send(r->link, span_of(bytes, w.len));
}

static void on_ready(void *context)
{
    struct book_run *r = context;
    char password[SECRET_TEXT_LEN] = "";
    if (!*setting(r, "bind_dn")) {
        send_search(r);
        return;
    }
    if (!fetch_secret(&r->book->directory->house, r->book->settings, "password", password) || !*password)
        fail_run(r, "directory-settings",
                 "the password of bind_dn is not set, or sealed for another installation");
    else
        send_bind(r, setting(r, "bind_dn"), password, AT_BIND);
    explicit_bzero(password, sizeof(password));
}

/* ---- entries ---- */

static bool is_printable(struct span value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.data[i] <= ' ' || value.data[i] > '~')
            return false;
    return value.len > 0;
}

/* NULL: it cannot be kept. */
static json_t *id_json(struct span value)
{
    char hex[2 * ID_BYTES_MAX + 1];
    if (value.len > ID_BYTES_MAX || value.len == 0)
        return NULL;
    if (is_printable(value))
        return json_stringn((const char *)value.data, value.len);
    hex_format(value.data, value.len, hex);
    return json_sprintf("hex:%s", hex);
}

static json_t *text_json(struct span value)
{
    bool text =
        value.len > 0 && value.len <= VALUE_MOST && utf8_valid(value) && !memchr(value.data, 0, value.len);
    return text ? json_stringn((const char *)value.data, value.len) : NULL;
}

static bool is_address_attribute(const struct book_run *r, struct span name)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(r->book->settings, "attribute_addresses"), i, one)
    {
        if (span_equal_nocase(name, json_string_value(one)))
            return true;
    }
    return false;
}

/* Active Directory writes SMTP:a@b and smtp:c@d into proxyAddresses; what else stands there is no mail. */
static void add_address(json_t *list, struct span value)
{
    const char *colon = memchr(value.data, ':', value.len);
    if (colon) {
        size_t n = (size_t)(colon - (const char *)value.data);
        if (!span_equal_nocase(span_of(value.data, n), "smtp"))
            return;
        value = span_of(value.data + n + 1, value.len - n - 1);
    }
    json_t *text = text_json(value);
    for (size_t i = 0; text && i < json_array_size(list); i++)
        if (str_equal_nocase(json_string_value(json_array_get(list, i)), json_string_value(text))) {
            json_decref(text);
            text = NULL;
        }
    if (text)
        (void)json_array_append_new(list, text);
}

static void take_attribute(const struct book_run *r, json_t *person, struct span name, struct span values)
{
    struct span value;
    for (unsigned n = 0; n < VALUES_MOST && ldap_next_value(&values, &value); n++) {
        if (value.len == 0)
            continue;
        if (span_equal_nocase(name, setting(r, "attribute_id")) && !json_object_get(person, "id"))
            (void)json_object_set_new(person, "id", id_json(value));
        if (span_equal_nocase(name, setting(r, "attribute_name")) && !json_object_get(person, "name"))
            (void)json_object_set_new(person, "name", text_json(value));
        if (span_equal_nocase(name, setting(r, "attribute_groups")))
            (void)json_array_append_new(json_object_get(person, "groups"), text_json(value));
        if (is_address_attribute(r, name))
            add_address(json_object_get(person, "addresses"), value);
    }
}

static void take_entry(struct book_run *r, const struct ldap_message *m)
{
    struct span attributes = m->attributes, name, values;
    if (r->kind == RUN_LOGIN) {
        bool named = m->dn.len > 0 && !memchr(m->dn.data, 0, m->dn.len); /* nobody's name logs in anybody */
        free(r->dn);
        r->dn = mem_zalloc(m->dn.len + 1);
        if (named)
            memcpy(r->dn, m->dn.data, m->dn.len);
        r->found++;
        return;
    }
    json_t *person = json_pack("{s:[], s:[]}", "addresses", "groups");
    while (ldap_next_attribute(&attributes, &name, &values))
        take_attribute(r, person, name, values);
    (void)json_array_append_new(r->people, person);
}

/* ---- answers ---- */

static void show_test(struct book_run *r)
{
    SCOPED_BUF struct buf text;
    struct outcome o;
    outcome_done(&o);
    buf_init(&text, TEXT_MAX);
    (void)buf_printf(&text, "%zu people\n", json_array_size(r->people));
    for (size_t i = 0; i < json_array_size(r->people) && i < SHOWN_IN_TEST; i++) {
        SCOPED_FREE char *one = json_dumps(json_array_get(r->people, i), JSON_SORT_KEYS);
        (void)buf_printf(&text, "%.2000s\n", one ? one : "");
    }
    utf8_clean((char *)(uintptr_t)buf_text(&text));
    answer_web(r, &o, buf_text(&text));
    run_free(r);
}

static void on_search_done(struct book_run *r, const struct ldap_message *m)
{
    struct outcome o;
    outcome_done(&o);
    if (m->result != LDAP_SUCCESS && !(r->kind == RUN_LOGIN && m->result == LDAP_SIZE_LIMIT)) {
        fail_result(r, "the search", m);
    } else if (r->kind == RUN_LOGIN && r->found == 1 && *r->dn) {
        send_bind(r, r->dn, r->password, AT_PASSWORD);
    } else if (r->kind == RUN_LOGIN) {
        outcome_set(&o, VERDICT_GIVE_UP, "wrong-login", "The login or the password is wrong.");
        end_run(r, &o);
    } else if (m->cookie.len > COOKIE_MAX || json_array_size(r->people) >= PEOPLE_MOST) {
        fail_run(r, "directory-refused", "it has more people than can be read");
    } else if (m->cookie.len > 0) {
        memcpy(r->cookie, m->cookie.data, m->cookie.len);
        r->cookie_len = m->cookie.len;
        send_search(r);
    } else if (r->what == DIRECTORY_TEST) {
        show_test(r);
    } else {
        end_run(r, &o);
    }
}

static void on_password_judged(struct book_run *r, const struct ldap_message *m)
{
    struct outcome o;
    outcome_done(&o);
    if (m->result == LDAP_INVALID_CREDENTIALS)
        outcome_set(&o, VERDICT_GIVE_UP, "wrong-login", "The login or the password is wrong.");
    else if (m->result != LDAP_SUCCESS) /* locked, expired */
        outcome_set(&o, VERDICT_GIVE_UP, "wrong-login", "The directory does not let him in: %s (%u).",
                    ldap_result_text(m->result), m->result);
    end_run(r, &o);
}

static void on_message(void *context, const struct ldap_message *m)
{
    struct book_run *r = context;
    if (m->id != r->id) {
        fail_run(r, "directory-away",
                 m->id == 0 ? "it ended the connection" : "it answers what was not asked");
        return;
    }
    if (r->at == AT_SEARCH && m->operation == LDAP_ENTRY && json_array_size(r->people) < PEOPLE_MOST)
        take_entry(r, m);
    else if (r->at == AT_SEARCH && m->operation == LDAP_SEARCH_DONE)
        on_search_done(r, m);
    else if (r->at == AT_BIND && m->operation == LDAP_BIND_ANSWER && m->result == LDAP_SUCCESS)
        send_search(r);
    else if (r->at == AT_BIND && m->operation == LDAP_BIND_ANSWER)
        fail_result(r, "the login of bind_dn", m);
    else if (r->at == AT_PASSWORD && m->operation == LDAP_BIND_ANSWER)
        on_password_judged(r, m);
    else if (m->operation != LDAP_ENTRY && m->operation != LDAP_REFERENCE)
        fail_run(r, "directory-away", "it answers what was not asked");
}

/* ---- beginning ---- */

static struct book_run *run_new(struct book *b, enum run_kind kind)
{
    struct book_run *r = mem_zalloc(sizeof(*r));
    r->book = b;
    r->kind = kind;
    r->people = json_array();
    list_append(&b->directory->book_runs, &r->node);
    return r;
}

static void run_start(struct book_run *r)
{
    bool starttls = str_equal(setting(r, "security"), "starttls");
    json_int_t port = json_integer_value(json_object_get(r->book->settings, "port"));
    const struct ldap_link_opts opts = {.loop = r->book->directory->house.loop,
                                        .tls = directory_tls(r->book->directory, r->book->settings),
                                        .host = setting(r, "host"),
                                        .port = (uint16_t)(port       ? port
                                                           : starttls ? 389
                                                                      : 636),
                                        .starttls = starttls,
                                        .on_ready = on_ready,
                                        .on_message = on_message,
                                        .on_failed = on_failed,
                                        .context = r};
    r->link = ldap_link_new(&opts);
}

static int64_t interval_ms(const struct book *b)
{
    return json_integer_value(json_object_get(b->settings, "interval_minutes")) * MINUTE_MS;
}

static bool is_reading(const struct book *b)
{
    list_each (it, &b->directory->book_runs) {
        const struct book_run *r = run_of(it);
        if (r->book == b && r->kind == RUN_READ)
            return true;
    }
    return false;
}

static void on_due(void *context)
{
    struct book *b = context;
    timer_start(&b->due, b->directory->house.loop, interval_ms(b));
    if (is_reading(b))
        return;
    struct book_run *r = run_new(b, RUN_READ);
    r->what = DIRECTORY_SYNC;
    r->who = mem_strdup("");
    r->client_ip = mem_strdup("");
    run_start(r);
}

static struct book *book_named(struct directory *d, const char *name)
{
    list_each (it, &d->books) {
        struct book *b = CONTAINER_OF(it, struct book, node);
        if (str_equal(fetch_setting(b->settings, "name"), name))
            return b;
    }
    return NULL;
}

void book_on_wish(void *context, const struct sender *from, struct msg_directory_wish *m)
{
    struct directory *d = context;
    struct book *b = book_named(d, m->directory);
    struct outcome o;
    if (!b || is_reading(b)) {
        outcome_set(&o, VERDICT_RETRY, b ? "directory-busy" : "unknown-directory",
                    b ? "The directory is being read at this moment; try again."
                      : "There is no such directory in use.");
        const struct message a = {.type = MSG_directory_done,
                                  .directory_done = {MESSAGE_OUTCOME(&o), .text = ""}};
        peers_answer(d->house.peers, from, &a);
        return;
    }
    struct book_run *r = run_new(b, RUN_READ);
    r->asked = true;
    r->from = *from;
    r->what = m->what;
    r->who = mem_strdup(m->who);
    r->client_ip = mem_strdup(m->client_ip);
    r->actor = m->actor;
    run_start(r);
}

static unsigned count_runs(const struct directory *d)
{
    unsigned n = 0;
    list_each (it, &d->book_runs)
        n++;
    return n;
}

static void refuse_login(struct directory *d, const struct sender *to)
{
    struct outcome o;
    outcome_set(&o, VERDICT_RETRY, "directory-away",
                "The directory that knows your password cannot be asked at this moment. Try again later.");
    const struct message m = {.type = MSG_provider_finished,
                              .provider_finished = {.status = 503, MESSAGE_OUTCOME(&o)}};
    peers_answer(d->house.peers, to, &m);
}

void book_on_login(void *context, const struct sender *from, struct msg_directory_login *m)
{
    struct directory *d = context;
    char name[128];
    const char *slash = strchr(m->directory_id, '/');
    bool named = slash && str_copy_span(name, sizeof(name),
                                        span_of(m->directory_id, (size_t)(slash - m->directory_id)));
    struct book *b = named ? book_named(d, name) : NULL;
    if (!b || !json_is_true(json_object_get(b->settings, "login")) || !*m->password || m->hash.len != 32 ||
        count_runs(d) >= RUNS_MOST) {
        refuse_login(d, from);
        return;
    }
    struct book_run *r = run_new(b, RUN_LOGIN);
    r->from = *from;
    r->subject = mem_strdup(slash + 1);
    r->login = mem_strdup(m->login);
    r->password = mem_strdup(m->password);
    r->totp = mem_strdup(m->totp);
    r->passkey = mem_strdup(m->passkey);
    r->host = mem_strdup(m->host);
    r->client_ip = mem_strdup(m->client_ip);
    r->agent = mem_strdup(m->agent);
    r->session = m->session;
    r->replaces = m->replaces;
    memcpy(r->hash, m->hash.data, sizeof(r->hash));
    run_start(r);
}

bool book_on_judged(struct directory *d, uint64_t request, const struct msg_identity_judged *m)
{
    list_each (it, &d->book_runs) {
        struct book_run *r = run_of(it);
        if (r->ask != request || request == 0)
            continue;
        directory_answer_login(d, &r->from, m);
        r->ask = 0;
        run_free(r);
        return true;
    }
    return false;
}

void book_on_synced(void *context, const struct sender *from, struct msg_directory_synced *m)
{
    struct directory *d = context;
    list_each (it, &d->book_runs) {
        struct book_run *r = run_of(it);
        if (r->ask != from->request)
            continue;
        const struct message a = {
            .type = MSG_directory_done,
            .directory_done = {.verdict = m->verdict, .code = m->code, .reason = m->reason, .text = m->text}};
        if (r->asked)
            peers_answer(d->house.peers, &r->from, &a);
        r->ask = 0;
        run_free(r);
        return;
    }
}

/* ---- all of them ---- */

static void book_free(struct book *b)
{
    struct outcome o;
    outcome_set(&o, VERDICT_RETRY, "directory-changed",
                "The settings of this directory were changed just now. Try again.");
    list_each_safe (it, &b->directory->book_runs) {
        struct book_run *r = run_of(it);
        if (r->book != b)
            continue;
        if (r->kind == RUN_LOGIN)
            refuse_login(b->directory, &r->from);
        else
            answer_web(r, &o, "");
        run_free(r);
    }
    timer_stop(&b->due);
    json_decref(b->settings);
    list_remove(&b->node);
    free(b);
}

static bool is_listed(const json_t *list, const json_t *settings)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), settings) == 1)
            return true;
    return false;
}

void books_set(struct directory *d, const json_t *list)
{
    list_each_safe (it, &d->books) {
        struct book *b = CONTAINER_OF(it, struct book, node);
        if (!is_listed(list, b->settings))
            book_free(b);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *settings = json_array_get(list, i);
        if (book_named(d, fetch_setting(settings, "name")))
            continue;
        struct book *b = mem_zalloc(sizeof(*b));
        b->directory = d;
        b->settings = json_incref(settings);
        b->due = (struct timer){.on_due = on_due, .context = b};
        list_append(&d->books, &b->node);
        int64_t first_ms = interval_ms(b) < FIRST_LOOK_MS ? interval_ms(b) : FIRST_LOOK_MS;
        if (first_ms > 0)
            timer_start(&b->due, d->house.loop, first_ms / 2 + (int64_t)rand_below((uint32_t)first_ms / 2));
    }
}

void books_clear(struct directory *d)
{
    books_set(d, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/book_talk.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "proto/ldap_account.h"
#include "proto/ldap_filter.h"
#include "role/book_entry.h"
#include "role/ldap_link.h"

enum { PEOPLE_MOST = 100000, PAGE = 500, REQUEST_MAX = 16 * 1024, COOKIE_MAX = 4096, TEXT_PART = 200 };
/* Somebody waits at his screen meanwhile. */
enum { ONE_PERSON_MS = 10000 };

enum talk_at { AT_BIND, AT_SEARCH, AT_PASSWORD };

struct book_talk {
    struct book_talk_opts opts;
    enum talk_at at;
    struct ldap_link *link;
    struct timer patience;
    uint32_t id; /* of the last request */
    json_t *people;
    uint8_t cookie[COOKIE_MAX];
    size_t cookie_len;
    char *dn;
    unsigned found;
    bool locked;
};

static const char *setting(const struct book_talk *t, const char *name)
{
    return fetch_setting(t->opts.settings, name);
}

/* ---- ends ---- */

/* The link has said all that it will. */
static void end(struct book_talk *t, const struct outcome *o)
{
    timer_stop(&t->patience);
    ldap_link_free(t->link);
    t->link = NULL;
    t->opts.on_end(t->opts.context, o);
}

static void refuse(struct book_talk *t, const char *code, const char *text)
{
    struct outcome o;
    outcome_set(&o, VERDICT_GIVE_UP, code, "%s", text);
    end(t, &o);
}

static void refuse_login(struct book_talk *t)
{
    refuse(t, "wrong-login", "The login or the password is wrong.");
}

static void refuse_locked(struct book_talk *t)
{
    refuse(t, "user-locked", "The directory does not let him in, or does not know him any more.");
}

static void fail(struct book_talk *t, const char *code, const char *why)
{
    struct outcome o;
    outcome_set(&o, VERDICT_RETRY, code,
                "The directory \"%.64s\" could not be read: %.280s. Nothing was changed.", setting(t, "name"),
                why);
    utf8_clean(o.text);
    if (t->opts.kind != TALK_READ)
        outcome_set(&o, VERDICT_RETRY, code, "The directory \"%.64s\" cannot be asked at this moment.",
                    setting(t, "name"));
    log_warning(NULL, "directory %s: %s", setting(t, "name"), why);
    end(t, &o);
}

static void on_failed(void *context, const char *why)
{
    fail(context, "directory-away", why);
}

static void on_patience_ends(void *context)
{
    fail(context, "directory-away", "no answer in time");
}

static void fail_result(struct book_talk *t, const char *what, const struct ldap_message *m)
{
    char why[400];
    (void)str_format(why, sizeof(why), "%s: %s (%u %.*s)", what, ldap_result_text(m->result), m->result,
                     (int)(m->text.len < TEXT_PART ? m->text.len : TEXT_PART), (const char *)m->text.data);
    fail(t, m->result == LDAP_INVALID_CREDENTIALS ? "directory-login" : "directory-refused", why);
}

/* ---- requests ---- */

static void send_bind(struct book_talk *t, const char *dn, const char *password, enum talk_at at)
{
    uint8_t bytes[REQUEST_MAX];
    struct ber_writer w = ber_writer_of(bytes, sizeof(bytes));
    t->at = at;
    ldap_put_bind(&w, ++t->id, dn, password);
    ldap_link_send(t->link, span_of(bytes, w.len));
    explicit_bzero(bytes, sizeof(bytes));
}

/* The filter of the settings; but for reading, and this one entry. */
static struct span make_filter(const struct book_talk *t, uint8_t room[LDAP_FILTER_MAX])
{
    enum { AND = 0xa0 };
    uint8_t bytes[BOOK_ID_MAX];
    struct span value;
    struct ber_writer w = ber_writer_of(room, LDAP_FILTER_MAX);
    bool one = t->opts.kind != TALK_READ;
    size_t whole = one ? ber_open(&w, AND) : 0;
    bool good = ldap_filter_write(setting(t, "filter"), &w);
    if (one && book_id_bytes(t->opts.subject, bytes, &value))
        ldap_filter_equal(&w, setting(t, "attribute_id"), value);
    else
        good = good && !one;
    if (one)
        ber_close(&w, whole);
    return good && !w.full ? span_of(room, w.len) : span_of(NULL, 0);
}

static void send_search(struct book_talk *t)
{
    uint8_t bytes[REQUEST_MAX], room[LDAP_FILTER_MAX];
    const char *attributes[BOOK_ATTRIBUTES_MOST];
    struct ber_writer w = ber_writer_of(bytes, sizeof(bytes));
    bool all = t->opts.kind == TALK_READ, look = t->opts.kind == TALK_LOOK;
    const struct ldap_search s = {.base = setting(t, "base"),
                                  .filter = make_filter(t, room),
                                  .attributes = look ? ldap_account_attributes : attributes,
                                  .attribute_count = look ? LDAP_ACCOUNT_ATTRIBUTES
                                                          : book_attributes(t->opts.settings, attributes),
                                  .most = all ? 0 : 2,
                                  .page = all ? PAGE : 0,
                                  .cookie = span_of(t->cookie, t->cookie_len)};
    t->at = AT_SEARCH;
    ldap_put_search(&w, ++t->id, &s);
    if (s.filter.len == 0 || w.full)
        fail(t, "directory-settings", "base, filter and attributes are too long together");
    else
        ldap_link_send(t->link, span_of(bytes, w.len));
}

static void on_ready(void *context)
{
    struct book_talk *t = context;
    char password[SECRET_TEXT_LEN] = "";
    if (!*setting(t, "bind_dn")) {
        send_search(t);
        return;
    }
    if (!fetch_secret(&t->opts.directory->house, t->opts.settings, "password", password) || !*password)
        fail(t, "directory-settings",
             "the password of bind_dn is not set, or sealed for another installation");
    else
        send_bind(t, setting(t, "bind_dn"), password, AT_BIND);
    explicit_bzero(password, sizeof(password));
}

/* ---- answers ---- */

static void take_entry(struct book_talk *t, const struct ldap_message *m)
{
    t->found++;
    if (t->opts.kind == TALK_READ) {
        (void)json_array_append_new(t->people, book_person(t->opts.settings, m));
    } else if (t->opts.kind == TALK_LOOK) {
        t->locked = t->locked || book_entry_is_locked(m);
    } else {
        bool named = m->dn.len > 0 && !memchr(m->dn.data, 0, m->dn.len); /* nobody's name logs in anybody */
        free(t->dn);
        t->dn = mem_zalloc(m->dn.len + 1);
        if (named)
            memcpy(t->dn, m->dn.data, m->dn.len);
    }
}

/* Who is there twice is nobody. */
static void on_one_found(struct book_talk *t)
{
    struct outcome o;
    outcome_done(&o);
    if (t->opts.kind == TALK_PASSWORD && t->found == 1 && *t->dn)
        send_bind(t, t->dn, t->opts.password, AT_PASSWORD);
    else if (t->opts.kind == TALK_PASSWORD)
        refuse_login(t);
    else if (t->found == 1 && !t->locked)
        end(t, &o);
    else
        refuse_locked(t);
}

static void on_page_read(struct book_talk *t, const struct ldap_message *m)
{
    struct outcome o;
    outcome_done(&o);
    if (m->cookie.len > COOKIE_MAX || json_array_size(t->people) >= PEOPLE_MOST) {
        fail(t, "directory-refused", "it has more people than can be read");
    } else if (m->cookie.len > 0) {
        memcpy(t->cookie, m->cookie.data, m->cookie.len);
        t->cookie_len = m->cookie.len;
        send_search(t);
    } else {
        end(t, &o);
    }
}

static void on_search_done(struct book_talk *t, const struct ldap_message *m)
{
    bool one = t->opts.kind != TALK_READ;
    if (m->result != LDAP_SUCCESS && !(one && m->result == LDAP_SIZE_LIMIT))
        fail_result(t, "the search", m);
    else if (one)
        on_one_found(t);
    else
        on_page_read(t, m);
}

static void on_password_judged(struct book_talk *t, const struct ldap_message *m)
{
    struct outcome o;
    outcome_done(&o);
    if (m->result == LDAP_INVALID_CREDENTIALS)
        outcome_set(&o, VERDICT_GIVE_UP, "wrong-login", "The login or the password is wrong.");
    else if (m->result != LDAP_SUCCESS) /* locked, expired */
        outcome_set(&o, VERDICT_GIVE_UP, "wrong-login", "The directory does not let him in: %s (%u).",
                    ldap_result_text(m->result), m->result);
    end(t, &o);
}

static void on_message(void *context, const struct ldap_message *m)
{
    struct book_talk *t = context;
    if (m->id != t->id) {
        fail(t, "directory-away", m->id == 0 ? "it ended the connection" : "it answers what was not asked");
        return;
    }
    if (t->at == AT_SEARCH && m->operation == LDAP_ENTRY && json_array_size(t->people) < PEOPLE_MOST)
        take_entry(t, m);
    else if (t->at == AT_SEARCH && m->operation == LDAP_SEARCH_DONE)
        on_search_done(t, m);
    else if (t->at == AT_BIND && m->operation == LDAP_BIND_ANSWER && m->result == LDAP_SUCCESS)
        send_search(t);
    else if (t->at == AT_BIND && m->operation == LDAP_BIND_ANSWER)
        fail_result(t, "the login of bind_dn", m);
    else if (t->at == AT_PASSWORD && m->operation == LDAP_BIND_ANSWER)
        on_password_judged(t, m);
    else if (m->operation != LDAP_ENTRY && m->operation != LDAP_REFERENCE)
        fail(t, "directory-away", "it answers what was not asked");
}

/* ---- life ---- */

struct book_talk *book_talk_new(const struct book_talk_opts *opts)
{
    struct book_talk *t = mem_zalloc(sizeof(*t));
    t->opts = *opts;
    t->people = json_array();
    bool starttls = str_equal(setting(t, "security"), "starttls");
    json_int_t port = json_integer_value(json_object_get(opts->settings, "port"));
    struct loop *loop = opts->directory->house.loop;
    const struct ldap_link_opts link = {.loop = loop,
                                        .tls = directory_tls(opts->directory, opts->settings),
                                        .host = setting(t, "host"),
                                        .port = (uint16_t)(port       ? port
                                                           : starttls ? 389
                                                                      : 636),
                                        .starttls = starttls,
                                        .on_ready = on_ready,
                                        .on_message = on_message,
                                        .on_failed = on_failed,
                                        .context = t};
    t->patience = (struct timer){.on_due = on_patience_ends, .context = t};
    if (opts->kind != TALK_READ)
        timer_start(&t->patience, loop, ONE_PERSON_MS);
    t->link = ldap_link_new(&link);
    return t;
}

const json_t *book_talk_people(const struct book_talk *t)
{
    return t->people;
}

void book_talk_free(struct book_talk *t)
{
    if (!t)
        return;
    timer_stop(&t->patience);
    ldap_link_free(t->link);
    json_decref(t->people);
    free(t->dn);
    free(t);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who logs in by the word of another server: a provider (OpenID), or a directory that took his password. Role
 * directory has found out what that server says; what it means here is decided here.
 *
 * SECURITY: a tenant's administrator may name a provider of his own, which can call anybody anything. So it
 * logs in users of that tenant alone, and never one who administrates the installation. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/identity.h"
#include "provision/identity.h"
#include "provision/model.h"
#include "provision/settings.h"
#include "queue/audit_notes.h"
#include "queue/lockout.h"
#include "queue/logins.h"
#include "queue/queue.h"
#include "queue/second_factor.h"
#include "queue/sessions.h"
#include "store/identities.h"
#include "store/sessions.h"

/* ---- to role directory ---- */

/* {"sealed": text} becomes text. */
static void unwrap(json_t *entry, const char *name)
{
    json_t *sealed = json_object_get(json_object_get(entry, name), "sealed");
    (void)json_object_set_new(entry, name, json_string(sealed ? json_string_value(sealed) : ""));
}

static json_t *enabled_ones(struct queue *q, enum provision_kind kind, const char *secret)
{
    json_t *list = provision_load_kind(&q->store, kind);
    for (size_t i = json_array_size(list); i-- > 0;) {
        json_t *entry = json_array_get(list, i);
        if (json_is_true(json_object_get(entry, "enabled")))
            unwrap(entry, secret);
        else
            (void)json_array_remove(list, i);
    }
    return list;
}

void tell_login_ways(struct queue *q)
{
    const struct message m = {.type = MSG_login_ways,
                              .login_ways = {.passwords_only = identity_directory_judges(&q->store)}};
    peers_tell(q->peers, ROLE_MAILIN, 0, &m);
}

void tell_identity_settings(struct queue *q)
{
    json_t *all = json_pack("{s:s, s:s, s:o, s:o}", "web_url", store_meta(&q->store, &q->arena, "web_url"),
                            "networks", store_meta(&q->store, &q->arena, "webhook_networks"), "providers",
                            enabled_ones(q, PROVISION_PROVIDER, "client_secret"), "directories",
                            enabled_ones(q, PROVISION_DIRECTORY, "password"));
    SCOPED_FREE char *text = all ? json_dumps(all, JSON_COMPACT) : NULL;
    json_decref(all);
    if (!text)
        panic("identity sources that do not print");
    SCOPED_FD int fd = memfd_create("identities", MFD_CLOEXEC);
    if (fd < 0 || fd_write_all(fd, span_str(text)) != 0 || lseek(fd, 0, SEEK_SET) < 0)
        panic("no memory file for the identity sources");
    struct message m = {.type = MSG_identity_settings, .identity_settings = {.json = fd}};
    peers_tell(q->peers, ROLE_DIRECTORY, 0, &m);
    tell_login_ways(q);
}

/* ---- a login ---- */

struct external {
    const struct msg_identity_login *m;
    struct identity_source source;
    json_t *settings;
    const char *id;  /* what the source calls him, with its name before it */
    const char *who; /* for the lockout */
    struct id user;
    struct visitor visitor;
    struct outcome o;
    unsigned status, wait_s;
    bool again;          /* this very login has been let in before */
    bool unjudged;       /* the directory that knows the password is away */
    bool factor_missing; /* right so far */
    const char *options; /* what his key has to be asked */
};

static unsigned refuse(struct external *e, unsigned status, const char *code, const char *text)
{
    outcome_set(&e->o, VERDICT_GIVE_UP, code, "%s", text);
    return e->status = status;
}

static const char *setting(const struct external *e, const char *name)
{
    return provision_text(e->settings, name);
}

static bool in_group(const struct external *e, const char *group)
{
    size_t len = strlen(group);
    for (const char *at = e->m->groups; len > 0 && *at;) {
        size_t n = strcspn(at, "\n");
        if (n == len && memcmp(at, group, len) == 0)
            return true;
        at += n + (at[n] == '\n');
    }
    return false;
}

static bool is_ours(const struct external *e, const struct visitor *v)
{
    return !*e->source.tenant || id_equal(v->tenant, e->source.tenant_id);
}

/* One setting of a user, or several, as an administrator would set them. */
static unsigned set_user(struct queue *q, const struct settings_wish *w, struct settings_result *r)
{
    const struct provision_keys keys = {q->conf->state_dir, &q->vault};
    unsigned status = settings_change(&q->store, &keys, w, r);
    json_decref(r->errors);
    r->errors = NULL;
    if (status < 300)
        queue_settings_changed(q);
    return status;
}

/* The role that his groups give him; NULL: they give none. */
static const char *role_by_groups(const struct external *e)
{
    if (in_group(e, setting(e, "group_installation")))
        return "installation";
    if (in_group(e, setting(e, "group_tenant")))
        return "tenant";
    bool decides = *setting(e, "group_tenant") || *setting(e, "group_installation");
    return decides ? "user" : NULL;
}

static void make_user(struct queue *q, struct external *e)
{
    struct settings_result r;
    const char *role = role_by_groups(e), *name = *e->m->name ? e->m->name : e->m->address;
    json_t *body = json_pack("{s:s, s:s, s:[s], s:s, s:s}", "tenant", e->source.tenant, "name", name,
                             "addresses", e->m->address, "provider_id", e->id, "role", role ? role : "user");
    SCOPED_FREE char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    const struct settings_wish w = {
        .resource = "users", .action = SETTINGS_CREATE, .if_match = "", .body = text ? text : ""};
    if (set_user(q, &w, &r) == 201 && id_parse(r.key, &e->user)) {
        note_deed(q, e->source.tenant_id, &(struct doer){ID_NONE, name, e->m->client_ip}, "users.create",
                  name, arena_format(&q->arena, "by the login provider %s", e->source.name));
        return;
    }
    log_warning(NULL, "the login provider %s knows somebody who cannot become a user: %s", e->source.name,
                r.detail);
    e->user = ID_NONE;
}

/* He is known by what the provider calls him; the first time, by his address. */
static void find_user(struct queue *q, struct external *e)
{
    e->user = ID_NONE;
    if (identity_user(&q->store, IDENTITY_PROVIDER, e->id, &e->user))
        return;
    if (*e->m->address && config_user_of(&q->store, e->m->address, &e->user))
        return;
    e->user = ID_NONE;
    if (*e->source.tenant && *e->m->address && json_is_true(json_object_get(e->settings, "make_users")))
        make_user(q, e);
}

static bool belongs_to_another(const struct external *e, const struct user_identity *u)
{
    char prefix[SETTINGS_KEY_LEN];
    return str_format(prefix, sizeof(prefix), "%s/", e->source.name) && str_starts(u->provider_id, prefix) &&
           !str_equal(u->provider_id, e->id);
}

/* What the login changes: the role by groups, and by what he is known from now on. */
static unsigned update_user(struct queue *q, struct external *e, const struct user_identity *u)
{
    struct settings_result r;
    const char *role = role_by_groups(e);
    json_t *body = json_object();
    /* Groups that make no administrator of the installation take none away. */
    bool kept = str_equal(e->visitor.role, "installation") && !*setting(e, "group_installation");
    if (role && !kept && !str_equal(role, e->visitor.role))
        (void)json_object_set_new(body, "role", json_string(role));
    if (!*u->provider_id)
        (void)json_object_set_new(body, "provider_id", json_string(e->id));
    SCOPED_FREE char *text = json_dumps(body, JSON_COMPACT);
    bool changes = json_object_size(body) > 0;
    json_decref(body);
    if (!changes)
        return 200;
    char key[ID_TEXT_LEN];
    id_format(e->user, key);
    const struct settings_wish w = {
        .resource = "users", .key = key, .action = SETTINGS_CHANGE, .if_match = "*", .body = text};
    if (set_user(q, &w, &r) != 200)
        return refuse(e, 409, "identity-not-kept", r.detail);
    note_deed(q, e->visitor.tenant, &(struct doer){e->user, e->visitor.name, e->m->client_ip}, "users.change",
              e->visitor.name, arena_format(&q->arena, "%s, by %s", r.changes, e->source.name));
    return 200;
}

static unsigned judge_provided(struct queue *q, struct external *e)
{
    struct user_identity u;
    if (*setting(e, "group_required") && !in_group(e, setting(e, "group_required")))
        return refuse(e, 403, "not-in-group",
                      "Your account may not use Faxpost: it is not in the group that is asked for. Ask an "
                      "administrator.");
    find_user(q, e);
    bool there = !id_is_none(e->user) && identity_of_user(&q->store, &q->arena, e->user, &u);
    if (there && !u.enabled)
        return refuse(e, 403, "user-off", "Your account is switched off here. Ask an administrator.");
    if (!there || !visitor_find(&q->store, &q->arena, e->user, &e->visitor) || !is_ours(e, &e->visitor))
        return refuse(
            e, 403, "unknown-user",
            "You are logged in there, but nobody here has your address. Ask an administrator to make "
            "you a user.");
    if (*e->source.tenant && str_equal(e->visitor.role, "installation"))
        return refuse(e, 403, "not-by-tenant",
                      "Who administrates the installation does not log in by the provider of one tenant.");
    if (belongs_to_another(e, &u))
        return refuse(
            e, 403, "other-identity",
            "The user with your address is known to this provider as somebody else. An administrator "
            "can let him go: empty provider_id of the user.");
    return update_user(q, e, &u);
}

static bool is_for_mail(const struct msg_identity_login *m)
{
    return id_is_none(m->session);
}

/* The directory has taken the password; a second factor of ours is asked for all the same. */
static unsigned judge_listed(struct queue *q, struct external *e)
{
    struct user_identity u;
    if (!identity_user(&q->store, IDENTITY_DIRECTORY, e->id, &e->user) ||
        !identity_of_user(&q->store, &q->arena, e->user, &u) || !u.enabled ||
        !visitor_find(&q->store, &q->arena, e->user, &e->visitor) || !is_ours(e, &e->visitor))
        return refuse(e, 401, "wrong-login", "nobody here");
    if (is_for_mail(e->m)) /* his mail program cannot ask him */
        return 200;
    const struct factor_try t = {
        .totp = e->m->totp, .passkey = e->m->passkey, .host = e->m->host, .client_ip = e->m->client_ip};
    enum factor factor = factor_judge(q, e->user, &t, &e->o, &e->options);
    e->factor_missing = factor == FACTOR_MISSING;
    return factor == FACTOR_NONE || factor == FACTOR_RIGHT ? 200 : 401;
}

static bool find_source(struct queue *q, struct external *e)
{
    bool provided = e->m->kind == IDENTITY_BY_PROVIDER;
    if (!identity_source_named(&q->store, provided ? IDENTITY_PROVIDER : IDENTITY_DIRECTORY, e->m->source,
                               &q->arena, &e->source))
        return false;
    e->settings = provision_identity_json(provided ? PROVISION_PROVIDER : PROVISION_DIRECTORY, &e->source);
    return json_is_true(json_object_get(e->settings, "enabled"));
}

static unsigned judge(struct queue *q, struct external *e)
{
    e->wait_s = login_wait_s(q, e->who, e->m->client_ip);
    if (e->wait_s > 0) {
        lockout_says(e->wait_s, &e->o);
        return e->status = 429;
    }
    e->unjudged = e->m->verdict == VERDICT_RETRY && e->m->kind == IDENTITY_BY_DIRECTORY;
    if (e->m->verdict != VERDICT_DONE && e->m->kind == IDENTITY_BY_DIRECTORY)
        return refuse(e, 401, "wrong-login", e->m->reason); /* also where it is away: see login_is_wrong */
    if (e->m->verdict != VERDICT_DONE)
        return refuse(e, e->m->verdict == VERDICT_RETRY ? 503 : 401, e->m->code, e->m->reason);
    if (!find_source(q, e))
        return refuse(e, 401, "unknown-provider", "There is no such login provider.");
    return e->status = e->m->kind == IDENTITY_BY_PROVIDER ? judge_provided(q, e) : judge_listed(q, e);
}

/* Whose password a directory refused. */
static void find_refused(struct queue *q, struct external *e)
{
    if (e->m->kind == IDENTITY_BY_DIRECTORY && !e->visitor.name &&
        identity_source_named(&q->store, IDENTITY_DIRECTORY, e->m->source, &q->arena, &e->source) &&
        identity_user(&q->store, IDENTITY_DIRECTORY, e->id, &e->user))
        (void)visitor_find(&q->store, &q->arena, e->user, &e->visitor);
}

/* Whom we know, his administrators can read of; and whom a provider has proved to be somebody. */
static void note_refused(struct queue *q, struct external *e)
{
    find_refused(q, e);
    bool known = e->visitor.name && is_ours(e, &e->visitor);
    if (!known && (e->m->verdict != VERDICT_DONE || !e->source.name))
        return;
    const char *name = known ? e->visitor.name : queue_text(q, e->m->address);
    note_deed(q, known ? e->visitor.tenant : e->source.tenant_id,
              &(struct doer){ID_NONE, name, e->m->client_ip}, "session.refuse", e->source.name, e->o.text);
}

/* A provider that is away is nobody's guess. Nor is a directory that is; but who tries then is told to wait
 * like anybody else. */
static void count_wrong(struct queue *q, struct external *e)
{
    unsigned wrong;
    if (e->status == 429 || e->status == 503 || e->factor_missing)
        return;
    unsigned wait_s = login_failed(q, e->who, e->m->client_ip, !e->unjudged, &wrong);
    log_warning(NULL, "%s login from %s by %s: %s", e->unjudged ? "unjudged" : "wrong", e->m->client_ip,
                queue_text(q, e->m->source), e->unjudged ? queue_text(q, e->m->code) : e->o.code);
    note_refused(q, e);
    login_note_wrong(q, wrong, e->m->client_ip,
                     e->visitor.name ? e->visitor.name : "a name that nobody logs in with");
    if (wait_s > 0 && e->m->kind == IDENTITY_BY_DIRECTORY) {
        e->status = 429;
        e->wait_s = wait_s;
        lockout_says(wait_s, &e->o);
    }
}

void on_identity_login(void *context, const struct sender *from, struct msg_identity_login *m)
{
    struct queue *q = context;
    struct external e = {.m = m, .options = ""};
    queue_enter(q);
    outcome_done(&e.o);
    e.id = arena_format(&q->arena, "%s/%s", m->source, m->subject);
    /* As the challenge before it: who has to wait there does not guess at the directory meanwhile. */
    e.who = m->kind == IDENTITY_BY_DIRECTORY ? login_counted_as(q, m->login)
                                             : arena_format(&q->arena, "%.60s %.60s", m->source,
                                                            config_address_key(&q->arena, m->address));
    e.status = 200;
    e.again = !is_for_mail(m) && session_user(&q->store, m->session, &e.user);
    if (!e.again && judge(q, &e) != 200) {
        count_wrong(q, &e);
        if (m->kind == IDENTITY_BY_DIRECTORY && str_equal(e.o.code, "wrong-login"))
            login_is_wrong(q,
                           &e.o); /* in the words that others get: they do not tell whose password is where */
        e.user = ID_NONE;
    } else if (!e.again) {
        login_succeeded(q, e.who, m->client_ip);
        log_info(NULL, "%s logged in from %s by %s", e.visitor.name, m->client_ip, e.source.name);
        if (!is_for_mail(m))
            session_begin(
                q, &(struct new_session){.hash = m->hash,
                                         .id = m->session,
                                         .user = e.user,
                                         .replaces = m->replaces,
                                         .client_ip = m->client_ip,
                                         .agent = m->agent,
                                         .source = e.source.name,
                                         .provider = m->kind == IDENTITY_BY_PROVIDER ? e.source.name : ""});
    }
    struct message answer = {.type = MSG_identity_judged,
                             .identity_judged = {.status = e.status,
                                                 .wait_s = e.wait_s,
                                                 .user = e.user,
                                                 MESSAGE_OUTCOME(&e.o),
                                                 .options = e.options}};
    peers_answer(q->peers, from, &answer);
    json_decref(e.settings);
}

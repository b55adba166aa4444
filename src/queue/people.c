/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The people of a directory become users. Who is gone there is switched off here, and deleted never; where
 * more are gone at once than the settings let go by themselves, nothing happens before a person has confirmed
 * it: a directory that answers half is far likelier than half of the house leaving. */
#include "queue/people.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/identity.h"
#include "provision/identity.h"
#include "provision/json.h"
#include "provision/model.h"
#include "queue/audit_notes.h"
#include "queue/queue.h"

enum { PEOPLE_BYTES_MAX = 64 * 1024 * 1024, TEXT_MAX = 30000, RESULT_MAX = 1024 * 1024, ROUNDS_MOST = 20 };
enum { NAME_MOST = 64 };
#define GONE "gone:" /* before the directory_id of who was switched off because he is missing */

struct sync {
    struct queue *q;
    struct identity_source source;
    json_t *settings, *people, *users, *boxes;
    json_t *by_id, *by_address, *by_name; /* to entries of users; by_name: of this tenant */
    json_t *seen;                         /* ids of people -> the name of the user */
    json_t *person_of;                    /* names of users -> people */
    json_t *new_users, *new_boxes;        /* what is wished, as a provisioning file has it */
    struct buf notes;
    size_t linked, vanished;
};

static void note(struct sync *s, const char *format, ...) PRINTF_LIKE(2, 3);
static void note(struct sync *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)buf_vprintf(&s->notes, format, args);
    va_end(args);
    (void)buf_append_str(&s->notes, "\n");
}

static const char *id_of(struct sync *s, const char *subject)
{
    return arena_format(&s->q->arena, "%s/%s", s->source.name, subject);
}

static const char *address_key(struct sync *s, const char *address)
{
    return config_address_key(&s->q->arena, address);
}

/* ---- what there is ---- */

static bool is_of_tenant(const struct sync *s, const json_t *entry)
{
    return str_equal(provision_text(entry, "tenant"), s->source.tenant);
}

static void index_users(struct sync *s)
{
    size_t i, k;
    json_t *user, *address;
    json_array_foreach(s->users, i, user)
    {
        if (*provision_text(user, "directory_id"))
            (void)json_object_set(s->by_id, provision_text(user, "directory_id"), user);
        if (is_of_tenant(s, user))
            (void)json_object_set(s->by_name, provision_text(user, "name"), user);
        json_array_foreach(json_object_get(user, "addresses"), k, address)
        {
            (void)json_object_set(s->by_address, address_key(s, json_string_value(address)), user);
        }
    }
}

static bool is_linked(const struct sync *s, const json_t *user)
{
    const char *id = provision_text(user, "directory_id");
    size_t len = strlen(s->source.name);
    return is_of_tenant(s, user) && str_starts(id, s->source.name) && id[len] == '/';
}

static bool is_root(const json_t *user)
{
    return str_equal(provision_text(user, "role"), "installation");
}

/* ---- one person ---- */

/* His user, or NULL: he becomes a new one. */
static json_t *user_of(struct sync *s, const json_t *person, const char *id)
{
    size_t i;
    json_t *address, *user = json_object_get(s->by_id, id);
    if (!user)
        user = json_object_get(s->by_id, arena_format(&s->q->arena, GONE "%s", id));
    if (user)
        return is_of_tenant(s, user) ? user : NULL;
    json_array_foreach(json_object_get(person, "addresses"), i, address)
    {
        user = json_object_get(s->by_address, address_key(s, json_string_value(address)));
        if (user && is_of_tenant(s, user) && !*provision_text(user, "directory_id") && !is_root(user))
            return user;
    }
    return NULL;
}

/* Those that are addresses, and nobody else's. */
static json_t *addresses_of(struct sync *s, const json_t *person, const json_t *user)
{
    char tidy[PROVISION_TEXT_LEN];
    json_t *list = json_array(), *address;
    size_t i;
    json_array_foreach(json_object_get(person, "addresses"), i, address)
    {
        const char *text = json_string_value(address);
        if (!text || !rule_address(text, tidy))
            continue;
        const json_t *owner = json_object_get(s->by_address, address_key(s, tidy));
        if (owner && owner != user)
            note(s, "! %s: %s is an address of %s already", provision_text(person, "id"), tidy,
                 provision_text(owner, "name"));
        else
            (void)json_array_append_new(list, json_string(tidy));
    }
    return list;
}

/* As people read it; with his address where somebody else has that name. */
static const char *new_name(struct sync *s, const json_t *person, const char *address)
{
    char tidy[PROVISION_TEXT_LEN], name[PROVISION_TEXT_LEN];
    if (!rule_name(provision_text(person, "name"), tidy))
        (void)str_copy(tidy, sizeof(tidy), address);
    if (!json_object_get(s->by_name, tidy) && rule_name(tidy, name))
        return arena_strdup(&s->q->arena, name);
    tidy[strlen(tidy) > NAME_MOST / 3 ? NAME_MOST / 3 : strlen(tidy)] = 0;
    utf8_clean(tidy);
    return arena_format(&s->q->arena, "%s (%.38s)", tidy, address);
}

static bool in_group(const json_t *person, const char *group)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(person, "groups"), i, one)
    {
        const char *text = json_string_value(one);
        if (text && *group && str_equal_nocase(text, group))
            return true;
    }
    return false;
}

static bool same_addresses(const json_t *a, const json_t *b)
{
    if (json_array_size(a) != json_array_size(b))
        return false;
    for (size_t i = 0; i < json_array_size(a); i++)
        if (!str_equal(json_string_value(json_array_get(a, i)), json_string_value(json_array_get(b, i))))
            return false;
    return true;
}

static void claim_addresses(struct sync *s, const json_t *addresses, json_t *user)
{
    size_t i;
    json_t *address;
    json_array_foreach(addresses, i, address)
    {
        (void)json_object_set(s->by_address, address_key(s, json_string_value(address)), user);
    }
}

static void wish(struct sync *s, const char *name, json_t *fragment)
{
    (void)json_object_set_new(fragment, "tenant", json_string(s->source.tenant));
    (void)json_object_set_new(fragment, "name", json_string(name));
    (void)json_array_append(s->new_users, fragment);
}

static const char *role_of(const struct sync *s, const json_t *person)
{
    const char *group = provision_text(s->settings, "group_tenant");
    return !*group ? NULL : in_group(person, group) ? "tenant" : "user";
}

static void add_user(struct sync *s, const json_t *person, const char *id, json_t *addresses)
{
    const char *name = new_name(s, person, json_string_value(json_array_get(addresses, 0)));
    const char *role = role_of(s, person);
    json_t *fragment = json_pack("{s:O, s:s, s:s}", "addresses", addresses, "directory_id", id, "role",
                                 role ? role : "user");
    wish(s, name, fragment);
    claim_addresses(s, addresses, fragment);
    (void)json_object_set(s->by_name, name, fragment);
    (void)json_object_set_new(s->seen, id, json_string(name));
    json_decref(fragment);
}

static void change_user(struct sync *s, const json_t *person, const char *id, json_t *user, json_t *addresses)
{
    const char *role = role_of(s, person), *known = provision_text(user, "directory_id");
    json_t *fragment = json_object();
    if (!same_addresses(addresses, json_object_get(user, "addresses")))
        (void)json_object_set(fragment, "addresses", addresses);
    if (!str_equal(known, id))
        (void)json_object_set_new(fragment, "directory_id", json_string(id));
    if (str_starts(known, GONE))
        (void)json_object_set_new(fragment, "enabled", json_true());
    if (role && !is_root(user) && !str_equal(role, provision_text(user, "role")))
        (void)json_object_set_new(fragment, "role", json_string(role));
    if (json_object_size(fragment) > 0)
        wish(s, provision_text(user, "name"), fragment);
    claim_addresses(s, addresses, user);
    (void)json_object_set_new(s->seen, id, json_string(provision_text(user, "name")));
    json_decref(fragment);
}

static void take_person(struct sync *s, const json_t *person)
{
    char whole[PROVISION_TEXT_LEN];
    const char *subject = provision_text(person, "id"), *id = id_of(s, subject);
    if (!*subject || !rule_long_line(id, whole)) {
        note(s, "! %s has no %s that can be kept", provision_text(person, "name"),
             provision_text(s->settings, "attribute_id"));
        return;
    }
    if (json_object_get(s->seen, id)) {
        note(s, "! %s stands there twice", subject);
        return;
    }
    json_t *user = user_of(s, person, id), *addresses = addresses_of(s, person, user);
    if (json_array_size(addresses) == 0) {
        note(s, "! %s (%s) has no address that can be used", provision_text(person, "name"), subject);
        /* He is there all the same, and keeps what he has. */
        (void)json_object_set_new(s->seen, id, json_string(user ? provision_text(user, "name") : ""));
    } else if (user) {
        change_user(s, person, id, user, addresses);
    } else {
        add_user(s, person, id, addresses);
    }
    json_decref(addresses);
}

/* ---- who is gone ---- */

static void take_gone(struct sync *s)
{
    size_t i;
    json_t *user;
    json_array_foreach(s->users, i, user)
    {
        const char *id = provision_text(user, "directory_id");
        if (!is_linked(s, user) || !json_is_true(json_object_get(user, "enabled")))
            continue;
        s->linked++;
        if (json_object_get(s->seen, id))
            continue;
        if (is_root(user)) {
            note(s, "! %s is gone there, and stays: he administrates the installation",
                 provision_text(user, "name"));
            continue;
        }
        s->vanished++;
        json_t *fragment =
            json_pack("{s:b, s:s}", "enabled", 0, "directory_id", arena_format(&s->q->arena, GONE "%s", id));
        wish(s, provision_text(user, "name"), fragment);
        json_decref(fragment);
    }
}

/* One may always go, unless nobody is left then. */
static bool shrinks(const struct sync *s)
{
    size_t percent = (size_t)json_integer_value(json_object_get(s->settings, "vanish_percent"));
    bool few = s->vanished <= 1 && s->linked > 1;
    return s->vanished > 0 && !few && s->vanished * 100 > percent * s->linked;
}

/* ---- users of boxes ---- */

static void index_people(struct sync *s)
{
    size_t i;
    json_t *person;
    json_array_foreach(s->people, i, person)
    {
        const char *user =
            json_string_value(json_object_get(s->seen, id_of(s, provision_text(person, "id"))));
        if (user && *user && !json_object_get(s->person_of, user))
            (void)json_object_set(s->person_of, user, person);
    }
}

/* Whom the directory does not list keeps his right; its own people have theirs by the group. */
static void take_box(struct sync *s, json_t *box, const char *group)
{
    json_t *is = json_object_get(box, "users"), *wanted = json_array(), *right, *person;
    json_t *having = json_object(); /* names of users who have a right */
    size_t i;
    json_array_foreach(is, i, right)
    {
        const char *name = provision_text(right, "user");
        const json_t *user = json_object_get(s->by_name, name);
        const json_t *him = user ? json_object_get(s->person_of, name) : NULL;
        bool ours = him || (user && is_linked(s, user));
        if (ours && !(him && in_group(him, group)))
            continue;
        (void)json_array_append(wanted, right);
        (void)json_object_set_new(having, name, json_true());
    }
    json_array_foreach(s->people, i, person)
    {
        if (!in_group(person, group))
            continue;
        const char *name =
            json_string_value(json_object_get(s->seen, id_of(s, provision_text(person, "id"))));
        if (!name || !*name || json_object_get(having, name))
            continue;
        (void)json_array_append_new(wanted,
                                    json_pack("{s:s, s:b, s:b}", "user", name, "send", 1, "receive", 1));
        (void)json_object_set_new(having, name, json_true());
    }
    json_decref(having);
    if (!json_equal(is, wanted))
        (void)json_array_append_new(
            s->new_boxes, json_pack("{s:s, s:O}", "id", provision_text(box, "id"), "users", wanted));
    json_decref(wanted);
}

static void take_boxes(struct sync *s)
{
    size_t i, k;
    json_t *row, *box;
    json_array_foreach(json_object_get(s->settings, "box_groups"), i, row)
    {
        const char *text = json_string_value(row), *group = strchr(text, '=');
        bool found = false;
        json_array_foreach(s->boxes, k, box)
        {
            const char *id = provision_text(box, "id");
            if (!is_of_tenant(s, box) || strlen(id) != (size_t)(group - text) || !str_starts(text, id))
                continue;
            take_box(s, box, group + 1);
            found = true;
        }
        if (!found)
            note(s, "! there is no faxbox of the tenant for %s", text);
    }
}

/* ---- applying ---- */

/* "users[3].addresses[0]" */
static bool place_of(const char *path, const char *section, size_t *at)
{
    size_t len = strlen(section);
    char *end;
    if (!str_starts(path, section) || path[len] != '[')
        return false;
    *at = strtoul(path + len + 1, &end, 10);
    return *end == ']';
}

/* Who is wrong is left out, with the reason, so that one does not keep all others from being right. */
static bool leave_out(struct sync *s, const json_t *answer)
{
    size_t i, at = 0;
    json_t *e;
    size_t users = json_array_size(s->new_users), boxes = json_array_size(s->new_boxes);
    json_array_foreach(json_object_get(answer, "errors"), i, e)
    {
        const char *path = provision_text(e, "path");
        json_t *list = place_of(path, "users", &at)      ? s->new_users
                       : place_of(path, "faxboxes", &at) ? s->new_boxes
                                                         : NULL;
        json_t *entry = json_array_get(list, at);
        if (entry) {
            (void)json_object_set_new(entry, "@wrong", json_true());
            note(s, "! %s%s: %s", provision_text(entry, "name"), provision_text(entry, "id"),
                 provision_text(e, "text"));
        }
    }
    for (size_t k = users; k-- > 0;)
        if (json_object_get(json_array_get(s->new_users, k), "@wrong"))
            (void)json_array_remove(s->new_users, k);
    for (size_t k = boxes; k-- > 0;)
        if (json_object_get(json_array_get(s->new_boxes, k), "@wrong"))
            (void)json_array_remove(s->new_boxes, k);
    return json_array_size(s->new_users) < users || json_array_size(s->new_boxes) < boxes;
}

/* The answer of provision_apply; NULL: there is nothing to do. */
static json_t *apply(struct sync *s, bool dry)
{
    const struct provision_keys keys = {s->q->conf->state_dir, &s->q->vault};
    json_t *answer = NULL;
    for (int round = 0; round < ROUNDS_MOST; round++) {
        SCOPED_BUF struct buf result;
        buf_init(&result, RESULT_MAX);
        if (json_array_size(s->new_users) + json_array_size(s->new_boxes) == 0)
            return answer;
        json_t *file = json_pack("{s:O, s:O}", "users", s->new_users, "faxboxes", s->new_boxes);
        SCOPED_FREE char *text = json_dumps(file, JSON_COMPACT);
        json_decref(file);
        int status = provision_apply(&s->q->store, &keys, text ? text : "", dry, &result);
        json_decref(answer);
        answer = json_loads(buf_text(&result), 0, NULL);
        if (status == 200 || !leave_out(s, answer))
            return answer;
    }
    return answer;
}

static void list_changes(struct sync *s, const json_t *answer, struct buf *text)
{
    size_t i;
    json_t *change;
    json_array_foreach(json_object_get(answer, "changes"), i, change)
    {
        (void)buf_printf(text, "%s\n", json_string_value(change));
    }
    json_int_t more = json_integer_value(json_object_get(answer, "changed")) - (json_int_t)i;
    if (more > 0)
        (void)buf_printf(text, "... and %lld more\n", (long long)more);
    (void)buf_append_str(text, buf_text(&s->notes));
}

/* ---- the operation ---- */

static void compute(struct sync *s)
{
    size_t i;
    json_t *person;
    s->users = provision_load_kind(&s->q->store, PROVISION_USER);
    s->boxes = provision_load_kind(&s->q->store, PROVISION_BOX);
    index_users(s);
    json_array_foreach(s->people, i, person)
    {
        take_person(s, person);
    }
    take_gone(s);
    index_people(s);
    take_boxes(s);
}

/* For the alarms: what went wrong last; "" in the place of a code: nothing. */
static void keep_state(struct queue *q, const char *directory, const struct outcome *o)
{
    bool good = o->verdict == VERDICT_DONE;
    store_set_meta(
        &q->store, directory_state_key(&q->arena, directory),
        arena_format(&q->arena, "%" PRId64 "\t%s\t%s", q->now_ms, good ? "" : o->code, good ? "" : o->text));
    queue_wants(q, WORK_ALARMS);
}

static void tell_audit(struct sync *s, const struct msg_directory_people *m, const json_t *answer)
{
    json_int_t changed = json_integer_value(json_object_get(answer, "changed"));
    if (changed == 0)
        return;
    const char *who = *m->who ? m->who : arena_format(&s->q->arena, "directory %s", s->source.name);
    note_deed(s->q, s->source.tenant_id, &(struct doer){m->actor, who, m->client_ip}, "directories.sync",
              s->source.name,
              arena_format(&s->q->arena, "%lld changes, %zu of %zu switched off", (long long)changed,
                           s->vanished, s->linked));
}

static void run(struct sync *s, const struct msg_directory_people *m, struct buf *text, struct outcome *o)
{
    bool dry = m->what == DIRECTORY_DRY;
    compute(s);
    if (shrinks(s) && m->what == DIRECTORY_SYNC) {
        outcome_set(o, VERDICT_GIVE_UP, "directory-shrinks",
                    "%zu of %zu people of the directory \"%.64s\" are missing there, more than "
                    "vanish_percent lets go. "
                    "Nothing was changed. Look at the directory; if they are to be switched off: "
                    "`faxpost ldap sync %.64s --confirm`, or the button of its page.",
                    s->vanished, s->linked, s->source.name, s->source.name);
        return;
    }
    json_t *answer = apply(s, dry);
    if (answer && json_object_get(answer, "errors"))
        outcome_set(o, VERDICT_GIVE_UP, "directory-users", "The users could not be changed: %.250s",
                    provision_text(json_array_get(json_object_get(answer, "errors"), 0), "text"));
    list_changes(s, answer, text);
    if (!dry && o->verdict == VERDICT_DONE)
        tell_audit(s, m, answer);
    if (!dry && answer)
        queue_settings_changed(s->q);
    json_decref(answer);
}

static void sync_clear(struct sync *s)
{
    json_t *all[] = {s->settings,   s->people,  s->users, s->boxes,     s->by_id,    s->person_of,
                     s->by_address, s->by_name, s->seen,  s->new_users, s->new_boxes};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        json_decref(all[i]);
    buf_clear(&s->notes);
}

static bool sync_begin(struct sync *s, struct queue *q, struct msg_directory_people *m)
{
    SCOPED_BUF struct buf text;
    *s = (struct sync){.q = q};
    buf_init(&s->notes, TEXT_MAX / 2);
    buf_init(&text, PEOPLE_BYTES_MAX);
    if (!identity_source_named(&q->store, IDENTITY_DIRECTORY, m->directory, &q->arena, &s->source))
        return false;
    s->settings = provision_identity_json(PROVISION_DIRECTORY, &s->source);
    s->people = fd_read_rest(m->people, &text) == 0 ? json_loads(buf_text(&text), 0, NULL) : NULL;
    s->by_id = json_object();
    s->by_address = json_object();
    s->by_name = json_object();
    s->seen = json_object();
    s->person_of = json_object();
    s->new_users = json_array();
    s->new_boxes = json_array();
    return json_is_array(s->people);
}

const char *directory_state_key(struct arena *a, const char *directory)
{
    return arena_format(a, "directory.%s", directory);
}

void on_directory_people(void *context, const struct sender *from, struct msg_directory_people *m)
{
    struct queue *q = context;
    struct sync s;
    struct outcome o;
    SCOPED_BUF struct buf text;
    queue_enter(q);
    buf_init(&text, TEXT_MAX);
    outcome_done(&o);
    if (m->verdict != VERDICT_DONE)
        outcome_set(&o, (enum verdict)m->verdict, m->code, "%s", m->reason);
    else if (sync_begin(&s, q, m))
        run(&s, m, &text, &o);
    else
        outcome_set(&o, VERDICT_GIVE_UP, "unknown-directory", "There is no such directory any more.");
    if (m->verdict == VERDICT_DONE)
        sync_clear(&s);
    if (m->what != DIRECTORY_DRY)
        keep_state(q, m->directory, &o);
    utf8_clean((char *)(uintptr_t)buf_text(&text));
    struct message answer = {.type = MSG_directory_synced,
                             .directory_synced = {MESSAGE_OUTCOME(&o), .text = buf_text(&text)}};
    peers_answer(q->peers, from, &answer);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/people.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/identity.h"
#include "provision/identity.h"
#include "provision/model.h"
#include "queue/audit_notes.h"
#include "queue/people_inner.h"
#include "store/identities.h"

enum { PEOPLE_BYTES_MAX = 64 * 1024 * 1024, TEXT_MAX = 30000, CHANGES_LISTED = 200 };
enum { READ_AT_ONCE = 1000, COUNTED_AT_ONCE = 500, TAKEN_AT_ONCE = 50, PAUSE_MS = 5 };

void sync_note(struct sync *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)buf_vprintf(&s->notes, format, args);
    va_end(args);
    (void)buf_append_str(&s->notes, "\n");
}

void sync_changed(struct sync *s, const char *noun, const char *name, const char *what)
{
    if (++s->changed <= CHANGES_LISTED)
        (void)buf_printf(&s->changes, "%s \"%s\": %s\n", noun, name, what);
}

bool sync_writes(const struct sync *s)
{
    return s->what != DIRECTORY_DRY;
}

const char *sync_id_of(struct sync *s, const json_t *person)
{
    return arena_format(&s->q->arena, "%s%s", s->prefix, provision_text(person, "id"));
}

bool sync_in_group(const json_t *person, const char *group)
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

/* ---- steps ---- */

static void read_person(struct sync *s, struct span line)
{
    char whole[PROVISION_TEXT_LEN];
    json_t *person = json_loadb((const char *)line.data, line.len, 0, NULL);
    const char *id = sync_id_of(s, person);
    if (!*provision_text(person, "id") || !rule_long_line(id, whole)) {
        sync_note(s, "! %s has no %s that can be kept", provision_text(person, "name"),
                  provision_text(s->settings, "attribute_id"));
    } else {
        (void)json_array_append(s->people, person);
        if (!json_object_get(s->listed, id))
            (void)json_object_set(s->listed, id, person);
    }
    json_decref(person);
}

static bool read_some(struct sync *s)
{
    for (int n = 0; n < READ_AT_ONCE && s->at < s->text.len; n++) {
        const uint8_t *begin = s->text.data + s->at;
        const uint8_t *end = memchr(begin, '\n', s->text.len - s->at);
        size_t len = end ? (size_t)(end - begin) : s->text.len - s->at;
        read_person(s, span_of(begin, len));
        s->at += len + 1;
    }
    if (s->at < s->text.len)
        return false;
    buf_clear(&s->text);
    return true;
}

static bool is_root(const struct listed_user *u)
{
    return str_equal(u->role, "installation");
}

/* The next users of the directory; true: they were the last ones. */
static bool next_users(struct sync *s, struct listed_user *list, size_t most, size_t *n)
{
    *n = identity_listed(&s->q->store, &s->q->arena, s->tenant_id, s->prefix, s->after, list, most);
    s->after = *n > 0 ? list[*n - 1].id : ID_NONE;
    if (*n == most)
        return false;
    s->after = ID_NONE;
    return true;
}

static bool is_missing(const struct sync *s, const struct listed_user *u)
{
    return u->enabled && !json_object_get(s->listed, u->directory_id);
}

static bool count_some(struct sync *s)
{
    struct listed_user list[COUNTED_AT_ONCE];
    size_t n;
    bool last = next_users(s, list, COUNTED_AT_ONCE, &n);
    for (size_t i = 0; i < n; i++) {
        s->linked += list[i].enabled;
        s->vanished += is_missing(s, &list[i]) && !is_root(&list[i]);
    }
    return last;
}

/* One may always go, unless nobody is left then. */
static bool shrinks(const struct sync *s)
{
    size_t percent = (size_t)json_integer_value(json_object_get(s->settings, "vanish_percent"));
    bool few = s->vanished <= 1 && s->linked > 1;
    return s->vanished > 0 && !few && s->vanished * 100 > percent * s->linked;
}

static bool take_some(struct sync *s)
{
    size_t until = s->person + TAKEN_AT_ONCE, all = json_array_size(s->people);
    for (; s->person < all && s->person < until; s->person++)
        sync_take_person(s, json_array_get(s->people, s->person));
    return s->person == all;
}

static bool switch_some_off(struct sync *s)
{
    struct listed_user list[TAKEN_AT_ONCE];
    size_t n;
    bool last = next_users(s, list, TAKEN_AT_ONCE, &n);
    for (size_t i = 0; i < n; i++) {
        if (!is_missing(s, &list[i]))
            continue;
        if (is_root(&list[i]))
            sync_note(s, "! %s is gone there, and stays: he administrates the installation", list[i].name);
        else
            sync_switch_off(s, list[i].id, list[i].directory_id);
    }
    return last;
}

/* ---- the end ---- */

/* For the alarms: what went wrong last; "" in the place of a code: nothing. */
static void keep_state(struct queue *q, const char *directory, const struct outcome *o)
{
    bool good = o->verdict == VERDICT_DONE;
    store_set_meta(
        &q->store, directory_state_key(&q->arena, directory),
        arena_format(&q->arena, "%" PRId64 "\t%s\t%s", q->now_ms, good ? "" : o->code, good ? "" : o->text));
    queue_wants(q, WORK_ALARMS);
}

static void answer(struct queue *q, const struct sender *to, const struct outcome *o, const char *text)
{
    struct message m = {.type = MSG_directory_synced, .directory_synced = {MESSAGE_OUTCOME(o), .text = text}};
    peers_answer(q->peers, to, &m);
}

static void sync_free(struct sync *s)
{
    json_t *all[] = {s->settings, s->people, s->listed, s->user_of, s->addresses, s->names, s->boxes};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        json_decref(all[i]);
    timer_stop(&s->next);
    list_remove(&s->node);
    buf_clear(&s->text);
    buf_clear(&s->changes);
    buf_clear(&s->notes);
    free(s->who);
    free(s->client_ip);
    free(s);
}

static void note_in_audit(struct sync *s)
{
    const char *who = *s->who ? s->who : arena_format(&s->q->arena, "directory %s", s->name);
    note_deed(s->q, s->tenant_id, &(struct doer){s->actor, who, s->client_ip}, "directories.sync", s->name,
              arena_format(&s->q->arena, "%zu changes, %zu of %zu switched off", s->changed, s->vanished,
                           s->linked));
}

static void end(struct sync *s, const struct outcome *o)
{
    struct queue *q = s->q;
    SCOPED_BUF struct buf text;
    buf_init(&text, 2 * TEXT_MAX);
    (void)buf_append(&text, s->changes.data, s->changes.len);
    if (s->changed > CHANGES_LISTED)
        (void)buf_printf(&text, "... and %zu more\n", s->changed - CHANGES_LISTED);
    (void)buf_append(&text, s->notes.data, s->notes.len);
    const char *said = arena_strdup(&q->arena, buf_text(&text));
    utf8_clean((char *)(uintptr_t)said);
    if (sync_writes(s)) {
        keep_state(q, s->name, o);
        if (s->changed > 0) {
            note_in_audit(s);
            queue_settings_changed(q);
        }
    }
    answer(q, &s->from, o, arena_format(&q->arena, "%.*s", TEXT_MAX, said));
    sync_free(s);
}

static void end_with(struct sync *s, enum verdict verdict, const char *code, const char *text)
{
    struct outcome o;
    outcome_set(&o, verdict, code, "%s", text);
    end(s, &o);
}

static void refuse_shrunk(struct sync *s)
{
    end_with(s, VERDICT_GIVE_UP, "directory-shrinks",
             arena_format(&s->q->arena,
                          "%zu of %zu people of the directory \"%.64s\" are missing there, more than "
                          "vanish_percent lets go. "
                          "Nothing was changed. Look at the directory; if they are to be switched off: "
                          "`faxpost ldap sync %.64s --confirm`, or the button of its page.",
                          s->vanished, s->linked, s->name, s->name));
}

/* ---- the operation ---- */

static bool settings_of(struct queue *q, const char *directory, struct identity_source *source,
                        json_t **settings)
{
    *settings = NULL;
    if (!identity_source_named(&q->store, IDENTITY_DIRECTORY, directory, &q->arena, source))
        return false;
    *settings = provision_identity_json(PROVISION_DIRECTORY, source);
    return true;
}

/* A step is long after the one before: somebody may have changed the settings. */
static bool is_as_it_was(struct sync *s)
{
    struct identity_source source;
    json_t *settings;
    bool same = settings_of(s->q, s->name, &source, &settings) && json_equal(settings, s->settings) == 1;
    json_decref(settings);
    return same;
}

static bool (*const steps[])(struct sync *s) = {
    [SYNC_READING] = read_some,       [SYNC_COUNTING] = count_some,  [SYNC_USERS] = take_some,
    [SYNC_RIGHTS] = sync_take_rights, [SYNC_GONE] = switch_some_off,
};

static void on_next(void *context)
{
    struct sync *s = context;
    struct outcome o;
    queue_enter(s->q);
    if (!is_as_it_was(s)) {
        end_with(s, VERDICT_RETRY, "directory-changed",
                 "The settings of this directory were changed just now. Try again.");
        return;
    }
    if (steps[s->phase](s)) {
        s->phase++;
        s->after = ID_NONE;
        if (s->phase == SYNC_USERS && s->what == DIRECTORY_SYNC && shrinks(s)) {
            refuse_shrunk(s);
            return;
        }
    }
    outcome_done(&o);
    if (s->phase == SYNC_OVER)
        end(s, &o);
    else
        timer_start(&s->next, s->q->loop, PAUSE_MS);
}

static struct sync *sync_new(struct queue *q, const struct sender *from, const struct msg_directory_people *m,
                             const struct identity_source *source)
{
    struct sync *s = mem_zalloc(sizeof(*s));
    *s = (struct sync){.q = q,
                       .from = *from,
                       .next = {.on_due = on_next, .context = s},
                       .tenant_id = source->tenant_id,
                       .what = m->what,
                       .who = mem_strdup(m->who),
                       .client_ip = mem_strdup(m->client_ip),
                       .actor = m->actor,
                       .people = json_array(),
                       .listed = json_object(),
                       .user_of = json_object(),
                       .addresses = json_object(),
                       .names = json_object(),
                       .boxes = json_object()};
    (void)str_copy(s->name, sizeof(s->name), source->name);
    (void)str_copy(s->tenant, sizeof(s->tenant), source->tenant);
    (void)str_format(s->prefix, sizeof(s->prefix), "%s/", source->name);
    buf_init(&s->text, PEOPLE_BYTES_MAX);
    buf_init(&s->changes, TEXT_MAX);
    buf_init(&s->notes, TEXT_MAX / 2);
    list_append(&q->syncs, &s->node);
    return s;
}

/* Whoever began it asks anew: it is directory's next life. */
static void drop_former(struct queue *q, const char *directory)
{
    list_each_safe (it, &q->syncs) {
        struct sync *s = CONTAINER_OF(it, struct sync, node);
        if (str_equal(s->name, directory))
            sync_free(s);
    }
}

static void begin(struct queue *q, const struct sender *from, const struct msg_directory_people *m)
{
    struct outcome o;
    struct identity_source source;
    json_t *settings;
    drop_former(q, m->directory);
    if (!settings_of(q, m->directory, &source, &settings)) {
        outcome_set(&o, VERDICT_GIVE_UP, "unknown-directory", "There is no such directory any more.");
        answer(q, from, &o, "");
        return;
    }
    struct sync *s = sync_new(q, from, m, &source);
    s->settings = settings;
    /* It may come again after our restart, read to its end. */
    if (lseek(m->people, 0, SEEK_SET) != 0 || fd_read_rest(m->people, &s->text) != 0)
        end_with(s, VERDICT_RETRY, "directory-refused", "The directory has more people than can be read.");
    else
        timer_start(&s->next, q->loop, 0);
}

const char *directory_state_key(struct arena *a, const char *directory)
{
    return arena_format(a, "directory.%s", directory);
}

void on_directory_people(void *context, const struct sender *from, struct msg_directory_people *m)
{
    struct queue *q = context;
    struct outcome o;
    queue_enter(q);
    if (m->verdict == VERDICT_DONE) {
        begin(q, from, m);
        return;
    }
    outcome_set(&o, (enum verdict)m->verdict, m->code, "%s", m->reason);
    if (m->what != DIRECTORY_DRY)
        keep_state(q, m->directory, &o);
    answer(q, from, &o, "");
}

void people_forget(struct queue *q)
{
    list_each_safe (it, &q->syncs)
        sync_free(CONTAINER_OF(it, struct sync, node));
}

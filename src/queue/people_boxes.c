/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Boxes of groups of a directory: its people have a right to them as long as they are members. Who is none of
 * its people keeps his. */
#include <string.h>

#include "base/str.h"
#include "provision/model.h"
#include "queue/people_inner.h"
#include "store/identities.h"
#include "store/provision.h"

enum { RIGHTS_AT_ONCE = 100 };

/* "front=cn=front,ou=groups": the box, where the tenant has it; group: what stands behind it. */
static bool box_of(struct sync *s, const char *row, struct faxbox *box, const char **group)
{
    const char *end = strchr(row, '=');
    if (!end)
        return false;
    *group = end + 1;
    const char *id = arena_format(&s->q->arena, "%.*s", (int)(end - row), row);
    return config_box(&s->q->store, &s->q->arena, id, box) && id_equal(box->tenant, s->tenant_id);
}

static const char *row_of(const struct sync *s, size_t n)
{
    return json_string_value(json_array_get(json_object_get(s->settings, "box_groups"), n));
}

static void changed(struct sync *s, const char *box)
{
    if (json_object_get(s->boxes, box))
        return;
    (void)json_object_set_new(s->boxes, box, json_true());
    sync_changed(s, "faxbox", box, "users");
}

void sync_give_boxes(struct sync *s, const json_t *person, const char *user)
{
    struct faxbox box;
    const char *group, *row;
    for (size_t i = 0; (row = row_of(s, i)) != NULL; i++) {
        if (!box_of(s, row, &box, &group) || !sync_in_group(person, group))
            continue;
        struct id id = provision_user_id(&s->q->store, s->tenant, user);
        bool has = !id_is_none(id) && provision_has_right(&s->q->store, box.id, id);
        if (!has && sync_writes(s))
            (void)provision_give_right(&s->q->store, box.id, id);
        if (!has)
            changed(s, box.id);
    }
}

/* Several groups may have a right to one box. */
static bool has_right_by(const struct sync *s, const char *box, const json_t *person)
{
    const char *row;
    for (size_t i = 0; (row = row_of(s, i)) != NULL; i++) {
        size_t len = strcspn(row, "=");
        if (row[len] && span_equal_nocase(span_of(row, len), box) && sync_in_group(person, row + len + 1))
            return true;
    }
    return false;
}

static void take_right(struct sync *s, const struct faxbox *box, const struct listed_user *u)
{
    const json_t *person = json_object_get(s->listed, u->directory_id);
    if (person && has_right_by(s, box->id, person))
        return;
    const char *owner = provision_box_owner(&s->q->store, &s->q->arena, box->id);
    if (strcmp(owner, u->name) == 0) {
        sync_note(s, "! %s left the group of faxbox %s, and stays: it is his", u->name, box->id);
        return;
    }
    if (sync_writes(s))
        (void)provision_take_right(&s->q->store, box->id, u->id);
    changed(s, box->id);
}

bool sync_take_rights(struct sync *s)
{
    struct listed_user list[RIGHTS_AT_ONCE];
    struct faxbox box;
    const char *group, *row = row_of(s, s->group);
    if (!row)
        return true;
    size_t n = 0;
    if (box_of(s, row, &box, &group))
        n = identity_listed_of_box(&s->q->store, &s->q->arena, box.id, s->prefix, s->after, list,
                                   RIGHTS_AT_ONCE);
    else
        sync_note(s, "! there is no faxbox of the tenant for %s", row);
    for (size_t i = 0; i < n; i++)
        take_right(s, &box, &list[i]);
    s->after = n == RIGHTS_AT_ONCE ? list[n - 1].id : ID_NONE;
    if (n < RIGHTS_AT_ONCE)
        s->group++;
    return false;
}

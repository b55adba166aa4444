/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/box_names.h"

#include "base/str.h"
#include "provision/following.h"
#include "provision/model.h"

/* NULL: there is none of that name. */
static const json_t *named(const json_t *whole, enum provision_kind kind, const char *name)
{
    const json_t *list = json_object_get(whole, provision_sections[kind].name);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (str_equal(provision_text(json_array_get(list, i), "name"), name))
            return json_array_get(list, i);
    return NULL;
}

/* Faxboxes are called by their id. */
static const char *name_of(enum provision_kind kind, const json_t *entry)
{
    return provision_text(entry, kind == PROVISION_BOX ? "id" : "name");
}

static void check_trunk(const json_t *whole, enum provision_kind kind, const json_t *entry, const char *path,
                        struct provision_errors *errors)
{
    char place[PROVISION_PATH_LEN];
    const char *trunk = provision_text(entry, "trunk");
    if (!*trunk || named(whole, PROVISION_TRUNK, trunk))
        return;
    (void)str_format(place, sizeof(place), "%.150s.trunk", path);
    provision_error(errors, place,
                    "the %s \"%.64s\" sends over the trunk \"%.64s\", and there is none of that name: make "
                    "it first, or choose another one",
                    provision_sections[kind].noun, name_of(kind, entry), trunk);
}

static bool takes_box(const json_t *archive_place, const json_t *box)
{
    size_t i;
    json_t *id;
    const json_t *boxes = json_object_get(archive_place, "boxes");
    json_array_foreach(boxes, i, id)
    {
        if (str_equal(json_string_value(id), provision_text(box, "id")))
            return true;
    }
    return json_array_size(boxes) == 0;
}

static void check_place(const json_t *archive_place, const char *name, enum provision_kind kind,
                        const json_t *entry, const char *path, bool touched, struct provision_errors *errors)
{
    const char *tenant = provision_text(archive_place, "tenant");
    if (!archive_place)
        provision_error(errors, path,
                        "the faxes of the %s \"%.64s\" go to the archive place \"%.64s\", and there is none "
                        "of that name: make it first, or take it out of the list",
                        provision_sections[kind].noun, name_of(kind, entry), name);
    else if (*tenant && !str_equal(tenant, provision_text(entry, "tenant")))
        provision_error(
            errors, path,
            "the archive place \"%.64s\" takes the faxes of tenant \"%.64s\" alone; take it out of "
            "the list",
            name, tenant);
    else if (touched && kind == PROVISION_BOX && !takes_box(archive_place, entry))
        provision_warning(
            errors, path,
            "the archive place \"%.64s\" takes the faxes of other faxboxes alone (its boxes), so "
            "this one's do not go there",
            name);
}

void provision_check_box_names(const json_t *whole, enum provision_kind kind, const json_t *entry,
                               const char *path, bool touched, struct provision_errors *errors)
{
    size_t i;
    json_t *name;
    char place[PROVISION_PATH_LEN];
    if (kind == PROVISION_SETTINGS_TEMPLATE || provision_says_itself(entry, "trunk"))
        check_trunk(whole, kind, entry, path, errors);
    if (kind == PROVISION_BOX && !provision_says_itself(entry, "archive_places"))
        return;
    json_array_foreach(json_object_get(entry, "archive_places"), i, name)
    {
        const char *text = json_string_value(name);
        (void)str_format(place, sizeof(place), "%.150s.archive_places[%zu]", path, i);
        check_place(named(whole, PROVISION_ARCHIVE, text), text, kind, entry, place, touched, errors);
    }
}

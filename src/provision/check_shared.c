/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/check_shared.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "proto/mail_template.h"
#include "provision/following.h"
#include "provision/model.h"

enum { BOXES_NAMED = 5 };

static const json_t *section(const json_t *whole, enum provision_kind kind)
{
    return json_object_get(whole, provision_sections[kind].name);
}

static bool same_tenant(const json_t *a, const json_t *b)
{
    return str_equal(provision_text(a, "tenant"), provision_text(b, "tenant"));
}

/* Else another entry answers for it. */
static bool answers_for(enum provision_kind kind, const json_t *entry, const char *field)
{
    return kind == PROVISION_SETTINGS_TEMPLATE || provision_says_itself(entry, field);
}

static void check_voice(enum provision_kind kind, const json_t *entry, const char *path,
                        struct provision_errors *errors)
{
    char place[PROVISION_PATH_LEN];
    bool own = answers_for(kind, entry, "voice") || answers_for(kind, entry, "voice_forward");
    if (!own || !str_equal(provision_text(entry, "voice"), "forward") ||
        *provision_text(entry, "voice_forward"))
        return;
    (void)str_format(place, sizeof(place), "%.180s.voice_forward", path);
    provision_error(
        errors, place,
        "is missing; a %s with voice \"forward\" needs the number of the telephone that takes the "
        "calls",
        kind == PROVISION_BOX ? "box" : provision_sections[kind].noun);
}

/* It has to be there, in any language. */
static void check_cover(const json_t *whole, enum provision_kind kind, const json_t *entry, const char *path,
                        struct provision_errors *errors)
{
    char place[PROVISION_PATH_LEN];
    size_t i;
    json_t *page;
    const char *cover = provision_text(entry, "cover");
    if (!mail_template_cover_name_good(cover) || !answers_for(kind, entry, "cover"))
        return;
    json_array_foreach(section(whole, PROVISION_MAIL_TEMPLATE), i, page)
    {
        const char *name = provision_text(page, "name");
        if (str_starts(name, MAIL_TEMPLATE_COVER_PREFIX) &&
            str_equal(name + strlen(MAIL_TEMPLATE_COVER_PREFIX), cover) && same_tenant(page, entry))
            return;
    }
    (void)str_format(place, sizeof(place), "%.180s.cover", path);
    provision_error(
        errors, place,
        "the %s \"%.64s\" has the cover page \"%.40s\", and its tenant has none of that name: make "
        "it first, or choose another one",
        provision_sections[kind].noun, provision_text(entry, kind == PROVISION_BOX ? "id" : "name"), cover);
}

void provision_check_shared(const json_t *whole, enum provision_kind kind, const json_t *entry,
                            const char *path, struct provision_errors *errors)
{
    check_voice(kind, entry, path, errors);
    check_cover(whole, kind, entry, path, errors);
}

static bool has_template(const json_t *box, const json_t *template)
{
    return same_tenant(box, template) &&
           str_equal(provision_text(box, "template"), provision_text(template, "name"));
}

void provision_check_template(const json_t *whole, const json_t *box, const char *path,
                              struct provision_errors *errors)
{
    char place[PROVISION_PATH_LEN];
    size_t i;
    json_t *template;
    if (!*provision_text(box, "template"))
        return;
    json_array_foreach(section(whole, PROVISION_SETTINGS_TEMPLATE), i, template)
    {
        if (has_template(box, template))
            return;
    }
    (void)str_format(place, sizeof(place), "%.180s.template", path);
    provision_error(errors, place,
                    "there is no settings template \"%.64s\" of tenant \"%.64s\"; make it first, or choose "
                    "another one",
                    provision_text(box, "template"), provision_text(box, "tenant"));
}

void provision_check_template_drop(const json_t *whole, const json_t *template, const char *path,
                                   struct provision_errors *errors)
{
    SCOPED_BUF struct buf names;
    size_t i, count = 0;
    json_t *box;
    buf_init(&names, 1024);
    json_array_foreach(section(whole, PROVISION_BOX), i, box)
    {
        if (has_template(box, template) && count++ < BOXES_NAMED)
            (void)buf_printf(&names, "%s%s", count > 1 ? ", " : "", provision_text(box, "id"));
    }
    if (count > 0)
        provision_error(errors, path,
                        "the settings template \"%.64s\" is used by %zu %s (%s%s); give %s another one, or "
                        "none, and delete it then",
                        provision_text(template, "name"), count, count == 1 ? "faxbox" : "faxboxes",
                        buf_text(&names), count > BOXES_NAMED ? ", ..." : "", count == 1 ? "it" : "them");
}

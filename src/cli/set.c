/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `faxpost set`: the export says which entry and field there are and of what type; a file of one value is
 * applied. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "cli/apply.h"
#include "cli/command.h"
#include "cli/value.h"

/* What stands for an entry in a path: a box has an id, all else a name. */
static const char *key_of(const char *section)
{
    return str_equal(section, "faxboxes") ? "id" : "name";
}

/* The one entry of that name; two tenants may have a user each of one name. */
static int find_entry(const json_t *list, const char *section, const char *name, const json_t **entry)
{
    size_t found = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (str_equal(json_text(json_array_get(list, i), key_of(section)), name)) {
            *entry = json_array_get(list, i);
            found++;
        }
    if (found == 1)
        return EXIT_DONE;
    return complain_and(EXIT_USAGE,
                        found ? "there are several \"%.64s\" in %s; use `faxpost apply` and say which tenant"
                              : "there is no \"%.64s\" in %s; `faxpost export` shows what there is",
                        name, section);
}

/* The text as a value of the type that stands there now. */
static json_t *value_of(const char *text, const json_t *now)
{
    if (json_is_boolean(now) || json_is_integer(now) || json_is_array(now)) {
        json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
        if (value)
            return value;
    }
    return json_string(text);
}

struct target {
    char *copy; /* owned; the rest points into it */
    const char *section, *name, *field;
};

/* SECTION.NAME.FIELD or SECTION.FIELD; a name may have dots in it. */
static bool split_path(const char *path, struct target *t)
{
    t->copy = mem_strdup(path);
    char *first = strchr(t->copy, '.'), *last = strrchr(t->copy, '.');
    if (!first || first == t->copy || !last[1])
        return false;
    t->section = t->copy;
    t->field = last + 1;
    t->name = first == last ? "" : first + 1;
    *first = *last = 0;
    return true;
}

/* {section: [{key: name, field: value}]} or {section: {field: value}}; a new reference. */
static json_t *make_file(const struct target *t, const json_t *entry, json_t *value)
{
    json_t *change = json_object();
    if (!*t->name) {
        (void)json_object_set_new(change, t->field, value);
        return json_pack("{s:o}", t->section, change);
    }
    (void)json_object_set(change, key_of(t->section), json_object_get(entry, key_of(t->section)));
    if (json_object_get(entry, "tenant"))
        (void)json_object_set(change, "tenant", json_object_get(entry, "tenant"));
    (void)json_object_set_new(change, t->field, value);
    return json_pack("{s:[o]}", t->section, change);
}

/* A list that is no JSON would be taken for a text, and refused without saying how a list is written. */
static bool is_written(const char *text, const json_t *now)
{
    json_t *value = json_is_array(now) ? json_loads(text, JSON_DECODE_ANY, NULL) : json_true();
    json_decref(value);
    return value != NULL;
}

static int set_in(struct api *api, const json_t *whole, const struct target *t, const struct arguments *a,
                  const char *value)
{
    const json_t *section = json_object_get(whole, t->section), *entry = section;
    bool known = section || str_equal(t->section, "mail_server");
    if (!known || json_is_array(section) != (*t->name != 0))
        return complain_and(
            EXIT_USAGE,
            "\"%.100s\" is no path; it looks like faxboxes.front.station_id or installation.fax_domain",
            a->operands[0]);
    int status = *t->name ? find_entry(section, t->section, t->name, &entry) : EXIT_DONE;
    if (status != EXIT_DONE)
        return status;
    const json_t *now = json_object_get(entry, t->field);
    bool is_key = *t->name && (str_equal(t->field, "tenant") || str_equal(t->field, key_of(t->section)));
    if (is_key)
        return complain_and(EXIT_USAGE, "the %s of an entry is how it is known, and stays", t->field);
    bool goes = str_equal(t->field, "absent");
    if (entry && !now && !goes)
        return complain_and(EXIT_USAGE,
                            "there is no field \"%.60s\" in %s; `faxpost export` shows what there is",
                            t->field, t->section);
    if (!goes && !is_written(value, now))
        return complain_and(EXIT_USAGE, "%.60s is a list, and is written as JSON: '[\"a\", \"b\"]'",
                            t->field);
    json_t *file = make_file(t, entry, value_of(value, goes ? json_true() : now));
    SCOPED_FREE char *text = json_dumps(file, 0);
    json_decref(file);
    if (!text)
        return complain_and(EXIT_USAGE, "the value is not UTF-8");
    status = apply_text(api, span_str(text),
                        &(struct apply_opts){.dry = argument(a, "dry-run") != NULL, .name = ""});
    return status == EXIT_DATA ? EXIT_USAGE : status;
}

int run_set(const struct arguments *a)
{
    struct api api;
    struct target t;
    SCOPED_ANSWER struct api_answer whole = {0};
    bool good = split_path(a->operands[0], &t);
    SCOPED_FREE char *copy = t.copy;
    if (!good)
        return complain_and(
            EXIT_USAGE,
            "\"%.100s\" is no path; it looks like faxboxes.front.station_id or installation.fax_domain",
            a->operands[0]);
    SCOPED_BUF struct buf value;
    buf_init(&value, VALUE_MAX);
    int status =
        value_take(t.field, a->operand_count > 1 ? a->operands[1] : NULL, argument(a, "file"), &value);
    if (status == EXIT_DONE)
        status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    api_get(&api, "provisioning", &whole);
    status = api_check(&api, &whole);
    if (status == EXIT_DONE)
        status = set_in(&api, whole.body, &t, a, buf_text(&value));
    api_close(&api);
    return status;
}

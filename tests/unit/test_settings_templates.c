/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Settings that several faxboxes share: who follows, who does not, and what is refused. */
#include <stdlib.h>
#include <string.h>

#include "provision_place.h"
#include "store_place.h"

#include "base/scope.h"
#include "base/str.h"
#include "provision/following.h"
#include "provision/model.h"
#include "provision/settings.h"
#include "store/settings_templates.h"

#define OFFICE                                                                                               \
    "{\"settings_templates\":[{\"name\":\"office\",\"tries\":5,\"header_name\":\"Clinic\","                  \
    "\"report_to\":[\"a@example.com\",\"b@example.com\"]}],"                                                 \
    "\"faxboxes\":[{\"id\":\"front-desk\",\"template\":\"office\"},"                                         \
    "{\"id\":\"back\",\"template\":\"office\",\"tries\":2}]}"

static void taken(struct place *p, const char *text, json_int_t changes)
{
    if (apply(p, text, false) != 200)
        fail_msg("refused: %s", buf_text(&p->result));
    if (changed(p) != changes)
        fail_msg("not %d changes: %s", (int)changes, buf_text(&p->result));
}

static int office_setup(void **state)
{
    (void)place_setup(state);
    taken(*state, HOUSE, 8);
    taken(*state, OFFICE, 3);
    return 0;
}

/* A box's field as JSON. */
static const char *of_box(struct place *p, const char *id, const char *field)
{
    json_t *box = provision_load_box(&p->store, id);
    SCOPED_FREE char *text = json_dumps(json_object_get(box, field), JSON_ENCODE_ANY | JSON_COMPACT);
    json_decref(box);
    return arena_strdup(&p->arena, text ? text : "");
}

static void assert_field(struct place *p, const char *id, const char *field, const char *json)
{
    const char *is = of_box(p, id, field);
    if (!str_equal(is, json))
        fail_msg("%s.%s is %s, not %s", id, field, is, json);
}

/* proves: S2.2 */
static void boxes_follow_their_template_but_in_what_is_their_own(void **state)
{
    struct place *p = *state;
    struct faxbox b;
    assert_field(p, "front-desk", "own", "[]");
    assert_field(p, "back", "own", "[\"tries\"]");
    taken(p,
          "{\"settings_templates\":[{\"name\":\"office\",\"tries\":7,\"resolution\":\"superfine\","
          "\"cover_text\":true}]}",
          1);
    assert_non_null(strstr(buf_text(&p->result), "settings template \\\"office\\\": resolution, tries, "
                                                 "cover_text; 2 faxboxes follow"));
    assert_true(config_box(&p->store, &p->arena, "front-desk", &b));
    assert_int_equal(b.tries, 7);
    assert_string_equal(b.resolution, "superfine");
    assert_true(b.cover_text);
    assert_string_equal(b.header_name, "Clinic");
    assert_string_equal(b.report_to, "a@example.com b@example.com");
    assert_true(config_box(&p->store, &p->arena, "back", &b));
    assert_int_equal(b.tries, 2);
    assert_string_equal(b.resolution, "superfine");
    taken(p, "{\"settings_templates\":[{\"name\":\"office\",\"tries\":2}]}", 1);
    assert_field(p, "back", "own", "[\"tries\"]"); /* of the same value by chance */
}

static void field_becomes_the_boxs_own_and_follows_again(void **state)
{
    struct place *p = *state;
    static const struct {
        const char *said; /* of the box "back" */
        int changes;
        const char *tries, *own;
    } steps[] = {
        {"\"tries\":2", 0, "2", "[\"tries\"]"},            /* it is its own already */
        {"\"tries\":5", 1, "5", "[\"tries\"]"},            /* and stays so */
        {"\"own\":[]", 1, "5", "[]"},                      /* the template's value: it follows */
        {"\"tries\":5", 0, "5", "[]"},                     /* as it does already */
        {"\"tries\":4", 1, "4", "[\"tries\"]"},            /* another one is its own */
        {"\"own\":[],\"tries\":4", 0, "4", "[\"tries\"]"}, /* whatever else is said */
        {"\"own\":[]", 1, "5", "[]"},                      /* none is given: it follows */
        {"\"own\":[\"tries\"]", 1, "5", "[\"tries\"]"},    /* kept against later changes */
        {"\"own\":[],\"tries\":5", 1, "5", "[]"},          /* with the template's */
        {"\"own\":[\"cover\",\"tries\"],\"tries\":9", 1, "9", "[\"tries\",\"cover\"]"},
        {"\"own\":[\"cover\"]", 1, "5", "[\"cover\"]"},
        {"\"template\":\"\"", 1, "5", "[]"}, /* all is its own, and stays as it is */
        {"\"tries\":3,\"own\":[\"tries\"]", 1, "3", "[]"},
        {"\"template\":\"office\"", 1, "5", "[]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        char text[400];
        (void)str_format(text, sizeof(text), "{\"faxboxes\":[{\"id\":\"back\",%s}]}", steps[i].said);
        taken(p, text, steps[i].changes);
        taken(p, text, 0); /* the same again changes nothing */
        assert_field(p, "back", "tries", steps[i].tries);
        assert_field(p, "back", "own", steps[i].own);
    }
}

static void file_that_says_two_things_is_told(void **state)
{
    struct place *p = *state;
    taken(p,
          "{\"settings_templates\":[{\"name\":\"office\",\"tries\":6}],"
          "\"faxboxes\":[{\"id\":\"front-desk\",\"tries\":5,\"own\":[]}]}",
          2);
    assert_non_null(strstr(buf_text(&p->result), "faxboxes[0].tries"));
    assert_non_null(strstr(buf_text(&p->result), "it is the faxbox's own from now on"));
    assert_field(p, "front-desk", "tries", "5");
    assert_field(p, "front-desk", "own", "[\"tries\"]");
}

static void new_box_takes_all_but_what_it_says(void **state)
{
    struct place *p = *state;
    taken(p, "{\"faxboxes\":[{\"id\":\"new\",\"name\":\"New\",\"template\":\"office\",\"paper\":\"legal\"}]}",
          1);
    assert_field(p, "new", "tries", "5");
    assert_field(p, "new", "paper", "\"legal\"");
    assert_field(p, "new", "own", "[\"paper\"]");
    taken(p, "{\"faxboxes\":[{\"id\":\"other\",\"name\":\"o\",\"template\":\"office\",\"own\":[\"tries\"]}]}",
          1);
    assert_field(p, "other", "tries", "5");
    assert_field(p, "other", "own", "[\"tries\"]");
}

static void another_template_takes_over_what_is_not_the_boxs_own(void **state)
{
    struct place *p = *state;
    taken(p,
          "{\"settings_templates\":[{\"name\":\"archive\",\"tries\":9,\"keep_sent_days\":30}],"
          "\"faxboxes\":[{\"id\":\"back\",\"template\":\"archive\"},"
          "{\"id\":\"front-desk\",\"template\":\"archive\"}]}",
          3);
    assert_field(p, "back", "tries", "2");
    assert_field(p, "back", "keep_sent_days", "30");
    assert_field(p, "back", "header_name", "\"\"");
    assert_field(p, "front-desk", "tries", "9");
    taken(p, "{\"settings_templates\":[{\"name\":\"office\",\"keep_sent_days\":1}]}", 1);
    assert_field(p, "front-desk", "keep_sent_days", "30");
    /* All at once: the template goes, and the boxes take another one, or none. */
    taken(
        p,
        "{\"settings_templates\":[{\"name\":\"archive\",\"absent\":true}],"
        "\"faxboxes\":[{\"id\":\"back\",\"template\":\"office\"},{\"id\":\"front-desk\",\"template\":\"\"}]}",
        3);
    assert_field(p, "back", "keep_sent_days", "1");
    assert_field(p, "front-desk", "keep_sent_days", "30");
}

#define PLACES                                                                                               \
    "{\"archive_places\":[{\"name\":\"off site\",\"kind\":\"local\",\"url\":\"a\",\"encrypted\":false},"     \
    "{\"name\":\"cellar\",\"kind\":\"local\",\"url\":\"b\",\"encrypted\":false}]}"

/* A value of that field that is another one than `is`. */
static const char *another(const struct provision_field *f, const json_t *is, char text[100])
{
    static const char *const samples[][2] = {
        {"station_id", "\"+49 30 1\""},
        {"caller_id", "\"+49301\""},
        {"voice_forward", "\"+49302\""},
        {"paper", "\"legal\""},
        {"resolution", "\"400dpi\""},
        {"cover", "\"standard\""},
        {"send_window", "\"08:00-18:00\""},
        {"bulk_window", "\"20:00-06:00\""},
        {"report", "\"each\""},
        {"report_on", "\"never\""},
        {"delays", "\"first\""},
        {"file_format", "\"tiff\""},
        {"language", "\"it\""},
        {"ocr", "\"wait\""},
        {"blank_pages", "\"drop\""},
        {"voice", "\"hangup\""},
        {"print_to", "\"ipp://192.0.2.7/ipp/print\""},
        {"print_paper", "\"letter\""},
        {"ocr_languages", "[\"deu\",\"eng\"]"},
        {"voice_callers", "[\"+49303\"]"},
        {"fax_callers", "[\"+49304\"]"},
        {"trunk", "\"pbx\""},
        {"t38", "\"off\""},
        {"ecm", "\"off\""},
        {"archive_places", "[\"off site\",\"cellar\"]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(samples); i++)
        if (str_equal(samples[i][0], f->name))
            return samples[i][1];
    if (f->type == FIELD_FLAG)
        return json_is_true(is) ? "false" : "true";
    if (f->type == FIELD_TEXTS)
        return "[\"x@example.com\"]";
    if (f->type == FIELD_WHOLE)
        (void)str_format(text, 100, "%d", json_integer_value(is) == f->most ? f->least : f->most);
    else
        (void)str_copy(text, 100, "\"other\"");
    return text;
}

/* Each has a row in the store, a column of that name, and is read again. */
static void every_field_of_a_template_reaches_its_boxes(void **state)
{
    struct place *p = *state;
    unsigned n = 0;
    taken(p, PLACES, 2);
    for (const struct provision_field *f = provision_sections[PROVISION_SETTINGS_TEMPLATE].fields; f->name;
         f++) {
        char text[400], value[100];
        if (!provision_field_is_shared(f))
            continue;
        json_t *box = provision_load_box(&p->store, "front-desk");
        const char *wanted = another(f, json_object_get(box, f->name), value);
        (void)str_format(text, sizeof(text), "{\"settings_templates\":[{\"name\":\"office\",\"%s\":%s}]}",
                         f->name, wanted);
        json_decref(box);
        taken(p, text, 1);
        assert_field(p, "front-desk", f->name, wanted);
        taken(p, text, 0);
        n++;
    }
    assert_true(n >= 43);
    struct faxbox b;
    assert_true(config_box(&p->store, &p->arena, "front-desk", &b));
    assert_string_equal(b.archive_places, "off site\ncellar\n"); /* a line each: names have blanks */
    assert_int_equal(sql_get_int(p->store.sql, 0, "SELECT sum(filling) FROM archive_place", ""), 2);
}

/* A template answers for them, not each of its boxes. */
static void what_a_template_names_has_to_be_there(void **state)
{
    struct place *p = *state;
    assert_error(p, "{\"settings_templates\":[{\"name\":\"office\",\"trunk\":\"gone\"}]}",
                 "settings_templates[0].trunk", "there is none of that name");
    assert_error(p, "{\"settings_templates\":[{\"name\":\"office\",\"archive_places\":[\"gone\"]}]}",
                 "settings_templates[0].archive_places[0]", "there is none of that name");
    taken(p, PLACES, 2);
    taken(
        p,
        "{\"settings_templates\":[{\"name\":\"office\",\"trunk\":\"pbx\",\"archive_places\":[\"cellar\"]}]}",
        1);
    assert_error(p, "{\"archive_places\":[{\"name\":\"cellar\",\"absent\":true}]}",
                 "settings_templates.office.archive_places[0]", "the faxes of the settings template");
    assert_non_null(strstr(buf_text(&p->result), "\"count\":1")); /* those that follow are not named again */
    assert_error(p, "{\"trunks\":[{\"name\":\"pbx\",\"absent\":true}]}", "settings_templates.office.trunk",
                 "sends over the trunk");
}

/* proves: S2.2 */
static void export_says_all_and_changes_nothing(void **state)
{
    struct place *p = *state;
    SCOPED_BUF struct buf first, second;
    buf_init(&first, 1 << 20);
    buf_init(&second, 1 << 20);
    provision_export(&p->store, &first);
    taken(p, buf_text(&first), 0);
    taken(p,
          "{\"settings_templates\":[{\"name\":\"office\",\"absent\":true}],"
          "\"faxboxes\":[{\"id\":\"back\",\"absent\":true},{\"id\":\"front-desk\",\"absent\":true}]}",
          3);
    taken(p, buf_text(&first), 3);
    provision_export(&p->store, &second);
    assert_string_equal(buf_text(&first), buf_text(&second));
    assert_null(strstr(buf_text(&first), "@id"));
}

static void template_that_boxes_have_stays(void **state)
{
    struct place *p = *state;
    assert_error(p, "{\"settings_templates\":[{\"name\":\"office\",\"absent\":true}]}", "settings_templates",
                 "\"office\" is used by 2 faxboxes (back, front-desk); give them another one, or none");
    taken(p, "{\"faxboxes\":[{\"id\":\"back\",\"template\":\"\"}]}", 1);
    assert_error(p, "{\"settings_templates\":[{\"name\":\"office\",\"absent\":true}]}", "settings_templates",
                 "by 1 faxbox (front-desk); give it another one");
    taken(p, "{\"faxboxes\":[{\"id\":\"front-desk\",\"absent\":true}]}", 1);
    taken(p, "{\"settings_templates\":[{\"name\":\"office\",\"absent\":true}]}", 1);
    assert_field(p, "back", "tries", "2");
}

static void wrong_values_are_told_at_their_place(void **state)
{
    struct place *p = *state;
    static const char *const cases[][3] = {
        {"{\"settings_templates\":[{\"name\":\"a\"},{\"name\":\"b\",\"tries\":0}]}",
         "settings_templates[1].tries", "needs a whole number from 1 to 12"},
        {"{\"settings_templates\":[{\"name\":\"a\",\"pin\":\"1234\"}]}", "settings_templates[0].pin",
         "there is no such field"},
        {"{\"settings_templates\":[{\"tries\":1}]}", "settings_templates[0].name", "is missing"},
        {"{\"settings_templates\":[{\"name\":\"a\",\"tenant\":\"nobody\"}]}", "settings_templates[0].tenant",
         "there is no tenant"},
        {"{\"settings_templates\":[{\"name\":\"a\",\"voice\":\"forward\"}]}",
         "settings_templates[0].voice_forward", "a settings template with voice"},
        {"{\"settings_templates\":[{\"name\":\"a\",\"cover\":\"letter\"}]}", "settings_templates[0].cover",
         "the settings template \"a\" has the cover page \"letter\""},
        {"{\"faxboxes\":[{\"id\":\"back\",\"template\":\"ofice\"}]}", "faxboxes[0].template",
         "there is no settings template \"ofice\" of tenant \"clinic\""},
        {"{\"faxboxes\":[{\"id\":\"back\",\"own\":[\"tries\",\"owner\"]}]}", "faxboxes[0].own[1]",
         "\"owner\" is wrong; needs a field that settings templates have"},
        {"{\"faxboxes\":[{\"id\":\"back\",\"template\":\"office\",\"absent\":true}],"
         "\"settings_templates\":[{\"name\":\"office\",\"absent\":true}]}",
         "settings_templates", "by 1 faxbox"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_error(p, cases[i][0], cases[i][1], cases[i][2]);
    assert_field(p, "back", "template", "\"office\"");
}

/* What a template says fits it alone, and not what a box adds. */
static void template_that_would_break_a_box_is_refused(void **state)
{
    struct place *p = *state;
    taken(p, "{\"settings_templates\":[{\"name\":\"office\",\"voice_forward\":\"+49301\"}]}", 1);
    taken(p, "{\"faxboxes\":[{\"id\":\"back\",\"voice\":\"forward\"}]}", 1);
    assert_error(p, "{\"settings_templates\":[{\"name\":\"office\",\"voice_forward\":\"\"}]}",
                 "faxboxes.back.voice_forward", "is missing");
    taken(p,
          "{\"mail_templates\":[{\"name\":\"cover-letter\",\"language\":\"en\",\"text\":\"subject: "
          "x\\ntext:\\n{to}\\n\"}],"
          "\"settings_templates\":[{\"name\":\"office\",\"cover\":\"letter\"}]}",
          2);
    assert_error(p, "{\"mail_templates\":[{\"name\":\"cover-letter\",\"language\":\"en\",\"absent\":true}]}",
                 "settings_templates.office.cover", "has the cover page");
    assert_non_null(strstr(buf_text(&p->result), "\"count\":1")); /* those that follow are not named again */
}

#define TWO_TENANTS                                                                                          \
    "{\"tenants\":[{\"name\":\"zoo\"}],\"settings_templates\":[{\"tenant\":\"zoo\",\"name\":\"office\","     \
    "\"tries\":9},{\"tenant\":\"zoo\",\"name\":\"cage\"}],"                                                  \
    "\"faxboxes\":[{\"tenant\":\"zoo\",\"id\":\"lion\",\"name\":\"Lion\",\"template\":\"office\"}]}"

static void templates_of_two_tenants_are_two(void **state)
{
    struct place *p = *state;
    taken(p, TWO_TENANTS, 4);
    assert_field(p, "lion", "tries", "9");
    assert_error(p, "{\"faxboxes\":[{\"id\":\"back\",\"template\":\"cage\"}]}", "faxboxes[0].template",
                 "no settings template \"cage\" of tenant \"clinic\"");
    taken(p, "{\"settings_templates\":[{\"tenant\":\"clinic\",\"name\":\"office\",\"tries\":6}]}", 1);
    assert_field(p, "front-desk", "tries", "6");
    assert_field(p, "lion", "tries", "9");
    taken(
        p,
        "{\"faxboxes\":[{\"id\":\"lion\",\"absent\":true}],\"tenants\":[{\"name\":\"zoo\",\"absent\":true}]}",
        2);
    json_t *left = provision_load_kind(&p->store, PROVISION_SETTINGS_TEMPLATE);
    assert_int_equal(json_array_size(left), 1);
    json_decref(left);
}

/* Who leaves a box's list makes it another one, which its template changes as well. */
static void box_that_changes_otherwise_too_follows(void **state)
{
    struct place *p = *state;
    taken(p,
          "{\"users\":[{\"name\":\"anna\",\"absent\":true}],"
          "\"settings_templates\":[{\"name\":\"office\",\"tries\":8}]}",
          3);
    assert_field(p, "front-desk", "tries", "8");
    assert_false(config_may_send(&p->store, "front-desk", "anna@example.com"));
}

/* ---- by the API ---- */

static unsigned ask(struct place *p, enum settings_action action, const char *resource, const char *key,
                    const char *match, const char *body, struct settings_result *r)
{
    const struct provision_keys keys = {p->dir, &p->vault};
    const struct settings_wish w = {.resource = resource,
                                    .key = key,
                                    .action = action,
                                    .tenant = "clinic",
                                    .if_match = match,
                                    .body = body};
    store_begin(&p->store);
    unsigned status = settings_change(&p->store, &keys, &w, r);
    store_commit(&p->store);
    json_decref(r->errors);
    return status;
}

static const char *office_id(struct place *p)
{
    struct settings_template t;
    assert_true(settings_template_named(&p->store, &p->arena, "clinic", "office", &t));
    return arena_strdup(&p->arena, id_text(t.id));
}

/* A member of an entry as the API shows it, as JSON. */
static const char *shown(struct place *p, const char *resource, const char *key, const char *member,
                         char etag[SETTINGS_ETAG_LEN])
{
    json_t *entry = settings_one(&p->store, resource, "clinic", key, etag);
    SCOPED_FREE char *text = json_dumps(json_object_get(entry, member), JSON_ENCODE_ANY | JSON_COMPACT);
    json_decref(entry);
    return arena_strdup(&p->arena, text ? text : "");
}

static void change_of_a_template_is_one_of_each_box(void **state)
{
    struct place *p = *state;
    struct settings_result r;
    char front[SETTINGS_ETAG_LEN], later[SETTINGS_ETAG_LEN], office[SETTINGS_ETAG_LEN];
    const char *id = office_id(p);
    assert_string_equal(shown(p, "boxes", "front-desk", "tries", front), "5");
    assert_string_equal(shown(p, "settings-templates", id, "boxes", office), "2");
    assert_int_equal(
        ask(p, SETTINGS_CHANGE, "settings-templates", id, office, "{\"tries\":6,\"boxes\":99}", &r), 200);
    assert_string_equal(r.tenant, "clinic");
    assert_non_null(strstr(r.changes, "tries; 1 faxbox follows"));
    assert_int_equal(ask(p, SETTINGS_CHANGE, "settings-templates", id, office, "{\"tries\":7}", &r), 412);
    assert_string_equal(shown(p, "boxes", "front-desk", "tries", later), "6");
    assert_string_not_equal(front, later);
    assert_int_equal(ask(p, SETTINGS_CHANGE, "boxes", "front-desk", front, "{\"paper\":\"legal\"}", &r), 412);
    assert_int_equal(ask(p, SETTINGS_REMOVE, "settings-templates", id, "*", "", &r), 409);
    assert_non_null(strstr(r.detail, "2 faxboxes (back, front-desk)"));
}

static void template_is_renamed_and_its_boxes_follow(void **state)
{
    struct place *p = *state;
    struct settings_result r;
    char etag[SETTINGS_ETAG_LEN];
    const char *id = office_id(p);
    taken(p, "{\"settings_templates\":[{\"name\":\"ward\"}]}", 1);
    for (size_t i = 0; i < 3; i++) {
        static const char *const wrong[] = {"{\"name\":\"ward\"}", "{\"name\":\"\"}",
                                            "{\"name\":\"desk\",\"tries\":99}"};
        assert_int_equal(ask(p, SETTINGS_CHANGE, "settings-templates", id, "*", wrong[i], &r), 422);
        assert_field(p, "back", "template", "\"office\"");
    }
    assert_int_equal(
        ask(p, SETTINGS_CHANGE, "settings-templates", id, "*", "{\"name\":\"desk\",\"tries\":6}", &r), 200);
    assert_string_equal(r.changes, "settings template \"office\": is now called \"desk\"; settings template "
                                   "\"desk\": tries; 1 faxbox follows");
    assert_string_equal(shown(p, "settings-templates", id, "name", etag), "\"desk\"");
    assert_field(p, "front-desk", "template", "\"desk\"");
    assert_field(p, "front-desk", "tries", "6");
    assert_field(p, "back", "own", "[\"tries\"]");
    taken(p, "{\"settings_templates\":[{\"name\":\"desk\",\"tries\":6}]}", 0);
    assert_int_equal(ask(p, SETTINGS_CHANGE, "settings-templates", id, etag, "{\"name\":\"desk\"}", &r), 200);
    assert_string_equal(r.changes, "");
}

static size_t boxes_of(struct place *p, struct id template, const char *words)
{
    char next[SETTINGS_CURSOR_LEN];
    const struct settings_search q = {.words = words, .template = template, .after = "", .most = 10};
    json_t *items = settings_page(&p->store, "boxes", "clinic", &q, next);
    size_t n = json_array_size(items);
    json_decref(items);
    return n;
}

static void boxes_are_found_by_their_template(void **state)
{
    struct place *p = *state;
    struct settings_template office, ward;
    taken(p,
          "{\"settings_templates\":[{\"name\":\"ward\"}],"
          "\"faxboxes\":[{\"name\":\"Office of Ward\",\"template\":\"ward\"}]}",
          2);
    assert_true(settings_template_named(&p->store, &p->arena, "clinic", "office", &office));
    assert_true(settings_template_named(&p->store, &p->arena, "clinic", "ward", &ward));
    assert_int_equal(boxes_of(p, ID_NONE, "office"), 3); /* the words find more than was meant */
    assert_int_equal(boxes_of(p, office.id, ""), 2);
    assert_int_equal(boxes_of(p, ward.id, ""), 1);
    assert_int_equal(boxes_of(p, office.id, "front"), 1);
    assert_int_equal(boxes_of(p, id_new(), ""), 0);
}

static void whole_entry_may_come_back_as_it_was_shown(void **state)
{
    struct place *p = *state;
    struct settings_result r;
    char etag[SETTINGS_ETAG_LEN];
    const char *const entries[][2] = {{"settings-templates", office_id(p)}, {"boxes", "back"}};
    for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
        json_t *entry = settings_one(&p->store, entries[i][0], "clinic", entries[i][1], etag);
        SCOPED_FREE char *text = json_dumps(entry, 0);
        json_decref(entry);
        assert_int_equal(ask(p, SETTINGS_REPLACE, entries[i][0], entries[i][1], etag, text, &r), 200);
        assert_string_equal(r.changes, "");
    }
}

/* Which printers there are in the installation's network is not for the administrator of a tenant to say. */
static void printer_of_a_template_is_the_installations(void **state)
{
    struct place *p = *state;
    struct settings_result r;
    const char *id = office_id(p);
    assert_int_equal(ask(p, SETTINGS_CHANGE, "settings-templates", id, "*",
                         "{\"print_to\":\"ipp://192.0.2.7/ipp/print\"}", &r),
                     403);
    assert_int_equal(ask(p, SETTINGS_CREATE, "settings-templates", "", "",
                         "{\"name\":\"new\",\"print_to\":\"ipp://192.0.2.7/ipp/print\"}", &r),
                     403);
    assert_int_equal(ask(p, SETTINGS_CREATE, "settings-templates", "", "",
                         "{\"name\":\"new\",\"print_to\":\"\",\"print_pin\":\"\"}", &r),
                     201);
    assert_int_equal(ask(p, SETTINGS_CREATE, "settings-templates", "", "", "{\"name\":\"new\"}", &r), 409);
}

/* He would take away what he may not set, by a template of his own that says nothing of it. */
static void template_takes_nothing_from_a_box_that_only_others_set(void **state)
{
    struct place *p = *state;
    struct settings_result r;
    taken(p,
          "{\"faxboxes\":[{\"id\":\"back\",\"template\":\"\",\"trunk\":\"pbx\"}],"
          "\"settings_templates\":[{\"name\":\"printing\",\"print_to\":\"ipp://192.0.2.7/ipp/print\"}]}",
          2);
    assert_int_equal(ask(p, SETTINGS_CHANGE, "boxes", "back", "*", "{\"template\":\"office\"}", &r), 200);
    assert_field(p, "back", "trunk", "\"pbx\"");
    assert_field(p, "back", "tries", "5");
    assert_int_equal(ask(p, SETTINGS_CHANGE, "boxes", "back", "*", "{\"own\":[]}", &r), 200);
    assert_field(p, "back", "own", "[\"trunk\"]");
    assert_int_equal(ask(p, SETTINGS_CHANGE, "boxes", "back", "*", "{\"template\":\"printing\"}", &r), 200);
    assert_field(p, "back", "print_to", "\"ipp://192.0.2.7/ipp/print\"");
    taken(p, "{\"faxboxes\":[{\"id\":\"back\",\"own\":[]}]}", 1); /* an administrator of the installation */
    assert_field(p, "back", "trunk", "\"\"");
}

static void nobody_reaches_another_tenants_template(void **state)
{
    struct place *p = *state;
    struct settings_result r;
    struct settings_template t;
    taken(p, TWO_TENANTS, 4);
    assert_true(settings_template_named(&p->store, &p->arena, "zoo", "cage", &t));
    const char *id = arena_strdup(&p->arena, id_text(t.id));
    assert_null(settings_one(&p->store, "settings-templates", "clinic", id, (char[SETTINGS_ETAG_LEN]){0}));
    assert_int_equal(ask(p, SETTINGS_CHANGE, "settings-templates", id, "*", "{\"tries\":1}", &r), 404);
    assert_int_equal(ask(p, SETTINGS_REMOVE, "settings-templates", id, "*", "", &r), 404);
    assert_int_equal(ask(p, SETTINGS_CHANGE, "boxes", "back", "*", "{\"template\":\"cage\"}", &r), 422);
    assert_int_equal(
        ask(p, SETTINGS_CREATE, "settings-templates", "", "", "{\"name\":\"x\",\"tenant\":\"zoo\"}", &r),
        422);
    assert_int_equal(ask(p, SETTINGS_CREATE, "settings-templates", "", "", "{\"name\":\"cage\"}", &r), 201);
}

/* A row of each box and the template's: a box that is written by itself costs many. */
static void many_boxes_follow_in_one_statement(void **state)
{
    store_needs_sqlite("PostgreSQL counts no changes");
    struct place *p = *state;
    enum { BOXES = 300 };
    SCOPED_BUF struct buf text;
    buf_init(&text, 1 << 20);
    for (int i = 0; i < BOXES; i++)
        (void)buf_printf(&text,
                         "%s{\"id\":\"b-%d\",\"name\":\"B\",\"template\":\"office\",\"numbers\":[\"7%d\"]}",
                         i ? "," : "{\"faxboxes\":[", i, i);
    (void)buf_append_str(&text, "]}");
    taken(p, buf_text(&text), BOXES);
    int64_t before = sql_total_changes(p->store.sql);
    taken(p, "{\"settings_templates\":[{\"name\":\"office\",\"header_name\":\"Other\"}]}", 1);
    assert_int_equal(sql_total_changes(p->store.sql) - before, BOXES + 2 + 1);
    assert_field(p, "b-299", "header_name", "\"Other\"");
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, office_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        CASE(boxes_follow_their_template_but_in_what_is_their_own),
        CASE(field_becomes_the_boxs_own_and_follows_again),
        CASE(file_that_says_two_things_is_told),
        CASE(new_box_takes_all_but_what_it_says),
        CASE(another_template_takes_over_what_is_not_the_boxs_own),
        CASE(every_field_of_a_template_reaches_its_boxes),
        CASE(what_a_template_names_has_to_be_there),
        CASE(export_says_all_and_changes_nothing),
        CASE(template_that_boxes_have_stays),
        CASE(wrong_values_are_told_at_their_place),
        CASE(template_that_would_break_a_box_is_refused),
        CASE(templates_of_two_tenants_are_two),
        CASE(box_that_changes_otherwise_too_follows),
        CASE(change_of_a_template_is_one_of_each_box),
        CASE(template_is_renamed_and_its_boxes_follow),
        CASE(boxes_are_found_by_their_template),
        CASE(whole_entry_may_come_back_as_it_was_shown),
        CASE(printer_of_a_template_is_the_installations),
        CASE(template_takes_nothing_from_a_box_that_only_others_set),
        CASE(nobody_reaches_another_tenants_template),
        CASE(many_boxes_follow_in_one_statement),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a faxbox names, and what is named so: trunks, places of the archive. */
#include <string.h>

#include "provision_place.h"

#include "base/attr.h"
#include "base/scope.h"
#include "store/archive.h"

static const char two_places[] =
    "{\"archive_places\":[{\"name\":\"off site\",\"kind\":\"local\",\"url\":\"a\",\"encrypted\":false},"
    "{\"name\":\"clinic's\",\"kind\":\"local\",\"url\":\"b\",\"encrypted\":false,\"tenant\":\"clinic\"},"
    "{\"name\":\"back's\",\"kind\":\"local\",\"url\":\"c\",\"encrypted\":false,\"boxes\":[\"back\"]}],"
    " \"tenants\":[{\"name\":\"court\"}],"
    " \"faxboxes\":[{\"id\":\"judge\",\"name\":\"Judge\",\"tenant\":\"court\"}]}";

static int setup(void **state)
{
    int failed = place_setup(state);
    assert_int_equal(apply(*state, HOUSE, false), 200);
    assert_int_equal(apply(*state, two_places, false), 200);
    return failed;
}

static void calls_of_a_box_are_stored_and_exported(void **state)
{
    struct place *p = *state;
    struct faxbox b;
    SCOPED_BUF struct buf shown;
    buf_init(&shown, 1 << 20);
    assert_true(config_box(&p->store, &p->arena, "back", &b));
    assert_string_equal(b.trunk, "");
    assert_false(b.t38_off);
    assert_false(b.ecm_off);
    assert_string_equal(b.archive_places, "");
    assert_int_equal(
        apply(p,
              "{\"faxboxes\":[{\"id\":\"back\",\"trunk\":\"pbx\",\"t38\":\"off\",\"ecm\":\"off\","
              "\"archive_places\":[\"off site\",\"back's\"]}]}",
              false),
        200);
    assert_int_equal(changed(p), 1);
    assert_true(config_box(&p->store, &p->arena, "back", &b));
    assert_string_equal(b.trunk, "pbx");
    assert_true(b.t38_off);
    assert_true(b.ecm_off);
    assert_string_equal(b.archive_places, "off site\nback's\n");
    provision_export(&p->store, &shown);
    assert_int_equal(apply(p, buf_text(&shown), false), 200);
    assert_int_equal(changed(p), 0);
    assert_int_equal(apply(p, "{\"faxboxes\":[{\"id\":\"back\",\"archive_places\":[]}]}", false), 200);
    assert_true(config_box(&p->store, &p->arena, "back", &b));
    assert_string_equal(b.archive_places, "");
}

/* proves: S2.2 */
static void what_a_box_names_has_to_be_there(void **state)
{
    static const struct {
        const char *text, *path, *part;
    } cases[] = {
        {"{\"faxboxes\":[{\"id\":\"back\",\"trunk\":\"none\"}]}", "faxboxes[0].trunk",
         "the trunk \"none\", and there is none of that name"},
        {"{\"faxboxes\":[{\"id\":\"back\",\"t38\":\"on\"}]}", "faxboxes[0].t38", "\"auto\" or \"off\""},
        {"{\"faxboxes\":[{\"id\":\"back\",\"ecm\":true}]}", "faxboxes[0].ecm", "\"auto\" or \"off\""},
        {"{\"faxboxes\":[{\"id\":\"back\",\"archive_places\":[\"off site\",\"offsite\"]}]}",
         "faxboxes[0].archive_places[1]", "the archive place \"offsite\", and there is none of that name"},
        {"{\"faxboxes\":[{\"id\":\"judge\",\"archive_places\":[\"clinic's\"]}]}",
         "faxboxes[0].archive_places[0]", "takes the faxes of tenant \"clinic\" alone"},
        {"{\"faxboxes\":[{\"id\":\"back\",\"archive_places\":\"off site\"}]}", "faxboxes[0].archive_places",
         "needs a list"},
    };
    struct place *p = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_error(p, cases[i].text, cases[i].path, cases[i].part);
    assert_int_equal(
        apply(p, "{\"faxboxes\":[{\"id\":\"front-desk\",\"archive_places\":[\"back's\",\"clinic's\"]}]}",
              false),
        200);
    assert_non_null(strstr(buf_text(&p->result), "takes the faxes of other faxboxes alone"));
}

static void what_a_box_names_cannot_go(void **state)
{
    struct place *p = *state;
    assert_int_equal(apply(p,
                           "{\"faxboxes\":[{\"id\":\"back\",\"trunk\":\"pbx\",\"archive_places\":[\"off "
                           "site\"]}]}",
                           false),
                     200);
    assert_error(p, "{\"trunks\":[{\"name\":\"pbx\",\"absent\":true}]}", "faxboxes.back.trunk",
                 "sends over the trunk \"pbx\"");
    assert_error(p, "{\"archive_places\":[{\"name\":\"off site\",\"absent\":true}]}",
                 "faxboxes.back.archive_places[0]", "go to the archive place \"off site\"");
    assert_error(p, "{\"archive_places\":[{\"name\":\"off site\",\"tenant\":\"court\"}]}",
                 "faxboxes.back.archive_places[0]", "tenant \"court\" alone");
    assert_int_equal(apply(p,
                           "{\"trunks\":[{\"name\":\"pbx\",\"absent\":true}],"
                           "\"archive_places\":[{\"name\":\"off site\",\"absent\":true}],"
                           "\"faxboxes\":[{\"id\":\"back\",\"trunk\":\"\",\"archive_places\":[]}]}",
                           false),
                     200);
}

/* Where boxes follow a template it is the template that is named. */
static void what_a_template_names_cannot_go(void **state)
{
    struct place *p = *state;
    assert_error(
        p, "{\"settings_templates\":[{\"tenant\":\"clinic\",\"name\":\"office\",\"trunk\":\"none\"}]}",
        "settings_templates[0].trunk", "the settings template \"office\" sends over the trunk \"none\"");
    assert_int_equal(
        apply(p,
              "{\"settings_templates\":[{\"tenant\":\"clinic\",\"name\":\"office\",\"trunk\":\"pbx\","
              "\"archive_places\":[\"off site\"]}],"
              "\"faxboxes\":[{\"id\":\"back\",\"template\":\"office\"}]}",
              false),
        200);
    assert_error(p, "{\"trunks\":[{\"name\":\"pbx\",\"absent\":true}]}", "settings_templates.office.trunk",
                 "there is none of that name");
    assert_string_equal(error_at(p, "faxboxes.back.trunk"), "");
    assert_error(p, "{\"archive_places\":[{\"name\":\"off site\",\"absent\":true}]}",
                 "settings_templates.office.archive_places[0]", "there is none of that name");
}

/* The store's column has a line each, for names may have blanks. */
static void places_of_a_template_reach_its_boxes(void **state)
{
    struct place *p = *state;
    struct faxbox b;
    assert_int_equal(apply(p,
                           "{\"settings_templates\":[{\"tenant\":\"clinic\",\"name\":\"office\"}],"
                           "\"faxboxes\":[{\"id\":\"back\",\"template\":\"office\"}]}",
                           false),
                     200);
    store_begin(&p->store);
    (void)sql_run(p->store.sql, "UPDATE archive_place SET filling = 0", "");
    store_commit(&p->store);
    assert_int_equal(apply(p,
                           "{\"settings_templates\":[{\"tenant\":\"clinic\",\"name\":\"office\","
                           "\"archive_places\":[\"off site\",\"back's\"]}]}",
                           false),
                     200);
    assert_true(config_box(&p->store, &p->arena, "back", &b));
    assert_string_equal(b.archive_places, "off site\nback's\n");
    assert_int_equal(sql_get_int(p->store.sql, -1, "SELECT sum(filling) FROM archive_place", ""), 2);
}

static void place_with_copies_cannot_go(void **state)
{
    struct place *p = *state;
    const struct archive_copy c = {.id = id_new(),
                                   .about = id_new(),
                                   .place = "off site",
                                   .faxbox = "back",
                                   .number = "1",
                                   .object = "o"};
    struct faxbox b;
    struct archive_copy copy = c;
    assert_true(config_box(&p->store, &p->arena, "back", &b));
    copy.tenant = b.tenant;
    store_begin(&p->store);
    archive_copy_add(&p->store, &copy);
    store_commit(&p->store);
    assert_error(p, "{\"archive_places\":[{\"name\":\"off site\",\"absent\":true}]}", "archive_places",
                 "archive place \"off site\" has 1 faxes");
}

static int64_t filling(struct place *p, const char *name)
{
    return sql_get_int(p->store.sql, -1, "SELECT filling FROM archive_place WHERE name = ?1", "t", name);
}

/* What ended before goes where the box's faxes go now. */
static void place_that_a_box_names_newly_gets_what_ended_before(void **state)
{
    struct place *p = *state;
    store_begin(&p->store);
    (void)sql_run(p->store.sql, "UPDATE archive_place SET filling = 0, filled_fax = ?1", "d", id_new());
    store_commit(&p->store);
    assert_int_equal(apply(p, "{\"faxboxes\":[{\"id\":\"back\",\"archive_places\":[\"off site\"]}]}", false),
                     200);
    assert_int_equal(filling(p, "off site"), 1);
    assert_int_equal(filling(p, "back's"), 0);
    assert_int_equal(
        sql_get_int(p->store.sql, -1, "SELECT count(*) FROM archive_place WHERE filled_fax IS NULL", ""), 1);
    assert_int_equal(apply(p, "{\"faxboxes\":[{\"id\":\"back\",\"archive_places\":[]}]}", false), 200);
    assert_int_equal(filling(p, "back's"), 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, place_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(calls_of_a_box_are_stored_and_exported),
        CASE(what_a_box_names_has_to_be_there),
        CASE(what_a_box_names_cannot_go),
        CASE(what_a_template_names_cannot_go),
        CASE(places_of_a_template_reach_its_boxes),
        CASE(place_with_copies_cannot_go),
        CASE(place_that_a_box_names_newly_gets_what_ended_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keys that mails are signed with: made here, one of a domain signs, the ones before it stay. */
#include <stdlib.h>
#include <string.h>

#include "provision_place.h"

#include "base/scope.h"
#include "base/str.h"
#include "net/pem.h"
#include "provision/settings.h"
#include "store/dkim_keys.h"

static json_t *change(struct place *p, enum settings_action action, const char *key, const char *body,
                      unsigned status)
{
    struct settings_result r;
    char etag[SETTINGS_ETAG_LEN];
    const struct provision_keys keys = {p->dir, &p->vault};
    const struct settings_wish w = {
        .resource = "dkim-keys", .key = key, .action = action, .if_match = "*", .body = body};
    unsigned got = settings_change(&p->store, &keys, &w, &r);
    if (got != status)
        fail_msg("%u, not %u: %s", got, status, r.detail);
    json_decref(r.errors);
    return status < 300 ? settings_one(&p->store, "dkim-keys", NULL, status == 201 ? r.key : key, etag)
                        : NULL;
}

static const char *text(const json_t *key, const char *field)
{
    const char *value = json_string_value(json_object_get(key, field));
    return value ? value : "";
}

static bool signs(const json_t *key)
{
    return json_is_true(json_object_get(key, "active"));
}

/* What signs mails of that domain; "": nothing. */
static const char *signer_of(struct place *p, const char *domain)
{
    struct dkim_key_row k;
    return dkim_key_for(&p->store, &p->arena, domain, &k) ? k.selector : "";
}

static void key_is_made_here_and_its_public_half_shown(void **state)
{
    struct place *p = *state;
    char record[PEM_RECORD_LEN];
    assert_int_equal(apply(p, HOUSE, false), 200);
    json_t *made = change(p, SETTINGS_CREATE, "", "{\"name\":\"Clinic.example\"}", 201);
    assert_true(str_starts(text(made, "selector"), "fax20"));
    assert_string_equal(text(made, "id"),
                        arena_format(&p->arena, "%s._domainkey.clinic.example", text(made, "selector")));
    assert_true(str_starts(text(made, "record"), "v=DKIM1; k=rsa; p=MII"));
    assert_true(strlen(text(made, "record")) > 400); /* 2048 bits */
    assert_true(signs(made));
    assert_true(json_is_true(json_object_get(json_object_get(made, "key"), "set")));
    assert_string_equal(signer_of(p, "in.clinic.example"), text(made, "selector"));
    assert_true(str_copy(record, sizeof(record), text(made, "record")));
    json_t *again = change(p, SETTINGS_CHANGE, text(made, "id"), "{\"record\":\"v=DKIM1; p=\"}", 200);
    assert_string_equal(text(again, "record"), record); /* it is the key's, and nobody's to say */
    json_decref(again);
    json_decref(made);
}

static void next_key_waits_until_it_is_told_to_sign(void **state)
{
    struct place *p = *state;
    assert_int_equal(apply(p, HOUSE, false), 200);
    json_t *first = change(p, SETTINGS_CREATE, "", "{\"name\":\"clinic.example\"}", 201);
    json_t *second = change(p, SETTINGS_CREATE, "", "{\"name\":\"clinic.example\"}", 201);
    assert_string_not_equal(text(first, "id"), text(second, "id"));
    assert_false(signs(second));
    assert_string_equal(signer_of(p, "clinic.example"), text(first, "selector"));
    json_decref(change(p, SETTINGS_CHANGE, text(second, "id"), "{\"active\":true}", 200));
    assert_string_equal(signer_of(p, "clinic.example"), text(second, "selector"));
    json_t *kept = change(p, SETTINGS_CHANGE, text(first, "id"), "{}", 200);
    assert_non_null(kept);
    assert_false(signs(kept));
    (void)change(p, SETTINGS_REMOVE, text(first, "id"), "", 204);
    assert_string_equal(signer_of(p, "clinic.example"), text(second, "selector"));
    (void)change(p, SETTINGS_REMOVE, text(second, "id"), "", 204);
    assert_string_equal(signer_of(p, "clinic.example"), "");
    json_decref(first);
    json_decref(second);
    json_decref(kept);
}

static void key_that_a_file_brings_takes_over_and_export_brings_it_back(void **state)
{
    struct place *p = *state;
    char pem[PEM_KEY_LEN];
    SCOPED_BUF struct buf first;
    buf_init(&first, 1 << 20);
    assert_int_equal(apply(p, HOUSE, false), 200);
    for (unsigned n = 1; n <= 2; n++) {
        pem_make_signing_key(pem);
        json_t *file = json_pack("{s:[{s:s, s:o, s:s}]}", "dkim", "name", "clinic.example", "selector",
                                 json_sprintf("fax%u", n), "key", pem);
        SCOPED_FREE char *said = json_dumps(file, 0);
        json_decref(file);
        assert_int_equal(apply(p, said, false), 200);
        assert_int_equal(changed(p), n); /* the second one's, and that the first signs no more */
        assert_string_equal(signer_of(p, "clinic.example"), n == 1 ? "fax1" : "fax2");
        assert_int_equal(apply(p, said, false), 200);
        assert_int_equal(changed(p), 0);
    }
    provision_export(&p->store, &first);
    assert_null(strstr(buf_text(&first), "PRIVATE KEY"));
    assert_int_equal(apply(p, buf_text(&first), false), 200);
    assert_int_equal(changed(p), 0);
    assert_int_equal(apply(p,
                           "{\"dkim\":[{\"name\":\"clinic.example\",\"selector\":\"fax1\",\"absent\":true},"
                           "{\"name\":\"clinic.example\",\"absent\":true}]}",
                           false),
                     200); /* the second is the only one then, and needs no selector */
    assert_int_equal(changed(p), 2);
    assert_int_equal(apply(p, buf_text(&first), false), 200);
    assert_string_equal(signer_of(p, "clinic.example"), "fax2");
}

static void file_that_names_the_domain_alone_makes_one_key_however_often_it_comes(void **state)
{
    struct place *p = *state;
    static const char file[] = "{\"dkim\":[{\"name\":\"clinic.example\"}]}",
                      gone[] = "{\"dkim\":[{\"name\":\"clinic.example\",\"absent\":true}]}";
    assert_int_equal(apply(p, HOUSE, false), 200);
    assert_int_equal(apply(p, file, false), 200);
    assert_int_equal(changed(p), 1);
    const char *first = signer_of(p, "clinic.example");
    assert_true(str_starts(first, "fax20"));
    assert_int_equal(apply(p, file, false), 200);
    assert_int_equal(changed(p), 0);
    json_decref(change(p, SETTINGS_CREATE, "", "{\"name\":\"clinic.example\",\"selector\":\"a\"}", 201));
    assert_int_equal(apply(p, file, false), 200);
    assert_int_equal(changed(p), 0);
    assert_error(p, gone, "dkim[0]", "has 2 keys; give the selector");
    assert_string_equal(signer_of(p, "clinic.example"), first);
}

static void what_cannot_be_is_refused(void **state)
{
    struct place *p = *state;
    assert_int_equal(apply(p, HOUSE, false), 200);
    json_t *made = change(p, SETTINGS_CREATE, "", "{\"name\":\"clinic.example\",\"selector\":\"a\"}", 201);
    const char *id = text(made, "id");
    (void)change(p, SETTINGS_CREATE, "", "{\"name\":\"clinic.example\",\"selector\":\"A\"}", 409);
    (void)change(p, SETTINGS_CREATE, "", "{\"name\":\"no domain\"}", 422);
    (void)change(p, SETTINGS_CHANGE, id, "{\"selector\":\"b\"}", 422);
    (void)change(p, SETTINGS_CHANGE, id, "{\"key\":\"\"}", 422);
    (void)change(p, SETTINGS_CHANGE, id, "{\"key\":\"no key\"}", 422);
    (void)change(p, SETTINGS_CHANGE, "b._domainkey.clinic.example", "{}", 404);
    assert_string_equal(signer_of(p, "clinic.example"), "a");
    assert_error(p,
                 "{\"dkim\":[{\"name\":\"x.example\",\"selector\":\"a\",\"active\":true},"
                 "{\"name\":\"x.example\",\"selector\":\"b\",\"active\":true}]}",
                 "dkim[1].active", "one key of a domain signs");
    json_decref(made);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(key_is_made_here_and_its_public_half_shown),
        CASE(next_key_waits_until_it_is_told_to_sign),
        CASE(key_that_a_file_brings_takes_over_and_export_brings_it_back),
        CASE(file_that_names_the_domain_alone_makes_one_key_however_often_it_comes),
        CASE(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

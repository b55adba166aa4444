/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Provisioning files against a store in a folder of their own. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "provision_place.h"

#include "base/scope.h"
#include "base/str.h"
#include "provision/rules.h"
#include "store/api_keys.h"
#include "store/config.h"
#include "store/jobs.h"
#include "store/provision.h"
#include "store/submissions.h"

static void house_is_stored_and_found(void **state)
{
    struct place *p = *state;
    struct faxbox b;
    const char **receivers;
    assert_int_equal(apply(p, HOUSE, false), 200);
    assert_int_equal(changed(p), 8);
    assert_string_equal(store_meta(&p->store, &p->arena, "fax_domain"), "fax.example.com");
    assert_true(config_box(&p->store, &p->arena, "front-desk", &b));
    assert_string_equal(b.name, "Front Desk");
    assert_true(config_box_by_number(&p->store, &p->arena, "+390501234", &b));
    assert_string_equal(b.id, "front-desk");
    assert_true(config_box_by_custom(&p->store, &p->arena, "FAX@shop.example", &b));
    assert_string_equal(b.id, "back");
    assert_true(config_may_send(&p->store, "front-desk", "A@EXAMPLE.com"));
    assert_false(config_may_send(&p->store, "front-desk", "bert@example.com"));
    assert_true(config_may_send(&p->store, "front-desk", "x@law.example.org"));
    assert_int_equal(config_receivers(&p->store, &p->arena, "front-desk", &receivers), 2);
    assert_string_equal(receivers[0], "Anna@example.com");
}

static void same_file_changes_nothing(void **state)
{
    struct place *p = *state;
    assert_int_equal(apply(p, HOUSE, false), 200);
    assert_int_equal(apply(p, HOUSE, false), 200);
    assert_int_equal(changed(p), 0);
}

static void order_of_sets_means_nothing(void **state)
{
    struct place *p = *state;
    assert_int_equal(apply(p, HOUSE, false), 200);
    assert_int_equal(apply(p,
                           "{\"faxboxes\": [{\"id\":\"back\",\"numbers\":[\"302\",\"301\"],"
                           "\"users\":[{\"user\":\"bert\"},{\"user\":\"anna\"}]}]}",
                           false),
                     200);
    assert_int_equal(changed(p), 1);
    assert_int_equal(apply(p,
                           "{\"faxboxes\": [{\"id\":\"back\",\"numbers\":[\"301\",\"302\"],"
                           "\"users\":[{\"user\":\"bert\"},{\"user\":\"anna\"}]}]}",
                           false),
                     200);
    assert_int_equal(changed(p), 0);
}

static void export_changes_nothing_and_rebuilds_all(void **state)
{
    struct place *p = *state;
    SCOPED_BUF struct buf first, second;
    buf_init(&first, 1 << 20);
    buf_init(&second, 1 << 20);
    assert_int_equal(apply(p, HOUSE, false), 200);
    provision_export(&p->store, &first);
    assert_int_equal(apply(p, buf_text(&first), false), 200);
    assert_int_equal(changed(p), 0);
    assert_int_equal(
        apply(p,
              "{\"tenants\":[{\"name\":\"clinic\",\"absent\":true}],"
              "\"users\":[{\"tenant\":\"clinic\",\"name\":\"anna\",\"absent\":true},"
              "{\"tenant\":\"clinic\",\"name\":\"bert\",\"absent\":true}],"
              "\"faxboxes\":[{\"id\":\"back\",\"absent\":true},{\"id\":\"front-desk\",\"absent\":true}],"
              "\"trunks\":[{\"name\":\"pbx\",\"absent\":true}],\"mail_server\":{\"absent\":true}}",
              false),
        200);
    assert_int_equal(changed(p), 7);
    assert_int_equal(apply(p, buf_text(&first), false), 200);
    assert_int_equal(changed(p), 7);
    provision_export(&p->store, &second);
    assert_string_equal(buf_text(&first), buf_text(&second));
}

static void absent_sections_and_fields_are_left_alone(void **state)
{
    struct place *p = *state;
    struct faxbox b;
    assert_int_equal(apply(p, HOUSE, false), 200);
    assert_int_equal(apply(p, "{\"faxboxes\": [{\"id\": \"front-desk\", \"tries\": 5}]}", false), 200);
    assert_int_equal(changed(p), 1);
    assert_non_null(strstr(buf_text(&p->result), "faxbox \\\"front-desk\\\": tries"));
    assert_true(config_box_by_number(&p->store, &p->arena, "100", &b));
    assert_int_equal(b.tries, 5);
    assert_true(config_may_send(&p->store, "front-desk", "anna@example.com"));
}

static void dry_run_changes_nothing(void **state)
{
    struct place *p = *state;
    struct faxbox b;
    assert_int_equal(apply(p, HOUSE, true), 200);
    assert_int_equal(changed(p), 8);
    assert_false(config_box(&p->store, &p->arena, "back", &b));
}

static void one_wrong_value_stops_everything(void **state)
{
    struct place *p = *state;
    struct id none = ID_NONE;
    struct tenant t;
    assert_error(p,
                 "{\"tenants\":[{\"name\":\"a\"}],\"users\":[{\"name\":\"u\",\"addresses\":[\"nobody\"]}]}",
                 "users[0].addresses[0]", "needs at least one email address");
    assert_false(config_tenant(&p->store, &p->arena, none, &t));
    assert_int_equal(sql_get_int(p->store.sql, -1, "SELECT count(*) FROM tenant", ""), 0);
}

/* proves: S0.3 */
static void invalid_permission_entries_are_refused_one_by_one(void **state)
{
    struct place *p = *state;
    assert_int_equal(apply(p, HOUSE, false), 200);
    assert_error(
        p,
        "{\"faxboxes\":[{\"id\":\"back\",\"permissions\":[{\"entry\":\"good.example\"},{\"entry\":\"a@@b\"},"
        "{\"entry\":\"*.com.\"},{\"entry\":\"x y.example\"},{\"entry\":\"c@d.example\"}]}]}",
        "faxboxes[0].permissions[1].entry", "\"a@@b\" is wrong");
    assert_non_null(strstr(error_at(p, "faxboxes[0].permissions[2].entry"), "\"*.com.\" is wrong"));
    assert_non_null(strstr(error_at(p, "faxboxes[0].permissions[3].entry"), "\"x y.example\" is wrong"));
    assert_string_equal(error_at(p, "faxboxes[0].permissions[0].entry"), "");
    assert_string_equal(error_at(p, "faxboxes[0].permissions[4].entry"), "");
    assert_false(config_may_send(&p->store, "back", "x@good.example"));
}

/* proves: S0.5 */
static void custom_address_belongs_to_one_box(void **state)
{
    struct place *p = *state;
    assert_int_equal(apply(p, HOUSE, false), 200);
    assert_error(p, "{\"faxboxes\":[{\"id\":\"front-desk\",\"custom_address\":\"FAX@shop.EXAMPLE\"}]}",
                 "faxboxes[0].custom_address", "belongs to faxbox \"back\" already");
    assert_error(p, "{\"faxboxes\":[{\"id\":\"front-desk\",\"custom_address\":\"x@back.fax.example.com\"}]}",
                 "faxboxes[0].custom_address", "lies in the fax domain");
    assert_int_equal(
        apply(p, "{\"faxboxes\":[{\"id\":\"front-desk\",\"custom_address\":\"shop.example\"}]}", false), 200);
}

/* proves: S0.6 A1 */
static void smtp_address_is_shown_and_cannot_be_set(void **state)
{
    struct place *p = *state;
    SCOPED_BUF struct buf shown;
    buf_init(&shown, 1 << 20);
    assert_int_equal(apply(p, HOUSE, false), 200);
    provision_export(&p->store, &shown);
    assert_non_null(strstr(buf_text(&shown), "\"smtp_address\": \"front-desk@fax.example.com\""));
    assert_error(p, "{\"faxboxes\":[{\"id\":\"back\",\"smtp_address\":\"mine@fax.example.com\"}]}",
                 "faxboxes[0].smtp_address",
                 "is made by the system (back@fax.example.com) and cannot be set");
    assert_error(p, "{\"faxboxes\":[{\"name\":\"New\",\"smtp_address\":\"new@else.example\"}]}",
                 "faxboxes[0].smtp_address", "(new@fax.example.com)");
    /* Renaming moves no address; as it is it may stand in a file. */
    assert_int_equal(apply(p,
                           "{\"faxboxes\":[{\"id\":\"back\",\"name\":\"Court\",\"smtp_address\":"
                           "\"back@fax.example.com\"}]}",
                           false),
                     200);
    assert_int_equal(changed(p), 1);
}

/* proves: S2.6 */
static void case_of_a_sender_matters_where_the_box_or_its_tenant_says_so(void **state)
{
    struct place *p = *state;
    assert_int_equal(apply(p, HOUSE, false), 200);
    assert_int_equal(apply(p,
                           "{\"faxboxes\":[{\"id\":\"front-desk\",\"permissions\":[{\"entry\":"
                           "\"Bob.Law@Law.Example.ORG\"}]}]}",
                           false),
                     200);
    static const char *const exact[] = {"Anna@EXAMPLE.com", "Bob.Law@law.example.org"};
    static const char *const other[] = {"anna@example.com", "bob.law@law.example.org"};
    static const char *const files[] = {
        "{\"tenants\":[{\"name\":\"clinic\",\"address_case\":\"exact\"}]}",
        "{\"faxboxes\":[{\"id\":\"front-desk\",\"address_case\":\"ignore-case\"}]}",
        "{\"faxboxes\":[{\"id\":\"front-desk\",\"address_case\":\"exact\"}],"
        "\"tenants\":[{\"name\":\"clinic\",\"address_case\":\"ignore-case\"}]}"};
    static const bool taken[] = {false, true, false};
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        assert_int_equal(apply(p, files[i], false), 200);
        for (size_t k = 0; k < 2; k++) {
            const char *boxes[2];
            assert_true(config_may_send(&p->store, "front-desk", exact[k]));
            assert_int_equal(config_may_send(&p->store, "front-desk", other[k]) != PERMISSION_NONE, taken[i]);
            assert_int_equal(config_boxes_of_sender(&p->store, &p->arena, other[k], boxes, 2), taken[i]);
        }
    }
}

/* proves: S2.7 */
static void address_belongs_to_one_user(void **state)
{
    struct place *p = *state;
    assert_int_equal(apply(p, HOUSE, false), 200);
    assert_error(p,
                 "{\"tenants\":[{\"name\":\"court\"}],"
                 "\"users\":[{\"tenant\":\"court\",\"name\":\"c\",\"addresses\":[\"ANNA@Example.com\"]}]}",
                 "users[0].addresses[0]", "belongs to user \"anna\" of tenant \"clinic\" already");
}

static void addresses_and_numbers_can_be_exchanged(void **state)
{
    struct place *p = *state;
    struct faxbox b;
    assert_int_equal(apply(p, HOUSE, false), 200);
    assert_int_equal(
        apply(p,
              "{\"users\":[{\"name\":\"anna\",\"addresses\":[\"bert@example.com\"]},"
              "{\"name\":\"bert\",\"addresses\":[\"anna@example.com\"]}],"
              "\"faxboxes\":[{\"id\":\"front-desk\",\"extension\":\"200\",\"custom_address\":"
              "\"fax@shop.example\"},{\"id\":\"back\",\"extension\":\"100\",\"custom_address\":\"\"}]}",
              false),
        200);
    assert_int_equal(changed(p), 4);
    assert_true(config_box_by_number(&p->store, &p->arena, "200", &b));
    assert_string_equal(b.id, "front-desk");
    assert_false(config_may_send(&p->store, "front-desk", "anna@example.com"));
    assert_true(config_may_send(&p->store, "front-desk", "bert@example.com"));
}

static void number_leads_to_one_box(void **state)
{
    struct place *p = *state;
    assert_int_equal(apply(p, HOUSE, false), 200);
    assert_error(p, "{\"faxboxes\":[{\"id\":\"back\",\"numbers\":[\"100\"]}]}", "faxboxes[0].numbers[0]",
                 "belongs to faxbox \"front-desk\" already");
    assert_error(p, "{\"faxboxes\":[{\"id\":\"back\",\"extension\":\"12ab\"}]}", "faxboxes[0].extension",
                 "\"12ab\" is wrong; needs a telephone number");
}

static void ids_are_made_once_and_stay(void **state)
{
    struct place *p = *state;
    struct faxbox b;
    assert_int_equal(
        apply(p,
              "{\"tenants\":[{\"name\":\"a\"},{\"name\":\"b\"}],"
              "\"faxboxes\":[{\"tenant\":\"a\",\"name\":\"Front\"},{\"tenant\":\"b\",\"name\":\"front\"},"
              "{\"tenant\":\"a\",\"name\":\"Check\"},{\"tenant\":\"a\",\"name\":\"112\"}]}",
              false),
        200);
    assert_true(config_box(&p->store, &p->arena, "front", &b));
    assert_true(config_box(&p->store, &p->arena, "front-2", &b));
    assert_true(config_box(&p->store, &p->arena, "check-2", &b));
    assert_true(config_box(&p->store, &p->arena, "fax", &b));
    assert_int_equal(apply(p, "{\"faxboxes\":[{\"id\":\"front\",\"name\":\"Reception\"}]}", false), 200);
    assert_true(config_box(&p->store, &p->arena, "front", &b));
    assert_string_equal(b.name, "Reception");
    assert_error(p, "{\"faxboxes\":[{\"id\":\"check\",\"tenant\":\"a\",\"name\":\"x\"}]}", "faxboxes[0].id",
                 "\"check\" is reserved");
    assert_error(p, "{\"faxboxes\":[{\"id\":\"front\",\"tenant\":\"b\"}]}", "faxboxes[0].tenant",
                 "belongs to tenant \"a\" and stays");
}

static void wrong_names_and_shapes_are_told(void **state)
{
    static const struct {
        const char *text, *path, *part;
    } cases[] = {
        {"{\"faxbox\": []}", "faxbox", "there is no such section"},
        {"{\"faxboxes\": {}}", "faxboxes", "needs a list"},
        {"{\"faxboxes\": [3]}", "faxboxes[0]", "is a number; needs an object with id, tenant"},
        {"{\"faxboxes\": [{\"id\":\"back\",\"station\":\"1\"}]}", "faxboxes[0].station",
         "there is no such field"},
        {"{\"faxboxes\": [{\"id\":\"new\"}]}", "faxboxes[0].name", "is missing in a new faxbox"},
        {"{\"faxboxes\": [{\"id\":\"back\",\"tries\":\"3\"}]}", "faxboxes[0].tries",
         "a whole number from 1 to 12"},
        {"{\"faxboxes\": [{\"id\":\"back\",\"tries\":13}]}", "faxboxes[0].tries",
         "a whole number from 1 to 12"},
        {"{\"faxboxes\": [{\"id\":\"back\",\"enabled\":\"yes\"}]}", "faxboxes[0].enabled", "true or false"},
        {"{\"faxboxes\": [{\"id\":\"back\",\"station_id\":\"PISA\"}]}", "faxboxes[0].station_id",
         "up to 20 digits"},
        {"{\"faxboxes\": [{\"id\":\"back\",\"paper\":\"a3\"}]}", "faxboxes[0].paper", "\"letter\""},
        {"{\"faxboxes\": [{\"id\":\"back\"},{\"id\":\"front-desk\",\"users\":[{\"user\":\"x\"}]}]}",
         "faxboxes[1].users[0].user", "there is no user \"x\""},
        {"{\"faxboxes\": [{\"id\":\"back\",\"users\":[{\"user\":\"anna\"},{\"user\":\"anna\"}]}]}",
         "faxboxes[0].users[1].user", "stands in this list already"},
        {"{\"faxboxes\": [{\"id\":\"back\",\"users\":[{\"send\":true}]}]}", "faxboxes[0].users[0].user",
         "is missing"},
        {"{\"faxboxes\": [{\"id\":\"back\"},{\"id\":\"back\"}]}", "faxboxes[1]", "already, at faxboxes[0]"},
        {"{\"users\": [{\"tenant\":\"x\",\"name\":\"n\",\"addresses\":[\"n@x.example\"]}]}",
         "users[0].tenant", "there is no tenant \"x\""},
        {"{\"tenants\": [{\"name\":\"clinic\",\"absent\":true}]}", "tenants",
         "still has 2 boxes, 2 users and 0 mailboxes"},
        {"{\"tenants\": [{\"name\":\"clinic\",\"zone\":\"Europe/Roma\"}]}", "tenants[0].zone", "Europe/Rome"},
        {"{\"trunks\": [{\"name\":\"t\",\"peer\":\"127.0.0.1\"}]}", "trunks[0].peer", "sip:host"},
        {"{\"trunks\": [{\"name\":\"t\",\"peer\":\"sip:a:0\"}]}", "trunks[0].peer", "sip:host"},
        {"{\"trunks\": [{\"name\":\"t\",\"peer\":\"sip:a\",\"register\":true}]}", "trunks[0].username",
         "registers"},
        {"{\"trunks\": [{\"name\":\"t\",\"peer\":\"sip:a\",\"register_seconds\":5}]}",
         "trunks[0].register_seconds", "from 30"},
        {"{\"mail_server\": {\"port\": 0}}", "mail_server.port", "from 1 to 65535"},
        {"{\"installation\": {\"absent\": true}}", "installation", "cannot be absent"},
    };
    struct place *p = *state;
    assert_int_equal(apply(p, HOUSE, false), 200);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_error(p, cases[i].text, cases[i].path, cases[i].part);
    assert_int_equal(apply(p, "{\"tenants\": [,]}", false), 400);
    assert_non_null(strstr(buf_text(&p->result), "line 1, column"));
    assert_int_equal(apply(p, "{\"tenants\": [], \"tenants\": []}", false), 400);
    assert_int_equal(apply(p, "[]", false), 400);
}

/* proves: S2.3 S2.4 */
static void wrong_mailbox_is_refused_in_words(void **state)
{
    static const struct {
        const char *text, *path, *part;
    } cases[] = {
        {"{\"mailboxes\": "
         "[{\"name\":\"m\",\"tenant\":\"clinic\",\"host\":\"h\",\"address\":\"f+a@x.example\"}]}",
         "mailboxes[0].address", "read as fax number"},
        {"{\"mailboxes\": "
         "[{\"name\":\"m\",\"tenant\":\"clinic\",\"address\":\"f@x.example\",\"host\":\"h\",\"port\":70000}]"
         "}",
         "mailboxes[0].port", "from 1 to 65535"},
        {"{\"mailboxes\": "
         "[{\"name\":\"m\",\"tenant\":\"clinic\",\"address\":\"f@x.example\",\"host\":\"h\",\"protocol\":"
         "\"mapi\"}]}",
         "mailboxes[0].protocol", "\"imap\" or \"pop3\""},
        {"{\"mailboxes\": "
         "[{\"name\":\"m\",\"tenant\":\"clinic\",\"address\":\"f@x.example\",\"host\":\"h\",\"security\":"
         "\"tls\"}]}",
         "mailboxes[0].security", "starttls"},
        {"{\"mailboxes\": "
         "[{\"name\":\"m\",\"tenant\":\"clinic\",\"address\":\"f@x.example\",\"host\":\"h\",\"interval\":4}]"
         "}",
         "mailboxes[0].interval", "from 5 to 86400"},
        {"{\"mailboxes\": "
         "[{\"name\":\"m\",\"tenant\":\"clinic\",\"address\":\"f@x.example\",\"host\":\"h\",\"authserv_id\":"
         "\"a b\"}]}",
         "mailboxes[0].authserv_id", "Authentication-Results"},
        {"{\"mailboxes\": "
         "[{\"name\":\"m\",\"tenant\":\"clinic\",\"address\":\"f@x.example\",\"host\":\"h\","
         "\"authentication\":\"oauth2\"}]}",
         "mailboxes[0].oauth_token_url", "a login with oauth2 needs it"},
        {"{\"mailboxes\": "
         "[{\"name\":\"m\",\"tenant\":\"clinic\",\"address\":\"f@x.example\",\"host\":\"h\","
         "\"authentication\":\"oauth2\",\"gateway\":true,\"oauth_client_id\":\"c\",\"oauth_token_url\":"
         "\"https://t\"}]}",
         "mailboxes[0].gateway", "client_credentials"},
        {"{\"mailboxes\": "
         "[{\"name\":\"m\",\"address\":\"f@x.example\",\"host\":\"h\",\"tenant\":\"nobody\"}]}",
         "mailboxes[0].tenant", "there is no tenant"},
        {"{\"faxboxes\": [{\"id\":\"back\",\"mailbox\":\"m\"}]}", "faxboxes[0].mailbox",
         "there is no mailbox"},
        {"{\"dkim\": [{\"name\":\"x.example\",\"selector\":\"s\",\"key\":\"secret\"}]}", "dkim[0].key",
         "no private key in PEM form"},
        {"{\"users\": [{\"name\":\"anna\",\"smime\":\"aes-256-gcm\"}]}", "users[0].smime",
         "without a certificate"},
        {"{\"users\": [{\"name\":\"anna\",\"smime_certificates\":[\"-----BEGIN CERTIFICATE-----\"]}]}",
         "users[0].smime_certificates[0]", "broken certificate"},
    };
    struct place *p = *state;
    assert_int_equal(apply(p, HOUSE, false), 200);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_error(p, cases[i].text, cases[i].path, cases[i].part);
}

/* 1024 bits; in JSON. */
#define SHORT_KEY                                                                                            \
    "-----BEGIN RSA PRIVATE KEY-----\\n"                                                                     \
    "MIICXQIBAAKBgQDb9t2Zxlev8ZvrlFM8MoytappCnwheAPkBLmWjFGH2eVt2Xj/a\\n"                                    \
    "9zG28pwp4Hsb1LX2X31/fGCdENc0qB6GFc6cVZQtiOwk7IsOfD58mZTgksR38NUC\\n"                                    \
    "Vvgx6SGRSFVMSFc7DbVwxdGaFh0ODjIBdNfbL++W1Eq2hBHUzYBagzLbXQIDAQAB\\n"                                    \
    "AoGAQydS8CeFjcmNeJaH8tDb8fWhssUqoMhbPOkVTnxijATwz2pmxErDer8GviIy\\n"                                    \
    "c4S1KMpuXgVy2YDSstjAuN7ffHnFgoSuTfFIfN5ZCUn142MlpsuAN5PzjToWXBTQ\\n"                                    \
    "FjqIYIwAC23eymib4a/BbeNoJlKeHmoZTAihO5g/NN29W2ECQQD+Yz0criMdRKwr\\n"                                    \
    "+sCZoviy6kCrO8e+a7aPn2KRJDYacDETZA8FqORzmFgFHO+flisaMjgMmqm+uIv6\\n"                                    \
    "+Joa9cSTAkEA3VvF0DyKXKcjEg6dWyhK16Z/7psiYsUsdgVT7wbF/6dvQdv7ua6X\\n"                                    \
    "clREEDUjYH1xghTFi7V/sgmyilTQT9lGTwJBAOV0yijWgeHikZJR6ewq7j0jwxUx\\n"                                    \
    "JOiD6/X8hEH68bpDPGELPemTAA2seqiSAypln5dPePMVhsr7V3gXSZnL2XUCQQCu\\n"                                    \
    "xkQki3hveWO+YR2rGOAm7wZ5vbFjrOzS7pf71SxGE8xLgsZ5MDnRgmkPJvWcvM7/\\n"                                    \
    "dykWiyKczv1SLW8gbJwPAkBoKcNbMnobdlpSx+8g+zTBA7rly/A9wCFJ01K9V7s4\\n"                                    \
    "bV/w4gYn7zBrD+THzOhnFqAQKX5TCozgWhRkZxmnsoP3\\n"                                                        \
    "-----END RSA PRIVATE KEY-----\\n"

/* proves: S4.5 */
static void what_is_taken_and_will_hurt_is_told(void **state)
{
    struct place *p = *state;
    assert_int_equal(apply(p, HOUSE, false), 200);
    assert_int_equal(
        apply(p,
              "{\"mailboxes\":[{\"name\":\"m\",\"tenant\":\"clinic\",\"address\":\"f@x.example\","
              "\"host\":\"h\"}],\"dkim\":[{\"name\":\"x.example\",\"selector\":\"s\",\"key\":\"" SHORT_KEY
              "\"}]}",
              false),
        200);
    assert_non_null(strstr(buf_text(&p->result), "no faxbox names this mailbox"));
    assert_non_null(strstr(buf_text(&p->result), "an RSA key of 1024 bits"));
    assert_int_equal(apply(p, "{\"faxboxes\": [{\"id\":\"back\",\"mailbox\":\"m\"}]}", false), 200);
    assert_non_null(strstr(buf_text(&p->result), "\"warnings\":[]"));
}

/* What was taken before stays; one more is never called over, and so refused. */
static void trunk_that_would_never_be_used_is_refused(void **state)
{
    struct place *p = *state;
    assert_int_equal(apply(p, HOUSE, false), 200);
    json_t *trunks = json_array();
    for (int i = 0; i < TRUNKS_MAX; i++)
        (void)json_array_append_new(
            trunks, json_pack("{s:o, s:s}", "name", json_sprintf("t%d", i), "peer", "sip:127.0.0.1"));
    for (int round = 0; round < 2; round++) {
        json_t *file = json_pack("{s:O}", "trunks", trunks);
        SCOPED_FREE char *text = json_dumps(file, 0);
        json_decref(file);
        if (round == 0) /* HOUSE has one too */
            assert_error(p, text, "trunks[255]", "there would be 257 trunks, and one server uses 256");
        else
            assert_int_equal(apply(p, text, false), 200);
        (void)json_array_remove(trunks, json_array_size(trunks) - 1);
    }
    json_decref(trunks);
    assert_error(p, "{\"trunks\":[{\"name\":\"last\",\"peer\":\"sip:127.0.0.1\"}]}", "trunks[0]", "256");
    assert_int_equal(apply(p, "{\"trunks\":[{\"name\":\"t0\",\"cost\":5}]}", false), 200);
}

static void add_api_key(struct place *p, const char *name)
{
    struct id user = provision_user_id(&p->store, "clinic", "anna"), id = id_new();
    const struct api_key k = {.id = id, .name = name, .scope = "read", .created_ms = 1, .expires_ms = 2};
    api_key_add(&p->store, span_of(id.bytes, sizeof(id.bytes)), user, &k);
}

static void new_password_ends_api_keys_unless_it_says_otherwise(void **state)
{
    struct place *p = *state;
    static const char *const passwords[] = {
        "{\"users\":[{\"name\":\"anna\",\"password\":\"first words\",\"keep_api_keys\":true}]}",
        "{\"users\":[{\"name\":\"anna\",\"password\":\"first words\"}]}", /* the same */
        "{\"users\":[{\"name\":\"anna\",\"password\":\"second words\"}]}"};
    assert_int_equal(apply(p, HOUSE, false), 200);
    struct id anna = provision_user_id(&p->store, "clinic", "anna");
    add_api_key(p, "one");
    add_api_key(p, "two");
    assert_int_equal(apply(p, passwords[0], false), 200);
    assert_non_null(strstr(buf_text(&p->result), "password; 2 API keys kept"));
    assert_int_equal(apply(p, passwords[1], false), 200);
    assert_int_equal(api_key_count(&p->store, anna), 2);
    assert_int_equal(apply(p, passwords[2], true), 200);
    assert_int_equal(api_key_count(&p->store, anna), 2); /* dry */
    assert_int_equal(apply(p, passwords[2], false), 200);
    assert_non_null(strstr(buf_text(&p->result), "password; 2 API keys end"));
    assert_int_equal(api_key_count(&p->store, anna), 0);
}

static void user_who_goes_leaves_the_boxes(void **state)
{
    struct place *p = *state;
    assert_int_equal(apply(p, HOUSE, false), 200);
    assert_int_equal(apply(p, "{\"users\":[{\"name\":\"anna\",\"absent\":true}]}", false), 200);
    assert_int_equal(changed(p), 2);
    assert_false(config_may_send(&p->store, "front-desk", "anna@example.com"));
    assert_int_equal(apply(p, "{\"users\":[{\"name\":\"anna\",\"absent\":true}]}", false), 200);
    assert_int_equal(changed(p), 0);
}

/* proves: S0.2 */
static void box_with_unfinished_jobs_stays(void **state)
{
    struct place *p = *state;
    struct faxbox b;
    assert_int_equal(apply(p, HOUSE, false), 200);
    assert_true(config_box(&p->store, &p->arena, "back", &b));
    const struct submission m = {
        .id = id_new(), .tenant = b.tenant, .faxbox = "back", .sender = "", .subject = "", .message_id = ""};
    store_begin(&p->store);
    submission_add(&p->store, &m);
    store_commit(&p->store);
    assert_error(p, "{\"faxboxes\":[{\"id\":\"back\",\"absent\":true}]}", "faxboxes",
                 "has 1 faxes that are not finished");
    assert_true(config_box(&p->store, &p->arena, "back", &b));
}

/* The answer has to fit one message, whatever was asked. */
static void many_errors_stay_small(void **state)
{
    struct place *p = *state;
    SCOPED_BUF struct buf text;
    buf_init(&text, 1 << 20);
    (void)buf_append_str(&text, "{\"faxboxes\":[");
    for (int i = 0; i < 300; i++)
        (void)buf_printf(&text, "%s{\"%0200d\":\"\\\"\\\"\\\"\"}", i ? "," : "", i);
    (void)buf_append_str(&text, "]}");
    assert_int_equal(apply(p, buf_text(&text), false), 422);
    assert_non_null(strstr(buf_text(&p->result), "\"count\":300"));
}

static void rules_tidy_or_refuse(void **state)
{
    static const struct {
        provision_rule *rule;
        const char *in, *out; /* NULL: refused */
    } cases[] = {
        {rule_number, "+39 (050) 12-34/5.6", "+39050123456"},
        {rule_number, "050+1", NULL},
        {rule_number, "+", NULL},
        {rule_number, "", NULL},
        {rule_domain, "A.Example", "a.example"},
        {rule_domain, "a..b", NULL},
        {rule_domain, "-a.b", NULL},
        {rule_domain, "a.b.", NULL},
        {rule_address, "Jo.E+x@Example.COM", "Jo.E+x@example.com"},
        {rule_address, ".a@b.c", NULL},
        {rule_address, "a..b@c.d", NULL},
        {rule_address, "a b@c.d", NULL},
        {rule_address, "@c.d", NULL},
        {rule_address, "a@b@c.d", NULL},
        {rule_entry, "*.Example.com", "*.example.com"},
        {rule_entry, "*@example.com", "*@example.com"},
        {rule_entry, "*.x@example.com", "*.x@example.com"},
        {rule_custom, "*.example.com", NULL},
        {rule_box_id, "Front-2", "front-2"},
        {rule_box_id, "100", NULL},
        {rule_box_id, "front_2", NULL},
        {rule_station_id, "+39 050 123", "+39 050 123"},
        {rule_station_id, "123456789012345678901", NULL},
        {rule_prefixes, " +39800  144,0900", "+39800 144 0900"},
        {rule_prefixes, "+39x", NULL},
        {rule_peer, "SIP:Pbx.Example:5070", "sip:pbx.example:5070"},
        {rule_peer, "sip:[2001:DB8::1]:5070", "sip:[2001:DB8::1]:5070"},
        {rule_peer, "sip:[2001:db8::1", NULL},
        {rule_peer, "sip:[192.0.2.1]", NULL},
        {rule_peer, "sip:a:65536", NULL},
        {rule_peer, "sip:user@a", NULL},
        {rule_host, "::1", "::1"},
        {rule_line, "a\nb", NULL},
        {rule_line, " a ", "a"},
        {rule_zone, "../etc/passwd", NULL},
        {rule_country, "ITA", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char out[PROVISION_TEXT_LEN];
        bool good = cases[i].rule(cases[i].in, out);
        if (good != (cases[i].out != NULL) || (good && !str_equal(out, cases[i].out)))
            fail_msg("\"%s\" became %s", cases[i].in, good ? out : "an error");
    }
}

/* proves: S2.18 S4.11 */
static void template_is_refused_with_its_line_and_changes_nothing(void **state)
{
    struct place *p = *state;
    assert_int_equal(apply(p, HOUSE, false), 200);
    assert_error(p,
                 "{\"mail_templates\": [{\"name\": \"refused\", \"language\": \"de\", \"text\": "
                 "\"subject: x\\ntext:\\na\\n{colour}\\n\"}]}",
                 "mail_templates[0].text", "line 4: there is no {colour} here; there are subject, reason");
    assert_error(p, "{\"mail_templates\": [{\"name\": \"x\", \"language\": \"de\", \"text\": \"\"}]}",
                 "mail_templates[0].name", "faxpost template list");
    assert_error(p, "{\"mail_templates\": [{\"name\": \"refused\", \"language\": \"xx\", \"text\": \"\"}]}",
                 "mail_templates[0].language", "\"en\"");
    assert_error(p, "{\"faxboxes\": [{\"id\": \"back\", \"answers\": \"everybody\"}]}", "faxboxes[0].answers",
                 "nobody");
    static const char good[] =
        "{\"mail_templates\": [{\"name\": \"refused\", \"language\": \"de\", \"text\": "
        "\"subject: x\\ntext:\\n{reason}\\n\"}]}";
    assert_int_equal(apply(p, good, false), 200);
    assert_int_equal(changed(p), 1);
    assert_int_equal(apply(p, good, false), 200);
    assert_int_equal(changed(p), 0);
    struct buf whole;
    buf_init(&whole, 1 << 20);
    provision_export(&p->store, &whole);
    assert_non_null(strstr(buf_text(&whole), "subject: x\\ntext:\\n{reason}\\n"));
    assert_int_equal(apply(p, buf_text(&whole), false), 200);
    assert_int_equal(changed(p), 0);
    buf_clear(&whole);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        CASE(house_is_stored_and_found),
        CASE(same_file_changes_nothing),
        CASE(order_of_sets_means_nothing),
        CASE(export_changes_nothing_and_rebuilds_all),
        CASE(absent_sections_and_fields_are_left_alone),
        CASE(dry_run_changes_nothing),
        CASE(one_wrong_value_stops_everything),
        CASE(invalid_permission_entries_are_refused_one_by_one),
        CASE(custom_address_belongs_to_one_box),
        CASE(address_belongs_to_one_user),
        CASE(addresses_and_numbers_can_be_exchanged),
        CASE(number_leads_to_one_box),
        CASE(ids_are_made_once_and_stay),
        CASE(wrong_names_and_shapes_are_told),
        CASE(wrong_mailbox_is_refused_in_words),
        CASE(what_is_taken_and_will_hurt_is_told),
        CASE(trunk_that_would_never_be_used_is_refused),
        CASE(new_password_ends_api_keys_unless_it_says_otherwise),
        CASE(user_who_goes_leaves_the_boxes),
        CASE(box_with_unfinished_jobs_stays),
        CASE(many_errors_stay_small),
        cmocka_unit_test_setup_teardown(smtp_address_is_shown_and_cannot_be_set, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(case_of_a_sender_matters_where_the_box_or_its_tenant_says_so,
                                        place_setup, place_teardown),
        cmocka_unit_test(rules_tidy_or_refuse),
        cmocka_unit_test_setup_teardown(template_is_refused_with_its_line_and_changes_nothing, place_setup,
                                        place_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

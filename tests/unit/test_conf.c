/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "test.h"

#include "conf/conf.h"

static void refuse(const char *text, const char *want)
{
    struct conf c;
    char error[CONF_ERROR_LEN] = "";
    assert_int_equal(conf_parse(&c, text, "faxpost.conf", error), EINVAL);
    if (!strstr(error, want))
        fail_msg("\"%s\" does not say \"%s\"", error, want);
    conf_clear(&c);
}

static void file_is_read_with_defaults(void **state)
{
    struct conf c;
    char error[CONF_ERROR_LEN];
    assert_int_equal(
        conf_parse(&c, "# comment\n\n smtp_listen = 127.0.0.1:2525 [::1]:2525\r\nmax_calls=4\n", "f", error),
        0);
    assert_int_equal(c.smtp_listen.count, 2);
    assert_int_equal(endpoint_port(&c.smtp_listen.list[1]), 2525);
    assert_int_equal(c.max_calls, 4);
    assert_int_equal(c.calls_per_process, 8);
    assert_string_equal(c.state_dir, "/var/lib/faxpost");
    conf_clear(&c);
}

static void error_names_file_line_and_remedy(void **state)
{
    refuse("\nmax_cals = 4\n", "faxpost.conf:2: there is no key \"max_cals\"");
    refuse("max_calls = many\n", "faxpost.conf:1: max_calls = \"many\": needs a whole number from 1 to 4000");
    refuse("max_calls = 4001\n", "needs a whole number");
    refuse("max_calls = 4000\ncalls_per_process = 3\n", "raise calls_per_process");
    refuse("smtp_listen = localhost:25\n", "such as 127.0.0.1:2525");
    refuse("sip_listen = 1.2.3.4:70000\n", "addresses with port");
    refuse("just words\n", "not of the form key = value");
    refuse("state_dir = var\n", "absolute path");
    refuse("deliver = maildir:here\n", "absolute path");
    refuse("log_level = loud\n", "debug, info, warning, error");
    refuse("tls_key = /x.pem\n", "together");
    refuse("store = postgres://a@b/c\nroles = archives\n", "directory archive web");
}

static void roles_may_be_any_and_the_archive_has_who_makes_its_files(void **state)
{
    struct conf c;
    char error[CONF_ERROR_LEN] = "";
    assert_int_equal(conf_parse(&c, "store = postgres://a@b/c\nroles = convert archive\n", "f", error), 0);
    conf_clear(&c);
    refuse("store = postgres://a@b/c\nroles = queue archive mailout\n", "archive needs convert");
}

static void web_has_as_many_processes_as_its_store_can_serve(void **state)
{
    static const struct {
        const char *text;
        unsigned processes;
    } cases[] = {{"", 1},
                 {"store = postgres://a@b/c\n", 2},
                 {"web_processes = 3\n", 3},
                 {"store = postgres://a@b/c\nweb_processes = 1\n", 1}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct conf c;
        char error[CONF_ERROR_LEN] = "";
        assert_int_equal(conf_parse(&c, cases[i].text, "f", error), 0);
        assert_int_equal(conf_web_processes(&c), cases[i].processes);
        conf_clear(&c);
    }
    refuse("web_processes = 17\n", "from 0 to 16");
}

static void what_is_printed_reads_back_the_same(void **state)
{
    struct conf c, again;
    char error[CONF_ERROR_LEN], text[16384];
    assert_int_equal(
        conf_parse(&c, "smtp_listen = [::1]:1 127.0.0.1:2\nhost_name = fax.example.com\n", "f", error), 0);
    FILE *f = fmemopen(text, sizeof(text), "w");
    conf_print(&c, f);
    (void)fclose(f);
    assert_int_equal(conf_parse(&again, text, "f", error), 0);
    assert_string_equal(again.host_name, "fax.example.com");
    assert_int_equal(again.smtp_listen.count, 2);
    assert_int_equal(again.smtp_max_bytes, c.smtp_max_bytes);
    conf_clear(&c);
    conf_clear(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_is_read_with_defaults),
        cmocka_unit_test(error_names_file_line_and_remedy),
        cmocka_unit_test(roles_may_be_any_and_the_archive_has_who_makes_its_files),
        cmocka_unit_test(web_has_as_many_processes_as_its_store_can_serve),
        cmocka_unit_test(what_is_printed_reads_back_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

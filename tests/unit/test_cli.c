/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the command line understands, and the bar of a fax under way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#include "base/scope.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/mask.h"
#include "cli/progress.h"
#include "proto/mail_template.h"

/* Words up to NULL. */
static bool parse(struct arguments *a, const char *const *words, char error[ARGUMENTS_ERROR_LEN])
{
    int n = 0;
    while (words[n])
        n++;
    error[0] = 0;
    return arguments_parse(a, n, words, error);
}
#define PARSE(a, error, ...) parse(a, (const char *const[]){"faxpost", __VA_ARGS__, NULL}, error)

static void options_may_stand_anywhere(void **state)
{
    struct arguments a;
    char error[ARGUMENTS_ERROR_LEN];
    assert_true(PARSE(&a, error, "--state", "/s", "send", "200", "--from-box=front", "x.pdf", "--json"));
    assert_string_equal(a.command->name, "send");
    assert_string_equal(a.state_dir, "/s");
    assert_string_equal(a.operands[0], "200");
    assert_string_equal(a.operands[1], "x.pdf");
    assert_string_equal(argument(&a, "from-box"), "front");
    assert_string_equal(argument(&a, "json"), "");
    assert_null(argument(&a, "no-wait"));
}

static void two_dashes_end_the_options(void **state)
{
    struct arguments a;
    char error[ARGUMENTS_ERROR_LEN];
    assert_true(PARSE(&a, error, "apply", "--", "--json"));
    assert_string_equal(a.operands[0], "--json");
    assert_null(argument(&a, "json"));
    assert_true(PARSE(&a, error, "apply", "-"));
    assert_string_equal(a.operands[0], "-");
}

static void state_comes_from_the_environment(void **state)
{
    struct arguments a;
    char error[ARGUMENTS_ERROR_LEN];
    assert_int_equal(setenv("FAXPOST_STATE", "/e", 1), 0);
    assert_true(PARSE(&a, error, "status"));
    assert_string_equal(a.state_dir, "/e");
    assert_true(PARSE(&a, error, "status", "--state=/s"));
    assert_string_equal(a.state_dir, "/s");
    assert_int_equal(unsetenv("FAXPOST_STATE"), 0);
    assert_true(PARSE(&a, error, "status"));
    assert_null(a.state_dir);
}

static void wrong_use_is_told(void **state)
{
    static const struct {
        const char *words[6], *part;
    } cases[] = {
        {{"faxpost"}, "say what to do"},
        {{"faxpost", "sned"}, "there is no command \"sned\""},
        {{"faxpost", "send", "200"}, "send needs NUMBER FILE"},
        {{"faxpost", "send", "200", "x", "y"}, "\"y\" is one argument too many"},
        {{"faxpost", "status", "--wacth"}, "there is no option \"--wacth\"; `faxpost status --help`"},
        {{"faxpost", "status", "--json=1"}, "--json takes no value"},
        {{"faxpost", "send", "1", "x", "--from-box"}, "--from-box needs a value"},
        {{"faxpost", "send", "--from-box=", "1", "x"}, "--from-box needs a value"},
        {{"faxpost", "--json", "status"}, "there is no option \"--json\"; `faxpost --help`"},
        {{"faxpost", "status", "--state"}, "--state needs a value"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arguments a;
        char error[ARGUMENTS_ERROR_LEN];
        if (parse(&a, cases[i].words, error) || !strstr(error, cases[i].part))
            fail_msg("case %zu: \"%s\"", i, error);
        assert_null(strchr(error, '\n'));
    }
}

static void help_needs_nothing_else(void **state)
{
    struct arguments a;
    char error[ARGUMENTS_ERROR_LEN];
    assert_true(PARSE(&a, error, "send", "--help"));
    assert_true(a.wants_help);
    assert_true(PARSE(&a, error, "--version"));
    assert_true(a.wants_version);
}

/* Every command and every option stands in the general help, its own help and the man page. */
static void help_and_man_page_tell_of_everything(void **state)
{
    SCOPED_FREE char *man = NULL, *all = NULL;
    size_t len;
    FILE *to = open_memstream(&man, &len);
    help_man(to);
    assert_int_equal(fclose(to), 0);
    to = open_memstream(&all, &len);
    help_all(to);
    assert_int_equal(fclose(to), 0);
    for (size_t i = 0; i < command_count; i++) {
        SCOPED_FREE char *own = NULL;
        char name[64];
        to = open_memstream(&own, &len);
        help_command(to, &commands[i]);
        assert_int_equal(fclose(to), 0);
        (void)str_format(name, sizeof(name), "\n  %s ", commands[i].name);
        assert_non_null(strstr(all, name));
        (void)str_format(name, sizeof(name), ".SS \"faxpost %s ", commands[i].name);
        assert_non_null(strstr(man, name));
        for (int k = 0; k < OPTIONS_MAX && commands[i].options[k].name; k++) {
            (void)str_format(name, sizeof(name), "--%s", commands[i].options[k].name);
            assert_non_null(strstr(own, name));
        }
        for (const char *line = own; *line; line += strcspn(line, "\n") + 1)
            assert_true(strcspn(line, "\n") <= 79);
    }
}

/* ---- the bar ---- */

static void bar_shows_pages_rate_and_time_left(void **state)
{
    struct progress p;
    char text[PROGRESS_LEN];
    struct progress_now now = {.now_ms = 1000, .pages = 4, .mode = "", .word = "Calling"};
    progress_restart(&p);
    progress_line(&p, &now, 60, text);
    assert_true(str_starts(text, "[----"));
    assert_non_null(strstr(text, "] Calling"));
    now =
        (struct progress_now){.now_ms = 10000, .page = 1, .pages = 4, .rate = 14400, .mode = "t38", .ecm = 1};
    progress_line(&p, &now, 100, text);
    assert_non_null(strstr(text, "page 1 of 4, 14400 bit/s, T.38, ECM"));
    assert_null(strstr(text, "left"));
    /* Half of the document in 20 s: the other half takes 20 s. */
    now.page = 3;
    now.now_ms = 30000;
    progress_line(&p, &now, 100, text);
    assert_true(str_starts(text, "[####################--------------------] page 3 of 4"));
    assert_true(str_ends_nocase(text, ", 0:20 left"));
}

static void bar_of_a_call_that_goes_on_rests_on_its_own_pace(void **state)
{
    struct progress p;
    char text[PROGRESS_LEN];
    struct progress_now now = {.now_ms = 1000, .page = 3, .pages = 4, .mode = "audio"};
    progress_restart(&p);
    progress_line(&p, &now, 100, text);
    assert_null(strstr(text, "left"));
    now.percent = 50;
    now.now_ms = 31000;
    progress_line(&p, &now, 100, text);
    assert_true(str_ends_nocase(text, "page 3 of 4, G.711, 1:30 left"));
}

static void bar_goes_where_there_is_no_room(void **state)
{
    struct progress p;
    char text[PROGRESS_LEN];
    struct progress_now now = {.now_ms = 1000, .page = 9, .pages = 4, .percent = 200, .mode = ""};
    progress_restart(&p);
    progress_line(&p, &now, 20, text);
    assert_string_equal(text, "page 9 of 4");
    progress_line(&p, &now, 1000, text); /* nonsense of a server overflows nothing */
    assert_non_null(strstr(text, "########] page 9 of 4"));
}

/* proves: S4.11 */
static void man_page_of_templates_has_every_variable_and_reason(void **state)
{
    char *text = NULL, wanted[200];
    size_t size;
    FILE *to = open_memstream(&text, &size);
    template_man(to);
    (void)fclose(to);
    const char *at = text;
    for (int k = 0; k < MAIL_TEMPLATE_KINDS; k++) {
        enum mail_template_kind kind = (enum mail_template_kind)k;
        (void)str_format(wanted, sizeof(wanted), "\n.SS %s\n", mail_template_name(kind));
        assert_non_null(at = strstr(at, wanted));
        for (const struct mail_template_variable *v = mail_template_variables(kind); v->name; v++) {
            (void)str_format(wanted, sizeof(wanted), "\n.B %s\n", v->name);
            if (!strstr(at, wanted))
                fail_msg("%s: %s", mail_template_name(kind), v->name);
        }
    }
    assert_non_null(strstr(text, "\nnumber\\-emergency\\ \\ 5.7.1\n"));
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        assert_true(line[0] != '\''); /* nothing of a help text is read as a request */
    }
    free(text);
}

/* ---- what goes to somebody who helps ---- */

static void assert_masked(const char *text, const char *masked)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, 1000);
    mask_text(text, &b);
    assert_string_equal(buf_text(&b), masked);
}

static void numbers_are_shortened_as_people_write_them(void **state)
{
    assert_masked("to +1 503-555-0123 now", "to +1 50.-...-..23 now");
    assert_masked("(0471) 123 456 7", "(047.) ... ..6 7");
    assert_masked("2026-11-22T01:04:04.297Z busy", "2026-11-22T01:04:04.297Z busy");
    assert_masked("ended on 2026-11-22 01:04", "ended on 2026-11-22 01:04");
    assert_masked("192.0.2.17 ann@example.com", "192.0.2.17 a...@example.com");
}

static void url_of_a_webhook_is_its_host(void **state)
{
    json_t *hook =
        json_pack("{s:s, s:s}", "url", "https://me:SESAME@chat.example:8443/hooks/SESAME", "pin", "471142");
    json_t *masked = mask_json(hook);
    assert_string_equal(json_string_value(json_object_get(masked, "url")), "https://chat.example:8443/...");
    assert_string_equal(json_string_value(json_object_get(masked, "pin")), "(set)");
    json_decref(masked);
    json_decref(hook);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_may_stand_anywhere),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(state_comes_from_the_environment),
        cmocka_unit_test(wrong_use_is_told),
        cmocka_unit_test(help_needs_nothing_else),
        cmocka_unit_test(help_and_man_page_tell_of_everything),
        cmocka_unit_test(man_page_of_templates_has_every_variable_and_reason),
        cmocka_unit_test(bar_shows_pages_rate_and_time_left),
        cmocka_unit_test(bar_of_a_call_that_goes_on_rests_on_its_own_pace),
        cmocka_unit_test(bar_goes_where_there_is_no_room),
        cmocka_unit_test(numbers_are_shortened_as_people_write_them),
        cmocka_unit_test(url_of_a_webhook_is_its_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

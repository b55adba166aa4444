/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* doc/retries.md says what becomes of a fax after each end of a call. This holds it to what the program does:
 * every SIP status, every end that T.30 and our own call process know. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#include "base/arena.h"
#include "base/attr.h"
#include "base/str.h"
#include "line/status.h"
#include "queue/retry.h"
#include "t30/completion.h"

enum { ROWS_MAX = 200, LINE_MAX_BYTES = 600 };

static struct table {
    struct {
        char code[48], class[24];
    } rows[ROWS_MAX];
    size_t count;
} table;

/* The text between the n-th and the next bar, without blanks around it. */
static bool cell(const char *line, int n, char to[LINE_MAX_BYTES])
{
    for (; n > 0 && line; n--)
        line = strchr(line + 1, '|');
    if (!line || line[0] != '|')
        return false;
    line += 1 + strspn(line + 1, " ");
    size_t len = strcspn(line, "|");
    while (len > 0 && line[len - 1] == ' ')
        len--;
    return str_copy_span(to, LINE_MAX_BYTES, span_of(line, len));
}

static void take_row(const char *line)
{
    char codes[LINE_MAX_BYTES], class[LINE_MAX_BYTES];
    if (line[0] != '|' || line[2] != '`' || !cell(line, 0, codes) || !cell(line, 2, class))
        return;
    for (char *at = codes; (at = strchr(at, '`')) != NULL;) {
        size_t len = strcspn(++at, "`");
        assert_true(table.count < ROWS_MAX);
        assert_true(
            str_copy_span(table.rows[table.count].code, sizeof(table.rows[0].code), span_of(at, len)));
        assert_true(str_copy(table.rows[table.count++].class, sizeof(table.rows[0].class), class));
        at += len + 1;
    }
}

static FILE *open_document(void)
{
    char path[LINE_MAX_BYTES];
    const char *source = getenv("FAXPOST_SOURCE");
    (void)str_format(path, sizeof(path), "%s/doc/retries.md", source ? source : ".");
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("%s cannot be read", path);
    return f;
}

static int setup(void **state)
{
    char line[LINE_MAX_BYTES];
    FILE *f = open_document();
    while (fgets(line, sizeof(line), f))
        take_row(line);
    (void)fclose(f);
    assert_true(table.count > 30);
    return 0;
}

static const char *class_of(const char *code)
{
    for (size_t i = 0; i < table.count; i++)
        if (str_equal(table.rows[i].code, code))
            return table.rows[i].class;
    return NULL;
}

static const char *names[] = {
    [RETRY_BUSY] = "busy", [RETRY_NO_ANSWER] = "no answer", [RETRY_PROTOCOL] = "protocol"};

/* proves: D4 */
static void every_sip_status_is_of_the_class_that_the_table_says(void **state)
{
    for (int status = 300; status < 700; status++) {
        struct outcome o;
        char code[24], family[24];
        enum dial_failure failure = status_outcome(status, &o);
        bool final = failure == DIAL_FINAL || o.verdict == VERDICT_GIVE_UP;
        const char *is = final ? "final" : names[retry_cause_of((int)failure)];
        (void)str_format(code, sizeof(code), "sip-%d", status);
        (void)str_format(family, sizeof(family), "sip-%dxx", status / 100);
        const char *says = class_of(code) ? class_of(code) : class_of(family);
        if (!says || !str_equal(says, is))
            fail_msg("%s is %s, the table says %s", code, is, says ? says : "nothing");
    }
}

static void check_answered(const struct outcome *o)
{
    const char *is = o->verdict == VERDICT_GIVE_UP ? "final" : names[retry_cause_of(-1)];
    const char *says = class_of(o->code) ? class_of(o->code) : "protocol";
    if (o->verdict != VERDICT_DONE && !str_equal(is, says))
        fail_msg("%s is %s, the table says %s", o->code, is, says);
}

/* proves: D4 */
static void every_end_of_an_answered_call_is_of_its_class(void **state)
{
    enum { T30_CODES = 200 };
    struct outcome o;
    for (int code = 0; code < T30_CODES; code++) {
        completion_outcome(code, FATE_SENT, &o);
        check_answered(&o);
    }
    completion_outcome(COMPLETION_POLL_DENIED, FATE_POLLING, &o);
    check_answered(&o);
#define CHECK(name, code, verdict, what, hint)                                                               \
    ending_outcome(ENDING_##name, FATE_SENT, &o);                                                            \
    check_answered(&o);
    ENDINGS(CHECK)
#undef CHECK
}

/* No row is of a code that nothing ends with any more. */
static void every_code_of_the_table_exists(void **state)
{
    enum { T30_CODES = 200 };
    struct outcome o;
    for (size_t i = 0; i < table.count; i++) {
        bool found = str_starts(table.rows[i].code, "sip-") && strlen(table.rows[i].code) == 7;
        for (int code = 0; code < T30_CODES && !found; code++) {
            completion_outcome(code, FATE_SENT, &o);
            found = str_equal(o.code, table.rows[i].code);
        }
        completion_outcome(COMPLETION_POLL_DENIED, FATE_POLLING, &o);
        found = found || str_equal(o.code, table.rows[i].code);
#define LOOK(name, code_, verdict, what, hint) found = found || str_equal(code_, table.rows[i].code);
        ENDINGS(LOOK)
#undef LOOK
        if (!found)
            fail_msg("nothing ends with %s", table.rows[i].code);
    }
}

/* proves: D4 */
static void each_class_waits_as_the_table_says(void **state)
{
    char line[LINE_MAX_BYTES], class[LINE_MAX_BYTES], wait[LINE_MAX_BYTES];
    unsigned seen = 0;
    FILE *f = open_document();
    while (fgets(line, sizeof(line), f))
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
            if (line[0] != '|' || !cell(line, 0, class) || !cell(line, 1, wait) ||
                !str_equal(class, names[i]))
                continue;
            const struct retry_facts facts = {.cause = (enum retry_cause)i,
                                              .max_tries = 3,
                                              .now_ms = 1000,
                                              .since_ms = 1000,
                                              .random = 500};
            assert_int_equal(retry_decide(&facts).at_ms - 1000, atoi(wait) * 1000);
            seen++;
        }
    (void)fclose(f);
    assert_int_equal(seen, ARRAY_LEN(names));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sip_status_is_of_the_class_that_the_table_says),
        cmocka_unit_test(every_end_of_an_answered_call_is_of_its_class),
        cmocka_unit_test(every_code_of_the_table_exists),
        cmocka_unit_test(each_class_waits_as_the_table_says),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}

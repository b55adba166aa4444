/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "cli/api.h"
#include "cli/command.h"
#include "cli/follow.h"
#include "cli/input.h"
#include "model/id.h"
#include "proto/flags.h"
#include "proto/target.h"

enum { DOCUMENT_MAX = 64 * 1024 * 1024 };

/* Of the address book, which the server knows. */
static bool may_be_name(const char *word)
{
    for (size_t i = 0; word[i] && word[i] != '^'; i++)
        if (char_is_alpha(word[i]) || (unsigned char)word[i] >= 0x80)
            return true;
    return false;
}

/* Takes ^PWD=... out of the word; false where it is not that of the first number, or none is: the header that
 * it goes in is for all of them. */
static bool take_password(char *word, bool first, char password[FLAG_DIGITS_MAX + 1])
{
    char *flag = strcasestr(word, "^PWD=");
    struct span value = span_str("");
    if (flag) {
        char *text = flag + strlen("^PWD=");
        value = span_of(text, strcspn(text, "^"));
    }
    bool fits =
        first ? str_copy_span(password, FLAG_DIGITS_MAX + 1, value) : span_equal(value, span_str(password));
    if (flag) {
        const char *end = (const char *)value.data + value.len;
        memmove(flag, end, strlen(end) + 1);
    }
    return fits;
}

/* Each number is looked at here, so that a typing error costs no upload. */
static int add_numbers(const char *list, struct buf *query, char password[FLAG_DIGITS_MAX + 1])
{
    SCOPED_FREE char *copy = mem_strdup(list);
    char *rest = copy, *word;
    bool first = true;
    while ((word = strsep(&rest, ",;")) != NULL) {
        struct target target;
        struct complaint why;
        if (!target_parse(word, &target, &why) && !may_be_name(word))
            return complain_and(EXIT_USAGE, "%s", why.text);
        if (!take_password(word, first, password))
            return complain_and(EXIT_USAGE,
                                "a password (^PWD) is for all numbers or for none: send once for each");
        first = false;
        (void)buf_append_str(query, "&number=");
        api_append_escaped(query, word);
    }
    return EXIT_DONE;
}

static int make_query(const struct arguments *a, const char *submission, struct buf *query,
                      char password[FLAG_DIGITS_MAX + 1])
{
    const char *slash = strrchr(a->operands[1], '/');
    const char *box = argument(a, "from-box"), *user = argument(a, "report-to");
    if (!box)
        return complain_and(EXIT_USAGE,
                            "say from which box with --from-box BOX; `faxpost status` lists them");
    (void)buf_append_str(query, "jobs?box=");
    api_append_escaped(query, box);
    (void)buf_printf(query, "&submission=%s&name=", submission);
    api_append_escaped(query, slash ? slash + 1 : a->operands[1]);
    (void)buf_append_str(query, "&user=");
    api_append_escaped(query, user ? user : "");
    return add_numbers(a->operands[0], query, password);
}

static int submit(struct api *api, const char *query, const char *password, struct span document)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    api_post_document(api, query, password, document, &answer);
    return api_check(api, &answer);
}

int run_send(const struct arguments *a)
{
    struct api api;
    char submission[ID_TEXT_LEN], password[FLAG_DIGITS_MAX + 1] = "";
    SCOPED_BUF struct buf document, query;
    buf_init(&document, DOCUMENT_MAX);
    buf_init(&query, 32768);
    id_format(id_new(), submission);
    int status = make_query(a, submission, &query, password);
    if (status == EXIT_DONE)
        status = input_read(a->operands[1], &document);
    if (status != EXIT_DONE)
        return status;
    status = api_open(&api, a);
    if (status == EXIT_DONE)
        status = submit(&api, buf_text(&query), password, buf_span(&document));
    bool json = argument(a, "json") != NULL, waits = !argument(a, "no-wait");
    if (status == EXIT_DONE && !waits)
        (void)printf(json ? "{\"event\":\"taken\",\"submission\":\"%s\"}\n" : "%s\n", submission);
    else if (status == EXIT_DONE)
        status = follow_submission(&api, submission, json);
    api_close(&api);
    return status;
}

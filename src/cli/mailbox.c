/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `faxpost test mailbox NAME` and `faxpost mailbox authorize NAME`. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "cli/api.h"
#include "cli/command.h"

enum { PASTED_LEN = 8191, READ_SECONDS = 60 };

static void path_of(struct buf *path, const char *what, const char *name)
{
    buf_init(path, 2048);
    (void)buf_printf(path, "mailboxes/%s?name=", what);
    api_append_escaped(path, name);
}

int test_one_mailbox(struct api *api, const struct arguments *a, const char *name)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf path;
    path_of(&path, "test", name);
    api_post(api, buf_text(&path), "text/plain", span_of(NULL, 0), &answer);
    int status = api_check(api, &answer);
    if (status != EXIT_DONE)
        return status;
    bool ok = json_is_true(json_object_get(answer.body, "ok"));
    if (argument(a, "json"))
        (void)json_print(answer.body);
    else
        (void)printf("%s%-6s mailbox %s: %s\n", json_text(answer.body, "said"), ok ? "ok" : "FAILED", name,
                     ok ? "the server lets us in and shows its mails; none was taken"
                        : json_text(answer.body, "text"));
    return ok ? EXIT_DONE : EXIT_NOT_DELIVERED;
}

/* {"ok", "code", "text"} of the mailbox; NULL while it cannot be known. */
static const json_t *state_of(const json_t *mailboxes, const char *name)
{
    const json_t *items = json_object_get(mailboxes, "items");
    for (size_t i = 0; i < json_array_size(items); i++)
        if (str_equal(json_text(json_array_get(items, i), "name"), name))
            return json_array_get(items, i);
    return NULL;
}

/* Until the mailbox could be read with its new authorisation. late: what is wrong where that lasts longer. */
static int await_authorization(struct api *api, const char *name, int64_t seconds, const char *late)
{
    for (; seconds > 0; seconds -= 2) {
        SCOPED_ANSWER struct api_answer answer = {0};
        api_get(api, "mailboxes", &answer);
        const json_t *state = state_of(answer.body, name);
        if (state && json_is_true(json_object_get(state, "ok")) && json_number(state, "since_ms") > 0) {
            (void)printf("Authorised: the mailbox could be read.\n");
            return EXIT_DONE;
        }
        (void)nanosleep(&(struct timespec){.tv_sec = 2}, NULL);
    }
    return complain_and(EXIT_NOT_DELIVERED, "%s; `faxpost status` shows what is wrong", late);
}

/* What the browser was sent back with, off the terminal or standard input; into a token. */
static int redeem(struct api *api, const char *name)
{
    char pasted[PASTED_LEN];
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf path;
    if (!fgets(pasted, sizeof(pasted), stdin))
        return complain_and(EXIT_NO_INPUT, "nothing was pasted; the mailbox is not authorised");
    path_of(&path, "redeem", name);
    api_post(api, buf_text(&path), "text/plain", span_str(pasted), &answer);
    explicit_bzero(pasted, sizeof(pasted));
    int status = api_check(api, &answer);
    if (status != EXIT_DONE)
        return status;
    return await_authorization(api, name, READ_SECONDS,
                               "the token is there, but the mailbox could not be read with it yet");
}

static int authorize(struct api *api, const char *name, bool by_code)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf path;
    path_of(&path, "authorize", name);
    (void)buf_append_str(&path, by_code ? "&code=1" : "");
    api_post(api, buf_text(&path), "text/plain", span_of(NULL, 0), &answer);
    int status = api_check(api, &answer);
    if (status != EXIT_DONE)
        return status;
    if (!*json_text(answer.body, "user_code")) {
        (void)printf(
            "Open %s\nand log in. Then paste the address that the browser shows (it may say that it cannot "
            "open that page), or the code, and press Enter:\n",
            json_text(answer.body, "uri"));
        (void)fflush(stdout);
        return redeem(api, name);
    }
    (void)printf("Open %s\nand enter the code %s\n", json_text(answer.body, "uri"),
                 json_text(answer.body, "user_code"));
    (void)fflush(stdout);
    return await_authorization(api, name, json_number(answer.body, "seconds"), "the code has run out unused");
}

int run_mailbox(const struct arguments *a)
{
    struct api api;
    if (!str_equal(a->operands[0], "authorize"))
        return complain_and(EXIT_USAGE, "\"%.40s\" is nothing to do with a mailbox; there is: authorize",
                            a->operands[0]);
    int status = api_open(&api, a);
    if (status == EXIT_DONE)
        status = authorize(&api, a->operands[1], argument(a, "code") != NULL);
    api_close(&api);
    return status;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `faxpost user`: the export says which users there are; a file of one password or one role is applied. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "cli/apply.h"
#include "cli/command.h"
#include "cli/provisioned.h"
#include "cli/value.h"

enum { PASSWORD_MIN = 8, PASSWORD_MAX = 200 }; /* as the queue wants them */

/* Field `name` of that user. */
static int set_field(struct api *api, const json_t *user, const char *name, const char *value,
                     bool keep_api_keys)
{
    json_t *file = json_pack("{s:[{s:O, s:O, s:s}]}", "users", "tenant", json_object_get(user, "tenant"),
                             "name", json_object_get(user, "name"), name, value);
    if (file && keep_api_keys)
        (void)json_object_set_new(json_array_get(json_object_get(file, "users"), 0), "keep_api_keys",
                                  json_true());
    char *text = file ? json_dumps(file, 0) : NULL;
    json_decref(file);
    if (!text)
        return complain_and(EXIT_USAGE, "the %s is not UTF-8", name);
    int status = apply_text(api, span_str(text), &(struct apply_opts){.name = ""});
    explicit_bzero(text, strlen(text));
    free(text);
    return status == EXIT_DATA ? EXIT_USAGE : status;
}

static bool is_password(const struct buf *b)
{
    for (size_t i = 0; i < b->len; i++)
        if (b->data[i] < ' ' || b->data[i] > '~')
            return false;
    return b->len >= PASSWORD_MIN && b->len <= PASSWORD_MAX;
}

static int take(const struct arguments *a, struct buf *password)
{
    bool none = argument(a, "none") != NULL;
    if (none && argument(a, "file"))
        return complain_and(EXIT_USAGE, "give --none or --file, not both");
    int status = none ? EXIT_DONE : value_take_password(argument(a, "file"), password);
    if (status == EXIT_DONE && !none && password->len == 0)
        return complain_and(EXIT_USAGE, "the password is empty; --none takes a user's password away");
    if (status == EXIT_DONE && !none && !is_password(password))
        return complain_and(EXIT_USAGE,
                            "a password has %d to %d printable ASCII characters; nothing was changed",
                            PASSWORD_MIN, PASSWORD_MAX);
    return status;
}

/* A code for his first password goes to his first address. */
static int invite(struct api *api, const json_t *user)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    const char *address = json_string_value(json_array_get(json_object_get(user, "addresses"), 0));
    json_t *body = json_pack("{s:s}", "user", address ? address : "");
    SCOPED_FREE char *text = body ? json_dumps(body, 0) : NULL;
    json_decref(body);
    api_post(api, "invitations", "application/json", span_str(text ? text : ""), &answer);
    int status = answer.status == 202 ? EXIT_DONE : api_check(api, &answer);
    if (status == EXIT_DONE)
        (void)printf("A code for a first password goes to %s.\n", address ? address : "");
    return status;
}

int run_user(const struct arguments *a)
{
    struct api api;
    const json_t *user = NULL;
    SCOPED_ANSWER struct api_answer whole = {0};
    bool role = str_equal(a->operands[0], "role"), invites = str_equal(a->operands[0], "invite");
    if (!role && !invites && !str_equal(a->operands[0], "password"))
        return complain_and(
            EXIT_USAGE,
            "there is no `user %.40s`; there are `user password NAME`, `user invite NAME` and "
            "`user role NAME ROLE`",
            a->operands[0]);
    if (role != (a->operands[2] != NULL))
        return complain_and(EXIT_USAGE, role
                                            ? "which role? user, tenant or installation"
                                            : "a password is not given in the command line: it is asked for");
    int status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    api_get(&api, "provisioning", &whole);
    status = api_check(&api, &whole);
    if (status == EXIT_DONE)
        status = provisioned_user(whole.body, a->operands[1], argument(a, "tenant"), &user);
    SCOPED_BUF struct buf password;
    buf_init(&password, VALUE_MAX);
    if (status == EXIT_DONE && invites)
        status = invite(&api, user);
    if (status == EXIT_DONE && !role && !invites)
        status = take(a, &password);
    if (status == EXIT_DONE && !invites)
        status = set_field(&api, user, a->operands[0], role ? a->operands[2] : buf_text(&password),
                           argument(a, "keep-keys") != NULL);
    if (password.data)
        explicit_bzero(password.data, password.room);
    api_close(&api);
    return status;
}

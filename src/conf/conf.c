/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "conf/conf.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"

enum key_type { KEY_TEXT, KEY_NUMBER, KEY_ENDPOINTS };

struct key {
    const char *name;
    enum key_type type;
    size_t offset;
    const char *standard;
    uint64_t least, most;
    const char *help;
};

static const struct key keys[] = {
#define TEXT(name, standard, help) {#name, KEY_TEXT, offsetof(struct conf, name), standard, 0, 0, help},
#define ENDPOINTS(name, standard, help)                                                                      \
    {#name, KEY_ENDPOINTS, offsetof(struct conf, name), standard, 0, 0, help},
#define NUMBER(name, standard, least, most, help)                                                            \
    {#name, KEY_NUMBER, offsetof(struct conf, name), #standard, least, most, help},
#include "conf/keys.def"
};

static const char *const log_levels[] = {"debug", "info", "warning", "error"};

static void *slot(const struct conf *c, const struct key *k)
{
    return (void *)((uintptr_t)c + k->offset);
}

static bool set_endpoints(struct conf_endpoints *e, const char *value)
{
    SCOPED_FREE char *copy = mem_strdup(value);
    char *rest = copy, *word;
    e->count = 0;
    while ((word = strsep(&rest, " \t,")) != NULL) {
        if (!*word)
            continue;
        if (e->count == CONF_ENDPOINTS_MAX || !endpoint_parse(word, &e->list[e->count]))
            return false;
        e->count++;
    }
    return true;
}

/* False with what would have been right in `want`. */
static bool set_value(struct conf *c, const struct key *k, const char *value, char want[CONF_ERROR_LEN])
{
    void *to = slot(c, k);
    uint64_t *number = to;
    switch (k->type) {
    case KEY_TEXT:
        free(*(char **)to);
        *(char **)to = mem_strdup(value);
        return true;
    case KEY_NUMBER:
        (void)str_format(want, CONF_ERROR_LEN, "a whole number from %" PRIu64 " to %" PRIu64, k->least,
                         k->most);
        return str_to_u64(value, k->most, number) && *number >= k->least;
    case KEY_ENDPOINTS:
        (void)str_format(
            want, CONF_ERROR_LEN,
            "up to %d addresses with port, such as 127.0.0.1:2525 or [::1]:2525, separated by blanks",
            CONF_ENDPOINTS_MAX);
        return set_endpoints(to, value);
    }
    return false;
}

static const struct key *find_key(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (str_equal(name, keys[i].name))
            return &keys[i];
    return NULL;
}

static char *trim(char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    for (size_t n = strlen(text); n > 0 && strchr(" \t\r", text[n - 1]); n--)
        text[n - 1] = 0;
    return text;
}

struct place {
    const char *file;
    int line;
    char *error;
};

static int parse_line(struct conf *c, char *line, const struct place *at)
{
    char want[CONF_ERROR_LEN];
    line = trim(line);
    if (*line == '#' || !*line)
        return 0;
    char *equals = strchr(line, '=');
    if (!equals) {
        (void)str_format(at->error, CONF_ERROR_LEN, "%s:%d: \"%.80s\" is not of the form key = value",
                         at->file, at->line, line);
        return EINVAL;
    }
    *equals = 0;
    const char *name = trim(line), *value = trim(equals + 1);
    const struct key *k = find_key(name);
    if (!k) {
        (void)str_format(at->error, CONF_ERROR_LEN,
                         "%s:%d: there is no key \"%.80s\"; `faxpost serve --print-config` lists them all",
                         at->file, at->line, name);
        return EINVAL;
    }
    if (!set_value(c, k, value, want)) {
        (void)str_format(at->error, CONF_ERROR_LEN, "%s:%d: %s = \"%.80s\": needs %s", at->file, at->line,
                         name, value, want);
        return EINVAL;
    }
    return 0;
}

static bool is_log_level(const char *text)
{
    for (size_t i = 0; i < ARRAY_LEN(log_levels); i++)
        if (str_equal(text, log_levels[i]))
            return true;
    return false;
}

static bool is_listed(const char *list, const char *role)
{
    for (const char *at = list; *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        if (strlen(role) == len && strncmp(role, at, len) == 0)
            return true;
        at += len;
    }
    return false;
}

static bool are_roles(const char *list)
{
    static const char *const known[] = {"queue", "mailin",  "pickup",    "fetch",   "convert",
                                        "line",  "mailout", "directory", "archive", "web"};
    for (const char *at = list; *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " "), i = 0;
        while (i < ARRAY_LEN(known) && (strlen(known[i]) != len || strncmp(known[i], at, len) != 0))
            i++;
        if (i == ARRAY_LEN(known))
            return false;
        at += len;
    }
    return true;
}

/* What no single line can be blamed for. */
static int check_whole(const struct conf *c, const char *file, char *error)
{
    const char *wrong = NULL;
    if (!is_log_level(c->log_level))
        wrong = "log_level is one of debug, info, warning, error";
    else if (c->media_port_last <= c->media_port_first)
        wrong = "media_port_last must lie above media_port_first";
    else if ((c->max_calls + c->calls_per_process - 1) / c->calls_per_process > CONF_CALL_PROCESSES_MAX)
        wrong = "max_calls in processes of calls_per_process are more than 1000 processes; raise "
                "calls_per_process";
    else if (!str_equal(c->deliver, "smtp") && !str_starts(c->deliver, "maildir:/"))
        wrong = "deliver is \"smtp\" or \"maildir:\" and an absolute path";
    else if (!str_equal(c->lmtp_senders, "trusted") && !str_equal(c->lmtp_senders, "verified"))
        wrong = "lmtp_senders is \"trusted\" or \"verified\"";
    else if (*c->lmtp_socket && *c->lmtp_socket != '/')
        wrong = "lmtp_socket is an absolute path";
    else if (*c->lmtp_group && !*c->lmtp_socket)
        wrong = "lmtp_group belongs to lmtp_socket, which is not set";
    else if (!*c->tls_certificate != !*c->tls_key)
        wrong = "tls_certificate and tls_key are given together or not at all";
    else if (!are_roles(c->roles))
        wrong =
            "roles are of queue mailin pickup fetch convert line mailout directory archive web, separated "
            "by blanks";
    else if (is_listed(c->roles, "archive") && !is_listed(c->roles, "convert"))
        wrong = "the role archive needs convert on the same server, which makes the files";
    else if (*c->roles && !*c->store)
        wrong = "roles can be left out where other servers work on the same PostgreSQL (store); here nobody "
                "would do "
                "their work";
    else if (c->state_dir[0] != '/')
        wrong = "state_dir must be an absolute path";
    if (wrong)
        (void)str_format(error, CONF_ERROR_LEN, "%s: %s", file, wrong);
    return wrong ? EINVAL : 0;
}

int conf_parse(struct conf *c, const char *text, const char *file_name, char error[CONF_ERROR_LEN])
{
    char want[CONF_ERROR_LEN];
    *c = (struct conf){0};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        (void)set_value(c, &keys[i], keys[i].standard, want);
    SCOPED_FREE char *copy = mem_strdup(text);
    char *rest = copy, *line;
    struct place at = {file_name, 0, error};
    while ((line = strsep(&rest, "\n")) != NULL) {
        at.line++;
        int failed = parse_line(c, line, &at);
        if (failed)
            return failed;
    }
    return check_whole(c, file_name, error);
}

void conf_clear(struct conf *c)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (keys[i].type == KEY_TEXT)
            free(*(char **)slot(c, &keys[i]));
    *c = (struct conf){0};
}

void conf_print(const struct conf *c, FILE *to)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const void *from = slot(c, &keys[i]);
        (void)fprintf(to, "# %s\n%s =", keys[i].help, keys[i].name);
        if (keys[i].type == KEY_TEXT)
            (void)fprintf(to, " %s", *(char *const *)from);
        else if (keys[i].type == KEY_NUMBER)
            (void)fprintf(to, " %" PRIu64, *(const uint64_t *)from);
        const struct conf_endpoints *e = keys[i].type == KEY_ENDPOINTS ? from : NULL;
        for (unsigned n = 0; e && n < e->count; n++) {
            char text[ENDPOINT_TEXT_LEN];
            endpoint_format(&e->list[n], text);
            (void)fprintf(to, " %s", text);
        }
        (void)fprintf(to, "\n\n");
    }
}

enum log_level conf_log_level(const struct conf *c)
{
    for (size_t i = 0; i < ARRAY_LEN(log_levels); i++)
        if (str_equal(c->log_level, log_levels[i]))
            return (enum log_level)i;
    return LOG_LEVEL_INFO;
}

unsigned conf_web_processes(const struct conf *c)
{
    return c->web_processes ? (unsigned)c->web_processes : *c->store ? 2 : 1;
}

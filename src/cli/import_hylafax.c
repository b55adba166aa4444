/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/import.h"
#include "cli/input.h"

enum { FILE_MAX = 4 << 20, PATH_LEN = 4096, VALUE_LEN = 200 };

/* each: called with a file's text and its name without `prefix`. */
struct walk {
    const char *folder, *prefix;
    const char *tenant, *domain; /* NULL: not said */
    void (*each)(const struct walk *w, const char *text, const char *name);
    json_t *list;
};

/* "Tag: value" with blanks, or quotes, around the value; the last line of that tag counts. "" for none. */
static void find_value(const char *text, const char *tag, char value[VALUE_LEN])
{
    value[0] = 0;
    while (*text) {
        size_t len = strcspn(text, "\r\n");
        const char *line = *text == '&' ? text + 1 : text;
        const char *end = text + len;
        if (strncmp(line, tag, strlen(tag)) == 0 && line[strlen(tag)] == ':') {
            const char *from = line + strlen(tag) + 1;
            from += strspn(from, " \t\"");
            while (end > from && strchr(" \t\"", end[-1]))
                end--;
            (void)str_copy_span(value, VALUE_LEN, span_of(from, end > from ? (size_t)(end - from) : 0));
        }
        text += len + strspn(text + len, "\r\n");
    }
}

/* A user is an entry ^NAME@...: a name without signs of a pattern. */
static bool user_of(const char *line, char name[64])
{
    line += *line == '^';
    size_t len = strcspn(line, "@");
    if (line[len] != '@' || len == 0 || len > 63 || strcspn(line, ".*[]()\\+?|!#: \t") < len)
        return false;
    return str_copy_span(name, 64, span_of(line, len));
}

static bool has_entry(const json_t *list, const char *key, const char *value)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (str_equal(json_string_value(json_object_get(json_array_get(list, i), key)), value))
            return true;
    return false;
}

static void add_entry(json_t *list, json_t *entry, const char *tenant)
{
    if (entry && tenant)
        (void)json_object_set_new(entry, "tenant", json_string(tenant));
    (void)json_array_append_new(list, entry);
}

/* Whose reports went to NAME@DOMAIN. */
static void add_user(const char *name, const struct walk *w)
{
    char address[400];
    if (!w->domain)
        (void)complain_and(EXIT_DONE, "left out: user %s; --domain says where the users' mail goes", name);
    else if (str_format(address, sizeof(address), "%s@%.300s", name, w->domain))
        add_entry(w->list, json_pack("{s:s, s:[s]}", "name", name, "addresses", address), w->tenant);
}

static void take_users(const char *text, const struct walk *w)
{
    while (*text) {
        char line[400], name[64];
        size_t len = strcspn(text, "\r\n");
        (void)str_copy_span(line, sizeof(line), span_of(text, len < 399 ? len : 399));
        line[strcspn(line, "#:")] = 0;
        line[strcspn(line, " \t")] = 0;
        bool is_user = user_of(line, name);
        if (is_user && !has_entry(w->list, "name", name))
            add_user(name, w);
        else if (*line && !is_user)
            (void)complain_and(EXIT_DONE, "left out: \"%.100s\" of hosts.hfaxd names no single user", line);
        text += len + strspn(text + len, "\r\n");
    }
}

/* A modem's number and station id become those of a faxbox. */
static void take_modem(const char *text, const char *modem, const char *tenant, json_t *boxes)
{
    char number[VALUE_LEN], id[VALUE_LEN];
    find_value(text, "FAXNumber", number);
    find_value(text, "LocalIdentifier", id);
    if (!*number && !*id)
        return;
    json_t *box = json_pack("{s:s, s:s}", "id", modem, "name", modem);
    if (box && *number)
        (void)json_object_update_new(box, json_pack("{s:[s], s:s}", "numbers", number, "caller_id", number));
    if (box && (*id || *number))
        (void)json_object_set_new(box, "station_id", json_string(*id ? id : number));
    add_entry(boxes, box, tenant);
}

static void take_destination(const char *text, const char *number, json_t *locks)
{
    char reason[VALUE_LEN];
    find_value(text, "rejectNotice", reason);
    json_t *lock = *reason ? json_pack("{s:s, s:s}", "number", number, "reason", reason) : NULL;
    if (lock)
        (void)json_array_append_new(locks, lock);
    else if (*reason)
        (void)complain_and(EXIT_DATA, "left out: the rejectNotice of %.60s is not UTF-8", number);
}

/* ---- folders ---- */

static int walk(const struct walk *w)
{
    DIR *d = opendir(w->folder);
    const struct dirent *e;
    int status = EXIT_DONE;
    if (!d)
        return complain_and(EXIT_NO_INPUT, "%s: %s; is this HylaFAX's spool folder (/var/spool/hylafax)?",
                            w->folder, strerror(errno));
    while (status == EXIT_DONE && (e = readdir(d)) != NULL) {
        char path[PATH_LEN];
        SCOPED_BUF struct buf text;
        buf_init(&text, FILE_MAX);
        if (e->d_name[0] == '.' || !str_starts(e->d_name, w->prefix) ||
            !str_format(path, sizeof(path), "%s/%s", w->folder, e->d_name))
            continue;
        status = input_read(path, &text);
        if (status == EXIT_DONE)
            w->each(w, buf_text(&text), e->d_name + strlen(w->prefix));
    }
    (void)closedir(d);
    return status;
}

/* config.sav, config.devid and the like are none of a modem. */
static void each_config(const struct walk *w, const char *text, const char *name)
{
    char device[VALUE_LEN];
    find_value(text, "ModemType", device);
    if (*device)
        take_modem(text, name, w->tenant, w->list);
}

static void each_info(const struct walk *w, const char *text, const char *name)
{
    take_destination(text, name, w->list);
}

static void each_hosts(const struct walk *w, const char *text, const char *name)
{
    if (!*name) /* hosts.hfaxd itself */
        take_users(text, w);
}

int import_hylafax(const char *folder, const char *tenant, const char *domain, json_t **all, json_t **locks)
{
    char etc[PATH_LEN], info[PATH_LEN];
    json_t *users = json_array(), *boxes = json_array();
    *all = json_pack("{s:o, s:o}", "users", users, "faxboxes", boxes);
    *locks = json_array();
    if (!str_format(etc, sizeof(etc), "%s/etc", folder) || !str_format(info, sizeof(info), "%s/info", folder))
        return complain_and(EXIT_USAGE, "%.80s...: the name is too long", folder);
    const struct walk walks[] = {
        {.folder = etc,
         .prefix = "hosts.hfaxd",
         .tenant = tenant,
         .domain = domain,
         .each = each_hosts,
         .list = users},
        {.folder = etc, .prefix = "config.", .tenant = tenant, .each = each_config, .list = boxes},
        {.folder = info, .prefix = "", .each = each_info, .list = *locks}};
    int status = EXIT_DONE;
    for (size_t i = 0; i < ARRAY_LEN(walks) && status == EXIT_DONE; i++)
        status = walk(&walks[i]);
    return status;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost support: what somebody who helps wants to know, in one file that can be read before it is sent. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "cli/mask.h"
#include "cli/trial.h"

enum { LOG_MAX = 64 << 20, LOG_LINES = 2000 };

static json_t *ask(struct api *api, const char *path)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    api_get(api, path, &answer);
    return answer.body ? mask_json(answer.body) : json_null();
}

/* The last lines. */
static int take_log(const char *path, json_t **lines)
{
    SCOPED_BUF struct buf text;
    buf_init(&text, LOG_MAX);
    SCOPED_FD int fd = str_equal(path, "-") ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    int error = fd < 0 ? errno : fd_read_rest(fd, &text);
    if (error)
        return complain_and(EXIT_NO_INPUT, "cannot read the log %s: %s", path, strerror(error));
    char *rest = (char *)(uintptr_t)buf_text(&text), *line;
    *lines = json_array();
    while ((line = strsep(&rest, "\n")) != NULL) {
        SCOPED_BUF struct buf masked;
        buf_init(&masked, LOG_MAX);
        mask_text(line, &masked);
        json_t *kept = masked.len > 0 ? json_string(buf_text(&masked)) : NULL; /* NULL: no UTF-8 */
        if (kept)
            (void)json_array_append_new(*lines, kept);
        if (json_array_size(*lines) > LOG_LINES)
            (void)json_array_remove(*lines, 0);
    }
    return EXIT_DONE;
}

static int write_file(const char *path, const json_t *all)
{
    SCOPED_FREE char *text = json_dumps(all, JSON_INDENT(1));
    SCOPED_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int error = !text ? ENOMEM : fd < 0 ? errno : fd_write_all(fd, span_str(text));
    if (error)
        return complain_and(EXIT_NO_INPUT, "cannot write %s: %s", path, strerror(error));
    (void)printf("%s: no passwords, keys or documents; numbers and addresses are shortened. Look into it "
                 "before you send it.\n",
                 path);
    return EXIT_DONE;
}

int run_support(const struct arguments *a)
{
    struct api api;
    json_t *found = json_array(), *whole = NULL, *log = NULL, *all = json_object();
    int status = api_open(&api, a);
    if (status == EXIT_DONE && argument(a, "log"))
        status = take_log(argument(a, "log"), &log);
    if (status == EXIT_DONE) {
        bool answers = trial_of_server(&api, found, &whole) == EXIT_DONE;
        (void)json_object_set_new(all, "answers", json_boolean(answers));
        (void)json_object_set_new(all, "version", json_string(FAXPOST_VERSION));
        (void)json_object_set_new(all, "found", mask_json(found));
        (void)json_object_set_new(all, "status", ask(&api, "status"));
        (void)json_object_set_new(all, "alarms", ask(&api, "alarms?limit=200"));
        (void)json_object_set_new(all, "settings", whole ? mask_json(whole) : json_null());
        (void)json_object_set_new(all, "log", log ? json_incref(log) : json_null());
        status = write_file(a->operands[0], all);
    }
    json_decref(all);
    json_decref(log);
    json_decref(whole);
    json_decref(found);
    api_close(&api);
    return status;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What HylaFAX has received (recvq) and sent (doneq, docq) becomes faxes in boxes, each once. Its folders are
 * its own account's to write: no symbolic link is followed, and no name leads out of them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/import.h"
#include "cli/input.h"
#include "proto/hylafax_job.h"
#include "proto/tiff_tags.h"

enum {
    DOCUMENT_MAX = 64 << 20,
    JOB_MAX = 1 << 20,
    FILES_MAX = 1000000,
    NAME_LEN = 100,
    WISH_PATIENCE_S = 700
};

/* One fax there. */
struct entry {
    char name[NAME_LEN];
    int64_t at_ms;
};

struct archive {
    struct api *api;
    const char *folder_name; /* "recvq" */
    const char *box;
    bool dry;
    int spool, folder;
    struct entry *list;
    size_t count, room;
    unsigned taken, known, left_out;
};

static void leave_out(struct archive *a, const char *name, const char *why)
{
    a->left_out++;
    (void)complain_and(EXIT_DONE, "left out: %s/%s: %s", a->folder_name, name, why);
}

/* ---- files ---- */

/* NULL: read, and *st its. Else why not. */
static const char *read_file(int folder, const char *name, struct buf *content, struct stat *st)
{
    SCOPED_FD int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ELOOP)
        return "a symbolic link is not followed";
    if (fd < 0 || fstat(fd, st) < 0)
        return strerror(errno);
    if (!S_ISREG(st->st_mode))
        return "it is no file";
    int failed = fd_read_rest(fd, content);
    if (failed)
        return failed == EFBIG ? "it is larger than 64 MB" : strerror(failed);
    return content->len > 0 ? NULL : "it is empty";
}

static int64_t mtime_ms(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * 1000;
}

/* ---- what is handed over ---- */

static int upload(struct archive *a, const char *name, struct span document, json_t *uploads)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf query;
    buf_init(&query, 1000);
    (void)buf_append_str(&query, "uploads?name=");
    api_append_escaped(&query, name);
    api_post(a->api, buf_text(&query), input_type(document), document, &answer);
    int status = api_check(a->api, &answer);
    if (status == EXIT_DONE)
        (void)json_array_append(uploads, json_object_get(answer.body, "id"));
    return status;
}

static void source_of(const struct archive *a, const struct entry *e, char source[2 * NAME_LEN])
{
    (void)str_format(source, 2 * NAME_LEN, "hylafax %s/%s", a->folder_name, e->name);
}

/* True: it is there. */
static int is_known(struct archive *a, const struct entry *e, bool *known)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf query;
    char source[2 * NAME_LEN];
    source_of(a, e, source);
    buf_init(&query, 1000);
    (void)buf_printf(&query, "old-faxes?at_ms=%lld&source=", (long long)e->at_ms);
    api_append_escaped(&query, source);
    api_get(a->api, buf_text(&query), &answer);
    int status = api_check(a->api, &answer);
    *known = status == EXIT_DONE && json_is_true(json_object_get(answer.body, "known"));
    return status;
}

/* Takes wish. What cannot be rendered is left out; all else ends the import. */
static int hand_over(struct archive *a, const struct entry *e, json_t *wish)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    char source[2 * NAME_LEN];
    source_of(a, e, source);
    (void)json_object_update_new(
        wish, json_pack("{s:s, s:s, s:I}", "box", a->box, "source", source, "at_ms", (json_int_t)e->at_ms));
    SCOPED_FREE char *text = json_dumps(wish, JSON_COMPACT);
    json_decref(wish);
    if (!text) {
        leave_out(a, e->name, "its words are no text");
        return EXIT_DONE;
    }
    a->api->patience_s = WISH_PATIENCE_S;
    SCOPED_BUF struct buf path;
    buf_init(&path, 1000);
    (void)buf_append_str(&path, "old-faxes?user=");
    api_append_escaped(&path, api_user());
    api_post_once(a->api, buf_text(&path), source, span_str(text), &answer);
    a->api->patience_s = 0;
    if (answer.status == 422 && !str_equal(json_text(answer.body, "code"), "unknown-box")) {
        leave_out(a, e->name, json_text(answer.body, "detail"));
        return EXIT_DONE;
    }
    int status = api_check(a->api, &answer);
    a->taken += status == EXIT_DONE;
    return status;
}

/* ---- received ---- */

/* Digits, and a plus before them; "" where that is no number. */
static void number_of(const char *text, char number[HYLAFAX_TEXT_LEN])
{
    size_t n = 0, digits = 0;
    for (const char *c = text; *c && n < 60; c++) {
        bool digit = *c >= '0' && *c <= '9';
        if (digit || (*c == '+' && n == 0))
            number[n++] = *c;
        digits += digit;
        if (!digit && !strchr("+ -./()", *c))
            digits = n = 0, c += strlen(c) - 1;
    }
    number[digits ? n : 0] = 0;
}

/* The first line is what the sender called itself, the next one the number that called (CallID1). */
static void sender_of(const struct tiff_tags *t, char station[HYLAFAX_TEXT_LEN],
                      char number[HYLAFAX_TEXT_LEN])
{
    char caller[HYLAFAX_TEXT_LEN];
    const char *second = t->description + strcspn(t->description, "\n");
    second += *second == '\n';
    (void)str_copy_span(station, HYLAFAX_TEXT_LEN, span_of(t->description, strcspn(t->description, "\r\n")));
    (void)str_copy_span(caller, HYLAFAX_TEXT_LEN, span_of(second, strcspn(second, "\r\n")));
    utf8_clean(station);
    number_of(*caller ? caller : station, number);
}

/* By the clock of HylaFAX's machine, which is taken for this one. */
static int64_t date_of(const struct tiff_tags *t, const struct stat *st)
{
    struct tm tm = {.tm_isdst = -1};
    const char *end = *t->date ? strptime(t->date, "%Y:%m:%d %H:%M:%S", &tm) : NULL;
    time_t at = end && !*end ? mktime(&tm) : -1;
    return at > 0 ? (int64_t)at * 1000 : mtime_ms(st);
}

static bool look_received(struct archive *a, struct entry *e)
{
    struct stat st;
    struct tiff_tags tags;
    SCOPED_BUF struct buf file;
    size_t len = strlen(e->name);
    if (len < 4 || !str_equal(e->name + len - 4, ".tif")) /* seqf and the like */
        return false;
    buf_init(&file, DOCUMENT_MAX);
    const char *why = read_file(a->folder, e->name, &file, &st);
    if (!why && !tiff_tags_read(buf_span(&file), &tags))
        why = "it is no TIFF";
    if (why)
        leave_out(a, e->name, why);
    else
        e->at_ms = date_of(&tags, &st);
    return !why;
}

static int take_received(struct archive *a, const struct entry *e)
{
    struct stat st;
    struct tiff_tags tags;
    char station[HYLAFAX_TEXT_LEN], number[HYLAFAX_TEXT_LEN];
    SCOPED_BUF struct buf file;
    buf_init(&file, DOCUMENT_MAX);
    const char *why = read_file(a->folder, e->name, &file, &st);
    if (why || !tiff_tags_read(buf_span(&file), &tags)) {
        leave_out(a, e->name, why ? why : "it is no TIFF");
        return EXIT_DONE;
    }
    sender_of(&tags, station, number);
    json_t *uploads = json_array();
    int status = upload(a, e->name, buf_span(&file), uploads);
    json_t *wish = json_pack("{s:s, s:s, s:s, s:o}", "direction", "received", "station_id", station, "number",
                             number, "uploads", uploads);
    if (status == EXIT_DONE && wish)
        return hand_over(a, e, wish);
    json_decref(wish);
    return status;
}

/* ---- sent ---- */

static const char *read_job(struct archive *a, const char *name, struct hylafax_job *j, struct stat *st)
{
    SCOPED_BUF struct buf file;
    buf_init(&file, JOB_MAX);
    const char *why = read_file(a->folder, name, &file, st);
    if (!why && !hylafax_job_read(buf_span(&file), j))
        why = "it is no description of a job";
    if (!why && j->state != HYLAFAX_DONE && j->state != HYLAFAX_FAILED)
        why = "it is not at an end";
    return why;
}

static bool look_sent(struct archive *a, struct entry *e)
{
    struct stat st;
    struct hylafax_job j;
    if (e->name[0] != 'q' || strspn(e->name + 1, "0123456789") != strlen(e->name + 1) || !e->name[1])
        return false;
    const char *why = read_job(a, e->name, &j, &st);
    if (why)
        leave_out(a, e->name, why);
    else
        e->at_ms = j.begin_s > 0 ? j.begin_s * 1000 : mtime_ms(&st);
    return !why;
}

/* "docq/NAME" and nothing else. */
static const char *name_in_docq(const char *path)
{
    static const char folder[] = "docq/";
    if (!str_starts(path, folder))
        return NULL;
    const char *name = path + strlen(folder);
    return *name && *name != '.' && !strchr(name, '/') ? name : NULL;
}

static bool is_ready(const struct hylafax_job *j)
{
    for (size_t i = 0; i < j->count; i++)
        if (str_equal(j->documents[i].kind, "fax"))
            return true;
    return false;
}

static int upload_document(struct archive *a, const struct entry *e, const struct hylafax_document *d,
                           int docq, json_t *uploads)
{
    struct stat st;
    SCOPED_BUF struct buf file;
    const char *name = name_in_docq(d->path), *why = "it does not lie in docq";
    buf_init(&file, DOCUMENT_MAX);
    if (name)
        why = read_file(docq, name, &file, &st);
    if (!why && file.len > 2 && memcmp(file.data, "%!", 2) == 0)
        why = "it is PostScript, which is not read here";
    if (why) {
        (void)complain_and(EXIT_DONE, "%s/%s is taken without its document %.80s: %s", a->folder_name,
                           e->name, d->path, why);
        return EXIT_DONE;
    }
    struct tiff_tags tags;
    char shown[NAME_LEN + 8];
    (void)str_format(shown, sizeof(shown), "%.90s%s", name,
                     tiff_tags_read(buf_span(&file), &tags) ? ".tif" : "");
    return upload(a, shown, buf_span(&file), uploads);
}

/* What was ready to be sent, where that is still there; else what it was made of. */
static int upload_documents(struct archive *a, const struct entry *e, const struct hylafax_job *j,
                            json_t *uploads)
{
    SCOPED_FD int docq = openat(a->spool, "docq", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int status = EXIT_DONE;
    bool ready = is_ready(j);
    for (size_t i = 0; i < j->count && status == EXIT_DONE; i++)
        if (str_equal(j->documents[i].kind, "fax") == ready)
            status = upload_document(a, e, &j->documents[i], docq, uploads);
    return status;
}

static int take_sent(struct archive *a, const struct entry *e)
{
    struct stat st;
    struct hylafax_job j;
    char number[HYLAFAX_TEXT_LEN];
    const char *why = read_job(a, e->name, &j, &st);
    number_of(j.number, number);
    if (why) {
        leave_out(a, e->name, why);
        return EXIT_DONE;
    }
    utf8_clean(j.subject);
    utf8_clean(j.status);
    utf8_clean(j.station);
    utf8_clean(j.number);
    /* A copy of the spool may have other times than HylaFAX gave. */
    int64_t ended_ms = mtime_ms(&st);
    if (j.kill_s > 0 && ended_ms > j.kill_s * 1000)
        ended_ms = e->at_ms;
    json_t *uploads = json_array();
    int status = upload_documents(a, e, &j, uploads);
    json_t *wish = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o}", "direction", "sent",
                             "station_id", j.station, "number", *number ? number : j.number, "subject",
                             j.subject, "state", j.state == HYLAFAX_DONE ? "done" : "failed", "reason",
                             j.state == HYLAFAX_DONE ? "" : j.status, "pages", (json_int_t)j.pages,
                             "ended_ms", (json_int_t)ended_ms, "uploads", uploads);
    if (status == EXIT_DONE && wish)
        return hand_over(a, e, wish);
    json_decref(wish);
    return status;
}

/* ---- all of them ---- */

static int newest_first(const void *a, const void *b)
{
    int64_t x = ((const struct entry *)a)->at_ms, y = ((const struct entry *)b)->at_ms;
    return x < y ? 1 : x > y ? -1 : 0;
}

static void add_entry(struct archive *a, const char *name, bool (*look)(struct archive *a, struct entry *e))
{
    struct entry e = {.at_ms = 0};
    if (!str_copy(e.name, sizeof(e.name), name)) {
        leave_out(a, name, "no file of HylaFAX's has so long a name");
        return;
    }
    if (!look(a, &e))
        return;
    if (a->count == FILES_MAX) {
        leave_out(a, name, "it is one of more than a million");
        return;
    }
    if (a->count == a->room) {
        a->room = a->room ? 2 * a->room : 256;
        a->list = mem_resize(a->list, a->room * sizeof(*a->list));
    }
    a->list[a->count++] = e;
}

static int take_all(struct archive *a, int (*take)(struct archive *a, const struct entry *e))
{
    int status = EXIT_DONE;
    for (size_t i = 0; i < a->count && status == EXIT_DONE; i++) {
        bool known;
        status = is_known(a, &a->list[i], &known);
        a->known += known;
        if (status != EXIT_DONE || known)
            continue;
        if (a->dry)
            a->taken++;
        else
            status = take(a, &a->list[i]);
    }
    return status;
}

static int walk_archive(struct archive *a, bool (*look)(struct archive *a, struct entry *e),
                        int (*take)(struct archive *a, const struct entry *e))
{
    const struct dirent *e;
    SCOPED_FD int folder = openat(a->spool, a->folder_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = folder < 0 ? NULL : fdopendir(fcntl(folder, F_DUPFD_CLOEXEC, 0));
    if (!d)
        return complain_and(EXIT_NO_INPUT, "%s of HylaFAX's spool folder: %s", a->folder_name,
                            strerror(errno));
    a->folder = folder;
    while ((e = readdir(d)) != NULL)
        if (e->d_name[0] != '.')
            add_entry(a, e->d_name, look);
    (void)closedir(d);
    if (a->count > 0)
        qsort(a->list, a->count, sizeof(*a->list), newest_first);
    int status = take_all(a, take);
    (void)printf("%s: %u faxes %s box %s, %u were there already, %u left out\n", a->folder_name, a->taken,
                 a->dry ? "to take into" : "taken into", a->box, a->known, a->left_out);
    free(a->list);
    return status;
}

int import_hylafax_archive(struct api *api, const char *folder, const struct import_archive *wish)
{
    SCOPED_FD int spool = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int status = EXIT_DONE;
    if (spool < 0)
        return complain_and(EXIT_NO_INPUT, "%s: %s", folder, strerror(errno));
    if (wish->received_into) {
        struct archive a = {
            .api = api, .folder_name = "recvq", .box = wish->received_into, .dry = wish->dry, .spool = spool};
        status = walk_archive(&a, look_received, take_received);
    }
    if (wish->sent_into && status == EXIT_DONE) {
        struct archive a = {
            .api = api, .folder_name = "doneq", .box = wish->sent_into, .dry = wish->dry, .spool = spool};
        status = walk_archive(&a, look_sent, take_sent);
    }
    return status;
}

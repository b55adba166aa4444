/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What HylaFAX has received (recvq) and sent (doneq, docq, and archive, where faxqclean -a puts jobs away)
 * becomes faxes in boxes, each once. Its folders are its own account's to write: no symbolic link is
 * followed, and no name leads out of them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/import.h"
#include "cli/input.h"
#include "cli/inside.h"
#include "proto/hylafax_job.h"
#include "proto/tiff_tags.h"

enum {
    DOCUMENT_MAX = 64 << 20,
    JOB_MAX = 1 << 20,
    FILES_MAX = 1000000,
    NAME_LEN = 100,
    PATH_LEN = 3 * NAME_LEN,
    DIGEST_LEN = 33, /* half of SHA-256, in hex */
    WISH_PATIENCE_S = 700
};

/* One fax there. */
struct entry {
    char path[PATH_LEN]; /* below the spool folder: "doneq/q12", "archive/12/q12" */
    char
        digest[DIGEST_LEN]; /* of that file: servers number their faxes alike, and a job wanders to archive */
    int64_t at_ms;
};

struct archive {
    struct api *api;
    const char *folder_names; /* "doneq and archive", for people */
    const char *box;
    bool dry;
    int spool;
    struct entry *list;
    size_t count, room;
    unsigned taken, known, left_out;
};

static void leave_out(struct archive *a, const char *path, const char *why)
{
    a->left_out++;
    (void)complain_and(EXIT_DONE, "left out: %s: %s", path, why);
}

static const char *name_of(const struct entry *e)
{
    return strrchr(e->path, '/') + 1;
}

/* ---- files ---- */

/* NULL: read, and *st its. Else why not. */
static const char *read_file(const struct archive *a, const char *path, struct buf *content, struct stat *st)
{
    SCOPED_FD int fd = inside_open(a->spool, path, O_NONBLOCK);
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

static void digest_of(struct span file, char digest[DIGEST_LEN])
{
    uint8_t bytes[EVP_MAX_MD_SIZE];
    if (EVP_Digest(file.data, file.len, bytes, NULL, EVP_sha256(), NULL) != 1)
        panic("no SHA-256");
    for (size_t i = 0; i < DIGEST_LEN / 2; i++)
        (void)str_format(digest + 2 * i, 3, "%02x", bytes[i]);
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

static void source_of(const struct entry *e, char source[2 * NAME_LEN])
{
    (void)str_format(source, 2 * NAME_LEN, "hylafax %s %s", name_of(e), e->digest);
}

/* True: it is there. */
static int is_known(struct archive *a, const struct entry *e, bool *known)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf query;
    char source[2 * NAME_LEN];
    source_of(e, source);
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
    source_of(e, source);
    (void)json_object_update_new(
        wish, json_pack("{s:s, s:s, s:I}", "box", a->box, "source", source, "at_ms", (json_int_t)e->at_ms));
    SCOPED_FREE char *text = json_dumps(wish, JSON_COMPACT);
    json_decref(wish);
    if (!text) {
        leave_out(a, e->path, "its words are no text");
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
        leave_out(a, e->path, json_text(answer.body, "detail"));
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
    if (!str_ends_nocase(e->path, ".tif")) /* seqf and the like */
        return false;
    buf_init(&file, DOCUMENT_MAX);
    const char *why = read_file(a, e->path, &file, &st);
    if (!why && !tiff_tags_read(buf_span(&file), &tags))
        why = "it is no TIFF";
    if (why)
        leave_out(a, e->path, why);
    else {
        e->at_ms = date_of(&tags, &st);
        digest_of(buf_span(&file), e->digest);
    }
    return !why;
}

static int take_received(struct archive *a, struct entry *e)
{
    struct stat st;
    struct tiff_tags tags;
    char station[HYLAFAX_TEXT_LEN], number[HYLAFAX_TEXT_LEN];
    SCOPED_BUF struct buf file;
    buf_init(&file, DOCUMENT_MAX);
    const char *why = read_file(a, e->path, &file, &st);
    if (why || !tiff_tags_read(buf_span(&file), &tags)) {
        leave_out(a, e->path, why ? why : "it is no TIFF");
        return EXIT_DONE;
    }
    sender_of(&tags, station, number);
    json_t *uploads = json_array();
    int status = upload(a, name_of(e), buf_span(&file), uploads);
    json_t *wish = json_pack("{s:s, s:s, s:s, s:o}", "direction", "received", "station_id", station, "number",
                             number, "uploads", uploads);
    if (status == EXIT_DONE && wish)
        return hand_over(a, e, wish);
    json_decref(wish);
    return status;
}

/* ---- sent ---- */

static const char *read_job(const struct archive *a, struct entry *e, struct hylafax_job *j, struct stat *st)
{
    SCOPED_BUF struct buf file;
    buf_init(&file, JOB_MAX);
    const char *why = read_file(a, e->path, &file, st);
    if (!why && !hylafax_job_read(buf_span(&file), j))
        why = "it is no description of a job";
    if (!why && j->state != HYLAFAX_DONE && j->state != HYLAFAX_FAILED)
        why = "it is not at an end";
    if (!why)
        digest_of(buf_span(&file), e->digest);
    return why;
}

static bool is_number(const char *name)
{
    return *name && name[strspn(name, "0123456789")] == 0;
}

static bool look_sent(struct archive *a, struct entry *e)
{
    struct stat st;
    struct hylafax_job j;
    if (*name_of(e) != 'q' || !is_number(name_of(e) + 1))
        return false;
    const char *why = read_job(a, e, &j, &st);
    if (why)
        leave_out(a, e->path, why);
    else
        e->at_ms = j.begin_s > 0 ? j.begin_s * 1000 : mtime_ms(&st);
    return !why;
}

/* archive/NUMBER/qNUMBER; what else lies there is somebody's own. */
static bool look_put_away(struct archive *a, struct entry *e)
{
    char number[NAME_LEN];
    size_t len = strlen(e->path);
    if (!is_number(name_of(e)))
        return false;
    (void)str_copy(number, sizeof(number), name_of(e));
    (void)str_format(e->path + len, sizeof(e->path) - len, "/q%s", number);
    return look_sent(a, e);
}

/* Where "docq/NAME", as the job has it, lies: what was put away lies beside the job. False: elsewhere. */
static bool document_path(const struct entry *e, const char *path, char found[PATH_LEN])
{
    static const char folder[] = "docq/", archive[] = "archive/";
    const char *name = path + strlen(folder);
    if (!str_starts(path, folder) || !*name || *name == '.' || strchr(name, '/'))
        return false;
    if (!str_starts(e->path, archive))
        return str_copy(found, PATH_LEN, path);
    return str_format(found, PATH_LEN, "%.*s%s", (int)(name_of(e) - e->path), e->path, name);
}

/* archive has none of these, only what they were made of. */
static bool is_ready(const struct entry *e, const struct hylafax_job *j)
{
    for (size_t i = 0; i < j->count; i++)
        if (str_equal(j->documents[i].kind, "fax"))
            return !str_starts(e->path, "archive/");
    return false;
}

static int upload_document(struct archive *a, const struct entry *e, const struct hylafax_document *d,
                           json_t *uploads)
{
    struct stat st;
    char path[PATH_LEN];
    SCOPED_BUF struct buf file;
    const char *why = "it does not lie in docq";
    buf_init(&file, DOCUMENT_MAX);
    if (document_path(e, d->path, path))
        why = read_file(a, path, &file, &st);
    if (!why && file.len > 2 && memcmp(file.data, "%!", 2) == 0)
        why = "it is PostScript, which is not read here";
    if (why) {
        (void)complain_and(EXIT_DONE, "%s is taken without its document %.80s: %s", e->path, d->path, why);
        return EXIT_DONE;
    }
    struct tiff_tags tags;
    char shown[NAME_LEN + 8];
    (void)str_format(shown, sizeof(shown), "%.90s%s", strrchr(path, '/') + 1,
                     tiff_tags_read(buf_span(&file), &tags) ? ".tif" : "");
    return upload(a, shown, buf_span(&file), uploads);
}

/* What was ready to be sent, where that is still there; else what it was made of. */
static int upload_documents(struct archive *a, const struct entry *e, const struct hylafax_job *j,
                            json_t *uploads)
{
    int status = EXIT_DONE;
    bool ready = is_ready(e, j);
    for (size_t i = 0; i < j->count && status == EXIT_DONE; i++)
        if (str_equal(j->documents[i].kind, "fax") == ready)
            status = upload_document(a, e, &j->documents[i], uploads);
    return status;
}

static int take_sent(struct archive *a, struct entry *e)
{
    struct stat st;
    struct hylafax_job j;
    char number[HYLAFAX_TEXT_LEN];
    const char *why = read_job(a, e, &j, &st);
    number_of(j.number, number);
    if (why) {
        leave_out(a, e->path, why);
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

struct kind {
    const char *folder;
    bool needed; /* else there may be none */
    bool (*look)(struct archive *a, struct entry *e);
    int (*take)(struct archive *a, struct entry *e);
};

static void add_entry(struct archive *a, const char *name, const struct kind *kind)
{
    struct entry e = {.at_ms = 0};
    (void)str_format(e.path, sizeof(e.path), "%s/%.*s", kind->folder, NAME_LEN, name);
    if (strlen(name) >= NAME_LEN) {
        leave_out(a, e.path, "no file of HylaFAX's has so long a name");
        return;
    }
    if (!kind->look(a, &e))
        return;
    if (a->count == FILES_MAX) {
        leave_out(a, e.path, "it is one of more than a million");
        return;
    }
    if (a->count == a->room) {
        a->room = a->room ? 2 * a->room : 256;
        a->list = mem_resize(a->list, a->room * sizeof(*a->list));
    }
    a->list[a->count++] = e;
}

static int take_all(struct archive *a, int (*take)(struct archive *a, struct entry *e))
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

static int look_through(struct archive *a, const struct kind *kind)
{
    const struct dirent *e;
    int folder = inside_open(a->spool, kind->folder, O_DIRECTORY);
    DIR *d = folder < 0 ? NULL : fdopendir(folder);
    if (!d && errno == ENOENT && !kind->needed)
        return EXIT_DONE;
    if (!d)
        return complain_and(EXIT_NO_INPUT, "%s of HylaFAX's spool folder: %s", kind->folder, strerror(errno));
    while ((e = readdir(d)) != NULL)
        if (e->d_name[0] != '.')
            add_entry(a, e->d_name, kind);
    (void)closedir(d);
    return EXIT_DONE;
}

static int take_kinds(struct archive *a, const struct kind *kinds, size_t count)
{
    int status = EXIT_DONE;
    for (size_t i = 0; i < count && status == EXIT_DONE; i++)
        status = look_through(a, &kinds[i]);
    if (a->count > 0)
        qsort(a->list, a->count, sizeof(*a->list), newest_first);
    if (status == EXIT_DONE)
        status = take_all(a, kinds->take);
    (void)printf("%s: %u faxes %s box %s, %u were there already, %u left out\n", a->folder_names, a->taken,
                 a->dry ? "to take into" : "taken into", a->box, a->known, a->left_out);
    free(a->list);
    return status;
}

int import_hylafax_archive(struct api *api, const char *folder, const struct import_archive *wish)
{
    static const struct kind received[] = {{"recvq", true, look_received, take_received}};
    static const struct kind sent[] = {{"doneq", true, look_sent, take_sent},
                                       {"archive", false, look_put_away, take_sent}};
    SCOPED_FD int spool = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int status = EXIT_DONE;
    if (spool < 0)
        return complain_and(EXIT_NO_INPUT, "%s: %s", folder, strerror(errno));
    if (wish->received_into) {
        struct archive a = {.api = api,
                            .folder_names = "recvq",
                            .box = wish->received_into,
                            .dry = wish->dry,
                            .spool = spool};
        status = take_kinds(&a, received, ARRAY_LEN(received));
    }
    if (wish->sent_into && status == EXIT_DONE) {
        struct archive a = {.api = api,
                            .folder_names = "doneq and archive",
                            .box = wish->sent_into,
                            .dry = wish->dry,
                            .spool = spool};
        status = take_kinds(&a, sent, ARRAY_LEN(sent));
    }
    return status;
}

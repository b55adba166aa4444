/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost accounting: a line a call, as HylaFAX's xferfaxlog(5) has them. The file itself says which calls it
 * has, so asking again, being killed or being rotated away neither loses a call nor writes it twice. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "cli/api.h"
#include "cli/command.h"

enum { PATH_LEN = 4096, PAGE = 200, COMMID_FIELD = 2, LINE_MOST = 8192 };
/* No call lasts longer: what began so long before the last one in the file has been written. */
#define LONGEST_CALL_MS (24LL * 3600 * 1000)

/* ---- what the file has ---- */

static const char *field(const char *line, int n, size_t *len)
{
    for (; n > 0 && line; n--) {
        line = strchr(line, '\t');
        line = line ? line + 1 : NULL;
    }
    *len = line ? strcspn(line, "\t\n") : 0;
    return line;
}

static void note_lines(FILE *file, json_t *known)
{
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, file) > 0) {
        size_t len;
        const char *id = field(line, COMMID_FIELD, &len);
        if (id)
            (void)json_object_setn_new(known, id, len, json_true());
    }
    free(line);
}

/* Notes the calls of a file, where there is one. */
static void note_known(const char *path, json_t *known)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    note_lines(file, known);
    (void)fclose(file);
}

/* What unpacks a file to its standard output, as logrotate packs them. NULL: it is not packed. */
static const char *unpacker_of(const char *path)
{
    static const struct {
        const char *end, *program;
    } packers[] = {{".gz", "gzip"}, {".xz", "xz"}, {".bz2", "bzip2"}, {".zst", "zstd"}};
    for (size_t i = 0; i < ARRAY_LEN(packers); i++)
        if (str_ends_nocase(path, packers[i].end))
            return packers[i].program;
    return NULL;
}

/* False: the program is missing, or the file spoilt; what came of it counts all the same. */
static bool note_packed(const char *program, const char *path, json_t *known)
{
    int ends[2], status = -1;
    char *const argv[] = {(char *)(uintptr_t)program, (char *)(uintptr_t) "-dc", (char *)(uintptr_t)path,
                          NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return false;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    bool begun = posix_spawnp(&child, program, &actions, NULL, argv, environ) == 0;
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[1]);
    FILE *file = fdopen(ends[0], "r");
    if (!file)
        (void)close(ends[0]);
    if (begun && file)
        note_lines(file, known);
    if (file)
        (void)fclose(file);
    return begun && waitpid(child, &status, 0) == child && status == 0;
}

static int64_t moment_of_change(const struct stat *is)
{
    return (int64_t)is->st_mtim.tv_sec * 1000 + is->st_mtim.tv_nsec / 1000000;
}

/* The files that logrotate made of it, FILE.1 or FILE-20261122. Of a packed one that cannot be unpacked here
 * only until when there are calls in it is known, for it keeps the time of its last line: a call that lasted
 * beyond that would be missed. */
static void note_rotated(const char *path, json_t *known, int64_t *packed_until_ms)
{
    glob_t found = {0};
    char pattern[PATH_LEN];
    *packed_until_ms = 0;
    if (str_format(pattern, sizeof(pattern), "%s[.-][0-9]*", path) && glob(pattern, 0, NULL, &found) != 0)
        found.gl_pathc = 0;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct stat is;
        const char *unpacker = unpacker_of(found.gl_pathv[i]);
        if (!unpacker)
            note_known(found.gl_pathv[i], known);
        else if (!note_packed(unpacker, found.gl_pathv[i], known) && stat(found.gl_pathv[i], &is) == 0 &&
                 moment_of_change(&is) > *packed_until_ms)
            *packed_until_ms = moment_of_change(&is);
    }
    globfree(&found);
}

/* The ids of calls begin with their moment (RFC 9562 §5.7). */
static int64_t moment_of(const char *id)
{
    char hex[13];
    (void)snprintf(hex, sizeof(hex), "%.8s%.4s", id, strlen(id) > 9 ? id + 9 : "");
    return (int64_t)strtoull(hex, NULL, 16);
}

static int64_t newest(json_t *known)
{
    int64_t last = 0;
    const char *id;
    json_t *ignored;
    json_object_foreach(known, id, ignored) last = moment_of(id) > last ? moment_of(id) : last;
    return last;
}

/* Its end is half a line where somebody died. */
static bool mend_end(int fd)
{
    off_t size = lseek(fd, 0, SEEK_END), end = size;
    char last;
    while (end > 0 && pread(fd, &last, 1, end - 1) == 1 && last != '\n')
        end--;
    return size >= 0 && (end == size || ftruncate(fd, end) == 0);
}

/* Locked, and still what that name means; -1 with errno. */
static int open_file(const char *path)
{
    for (;;) {
        struct stat mine, there;
        int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
        if (fd < 0)
            return -1;
        bool locked = flock(fd, LOCK_EX) == 0;
        bool same = locked && fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino;
        if (same && mend_end(fd))
            return fd;
        int error = errno;
        (void)close(fd);
        if (same || !locked) { /* else it was rotated away just now */
            errno = error;
            return -1;
        }
    }
}

/* ---- one line ---- */

static void put_text(struct buf *b, const char *text)
{
    (void)buf_printf(b, "\t\"");
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            (void)buf_printf(b, "\\%c", *text);
        else
            (void)buf_printf(b, "%c", (unsigned char)*text < ' ' ? ' ' : *text);
    (void)buf_printf(b, "\"");
}

static void put_word(struct buf *b, const char *text)
{
    (void)buf_printf(b, "\t");
    for (; *text; text++)
        (void)buf_printf(b, "%c", (unsigned char)*text <= ' ' ? '_' : *text);
}

static void put_time(struct buf *b, int64_t ms)
{
    int64_t s = ms > 0 ? ms / 1000 : 0;
    (void)buf_printf(b, "\t%d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
}

/* How a call's pages travelled, by its first one. */
struct form {
    int64_t rate;
    const char *coding, *resolution;
    bool ecm;
};

static bool is_finer(const struct form *f)
{
    return !str_equal(f->resolution, "standard") && !str_equal(f->resolution, "fine") && *f->resolution;
}

/* HylaFAX's number for them; width and length are A4 and longer. Its resolutions end with superfine. */
static unsigned params_of(const struct form *f)
{
    enum {
        FINE = 1,
        SUPERFINE = 2,
        UNLIMITED = 2 << 12,
        MR = 1 << 14,
        MMR = 3 << 14,
        ECM = 1 << 16,
        VERSION = 1 << 21,
        STEP = 2400,
        RATES = 13
    };
    int64_t rate = f->rate / STEP;
    unsigned br = rate < 1 ? 0 : rate > RATES ? RATES : (unsigned)rate - 1;
    unsigned df = str_equal(f->coding, "MMR") ? MMR : str_equal(f->coding, "MR") ? MR : 0;
    unsigned vr = is_finer(f) ? SUPERFINE : str_equal(f->resolution, "standard") ? 0 : FINE;
    return VERSION | vr | UNLIMITED | df | br << 3 | (f->ecm ? ECM : 0);
}

/* What HylaFAX's xferfaxstats reads the coding from: the bits of T.30's DCS (table 2) that are known, those
 * of a rate as V.17 has them. */
static void put_dcs(struct buf *b, const struct form *f)
{
    enum {
        OCTETS = 6,
        OF_RATE = 11,
        IS_2D = 16,
        IS_FINE = 15,
        IS_LONG = 19,
        IS_ECM = 27,
        IS_T6 = 31,
        SUPERFINE = 41
    };
    static const struct {
        int64_t rate;
        unsigned bits;
    } rates[] = {{4800, 4}, {7200, 13}, {9600, 9}, {12000, 5}, {14400, 1}};
    unsigned bits[8 * OCTETS + 1] = {0}, rate = 0;
    for (size_t i = 0; i < ARRAY_LEN(rates); i++)
        if (rates[i].rate == f->rate)
            rate = rates[i].bits;
    for (unsigned i = 0; i < 4; i++)
        bits[OF_RATE + i] = rate >> (3 - i) & 1;
    bits[10] = bits[IS_LONG] = bits[24] = bits[32] = bits[40] =
        1; /* fax; as long as it is; an octet follows */
    bits[IS_FINE] = str_equal(f->resolution, "fine");
    bits[SUPERFINE] = is_finer(f);
    bits[IS_2D] = str_equal(f->coding, "MR") || str_equal(f->coding, "MMR");
    bits[IS_T6] = str_equal(f->coding, "MMR");
    bits[IS_ECM] = f->ecm;
    (void)buf_printf(b, "\t\"");
    for (unsigned octet = 0; octet < OCTETS; octet++) {
        unsigned value = 0;
        for (unsigned i = 1; i <= 8; i++)
            value = value << 1 | bits[8 * octet + i];
        (void)buf_printf(b, "%s%02X", octet ? " " : "", value);
    }
    (void)buf_printf(b, "\"");
}

static const json_t *pages_of_call(const json_t *whole, const char *id)
{
    size_t i;
    const json_t *attempt;
    json_array_foreach(json_object_get(whole, "attempts"), i,
                       attempt) if (str_equal(json_text(attempt, "id"), id)) return json_object_get(attempt,
                                                                                                    "pages");
    return NULL;
}

static bool is_of_job(const json_t *call)
{
    return *json_text(call, "job") != 0;
}

/* A call that fetched a document is POLL; one that fetched ours sent it, although it came in. */
static const char *type_of(const json_t *whole, bool out)
{
    return !out ? "RECV" : str_equal(json_text(whole, "purpose"), "poll") ? "POLL" : "SEND";
}

/* As it went out; of calls from before that was kept, as it was wanted. */
static const char *resolution_of(const json_t *whole, const json_t *first)
{
    int64_t page = first ? json_number(first, "page") - 1 : 0;
    const json_t *all = json_object_get(whole, "resolutions");
    const char *wanted = json_string_value(json_array_get(all, page > 0 ? (size_t)page : 0));
    return first && *json_text(first, "resolution") ? json_text(first, "resolution") : wanted ? wanted : "";
}

/* A call that brought no page has no form of its pages: the rate alone. */
static struct form form_of(const json_t *call, const json_t *whole, const json_t *pages)
{
    const json_t *first = json_array_get(pages, 0);
    return (struct form){.rate = json_number(call, "rate"),
                         .coding = first ? json_text(first, "coding") : "",
                         .resolution = resolution_of(whole, first),
                         .ecm = json_is_true(json_object_get(call, "ecm"))};
}

/* HylaFAX says why only where something was wrong. */
static const char *reason_of(const json_t *call)
{
    const json_t *outcome = json_object_get(call, "outcome");
    return *json_text(outcome, "code") ? json_text(outcome, "text") : "";
}

/* whole: its job or its fax. */
static void put_line(struct buf *b, const json_t *call, const json_t *whole)
{
    bool out = is_of_job(call);
    const char *id = json_text(call, "id"), *box = json_text(whole, "box"), *type = type_of(whole, out);
    const json_t *pages = pages_of_call(whole, id);
    const struct form form = form_of(call, whole, pages);
    int64_t count = str_equal(type, "SEND")   ? (int64_t)json_array_size(pages)
                    : str_equal(type, "RECV") ? json_number(whole, "pages")
                                              : json_number(whole, "confirmed");
    int64_t began = json_number(call, "started_ms"), answered = json_number(call, "answered_ms"),
            ended = json_number(call, "ended_ms");
    time_t at = (time_t)(began / 1000);
    struct tm tm;
    char date[40];
    (void)localtime_r(&at, &tm);
    (void)str_format(date, sizeof(date), "%02d/%02d/%02d %02d:%02d", tm.tm_mon + 1, tm.tm_mday,
                     tm.tm_year % 100, tm.tm_hour, tm.tm_min);
    (void)buf_printf(b, "%s\t%s\t%s", date, type, id);
    put_word(b, json_text(call, "trunk"));
    put_word(b, json_text(whole, "id"));
    put_text(b, json_text(whole, "billing"));
    put_word(b, out ? box : "fax");
    put_text(b, json_text(whole, out ? "dialled" : "called"));
    put_text(b, json_text(call, "station_id"));
    (void)buf_printf(b, "\t%u\t%" PRId64, params_of(&form), count);
    put_time(b, ended - began);
    put_time(b, answered ? ended - answered : 0);
    put_text(b, reason_of(call));
    put_text(b, "");
    put_text(b, out ? "" : json_text(whole, "calling"));
    put_text(b, "");
    put_text(b, box);
    put_dcs(b, &form);
    (void)buf_printf(b, "\n");
}

/* ---- the calls ---- */

static bool is_missing(const json_t *call, json_t *known, int64_t ended_after_ms)
{
    return str_equal(json_text(call, "state"), "ended") && !json_object_get(call, "self_test") &&
           json_number(call, "ended_ms") > ended_after_ms && !json_object_get(known, json_text(call, "id"));
}

/* Those the file has not, in `missing`; goes back as far as one of them may lie. */
static int collect(struct api *api, json_t *known, int64_t packed_until_ms, json_t *missing)
{
    int64_t last = newest(known);
    int64_t horizon = (last ? last : packed_until_ms) - LONGEST_CALL_MS;
    char next[64] = "";
    int status = EXIT_DONE;
    for (bool more = true; more && status == EXIT_DONE;) {
        SCOPED_ANSWER struct api_answer answer = {0};
        char path[200];
        size_t i;
        json_t *call;
        (void)str_format(path, sizeof(path), "calls?limit=%d%s%s", PAGE, *next ? "&before=" : "", next);
        api_get(api, path, &answer);
        status = api_check(api, &answer);
        const json_t *items = json_object_get(answer.body, "items");
        json_array_foreach(items, i, call) if (is_missing(call, known, packed_until_ms))(void)
            json_array_append(missing, call);
        (void)str_copy(next, sizeof(next), json_text(answer.body, "next"));
        more = *next && moment_of(next) >= horizon;
    }
    return status;
}

static int by_end(const void *a, const void *b)
{
    int64_t x = json_number(*(json_t *const *)a, "ended_ms"),
            y = json_number(*(json_t *const *)b, "ended_ms");
    return x < y ? -1 : x > y;
}

static int write_call(struct api *api, const json_t *call, int fd)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf line;
    char path[200];
    bool of_job = is_of_job(call);
    (void)str_format(path, sizeof(path), "%s/%s", of_job ? "jobs" : "faxes",
                     json_text(call, of_job ? "job" : "fax"));
    api_get(api, path, &answer);
    if (answer.status == 404)
        return EXIT_DONE; /* it was deleted just now, and its calls with it */
    int status = api_check(api, &answer);
    if (status != EXIT_DONE)
        return status;
    buf_init(&line, LINE_MOST);
    put_line(&line, call, answer.body);
    int error = fd_write_all(fd, buf_span(&line));
    if (error)
        return complain_and(EXIT_NO_INPUT, "cannot write: %s; nothing is lost, ask again when it can be",
                            strerror(error));
    return EXIT_DONE;
}

static int write_calls(struct api *api, json_t *missing, int fd)
{
    size_t n = json_array_size(missing);
    SCOPED_FREE json_t **calls = calloc(n + 1, sizeof(json_t *));
    int status = calls ? EXIT_DONE : EXIT_SOFTWARE;
    for (size_t i = 0; i < n && calls; i++)
        calls[i] = json_array_get(missing, i);
    if (calls)
        qsort(calls, n, sizeof(json_t *), by_end);
    for (size_t i = 0; i < n && status == EXIT_DONE; i++)
        status = write_call(api, calls[i], fd);
    if (status == EXIT_DONE && fsync(fd) != 0)
        return complain_and(EXIT_NO_INPUT, "cannot write: %s", strerror(errno));
    return status;
}

int run_accounting(const struct arguments *a)
{
    struct api api;
    int64_t packed_until_ms;
    const char *path = a->operands[0];
    if (strlen(path) > PATH_LEN / 2)
        return complain_and(EXIT_USAGE, "the name of the file is too long");
    int status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    SCOPED_FD int fd = open_file(path);
    json_t *known = json_object(), *missing = json_array();
    if (fd < 0) {
        status = complain_and(EXIT_NO_INPUT, "cannot write %s: %s", path, strerror(errno));
    } else {
        note_rotated(path, known, &packed_until_ms);
        note_known(path, known);
        status = collect(&api, known, packed_until_ms, missing);
    }
    if (status == EXIT_DONE)
        status = write_calls(&api, missing, fd);
    if (status == EXIT_DONE)
        (void)printf("%zu calls added\n", json_array_size(missing));
    json_decref(known);
    json_decref(missing);
    api_close(&api);
    return status;
}

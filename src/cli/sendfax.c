/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What scripts expect of HylaFAX's sendfax(1): its options, and "request id is ..." on standard output.
 * Options before a -d count for it and for those behind it, so each group of destinations with the same
 * options is a submission of its own. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "cli/api.h"
#include "cli/at_time.h"
#include "cli/command.h"
#include "cli/follow.h"
#include "cli/input.h"
#include "cli/pending.h"
#include "model/id.h"

enum { DESTINATIONS_MAX = 1000, DOCUMENT_MAX = 64 * 1024 * 1024, LIST_MAX = 1 << 20 };
enum { DIGEST_LEN = 32, DIGEST_TEXT_LEN = 2 * DIGEST_LEN + 1 };

/* What a submission says of all its destinations; NULL: nothing. */
struct wishes {
    const char *resolution, *paper, *cover, *text, *subject, *company, *tries, *at, *priority;
};

struct destination {
    struct wishes wishes;
    const char *text;
    char submission[ID_TEXT_LEN]; /* the first of a group: what became of it; "" where it was refused */
    struct pending *pending;      /* the same: it was taken; NULL: it was not, or nobody asks again */
};

struct request {
    const char *box, *host, *from, *owner;
    struct wishes wishes; /* of the destinations to come */
    bool waits, no_report;
    bool unanswered; /* of a group it is not known what became of it: the call may be made again */
    struct destination *destinations;
    size_t count;
    char *list; /* of -z; destinations point into it */
    const char *const *files;
    size_t file_count;
    struct buf *documents; /* a file's each */
};

/* ---- destinations ---- */

static int add_destination(struct request *r, const char *text)
{
    if (r->count == DESTINATIONS_MAX)
        return complain_and(EXIT_USAGE, "sendfax: more than %d destinations at once", DESTINATIONS_MAX);
    r->destinations[r->count++] = (struct destination){.wishes = r->wishes, .text = text};
    return EXIT_DONE;
}

static int add_list(struct request *r, const char *path)
{
    SCOPED_BUF struct buf content;
    buf_init(&content, LIST_MAX);
    if (r->list)
        return complain_and(EXIT_USAGE, "sendfax: one -z is enough; put all numbers into its file");
    int status = input_read(path, &content);
    if (status != EXIT_DONE)
        return status;
    r->list = mem_strdup(buf_text(&content));
    char *rest = r->list, *line;
    while (status == EXIT_DONE && (line = strsep(&rest, "\r\n")) != NULL)
        if (*line && *line != '#')
            status = add_destination(r, line);
    return status;
}

/* ---- options ---- */

static int take_box(struct request *r, const char *value)
{
    const char *at = strchr(value, '@');
    static char box[64];
    r->host = at ? at + 1 : value;
    if (at && at > value && str_copy_span(box, sizeof(box), span_of(value, (size_t)(at - value))))
        r->box = box;
    return EXIT_DONE;
}

static int take_time(struct request *r, const char *value)
{
    time_t at;
    if (!at_time_parse(value, time(NULL), &at))
        return complain_and(EXIT_USAGE,
                            "sendfax: \"%.60s\" is no time; write \"now + 30 minutes\", \"14:30\" or "
                            "\"8:00 Dec 24\"",
                            value);
    r->wishes.at = value;
    return EXIT_DONE;
}

/* HylaFAX counts from 0, the most urgent, to 255; we from 9 to 0, the last three as bulk. */
static int take_priority(struct request *r, const char *value)
{
    static const struct {
        const char *name, *ours;
    } words[] = {{"default", NULL}, {"normal", NULL}, {"bulk", "2"},
                 {"junk", "2"},     {"low", "4"},     {"high", "8"}};
    static const struct {
        int from;
        const char *ours;
    } numbers[] = {{191, "2"}, {128, "4"}, {127, NULL}, {64, "6"}, {16, "8"}, {0, "9"}};
    char *end;
    long n = strtol(value, &end, 10);
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcasecmp(words[i].name, value) == 0) {
            r->wishes.priority = words[i].ours;
            return EXIT_DONE;
        }
    if (!*value || *end || n < 0 || n > 255)
        return complain_and(EXIT_USAGE, "sendfax: \"%.60s\" is no priority: 0 to 255, bulk, low or high",
                            value);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        if (n >= numbers[i].from) {
            r->wishes.priority = numbers[i].ours;
            break;
        }
    return EXIT_DONE;
}

static int take_tries(struct request *r, const char *value)
{
    char *end;
    long n = strtol(value, &end, 10);
    if (!*value || *end || n < -1 || n == 0)
        return complain_and(EXIT_USAGE, "sendfax: \"%.60s\" is no number of tries", value);
    r->wishes.tries = n < 0 ? NULL : n > 12 ? "12" : value;
    return EXIT_DONE;
}

/* Paper that fits the pages we send is the box's choice; what does not is refused. */
static int take_paper(struct request *r, const char *value)
{
    static const struct {
        const char *name, *ours;
    } rows[] = {{"a4", "a4"},     {"us-leg", "legal"}, {"legal", "legal"},
                {"na-let", NULL}, {"letter", NULL},    {"default", NULL}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcasecmp(rows[i].name, value) == 0) {
            r->wishes.paper = rows[i].ours;
            return EXIT_DONE;
        }
    return complain_and(EXIT_USAGE, "sendfax: paper is a4, letter or legal, not \"%.60s\"", value);
}

static int take_cover(struct request *r, const char *value)
{
    if (strchr(value, '/'))
        return complain_and(
            EXIT_USAGE,
            "sendfax: cover pages are made by the server, \"standard\" or one of your own by its name, "
            "not by the file %.100s",
            value);
    r->wishes.cover = value;
    return EXIT_DONE;
}

static int refuse(const char *what)
{
    return complain_and(EXIT_USAGE, "sendfax: %s", what);
}

static int take_option(struct request *r, int letter, const char *value)
{
    switch (letter) {
    case 'a': return take_time(r, value);
    case 'c': r->wishes.text = value; return EXIT_DONE;
    case 'C': return take_cover(r, value);
    case 'd': return add_destination(r, value);
    case 'f': r->from = value; return EXIT_DONE;
    case 'G': r->wishes.resolution = "superfine"; return EXIT_DONE;
    case 'h': return take_box(r, value);
    case 'l': r->wishes.resolution = "standard"; return EXIT_DONE;
    case 'm': r->wishes.resolution = "fine"; return EXIT_DONE;
    case 'n': r->wishes.cover = "none"; return EXIT_DONE;
    case 'N': r->no_report = true; return EXIT_DONE;
    case 'p': return refuse("-p is not served here; `faxpost --help` shows what there is");
    case 'P': return take_priority(r, value);
    case 'r': r->wishes.subject = value; return EXIT_DONE;
    case 's': return take_paper(r, value);
    case 't': return take_tries(r, value);
    case 'w': r->waits = true; return EXIT_DONE;
    case 'x': r->wishes.company = value; return EXIT_DONE;
    case 'z': return add_list(r, value);
    case 'Z': return refuse("-Z is not served: print the pages that shall go to a PDF of their own");
    default: return EXIT_DONE; /* a matter of the modem, or of who archives */
    }
}

/* HylaFAX's letters; those that take_option does not know change nothing. */
static int read_options(struct request *r, const struct arguments *a)
{
    static const char letters[] =
        "+:123AB:C:DEF:GI:M:NO:P:RS:T:U:V:W:X:Y:Z:a:b:c:d:f:h:i:k:lmno:pr:s:t:vwx:y:z:";
    int count = 0, letter, status = EXIT_DONE;
    while (a->rest[count])
        count++;
    /* getopt wants the program's name first. */
    const char **words = mem_zalloc((size_t)(count + 2) * sizeof(*words));
    words[0] = "sendfax";
    memcpy(words + 1, a->rest, (size_t)count * sizeof(*words));
    opterr = 0;
    while (status == EXIT_DONE &&
           (letter = getopt(count + 1, (char *const *)(uintptr_t)words, letters)) != -1) {
        if (letter == '?' || letter == ':')
            status = complain_and(EXIT_USAGE,
                                  letter == ':' ? "sendfax: -%c needs a value"
                                                : "sendfax: there is no option -%c; `faxpost sendfax --help` "
                                                  "shows what is served",
                                  optopt);
        else
            status = take_option(r, letter, optarg);
    }
    r->files = a->rest + (optind - 1);
    free(words);
    return status;
}

/* ---- what the server is asked ---- */

/* -f "Joe <joe@example.com>" and "joe@example.com (Joe)". */
static void find_address(const char *from, char address[321])
{
    const char *open = strchr(from, '<');
    const char *start = open ? open + 1 : from;
    (void)str_copy_span(address, 321, span_of(start, strcspn(start, "> \t(")));
}

/* "Sam Leffler@+1 415 555 1212" */
static json_t *recipient(const struct destination *d)
{
    SCOPED_BUF struct buf number;
    const char *at = strrchr(d->text, '@');
    buf_init(&number, 1000);
    (void)buf_append_str(&number, at ? at + 1 : d->text);
    if (d->wishes.tries)
        (void)buf_printf(&number, "^RETRIES=%s", d->wishes.tries);
    if (d->wishes.company)
        (void)buf_printf(&number, "^COMPANY=%s", d->wishes.company);
    json_t *o = json_pack("{s:s}", "number", buf_text(&number));
    if (o && at && at > d->text)
        (void)json_object_set_new(o, "name", json_stringn(d->text, (size_t)(at - d->text)));
    return o;
}

static void set_text(json_t *o, const char *name, const char *value)
{
    if (value)
        (void)json_object_set_new(o, name, json_string(value));
}

static json_t *make_wish(const struct request *r, size_t from, size_t until, json_t *uploads)
{
    const struct wishes *w = &r->destinations[from].wishes;
    json_t *recipients = json_array();
    time_t at;
    for (size_t i = from; i < until; i++)
        (void)json_array_append_new(recipients, recipient(&r->destinations[i]));
    json_t *wish = json_pack("{s:s, s:o, s:O}", "box", r->box, "recipients", recipients, "uploads", uploads);
    /* Who writes for a cover page wants one. */
    set_text(wish, "cover", w->cover ? w->cover : w->text || w->subject ? "standard" : NULL);
    set_text(wish, "subject", w->subject);
    set_text(wish, "text", w->text);
    set_text(wish, "resolution", w->resolution);
    set_text(wish, "paper", w->paper);
    if (w->priority)
        (void)json_object_set_new(wish, "priority", json_integer(atoi(w->priority)));
    if (w->at && at_time_parse(w->at, time(NULL), &at))
        (void)json_object_set_new(wish, "at_ms", json_integer((json_int_t)at * 1000));
    return wish;
}

static int upload(struct api *api, const char *path, struct span document, json_t *uploads)
{
    const char *slash = strrchr(path, '/');
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf query;
    buf_init(&query, 2000);
    (void)buf_append_str(&query, "uploads?name=");
    api_append_escaped(&query, str_equal(path, "-") ? "document" : slash ? slash + 1 : path);
    api_post(api, buf_text(&query), input_type(document), document, &answer);
    int status = api_check(api, &answer);
    if (status == EXIT_DONE)
        (void)json_array_append(uploads, json_object_get(answer.body, "id"));
    return status;
}

/* All before anything is asked: what they hold is part of what a call means. */
static int read_documents(struct request *r)
{
    static const char *const standard_input[] = {"-", NULL};
    int status = EXIT_DONE;
    if (!*r->files)
        r->files = standard_input;
    while (r->files[r->file_count])
        r->file_count++;
    r->documents = mem_zalloc(r->file_count * sizeof(*r->documents));
    for (size_t i = 0; i < r->file_count; i++)
        buf_init(&r->documents[i], DOCUMENT_MAX);
    for (size_t i = 0; i < r->file_count && status == EXIT_DONE; i++)
        status = input_read(r->files[i], &r->documents[i]);
    return status;
}

/* ---- one group ---- */

static void add_bytes(crypto_generichash_state *state, const void *data, size_t len)
{
    uint64_t size = len;
    (void)crypto_generichash_update(state, (const unsigned char *)&size, sizeof(size));
    (void)crypto_generichash_update(state, data, len);
}

static void add_word(crypto_generichash_state *state, const char *word)
{
    add_bytes(state, word ? word : "", word ? strlen(word) + 1 : 0); /* "" is not nothing */
}

/* All that makes this fax: what was written, not what it means at this moment ("now + 1 hour"). */
static void digest_of(const struct api *api, const struct request *r, size_t from, size_t until,
                      char text[DIGEST_TEXT_LEN])
{
    const struct wishes *w = &r->destinations[from].wishes;
    const char *const words[] = {api->url,   api->socket_path, api->authorization,
                                 r->box,     r->from,          r->no_report ? "N" : NULL,
                                 w->cover,   w->resolution,    w->paper,
                                 w->company, w->text,          w->subject,
                                 w->tries,   w->priority,      w->at};
    uint8_t digest[DIGEST_LEN];
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, NULL, 0, sizeof(digest));
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        add_word(&state, words[i]);
    for (size_t i = from; i < until; i++)
        add_word(&state, r->destinations[i].text);
    for (size_t i = 0; i < r->file_count; i++) {
        add_word(&state, r->files[i]);
        add_bytes(&state, r->documents[i].data, r->documents[i].len);
    }
    (void)crypto_generichash_final(&state, digest, sizeof(digest));
    hex_format(digest, sizeof(digest), text);
}

/* The wish as JSON; NULL with a status. */
static char *new_wish(struct api *api, const struct request *r, size_t from, size_t until, int *status)
{
    json_t *uploads = json_array();
    *status = EXIT_DONE;
    for (size_t i = 0; i < r->file_count && *status == EXIT_DONE; i++)
        *status = upload(api, r->files[i], buf_span(&r->documents[i]), uploads);
    json_t *wish = *status == EXIT_DONE ? make_wish(r, from, until, uploads) : NULL;
    json_decref(uploads);
    char *text = wish ? json_dumps(wish, JSON_COMPACT) : NULL;
    json_decref(wish);
    if (!text && *status == EXIT_DONE)
        *status = complain_and(EXIT_USAGE, "sendfax: names and texts have to be UTF-8");
    return text;
}

static void post_wish(struct api *api, const struct request *r, const char *key, const char *wish,
                      struct api_answer *answer)
{
    SCOPED_BUF struct buf path;
    char address[321] = "";
    buf_init(&path, 2000);
    if (r->from && !r->no_report)
        find_address(r->from, address);
    (void)buf_append_str(&path, "submissions?user=");
    api_append_escaped(&path, address);
    api_post_once(api, buf_text(&path), key, span_str(wish), answer);
}

static bool is_final(const struct api_answer *answer)
{
    return answer->status != 0 && answer->status < 500 && answer->status != 429;
}

/* The same call before this one had no answer, and what it asked for may be under way: it is asked for as it
 * was. False: it is refused now, so it never was; its documents may be gone. */
static bool ask_again(struct api *api, const struct request *r, const struct pending *p,
                      struct api_answer *answer)
{
    if (!p->wish)
        return false;
    (void)fprintf(stderr, "sendfax: the same call before this one had no answer; asking for the same fax\n");
    post_wish(api, r, p->key, p->wish, answer);
    if (!is_final(answer) || answer->status < 300)
        return true;
    api_answer_clear(answer);
    *answer = (struct api_answer){0};
    return false;
}

static void forget_pending(struct pending *p, bool answered)
{
    pending_end(p, answered);
    free(p);
}

/* Who asks twice because nobody answered wants one fax; who was answered and asks again wants another. */
static int ask(struct api *api, struct request *r, size_t from, size_t until, struct api_answer *answer)
{
    struct pending *pending = mem_zalloc(sizeof(*pending));
    char digest[DIGEST_TEXT_LEN];
    int status = EXIT_DONE;
    digest_of(api, r, from, until, digest);
    pending_begin(pending, digest);
    if (!ask_again(api, r, pending, answer)) {
        SCOPED_FREE char *wish = new_wish(api, r, from, until, &status);
        if (pending->wish)
            id_format(id_new(), pending->key);
        if (wish) {
            pending_keep(pending, wish);
            post_wish(api, r, pending->key, wish, answer);
        }
    }
    bool asked = status == EXIT_DONE, final = asked && is_final(answer);
    if (asked)
        status = api_check(api, answer);
    r->unanswered = r->unanswered || !final;
    if (final && status == EXIT_DONE)
        r->destinations[from].pending = pending;
    else
        forget_pending(pending, !asked || final);
    return status;
}

/* A call is made again as a whole: what was taken of one that is not answered whole must not go twice. */
static void end_pending(struct request *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->destinations[i].pending)
            forget_pending(r->destinations[i].pending, !r->unanswered);
}

static int send_group(struct api *api, struct request *r, size_t from, size_t until)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    int status = ask(api, r, from, until, &answer);
    if (status != EXIT_DONE)
        return status;
    const char *id = json_text(answer.body, "id");
    (void)printf("request id is %s (group id %s) for host %s (%zu file%s)\n", id, id,
                 r->host ? r->host : "localhost", r->file_count, r->file_count == 1 ? "" : "s");
    (void)str_copy(r->destinations[from].submission, ID_TEXT_LEN, id);
    return EXIT_DONE;
}

static bool is_same(const struct wishes *a, const struct wishes *b)
{
    return memcmp(a, b, sizeof(*a)) == 0; /* pointers alone: what was given once is the same text */
}

static int send_all(struct api *api, struct request *r)
{
    int status = EXIT_DONE;
    for (size_t from = 0, until; from < r->count; from = until) {
        until = from + 1;
        while (until < r->count && is_same(&r->destinations[from].wishes, &r->destinations[until].wishes))
            until++;
        int one = send_group(api, r, from, until);
        status = status == EXIT_DONE ? one : status;
    }
    end_pending(r);
    (void)fflush(stdout);
    for (size_t i = 0; i < r->count && r->waits; i++) {
        int one = *r->destinations[i].submission
                      ? follow_submission(api, r->destinations[i].submission, false)
                      : EXIT_DONE;
        status = status == EXIT_DONE ? one : status;
    }
    return status;
}

/* ---- from which box ---- */

/* The only one that there is; else it has to be said. */
static int find_box(struct api *api, struct request *r, char box[64])
{
    SCOPED_ANSWER struct api_answer answer = {0};
    if (r->box)
        return EXIT_DONE;
    api_get(api, "session", &answer);
    int status = api_check(api, &answer);
    if (status != EXIT_DONE)
        return status;
    const json_t *boxes = json_object_get(answer.body, "boxes");
    size_t found = 0;
    for (size_t i = 0; i < json_array_size(boxes); i++)
        if (json_is_true(json_object_get(json_array_get(boxes, i), "send")) && found++ == 0)
            (void)str_copy(box, 64, json_text(json_array_get(boxes, i), "id"));
    r->box = box;
    return found == 1
               ? EXIT_DONE
               : complain_and(EXIT_USAGE,
                              "sendfax: say from which faxbox: -h BOX@localhost, or FAXPOST_BOX in the "
                              "environment");
}

int run_sendfax(const struct arguments *a)
{
    struct api api = {0};
    char box[64];
    const char *of_environment = getenv("FAXPOST_BOX");
    struct request r = {.box = of_environment && *of_environment ? of_environment : NULL};
    r.destinations = mem_zalloc(DESTINATIONS_MAX * sizeof(*r.destinations));
    int status = read_options(&r, a);
    if (status == EXIT_DONE && r.count == 0)
        status = complain_and(EXIT_USAGE, "sendfax: say to which number, with -d NUMBER");
    if (status == EXIT_DONE && r.count > 1 && !*r.files)
        status =
            complain_and(EXIT_USAGE, "sendfax: a document on standard input goes to one number; name a file");
    if (status == EXIT_DONE)
        status = read_documents(&r);
    if (status == EXIT_DONE)
        status = api_open(&api, a);
    if (status == EXIT_DONE)
        status = find_box(&api, &r, box);
    if (status == EXIT_DONE)
        status = send_all(&api, &r);
    api_close(&api);
    for (size_t i = 0; i < r.file_count; i++)
        buf_clear(&r.documents[i]);
    free(r.documents);
    free(r.destinations);
    free(r.list);
    return status;
}

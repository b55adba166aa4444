/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What CUPS calls to print to a fax (backend(7)): JOB USER TITLE COPIES OPTIONS [FILE], the device's URI in
 * the environment. It hands the document over and ends: what becomes of the fax is told by mail. Without
 * arguments it lists the devices there are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "cli/api.h"
#include "cli/command.h"
#include "cli/input.h"
#include "model/id.h"

enum { DOCUMENT_MAX = 64 * 1024 * 1024, BOX_LEN = 64, ADDRESS_MAX = 321, NUMBER_MAX = 200 };

/* Exit statuses of a backend. */
enum { CUPS_OK = 0, CUPS_CANCEL = 5, CUPS_RETRY = 6 };

enum { ARGUMENT_JOB, ARGUMENT_USER, ARGUMENT_TITLE, ARGUMENT_COPIES, ARGUMENT_OPTIONS, ARGUMENT_FILE };

struct print {
    char box[BOX_LEN], report_to[ADDRESS_MAX], number[NUMBER_MAX];
    char submission[ID_TEXT_LEN];
    const char *title;
};

/* ---- devices ---- */

static int list_devices(const struct arguments *a)
{
    struct api api;
    SCOPED_ANSWER struct api_answer answer = {0};
    if (api_open(&api, a) == EXIT_DONE)
        api_get(&api, "boxes?limit=200&sort=id", &answer); /* nobody picks among more */
    const json_t *boxes = json_object_get(answer.body, "items");
    for (size_t i = 0; i < json_array_size(boxes); i++) {
        const char *id = json_text(json_array_get(boxes, i), "id");
        (void)printf("direct faxpost:/%s \"Faxpost\" \"Fax from box %s\"\n", id, id);
    }
    if (json_array_size(boxes) == 0)
        (void)printf("direct faxpost \"Unknown\" \"Fax with Faxpost\"\n");
    api_close(&api);
    return CUPS_OK;
}

/* ---- the job ---- */

/* "faxpost:/BOX" or "faxpost:/BOX?report-to=ADDRESS". */
static bool read_uri(const char *uri, struct print *p)
{
    static const char report[] = "report-to=";
    if (!uri || !str_starts(uri, "faxpost:"))
        return false;
    uri += strlen("faxpost:");
    uri += strspn(uri, "/");
    size_t len = strcspn(uri, "?");
    const char *query = uri[len] ? uri + len + 1 : "";
    if (str_starts(query, report))
        (void)str_copy(p->report_to, sizeof(p->report_to), query + strlen(report));
    return len > 0 && str_copy_span(p->box, sizeof(p->box), span_of(uri, len));
}

/* The next NAME=VALUE of the options; a value may stand in quotes, and \ is before a sign that is meant. */
static bool next_option(const char **rest, char name[64], char value[NUMBER_MAX])
{
    const char *c = *rest + strspn(*rest, " ");
    size_t n = 0;
    char quote = 0;
    if (!*c)
        return false;
    size_t len = strcspn(c, " =");
    (void)str_copy_span(name, 64, span_of(c, len < 63 ? len : 63));
    c += len;
    for (c += *c == '='; *c && (quote || *c != ' '); c++) {
        if (!quote && (*c == '"' || *c == '\''))
            quote = *c;
        else if (quote && *c == quote)
            quote = 0;
        else if (n + 1 < NUMBER_MAX)
            value[n++] = *c == '\\' && c[1] ? *++c : *c;
    }
    value[n] = 0;
    *rest = c;
    return true;
}

/* The number comes as fax-number or phone, or from the dialogue of our PPD file as FaxNumber=Custom.NUMBER;
 * the job's own UUID makes a job that CUPS hands over twice one fax. */
static void read_options(const char *options, struct print *p)
{
    static const char uuid[] = "urn:uuid:";
    char name[64], value[NUMBER_MAX];
    while (next_option(&options, name, value)) {
        struct id id;
        const char *number = str_starts(value, "Custom.") ? value + strlen("Custom.") : value;
        if (str_equal(name, "fax-number") || str_equal(name, "phone") || str_equal_nocase(name, "FaxNumber"))
            (void)str_copy(p->number, sizeof(p->number), str_equal(number, "None") ? "" : number);
        else if (str_equal(name, "job-uuid") && str_starts(value, uuid) &&
                 id_parse(value + strlen(uuid), &id))
            id_format(id, p->submission);
    }
}

/* CUPS shows what follows ERROR: to whoever prints. */
static int give_up(const char *what)
{
    (void)fprintf(stderr, "ERROR: %s\n", what);
    return CUPS_CANCEL;
}

static int hand_over(struct api *api, const struct print *p, struct span document)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf query;
    const struct {
        const char *name, *value;
    } rows[] = {{"jobs?box=", p->box},
                {"&submission=", p->submission},
                {"&number=", p->number},
                {"&user=", p->report_to},
                {"&name=", p->title}};
    buf_init(&query, 8000);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        (void)buf_append_str(&query, rows[i].name);
        api_append_escaped(&query, rows[i].value);
    }
    api_post(api, buf_text(&query), input_type(document), document, &answer);
    int status = api_check(api, &answer);
    if (status == EXIT_DONE)
        (void)fprintf(stderr, "INFO: handed to Faxpost as %s\n", p->submission);
    else if (status == EXIT_UNAVAILABLE)
        (void)fprintf(stderr, "INFO: Faxpost does not answer; it is asked again\n");
    else
        return give_up(*json_text(answer.body, "detail") ? json_text(answer.body, "detail")
                                                         : "Faxpost does not take this document.");
    return status == EXIT_DONE ? CUPS_OK : CUPS_RETRY;
}

int run_cups(const struct arguments *a)
{
    struct api api;
    struct print p = {.title = "document"};
    SCOPED_BUF struct buf document;
    size_t count = 0;
    while (a->rest[count])
        count++;
    if (count == 0)
        return list_devices(a);
    if (count < ARGUMENT_FILE || count > ARGUMENT_FILE + 1)
        return complain_and(EXIT_USAGE, "cups: CUPS calls this, with JOB USER TITLE COPIES OPTIONS [FILE]");
    id_format(id_new(), p.submission);
    if (!read_uri(getenv("DEVICE_URI"), &p))
        return give_up("The device has to be faxpost:/BOX, with the id of a faxbox.");
    read_options(a->rest[ARGUMENT_OPTIONS], &p);
    if (!*p.number)
        return give_up("Say to which number: lp -o fax-number=NUMBER, or \"Fax number\" among the options.");
    if (*a->rest[ARGUMENT_TITLE])
        p.title = a->rest[ARGUMENT_TITLE];
    buf_init(&document, DOCUMENT_MAX);
    if (input_read(count > ARGUMENT_FILE ? a->rest[ARGUMENT_FILE] : "-", &document) != EXIT_DONE)
        return give_up("The document is empty, larger than 64 MB, or cannot be read.");
    int status = api_open(&api, a) == EXIT_DONE ? hand_over(&api, &p, buf_span(&document)) : CUPS_RETRY;
    api_close(&api);
    return status;
}

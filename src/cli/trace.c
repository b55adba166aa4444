/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost trace: what was said in a call as a ladder: SIP, and between that T.30 frame by frame. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "cli/resource.h"
#include "model/call_trace.h"

/* T.30 §5.3.6 and RFC 3261 in a few words. */
static const struct {
    const char *frame, *means;
} meanings[] = {
    {"NSF", "extras of its maker"},
    {"CSI", "its number or name"},
    {"DIS", "what it can do"},
    {"TSI", "the sender's number or name"},
    {"SUB", "subaddress"},
    {"CIG", "the number or name of who polls"},
    {"SEP", "which document is wanted"},
    {"DTC", "send me your document"},
    {"SID", "the sender's identity"},
    {"PWD", "password"},
    {"NSS", "extras of its maker are used"},
    {"DCS", "what will be used, and a training signal"},
    {"SMALLER", "pages go in fewer pixels: it takes no such"},
    {"CFR", "the training was heard: send"},
    {"FTT", "the training failed"},
    {"CTC", "goes on, slower, with what was lost"},
    {"CTR", "goes on so"},
    {"MPS", "end of page, another one comes"},
    {"EOM", "end of page, another document comes"},
    {"EOP", "end of the last page"},
    {"PPS-NULL", "part of a page is through"},
    {"PPS-MPS", "page is through, another one comes"},
    {"PPS-EOM", "page is through, another document comes"},
    {"PPS-EOP", "the last page is through"},
    {"MCF", "page is there"},
    {"PPR", "parts are missing: again"},
    {"RTP", "page is there, but train anew"},
    {"RTN", "page is bad"},
    {"PIP", "page is there; a person wants to speak"},
    {"PIN", "page is bad; a person wants to speak"},
    {"RNR", "wait"},
    {"RR", "ready now?"},
    {"EOR-NULL", "gives the missing parts up"},
    {"EOR-MPS", "gives the missing parts up"},
    {"EOR-EOM", "gives the missing parts up"},
    {"EOR-EOP", "gives the missing parts up"},
    {"ERR", "so be it"},
    {"CRP", "say that again"},
    {"DCN", "goodbye"},
    {"INVITE", "SIP: asks for a call"},
    {"re-INVITE", "SIP: wants other media, or says that it is still there"},
    {"ACK", "SIP: has heard the answer"},
    {"CANCEL", "SIP: gives the call up"},
    {"BYE", "SIP: hangs up"},
    {"PRACK", "SIP: has heard the ringing"},
    {"UPDATE", "SIP: says that it is still there"},
    {"REFER", "SIP: wants the call handed on"},
    {"NOTIFY", "SIP: tells how handing on went"},
};

static const char *meaning(const char *frame)
{
    if (char_is_digit(*frame))
        return "SIP:";
    for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
        if (str_equal(frame, meanings[i].frame))
            return meanings[i].means;
    return str_starts(frame, "V.") ? "training, or an image, with that modem and rate" : "";
}

/* A line of model/call_trace.h; of T.30, more after the frame is what it says, or why we did not listen. The
 * call begins at first_ms. */
static void print_step(const char *line, long long first_ms)
{
    char *end, frame[16] = "";
    long long ms = strtoll(line, &end, 10) - first_ms;
    bool ours = str_starts(end, " > ");
    const char *rest = strlen(end) > 3 ? end + 3 : "";
    bool sip = str_starts(rest, CALL_TRACE_SIP);
    rest += sip ? strlen(CALL_TRACE_SIP) : 0;
    size_t len = strcspn(rest, " ");
    (void)snprintf(frame, sizeof(frame), "%.*s", (int)(len < sizeof(frame) ? len : sizeof(frame) - 1), rest);
    const char *words = rest[len] ? rest + len + 1 : "", *means = sip || !*words ? meaning(frame) : "";
    (void)printf("  %8.3f s  %-9s %s %9s   %s%s%s\n", (double)ms / 1000.0, ours ? frame : "",
                 ours ? "-->" : "<--", ours ? "" : frame, means,
                 !*means || !*words      ? ""
                 : char_is_digit(*frame) ? " "
                                         : ", ",
                 words);
}

static void print_call(const json_t *call)
{
    char when[RESOURCE_TIME_LEN];
    const char *mode = json_text(call, "mode"), *they = json_text(call, "station_id");
    const json_t *outcome = json_object_get(call, "outcome");
    (void)printf("%s call at %s over %s%s\n",
                 str_equal(json_text(call, "direction"), "in") ? "incoming" : "outgoing",
                 resource_time(call, "started_ms", when), json_text(call, "trunk"),
                 str_equal(mode, "t38")     ? ", T.38"
                 : str_equal(mode, "audio") ? ", G.711"
                                            : "");
    SCOPED_FREE char *trace = strdup(json_text(call, "trace"));
    long long first_ms = trace ? strtoll(trace, NULL, 10) : 0;
    if (trace == NULL || *trace == 0)
        (void)printf("  nothing was said\n");
    else
        (void)printf("              %-9s     %9s\n", "we", *they ? they : "they");
    for (char *next = trace, *line; next != NULL && (line = strsep(&next, "\n")) != NULL;)
        if (*line)
            print_step(line, first_ms);
    if (*json_text(outcome, "text"))
        (void)printf("  %s (%s)\n", json_text(outcome, "text"), json_text(outcome, "code"));
}

static int trace_call(struct api *api, const char *id)
{
    char path[64];
    (void)str_format(path, sizeof(path), "calls/%.36s", id);
    return resource_show(api, path, false, print_call);
}

/* The calls of a job or fax, one after the other. */
static int trace_all(struct api *api, const json_t *owner)
{
    const json_t *calls = json_object_get(owner, "attempts");
    int status = EXIT_DONE;
    if (json_array_size(calls) == 0)
        (void)printf("Nobody was called yet.\n");
    for (size_t i = 0; status == EXIT_DONE && i < json_array_size(calls); i++)
        status = trace_call(api, json_text(json_array_get(calls, i), "id"));
    return status;
}

int run_trace(const struct arguments *a)
{
    static const char *const owners[] = {"jobs", "faxes", NULL};
    struct api api;
    struct id id;
    size_t which;
    SCOPED_ANSWER struct api_answer answer = {0};
    int status = resource_id(a->operands[0], "`faxpost status` shows those of faxes under way", &id);
    if (status == EXIT_DONE)
        status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    status = resource_find(&api, owners, id, "job or fax", &which, &answer);
    if (status == EXIT_DONE)
        status = trace_all(&api, answer.body);
    api_close(&api);
    return status;
}

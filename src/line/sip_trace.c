/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "line/agent.h"
#include "model/call_trace.h"

static PRINTF_LIKE(3, 4) void note(struct sip_trace *t, bool ours, const char *format, ...)
{
    va_list args;
    if (t->count == SIP_TRACE_STEPS) {
        size_t from = SIP_TRACE_STEPS - SIP_TRACE_TAIL;
        memmove(&t->steps[from], &t->steps[from + 1], (SIP_TRACE_TAIL - 1) * sizeof(t->steps[0]));
        t->count--;
        t->left_out++;
    }
    t->steps[t->count].at_ms = clock_mono_ms();
    t->steps[t->count].ours = ours;
    va_start(args, format);
    (void)vsnprintf(t->steps[t->count].text, SIP_TRACE_TEXT_LEN, format, args);
    va_end(args);
    t->count++;
}

/* " audio", " T.38", with SRTP or without: each stream that is not refused (RFC 3264 §6), in a word of ours.
 */
static void add_media(char words[SIP_TRACE_TEXT_LEN], struct span line)
{
    static const struct {
        const char *begins, *word;
    } kinds[] = {{"m=audio ", "audio"}, {"m=image ", "T.38"}};
    char text[64], had[SIP_TRACE_TEXT_LEN];
    (void)str_copy_span(text, sizeof(text), line);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        size_t len = strlen(kinds[i].begins);
        if (!str_starts(text, kinds[i].begins) || strtol(text + len, NULL, 10) <= 0)
            continue;
        (void)str_copy(had, sizeof(had), words);
        (void)str_format(words, SIP_TRACE_TEXT_LEN, "%s %s%s", had, kinds[i].word,
                         strstr(text, "RTP/SAVP") ? " (SRTP)" : "");
    }
}

static void media_words(struct span body, char words[SIP_TRACE_TEXT_LEN])
{
    const uint8_t *at = body.data, *end = at ? at + body.len : at;
    words[0] = 0;
    while (at < end && strlen(words) < SIP_TRACE_TEXT_LEN / 2) {
        const uint8_t *feed = memchr(at, '\n', (size_t)(end - at));
        size_t len = feed ? (size_t)(feed - at) : (size_t)(end - at);
        add_media(words, span_of(at, len));
        at += len + (feed != NULL);
    }
}

void sip_trace_request(struct sip_trace *t, const char *method, struct span body)
{
    char media[SIP_TRACE_TEXT_LEN];
    media_words(body, media);
    note(t, true, "%s%s", method, media);
}

static const char *phrase_of(int status)
{
    const char *phrase = sip_status_phrase(status);
    return phrase ? phrase : "";
}

static void note_answer(struct sip_trace *t, bool ours, int status, struct span body)
{
    char media[SIP_TRACE_TEXT_LEN];
    media_words(body, media);
    note(t, ours, "%d %s%s%s", status, phrase_of(status), media[0] ? "," : "", media);
}

void sip_trace_answer(struct sip_trace *t, int status, struct span body)
{
    note_answer(t, true, status, body);
}

static struct span body_of(const sip_t *sip)
{
    const sip_payload_t *body = sip ? sip->sip_payload : NULL;
    return body && body->pl_data ? span_of(body->pl_data, body->pl_len) : span_of(NULL, 0);
}

/* Why the telephone network let the call go, where it says so (RFC 3326, Q.850). */
static unsigned cause_of(const sip_t *sip)
{
    const sip_reason_t *r = sip ? sip->sip_reason : NULL;
    uint64_t cause;
    bool told = r && r->re_protocol && str_equal_nocase(r->re_protocol, "Q.850") && r->re_cause &&
                str_to_u64(r->re_cause, 127, &cause);
    return told ? (unsigned)cause : 0;
}

static void add_cause(struct sip_trace *t, const sip_t *sip)
{
    unsigned cause = cause_of(sip);
    char had[SIP_TRACE_TEXT_LEN];
    if (cause == 0)
        return;
    (void)str_copy(had, sizeof(had), t->steps[t->count - 1].text);
    (void)str_format(t->steps[t->count - 1].text, SIP_TRACE_TEXT_LEN, "%s (Q.850 cause %u)", had, cause);
}

/* The ones that a call has; what else comes is refused by sofia and no step of a call. answer: sofia's own.
 */
static const struct {
    nua_event_t event;
    bool theirs;
    const char *method;
    int answer;
} kinds[] = {
    {nua_i_invite, true, "INVITE", 0},  {nua_i_ack, true, "ACK", 0},
    {nua_i_bye, true, "BYE", 200},      {nua_i_cancel, true, "CANCEL", 487},
    {nua_i_prack, true, "PRACK", 200},  {nua_i_notify, true, "NOTIFY", 200},
    {nua_r_invite, false, "INVITE", 0}, {nua_r_bye, false, "BYE", 0},
    {nua_r_method, false, "BYE", 0},    {nua_r_cancel, false, "CANCEL", 0},
    {nua_r_update, false, "UPDATE", 0}, {nua_r_refer, false, "REFER", 0},
};

static void note_request(struct sip_trace *t, const char *method, const sip_t *sip)
{
    char media[SIP_TRACE_TEXT_LEN];
    bool again = t->answered_ms && str_equal(method, "INVITE");
    media_words(body_of(sip), media);
    note(t, false, "%s%s%s", again ? "re-" : "", method, media);
    add_cause(t, sip);
}

void sip_trace_event(struct sip_trace *t, nua_event_t event, int status, const sip_t *sip)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (kinds[i].event != event)
            continue;
        bool came = sip && (kinds[i].theirs || (sip->sip_flags & MSG_FLG_COMPLETE));
        if (kinds[i].theirs && came) {
            note_request(t, kinds[i].method, sip);
            int answer = kinds[i].answer ? kinds[i].answer : status >= 300 ? status : 0;
            if (answer)
                note_answer(t, true, answer, span_of(NULL, 0));
        } else if (!kinds[i].theirs && came && status >= 100) {
            note_answer(t, false, status, body_of(sip));
            add_cause(t, sip);
        } else if (!kinds[i].theirs && !came && status >= 300) {
            note(t, false, "none no answer to %s came", kinds[i].method);
        }
    }
}

void sip_trace_answered(struct sip_trace *t)
{
    if (!t->answered_ms)
        t->answered_ms = clock_mono_ms();
}

void sip_trace_format(const struct sip_trace *t, struct buf *to)
{
    int64_t from = t->answered_ms ? t->answered_ms : t->count > 0 ? t->steps[0].at_ms : 0;
    for (unsigned i = 0; i < t->count; i++) {
        bool gap = t->left_out > 0 && i == SIP_TRACE_STEPS - SIP_TRACE_TAIL;
        (void)buf_printf(to, "%lld %s " CALL_TRACE_SIP "%s%s\n", (long long)(t->steps[i].at_ms - from),
                         t->steps[i].ours ? ">" : "<", t->steps[i].text,
                         gap ? " (some before it are left out)" : "");
    }
}

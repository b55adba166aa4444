/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What was said in SIP during a call, for people who look for a fault: methods, statuses, what kind of media
 * they were about, and when. Nothing that a header or a body says word for word: no number, address, password
 * or key. Bounded: of a long call the beginning and the end. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum { SIP_TRACE_STEPS = 48, SIP_TRACE_TAIL = 12, SIP_TRACE_TEXT_LEN = 72 };

struct sip_trace {
    struct {
        int64_t at_ms; /* clock_mono_ms */
        bool ours;
        char text[SIP_TRACE_TEXT_LEN];
    } steps[SIP_TRACE_STEPS];
    unsigned count;
    unsigned left_out;   /* between the beginning and the last SIP_TRACE_TAIL */
    int64_t answered_ms; /* 0: it was not */
};

/* A request of ours leaves. body: its session description, or empty. */
void sip_trace_request(struct sip_trace *t, const char *method, struct span body);
/* An answer of ours. */
void sip_trace_answer(struct sip_trace *t, int status, struct span body);
/* From now on the milliseconds count; a second time nothing happens. */
void sip_trace_answered(struct sip_trace *t);

/* Appends lines as model/call_trace.h has them. */
void sip_trace_format(const struct sip_trace *t, struct buf *to);

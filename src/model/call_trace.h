/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What was said in a call, a line each: "MILLISECONDS > WHAT words", ">" by us, "<" by them. The milliseconds
 * count from the answer, so what came before it has negative ones. A frame of T.30 has its name; what was
 * said in SIP is "sip:" and a method or status ("sip:INVITE audio", "sip:486 Busy Here"). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"

/* That of T.30 and that of SIP: two processes write them. */
enum { CALL_TRACE_MAX = 32768, CALL_TRACE_SIP_MAX = 8192 };

#define CALL_TRACE_SIP "sip:"

/* Appends the lines of both, each in the order of time, in the order of time; at the same moment those of
 * `a` first. What is no such line is left out. False where it does not fit. */
bool call_trace_merge(struct buf *to, const char *a, const char *b) MUST_USE;
/* Does one of its lines tell of SIP? */
bool call_trace_has_sip(const char *trace);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* PostgreSQL cannot be reached, or takes too long: what whoever asks is told meanwhile. */
#pragma once

#include "base/buf.h"

struct request;

/* 503, with when to try again. */
void away_reply(struct request *r);
/* The same as bytes of HTTP/1.1, for who cannot be answered another way any more: this process ends. */
void away_answer(struct buf *to);
/* 503: it was there, and took too long for this one question. */
void away_reply_slow(struct request *r);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The codes of a user's authenticator (proto/totp.h), beside his password. */
#pragma once

#include "model/id.h"

#include "base/attr.h"

struct queue;

enum factor { FACTOR_NONE /* he has no authenticator */, FACTOR_RIGHT, FACTOR_MISSING, FACTOR_WRONG };

/* A right code is used up by that. */
enum factor factor_judge(struct queue *q, struct id user, const char *code) MUST_USE;

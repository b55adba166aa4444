/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Silence towards strangers while they send too much: a kernel filter on our SIP sockets lets only the
 * trunks' addresses through, so that neither answers nor memory are spent (D8). sofia has no way to drop a
 * request. */
#pragma once

#include <stdbool.h>

#include "base/endpoint.h"
#include "line/trunk.h"

/* Puts the filter on every UDP and listening TCP socket of this process that is bound to the endpoint's port
 * and family; replaces an earlier one. False where the kernel refuses, or no socket is found. */
bool shield_raise(const struct endpoint *listener, const struct trunks *trunks);
void shield_lower(const struct endpoint *listener);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The end of a process that found a bug in itself. Everything that must survive is in the store; the parent
 * starts the role again. Never for bad input, never for a full disk or a lost peer. */
#pragma once

#include "base/attr.h"

/* Logs the text and aborts (core dump where the system keeps them). */
void panic(const char *format, ...) PRINTF_LIKE(1, 2) NORETURN;

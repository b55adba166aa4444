/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a directory said last, kept for the alarms: "MOMENT TAB CODE TAB TEXT", CODE "" where all was well. */
#pragma once

#include "base/arena.h"

const char *directory_state_key(struct arena *a, const char *directory);

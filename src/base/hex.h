/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Bytes as lower-case hexadecimal text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

void hex_format(const uint8_t *data, size_t len, char *text); /* text holds 2 * len + 1 */
/* Exactly 2 * len digits of either case, else false and data is undefined. */
bool hex_parse(const char *text, uint8_t *data, size_t len) MUST_USE;

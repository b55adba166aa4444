/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Random bytes from the kernel; good enough for keys, tokens and ids. */
#pragma once

#include <stddef.h>
#include <stdint.h>

void rand_bytes(void *to, size_t len);
uint32_t rand_below(uint32_t bound); /* 0 <= n < bound, without bias; bound > 0 */

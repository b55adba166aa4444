/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Compiler attributes and small macros, so that the rest of the tree reads as plain C. */
#pragma once

#include <stddef.h>

/* The caller has to look at the result: errno-style ints and owned pointers. */
#define MUST_USE          __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define NORETURN          __attribute__((noreturn))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The struct that embeds `member` at `ptr`. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

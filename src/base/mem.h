/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Heap memory that cannot fail: where the system has none left, the process ends (panic) and its parent
 * starts it again. A size that comes from outside must be bounded by the caller before it gets here. */
#pragma once

#include "base/attr.h"

void *mem_alloc(size_t size) MUST_USE;                /* not cleared */
void *mem_zalloc(size_t size) MUST_USE;               /* cleared */
void *mem_resize(void *old, size_t size) MUST_USE;    /* old may be NULL */
char *mem_strdup(const char *text) MUST_USE;          /* NULL gives NULL */
void *mem_dup(const void *data, size_t len) MUST_USE; /* len 0 gives a valid one-byte block */
void mem_free_secret(char **text); /* overwrites it first, and sets it to NULL; NULL is fine */

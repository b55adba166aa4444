/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#include "base/panic.h"

static void *checked(void *block, size_t size)
{
    if (!block)
        panic("out of memory (%zu bytes)", size);
    return block;
}

void *mem_alloc(size_t size)
{
    return checked(malloc(size ? size : 1), size);
}

void *mem_zalloc(size_t size)
{
    return checked(calloc(1, size ? size : 1), size);
}

void *mem_resize(void *old, size_t size)
{
    return checked(realloc(old, size ? size : 1), size);
}

void *mem_dup(const void *data, size_t len)
{
    void *copy = mem_alloc(len);
    if (len > 0)
        memcpy(copy, data, len);
    return copy;
}

char *mem_strdup(const char *text)
{
    return text ? mem_dup(text, strlen(text) + 1) : NULL;
}

void mem_free_secret(char **text)
{
    if (*text)
        explicit_bzero(*text, strlen(*text));
    free(*text);
    *text = NULL;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Values of provisioning as somebody gives them: read by the rules of their fields, completed, and what is
 * wrong with them. */
#pragma once

#include "queue/provision_fields.h"

/* A PIN has a few thousand values: no cost keeps them from who has the store, and the limit of wrong ones
 * keeps them from everybody else. So the cost is one the queue can bear for each mail: 3 ms
 * and 4 MB; a hash that costs more or less is not taken. */
enum { PIN_HASH_PASSES = 2, PIN_HASH_BYTES = 4 << 20 };

/* Where errors are collected: {"path", "text"} each. More than PROVISION_ERRORS_MAX are counted only. */
enum { PROVISION_ERRORS_MAX = 50, PROVISION_PATH_LEN = 200 };

struct provision_errors {
    json_t *list;
    size_t count;
    json_t *warnings; /* the same; what is taken all the same. NULL: nobody wants them */
};

void provision_error(struct provision_errors *e, const char *path, const char *format, ...) PRINTF_LIKE(3, 4);
void provision_warning(struct provision_errors *e, const char *path, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The entry with every given value in its stored form; what is wrong becomes an error and is left out. A new
 * reference. "absent" is the caller's. A plain password or PIN becomes {"plain": text}. */
json_t *provision_read(enum provision_kind kind, const json_t *entry, const char *path,
                       struct provision_errors *errors) MUST_USE;
/* "a b" -> ["a", "b"]; a new reference. */
json_t *words_json(const char *words) MUST_USE;

/* Gives a new entry its defaults; what it has to give itself and did not becomes an error. */
void provision_complete(enum provision_kind kind, json_t *entry, const char *path,
                        struct provision_errors *errors);

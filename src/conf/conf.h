/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The configuration file, read once at start. Rows of keys.def become fields of the same name. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "base/attr.h"
#include "base/endpoint.h"
#include "base/log.h"

/* The whole range of media ports, and of processes as many as a machine bears beside each other. */
enum { CONF_CALLS_MAX = 4000, CONF_CALL_PROCESSES_MAX = 1000, CONF_WEB_PROCESSES_MAX = 16 };
enum { CONF_ENDPOINTS_MAX = 8, CONF_ERROR_LEN = 600, CONF_BYTES_MAX = 65536 };

struct conf_endpoints {
    struct endpoint list[CONF_ENDPOINTS_MAX];
    unsigned count;
};

struct conf {
#define TEXT(name, standard, help)                char *name;
#define NUMBER(name, standard, least, most, help) uint64_t name;
#define ENDPOINTS(name, standard, help)           struct conf_endpoints name;
#include "conf/keys.def"
};

/* text: the whole file; file_name: for errors, which say "file:line: what is wrong and what would be right".
 * 0, or EINVAL with the error text. conf_clear is needed in both cases. */
int conf_parse(struct conf *c, const char *text, const char *file_name, char error[CONF_ERROR_LEN]) MUST_USE;
void conf_clear(struct conf *c);

/* Every key with its help and value in force, in the file's own syntax. */
void conf_print(const struct conf *c, FILE *to);

enum log_level conf_log_level(const struct conf *c);
unsigned conf_web_processes(const struct conf *c);

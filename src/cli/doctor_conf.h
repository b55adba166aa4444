/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What faxpost.conf names, held against this machine: its certificate, accounts and ports. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct doctor_conf_sight {
    const char *state_dir;
    const char *conf;      /* the file; NULL: the standard one, where it is of that state directory */
    bool answers;          /* the server does; it holds its ports then */
    const char *host_name; /* by which others know it; "": not known */
};

/* Adds to the results of trial.h. */
void doctor_look_at_conf(const struct doctor_conf_sight *sight, json_t *results);

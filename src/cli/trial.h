/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What `faxpost test` and `faxpost doctor` share: what was looked at, how it is, in words. */
#pragma once

#include "cli/api.h"
#include "cli/command.h"

/* Adds {"test", "ok", "text"}. */
void trial_note(json_t *results, const char *name, bool ok, const char *text);
/* Processes, trunks, mail server, places of the archive and alarms of the running server. EXIT_DONE, whatever
 * was found; else it does not answer, and the complaint is made. whole: its settings, the caller's. */
int trial_of_server(struct api *api, json_t *results, json_t **whole) MUST_USE;
/* EXIT_NOT_DELIVERED where one is not well. Prints them where the caller wants no JSON. */
int trial_print(const json_t *results, bool as_json);

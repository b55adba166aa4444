/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The list of public suffixes ("co.uk": below it everybody is a stranger to everybody). */
#pragma once

#include <stdbool.h>

/* Reads the newest list there is, once, before the role is shut in. */
void suffix_load(void);
/* domain: lower case. Without a list: where it has no dot. */
bool suffix_is_public(const char *domain);

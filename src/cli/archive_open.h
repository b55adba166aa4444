/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost archive open: a file of an encrypted place and the place's key become the fax, without any server.
 */
#pragma once

#include "cli/command.h"

/* An exit status; the complaint is made. The file that it makes is there only where all of it was proven. */
int archive_open(const struct arguments *a) MUST_USE;

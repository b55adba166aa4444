/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Programs of ours that the client is not linked with: they lie beside it, or where they were installed. */
#pragma once

/* words: the program and its arguments, ended by NULL. Comes back where it cannot be started, with an exit
 * status; the complaint is made. */
int start_program(const char *const *words);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Accept-Language (RFC 9110 §12.5.4): which of the languages that we have somebody wants to read. Pure. */
#pragma once

/* header: "de-CH, de;q=0.9, en;q=0.5". have: ended by NULL. The one that is wanted most, of `have`; NULL
 * where none of them is, or nothing is said of any. */
const char *accept_language(const char *header, const char *const *have);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keys that mails are signed with (DKIM). One a domain signs (`active`); what was made before it stays until
 * it is removed, for mails on their way are verified with it. What an entry leaves out is made here: the
 * selector of the day, a key pair, the record that the DNS has to hold. */
#pragma once

#include "provision/fields.h"

/* keys: all there are. Gives the entry the selector that it leaves out: of a domain's only key where it is to
 * go or a key is given for it, else a new one. */
void provision_dkim_name(const json_t *keys, json_t *entry, bool absent);
/* Before a new entry is completed, or laid over the stored one. A pair is made in about 0.1 s in which calls
 * wait. */
void provision_dkim_prepare(const json_t *keys, json_t *entry, const json_t *stored, const char *path,
                            struct provision_errors *errors);
/* "fax2026._domainkey.example.com": where the record stands, and the key's id in the API. A new reference. */
json_t *provision_dkim_id(const char *domain, const char *selector) MUST_USE;

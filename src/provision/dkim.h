/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keys that mails are signed with (DKIM). One a domain signs (`active`); what was made before it stays until
 * it is removed, for mails on their way are verified with it. What an entry leaves out is made here: the
 * selector of the day, a key pair, the record that the DNS has to hold. */
#pragma once

#include "provision/fields.h"

/* keys: all there are. Gives an entry of a file the selector that it leaves out: of the domain's key that
 * signs, so that the same file applied again changes nothing; a new one where the domain has no key. What is
 * to go has to be the only one. */
void provision_dkim_name(const json_t *keys, json_t *entry, bool absent, const char *path,
                         struct provision_errors *errors);
/* The same of an entry that is a further one in any case. */
void provision_dkim_name_new(const json_t *keys, json_t *entry);
/* Before a new entry is completed, or laid over the stored one. A pair is made in about 0.1 s in which calls
 * wait. */
void provision_dkim_prepare(const json_t *keys, json_t *entry, const json_t *stored, const char *path,
                            struct provision_errors *errors);
/* "fax2026._domainkey.example.com": where the record stands, and the key's id in the API. A new reference. */
json_t *provision_dkim_id(const char *domain, const char *selector) MUST_USE;

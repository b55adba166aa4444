/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Is an account of a directory locked? Each maker says it in words of his own, and none of them in the filter
 * that finds people. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum { LDAP_ACCOUNT_ATTRIBUTES = 8 };

/* What has to be asked for. */
extern const char *const ldap_account_attributes[LDAP_ACCOUNT_ATTRIBUTES];

/* Does this value of that attribute lock its account now? What cannot be read does not. now_ms: since 1970.
 * Active Directory (MS-ADTS §2.2.16, §2.2.17), OpenLDAP (draft-behera-ldap-password-policy §5.3.3), 389
 * Directory Server and FreeIPA (nsAccountLock), eDirectory (loginDisabled), RFC 2307 (shadowExpire), Samba.
 */
bool ldap_account_is_locked_by(struct span name, struct span value, int64_t now_ms);

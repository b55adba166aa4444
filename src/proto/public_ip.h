/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Is an address one of the public Internet? What a stranger's name leads to may be anything (SSRF). */
#pragma once

#include <stdbool.h>

/* ip: text, as inet_ntop writes it. False for what is private, local, shared, multicast, reserved, or holds
 * an IPv4 address in disguise (IANA's special-purpose registries, RFC 6890), and for what is no address. */
bool ip_is_public(const char *ip);

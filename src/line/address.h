/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Endpoints as SIP and SDP write them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/endpoint.h"
#include "proto/sdp.h"

/* "192.0.2.1", "2001:db8::1", "[2001:db8::1]"; false for a name. */
bool address_of_host(const char *host, uint16_t port, struct endpoint *e) MUST_USE;
/* As a URI's host: IPv6 in brackets (RFC 3261 §25.1). */
void address_format_uri_host(const struct endpoint *e, char text[ENDPOINT_TEXT_LEN]);
bool address_is_any(const struct endpoint *e); /* 0.0.0.0 or :: */
/* Of a network that ends at somebody's NAT (RFC 1918, RFC 6598, RFC 4193), link-local or loopback. */
bool address_is_private(const struct endpoint *e);

struct sdp_address address_to_sdp(const struct endpoint *e);
/* len 0 where the SDP has no usable address. */
struct endpoint address_from_sdp(const struct sdp_address *a, uint16_t port);

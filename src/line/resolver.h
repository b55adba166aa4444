/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Addresses of the trunks that are given by name, by the system's own resolver (hosts file, DNS) in a thread
 * of its own, because that blocks. A name that cannot be looked up keeps the addresses it had. */
#pragma once

#include "base/attr.h"
#include "line/trunk.h"
#include "net/loop.h"

struct resolver;

/* Writes what it finds into *t, from the loop, and says so. */
struct resolver *resolver_new(struct loop *l, struct trunks *t, void (*on_found)(void *context),
                              void *context) MUST_USE;
/* A look-up that is still under way ends by itself, without effect. NULL is fine. */
void resolver_free(struct resolver *r);
/* Looks all names up now, and again every few minutes. */
void resolver_look_up(struct resolver *r);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Asks the DNS whether mails for our faxboxes come here, and whether it has a key of ours
 * (proto/domain_records.h), once and now. */
#pragma once

#include "net/dns_client.h"
#include "proto/domain_records.h"

enum { DOMAIN_LOOK_MS = 10 * 1000 };

struct domain_look;

/* on_done: once, never from within this call; count: of records. It has freed itself before. */
struct domain_look *
domain_look_start(struct loop *l, struct dns_client *dns, const struct domain_names *names,
                  void (*on_done)(void *context, const struct domain_record *records, size_t count),
                  void *context) MUST_USE;
/* The same of one key that signatures are verified with; count is 1. */
struct domain_look *
domain_look_start_key(struct loop *l, struct dns_client *dns, const char *name, const char *record,
                      void (*on_done)(void *context, const struct domain_record *records, size_t count),
                      void *context) MUST_USE;
void domain_look_cancel(struct domain_look *d); /* no callback; NULL is fine */

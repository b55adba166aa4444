/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Delivery into a folder of one recipient in Maildir form (tmp, new, cur): what `deliver = maildir:DIR` does
 * instead of SMTP. A mail counts as delivered once its bytes and its name are on disk; the same mail given
 * again, after a crash at whatever moment, does not become a second one. Lines end in LF there, as every
 * reader of Maildirs expects. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "model/id.h"
#include "model/outcome.h"

struct maildir_mail {
    struct id id;
    const char *sender; /* envelope; becomes Return-Path (RFC 5321 §4.4) */
    const char *recipient;
    int fd; /* read by position; stays the caller's */
    uint64_t size;
};

/* Into base/<recipient>/, which is made where it is missing (0700). Blocks for the time of three fsyncs. */
void maildir_deliver(const char *base, const struct maildir_mail *m, struct outcome *o);

/* Can that address name a folder? */
bool maildir_address_valid(const char *recipient) MUST_USE;

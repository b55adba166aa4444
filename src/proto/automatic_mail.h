/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Was this mail written by a program that answers mails: a bounce, a notice of absence? Such mail is never
 * faxed and never answered, or two programs would write to each other for ever (RFC 3834 §2). */
#pragma once

#include "base/attr.h"
#include "base/span.h"

/* head: the beginning of the mail, its header as far as it is there. By Return-Path "<>" (RFC 5321 §4.5.5)
 * and Auto-Submitted (RFC 3834 §5). */
bool mail_is_automatic(struct span head) MUST_USE;

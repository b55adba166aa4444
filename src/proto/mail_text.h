/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The words of a mail: which of them its sender wrote himself, and whether a PIN is among them (S2.9). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"

enum { PIN_DIGITS_MIN = 4, PIN_DIGITS_MAX = 12, PIN_LEN = PIN_DIGITS_MAX + 1 };

/* Appends text (UTF-8, LF) without what the sender only quotes - lines that begin with '>', the line that
 * introduces them, all below a mail program's "Original Message" - and without his signature (RFC 3676 §4.3).
 * No blank lines at either end. */
void mail_text_own(const char *text, struct buf *own);

enum mail_pin { MAIL_PIN_NONE, MAIL_PIN_ONE, MAIL_PIN_SEVERAL };

/* own: of mail_text_own. A PIN is a line of nothing but its digits, or "PIN: digits". The same one twice is
 * one. */
enum mail_pin mail_text_pin(const char *own, char pin[PIN_LEN]);
/* Appends own without the lines that hold a PIN; bare: also those of digits alone. */
void mail_text_without_pins(const char *own, bool bare, struct buf *to);

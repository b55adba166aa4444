/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which character set a text is written in, and the text as UTF-8. What its sender says is believed, but of
 * UTF-8 that he calls something with one byte a letter, and that would be no words in it (charset_words).
 * Where he says nothing, or what cannot be, it is guessed: a mark (BOM), UTF-8 where it is valid, the
 * language that he writes where that is known, else by how often letters follow each other in the languages
 * of the world (uchardet). */
#pragma once

#include "base/attr.h"
#include "base/buf.h"

enum { CHARSET_NAME_MAX = 63, CHARSET_LANGUAGE_MAX = 15 };

/* Once in a process, before it is shut in: converters are libraries, loaded when one is first asked for. */
void charset_prepare(void);

/* Takes what can be the name of one. False where it can not. */
bool charset_name(const char *said, char name[CHARSET_NAME_MAX + 1]) MUST_USE;

/* The parameter charset of a Content-Type (RFC 2045), or "". */
void charset_of_type(const char *type, char name[CHARSET_NAME_MAX + 1]);

/* What a web page says of itself in its first bytes, or "". */
void charset_of_page(struct span html, char name[CHARSET_NAME_MAX + 1]);

/* The parameter language of our own types, or "". */
void charset_language_of_type(const char *type, char language[CHARSET_LANGUAGE_MAX + 1]);

/* Appends the text without its mark. said: what its sender says, "" for nothing; language: that he writes in
 * ("pl-PL"), or his country ("PL"), which helps to guess; "" for nothing. What stands for nothing in the
 * character set becomes U+FFFD. */
void charset_to_utf8(struct span text, const char *said, const char *language, struct buf *to);

/* The same from one that iconv knows by that name. How many bytes stand for nothing; more than there are
 * where the name is unknown. */
size_t charset_convert(const char *name, struct span text, struct buf *to);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The words of the mails that Faxpost writes (S2.18, S4.11), as a text that people edit:
 *
 *   # a comment, before the first field
 *   subject: Fax to {number}{if delivered} delivered{else} not delivered{end}
 *   file: report_{time %Y-%m-%d}
 *   text:
 *   any lines
 *   html:
 *   any lines; may be left out
 *
 * {name} is a variable, {name %d.%m.%Y} a time in a form of its own, {{ a brace. {if name}, {if not name},
 * {else}, {end}: where it has a value, or has none. {each fax} ... {end}: once for each. A line that holds
 * nothing but one of these words vanishes with its line break. `file` is the attachment's name; its ending is
 * ours.
 *
 * Whatever a value holds, it stays a value: its length is bounded, a number keeps [0-9+*#A-Za-z] (S2.17), a
 * station id letters, digits and + * # ( ) -, lines have no control characters, and nothing reads as a link.
 */
#pragma once

#include "base/attr.h"
#include "base/buf.h"

enum mail_template_kind {
    MAIL_TEMPLATE_RECEIVED, /* a received fax */
    MAIL_TEMPLATE_KEPT,     /* one that no document could be made of */
    MAIL_TEMPLATE_REPORT,   /* what became of a sent fax */
    MAIL_TEMPLATE_REFUSED,  /* a mail that becomes no fax */
    MAIL_TEMPLATE_REPEATED, /* a mail that came again */
    MAIL_TEMPLATE_PREVIEW,  /* a dry run */
    MAIL_TEMPLATE_DELAYED,  /* a fax that takes long */
    MAIL_TEMPLATE_CONTROL,  /* what became of a command that answered a mail */
    MAIL_TEMPLATE_PASSWORD, /* a code for a first or new password */
    MAIL_TEMPLATE_COVER,    /* no mail: the cover page of a fax; its subject is the title */
    MAIL_TEMPLATE_KINDS
};

/* A cover page may hold a logo (`<img src="data:image/png;base64,...">`). */
enum { MAIL_TEMPLATE_MAX = 16384, MAIL_TEMPLATE_COVER_MAX = 49152, MAIL_TEMPLATE_FILE_MAX = 150 };

extern const char *const mail_template_languages[]; /* shipped; ended by NULL */

/* A tenant may have further cover pages: "cover-" and a word of [a-z0-9-] that senders choose it by. */
#define MAIL_TEMPLATE_COVER_PREFIX "cover-"
enum { MAIL_TEMPLATE_COVER_NAME_MAX = 40 };

const char *mail_template_name(enum mail_template_kind kind);
bool mail_template_kind_parse(const char *name, enum mail_template_kind *kind) MUST_USE;
/* Can a cover page be called so? Not what says that there is none, or the usual one. */
bool mail_template_cover_name_good(const char *name) MUST_USE;
/* Most bytes of such a template. */
size_t mail_template_most(enum mail_template_kind kind);
const char *mail_template_help(enum mail_template_kind kind); /* when this mail is written */

/* ---- variables ---- */

enum mail_template_class {
    TEMPLATE_NUMBER,  /* [0-9+*#A-Za-z] */
    TEMPLATE_STATION, /* what a machine or a person wrote as a number; also blanks ( ) - */
    TEMPLATE_LINE,
    TEMPLATE_LINES,
    TEMPLATE_TIME,
    TEMPLATE_FLAG,  /* {if name} */
    TEMPLATE_LINK,  /* of ours alone: it may be followed */
    TEMPLATE_IMAGE, /* the src of an <img>, of ours alone; nothing in a text */
};

struct mail_template_variable {
    const char *name; /* NULL ends a list */
    enum mail_template_class class;
    unsigned most;       /* bytes; what is longer is cut */
    bool of_each;        /* of each fax; outside of {each fax} the first one's */
    const char *example; /* of a preview */
    const char *help;
};

const struct mail_template_variable *mail_template_variables(enum mail_template_kind kind);

struct mail_template_time {
    int year, month, day, hour, minute, second; /* as people count them */
};

struct mail_template_value {
    const char *name;
    const char *text; /* "" or "0": it has none */
    struct mail_template_time time;
};

struct mail_template_values {
    const struct mail_template_value *list;
    size_t count;
    const struct mail_template_values *each; /* {each fax} */
    size_t each_count;
};

/* ---- reading ---- */

struct mail_template_error {
    unsigned line; /* from 1 */
    char text[300];
};

/* text: any bytes up to a NUL. False: what is wrong, and where. */
bool mail_template_check(enum mail_template_kind kind, const char *text,
                         struct mail_template_error *error) MUST_USE;

/* A mail made of a template. subject: one line; file: "" where there is none; text, html: LF; html is empty
 * where the template has none. */
struct mail_words {
    struct buf subject, file, text, html;
};

/* False where the template does not pass the check or the words do not fit. mail_words_clear in any case. */
bool mail_template_fill(enum mail_template_kind kind, const char *text,
                        const struct mail_template_values *values, struct mail_words *words) MUST_USE;
void mail_words_clear(struct mail_words *words);
/* With the examples of the variables. */
bool mail_template_preview(enum mail_template_kind kind, const char *text, struct mail_words *words) MUST_USE;

/* ---- as shipped ---- */

/* language: any; English where we have none of it. */
const char *mail_template_shipped(enum mail_template_kind kind, const char *language, bool neutral);

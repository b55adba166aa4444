/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is wanted of a document's pages, and what is noticed on them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "convert/charset.h"
#include "convert/paper.h"
#include "convert/sniff.h"
#include "model/page.h"

struct render_opts {
    const char *name;                /* the document's, for the reason in an outcome; may be "" */
    enum page_resolution resolution; /* a fax TIFF of a lower one keeps its own */
    enum paper paper;
    unsigned pages_max;                      /* more are refused */
    char charset[CHARSET_NAME_MAX + 1];      /* of plain text and web pages, as their sender says it; "" */
    char language[CHARSET_LANGUAGE_MAX + 1]; /* that its sender writes, or his country; "" */
    enum document_kind known;                /* DOCUMENT_EMPTY: what its bytes say */
    bool cover;                              /* of ours: a letter that no font has stops no fax */
    struct original *original;               /* one page as it is (original.h), and no fax pages; else NULL */
};

/* Pages, from 1, with text that nobody will read at their resolution. */
enum { SMALL_PAGES_MAX = 50, SMALL_TEXT_STANDARD_PT = 6, SMALL_TEXT_FINE_PT = 4 };
struct small_text {
    uint16_t pages[SMALL_PAGES_MAX];
    size_t count;
};

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Bytes to lines that end with LF or CR LF, of bounded length. */
#pragma once

#include "base/buf.h"

struct line_reader {
    struct buf line; /* without its end; NUL-terminated by buf_text */
    bool complete;
};

enum line_step {
    LINE_MORE,
    LINE_COMPLETE, /* `line` holds it until the next feed */
    LINE_BAD,      /* too long, or with a NUL in it */
};

void line_reader_init(struct line_reader *r, size_t longest);
void line_reader_clear(struct line_reader *r); /* frees; may be used again */
/* Takes from the front of in. */
enum line_step line_reader_feed(struct line_reader *r, struct span *in);

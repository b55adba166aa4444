/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/document_title.h"

#include <string.h>

#include "base/str.h"

void document_title(char to[DOCUMENT_TITLE_LEN], const char *name)
{
    enum { SHOWN_MAX = 80 };
    size_t len = strlen(name);
    bool cut = len > SHOWN_MAX;
    if (cut)
        for (len = SHOWN_MAX; len > 0 && (name[len] & 0xc0) == 0x80;)
            len--;
    if (len == 0)
        (void)str_copy(to, DOCUMENT_TITLE_LEN, "The document");
    else
        (void)str_format(to, DOCUMENT_TITLE_LEN, "\"%.*s%s\"", (int)len, name, cut ? "…" : "");
}

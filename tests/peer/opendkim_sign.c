/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* opendkim-sign DOMAIN SELECTOR KEYFILE HEADER-FORM BODY-FORM < mail > signed: by libopendkim, which signs a
 * good part of the world's mail. Forms: simple or relaxed. The mail's lines end with CR LF. */
#include <stdbool.h> /* opendkim's header wants it first */
#include <sys/types.h>

#include <opendkim/dkim.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"

enum { MAIL_MAX = 64 << 20, ARGUMENTS = 6, FIELD_MAX = 8192 };

static dkim_canon_t form_of(const char *word)
{
    return str_equal(word, "relaxed") ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE;
}

int main(int argc, char **argv)
{
    struct buf mail, key;
    DKIM_STAT status = DKIM_STAT_OK;
    unsigned char field[FIELD_MAX];
    buf_init(&mail, MAIL_MAX);
    buf_init(&key, MAIL_MAX);
    FILE *file = argc == ARGUMENTS ? fopen(argv[3], "r") : NULL;
    if (!file || fd_read_rest(fileno(file), &key) != 0 || fd_read_rest(STDIN_FILENO, &mail) != 0)
        return EXIT_FAILURE;
    (void)fclose(file);
    DKIM_LIB *lib = dkim_init(NULL, NULL);
    DKIM *d = dkim_sign(lib, (const unsigned char *)"test", NULL, (dkim_sigkey_t)(uintptr_t)buf_text(&key),
                        (const unsigned char *)argv[2], (const unsigned char *)argv[1], form_of(argv[4]),
                        form_of(argv[5]), DKIM_SIGN_RSASHA256, -1, &status);
    if (!d || dkim_chunk(d, mail.data, mail.len) != DKIM_STAT_OK || dkim_chunk(d, NULL, 0) != DKIM_STAT_OK ||
        dkim_eom(d, NULL) != DKIM_STAT_OK ||
        dkim_getsighdr(d, field, sizeof(field), strlen("DKIM-Signature: ")) != DKIM_STAT_OK) {
        (void)fprintf(stderr, "opendkim does not sign: %s\n", d && dkim_geterror(d) ? dkim_geterror(d) : "");
        return EXIT_FAILURE;
    }
    (void)printf("DKIM-Signature: %s\r\n", (const char *)field);
    bool written = fwrite(mail.data, 1, mail.len, stdout) == mail.len;
    dkim_free(d);
    dkim_close(lib);
    buf_clear(&mail);
    buf_clear(&key);
    return written ? EXIT_SUCCESS : EXIT_FAILURE;
}

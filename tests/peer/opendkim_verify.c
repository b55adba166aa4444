/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* opendkim-verify KEYS < mail: does libopendkim believe the mail's signature? KEYS: lines of
 * "selector._domainkey.domain text of the DNS". Says "pass domain", or why not. */
#include <stdbool.h> /* opendkim's header wants it first */
#include <sys/types.h>

#include <opendkim/dkim.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

enum { MAIL_MAX = 64 << 20 };

int main(int argc, char **argv)
{
    struct buf mail;
    DKIM_STAT status;
    dkim_query_t by_file = DKIM_QUERY_FILE;
    buf_init(&mail, MAIL_MAX);
    if (argc != 2 || fd_read_rest(STDIN_FILENO, &mail) != 0)
        return EXIT_FAILURE;
    DKIM_LIB *lib = dkim_init(NULL, NULL);
    (void)dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_QUERYMETHOD, &by_file, sizeof(by_file));
    (void)dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_QUERYINFO, argv[1], strlen(argv[1]) + 1);
    DKIM *d = dkim_verify(lib, (const unsigned char *)"test", NULL, &status);
    if (d)
        status = dkim_chunk(d, mail.data, mail.len);
    if (d && status == DKIM_STAT_OK)
        status = dkim_chunk(d, NULL, 0);
    if (d && status == DKIM_STAT_OK)
        status = dkim_eom(d, NULL);
    DKIM_SIGINFO *sig = d ? dkim_getsignature(d) : NULL;
    bool pass = status == DKIM_STAT_OK && sig && (dkim_sig_getflags(sig) & DKIM_SIGFLAG_PASSED) &&
                dkim_sig_getbh(sig) == DKIM_SIGBH_MATCH;
    (void)printf("%s %s\n", pass ? "pass" : dkim_getresultstr(status),
                 sig ? (const char *)dkim_sig_getdomain(sig) : "no signature");
    if (d)
        (void)dkim_free(d);
    dkim_close(lib);
    buf_clear(&mail);
    return pass ? EXIT_SUCCESS : EXIT_FAILURE;
}

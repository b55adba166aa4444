/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/line_tls.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/scope.h"
#include "net/tls_lent.h"
#include "role/identity.h"

enum { PEM_MAX = 1024 * 1024 };

static const char system_authorities[] = "/etc/ssl/certs/ca-certificates.crt";

static void trust_system(void)
{
    SCOPED_BUF struct buf pem;
    buf_init(&pem, PEM_MAX);
    SCOPED_FD int fd = open(system_authorities, O_RDONLY | O_CLOEXEC);
    int error = fd < 0 ? errno : fd_read_rest(fd, &pem);
    if (error)
        log_warning(
            NULL,
            "the system's authorities cannot be read from %s: %s; install ca-certificates, or only those "
            "of sip_ca are good",
            system_authorities, strerror(error));
    else
        tls_lend_authorities(buf_span(&pem));
}

static void trust_given(struct boot *b)
{
    SCOPED_BUF struct buf pem;
    buf_init(&pem, PEM_MAX);
    if (!*b->conf.sip_ca)
        return;
    if (boot_read(b, "sip.ca", &pem))
        tls_lend_authorities(buf_span(&pem));
    else
        log_error(NULL, "the file that sip_ca names cannot be read");
}

static bool lend(const struct identity *i, const char *else_what)
{
    char error[TLS_ERROR_LEN];
    if (tls_lend(buf_span(&i->chain), buf_span(&i->key), error))
        return true;
    log_error(NULL, "our certificate cannot be used for SIP: %s; see tls_certificate and tls_key. %s", error,
              else_what);
    return false;
}

bool line_tls_open(struct boot *b)
{
    SCOPED_IDENTITY struct identity i;
    bool granted = identity_granted(b, &i);
    trust_system();
    trust_given(b);
    return granted && lend(&i, "SIP over TLS is off.");
}

void line_tls_renew(const struct msg_certificate *m)
{
    SCOPED_IDENTITY struct identity i;
    if (identity_renewed(m, &i) && lend(&i, "The former one stays in use."))
        log_info(NULL, "new connections over TLS get the renewed certificate");
}

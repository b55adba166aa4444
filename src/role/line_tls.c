/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/line_tls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/str.h"

enum { PEM_MAX = 1024 * 1024 };

static const char system_authorities[] = "/etc/ssl/certs/ca-certificates.crt";
static const char *const names[] = {"agent.pem", "cafile.pem"};

static int append_granted(struct boot *b, const char *name, struct buf *to)
{
    SCOPED_FD int fd = boot_take(b, name);
    int error = fd < 0 ? ENOENT : fd_read_rest(fd, to);
    if (!error && to->len > 0 && to->data[to->len - 1] != '\n')
        (void)buf_append_byte(to, '\n');
    return error;
}

static int append_system(struct buf *to)
{
    SCOPED_FD int fd = open(system_authorities, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? errno : fd_read_rest(fd, to);
}

static bool write_file(const char *folder, const char *name, struct span text)
{
    char path[LINE_TLS_FOLDER_LEN + 16];
    (void)str_format(path, sizeof(path), "%s/%s", folder, name);
    SCOPED_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int error = fd < 0 ? errno : fd_write_all(fd, text);
    if (error)
        log_error(NULL, "SIP over TLS is off: cannot write %s: %s", path, strerror(error));
    return error == 0;
}

static bool make_folder(char folder[LINE_TLS_FOLDER_LEN])
{
    static const char *const places[] = {"/dev/shm", "/run", "/tmp"};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        (void)str_format(folder, LINE_TLS_FOLDER_LEN, "%s/faxpost-line-XXXXXX", places[i]);
        if (mkdtemp(folder))
            return true;
    }
    log_error(NULL, "SIP over TLS is off: no folder can be made in /dev/shm, /run or /tmp: %s",
              strerror(errno));
    folder[0] = 0;
    return false;
}

static bool read_all(struct boot *b, struct buf *agent, struct buf *authorities)
{
    int error = append_granted(b, "tls.certificate", agent);
    struct span chain = buf_span(agent);
    error = error ? error : buf_append(authorities, chain.data, chain.len) ? 0 : ENOMEM;
    error = error ? error : append_granted(b, "tls.key", agent);
    if (error) {
        log_error(NULL,
                  "SIP over TLS is off: our certificate cannot be read: %s; see tls_certificate and tls_key",
                  strerror(error));
        return false;
    }
    error = append_system(authorities);
    if (error)
        log_warning(
            NULL,
            "the system's authorities cannot be read from %s: %s; install ca-certificates, or only those "
            "of sip_ca are good",
            system_authorities, strerror(error));
    error = *b->conf.sip_ca ? append_granted(b, "sip.ca", authorities) : 0;
    if (error)
        log_error(NULL, "the file that sip_ca names cannot be read: %s", strerror(error));
    return true;
}

bool line_tls_open(struct boot *b, char folder[LINE_TLS_FOLDER_LEN])
{
    SCOPED_BUF struct buf agent, authorities;
    buf_init(&agent, PEM_MAX);
    buf_init(&authorities, PEM_MAX);
    folder[0] = 0;
    bool good = read_all(b, &agent, &authorities) && make_folder(folder) &&
                write_file(folder, names[0], buf_span(&agent)) &&
                write_file(folder, names[1], buf_span(&authorities));
    if (agent.data)
        explicit_bzero(agent.data, agent.len);
    if (!good)
        line_tls_close(folder);
    return good;
}

void line_tls_close(const char *folder)
{
    char path[LINE_TLS_FOLDER_LEN + 16];
    if (!*folder)
        return;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        (void)str_format(path, sizeof(path), "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

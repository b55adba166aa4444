/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/doctor_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "cli/trial.h"
#include "conf/conf.h"

enum { TEXT_LEN = 900, DAY_S = 24 * 3600 };

static const char standard_conf[] = "/etc/faxpost/faxpost.conf";

/* ---- the certificate ---- */

struct pair {
    X509 *certificate;
    EVP_PKEY *key;
};

static void pair_free(struct pair *p)
{
    X509_free(p->certificate);
    EVP_PKEY_free(p->key);
}
#define SCOPED_PAIR __attribute__((cleanup(pair_free)))

/* Nobody is asked for one. */
static int no_passphrase(char *buffer, int size, int writing, void *context)
{
    return 0;
}

static FILE *open_pem(const char *path, const char *key, char text[TEXT_LEN])
{
    FILE *file = fopen(path, "re");
    if (!file)
        (void)str_format(text, TEXT_LEN, "cannot read %.300s: %s; %s names it", path, strerror(errno), key);
    return file;
}

static bool read_pair(const struct conf *c, struct pair *p, char text[TEXT_LEN])
{
    FILE *file = open_pem(c->tls_certificate, "tls_certificate", text);
    if (!file)
        return false;
    p->certificate = PEM_read_X509(file, NULL, no_passphrase, NULL);
    (void)fclose(file);
    if (!p->certificate) {
        (void)str_format(text, TEXT_LEN, "%.300s (tls_certificate) holds no certificate in PEM form",
                         c->tls_certificate);
        return false;
    }
    file = open_pem(c->tls_key, "tls_key", text);
    if (!file)
        return false;
    p->key = PEM_read_PrivateKey(file, NULL, no_passphrase, NULL);
    (void)fclose(file);
    if (!p->key)
        (void)str_format(text, TEXT_LEN,
                         "%.300s (tls_key) holds no private key in PEM form that is without a passphrase",
                         c->tls_key);
    return p->key != NULL;
}

/* Days from now to then; negative: it is over. */
static int days_until(const ASN1_TIME *then)
{
    int days = 0, seconds = 0;
    return ASN1_TIME_diff(&days, &seconds, NULL, then) != 1 ? 0 : seconds < 0 && days == 0 ? -1 : days;
}

static bool judge_pair(const struct conf *c, const struct pair *p, const char *host, char text[TEXT_LEN])
{
    int left = days_until(X509_get0_notAfter(p->certificate)),
        begins = days_until(X509_get0_notBefore(p->certificate));
    if (X509_check_private_key(p->certificate, p->key) != 1)
        return str_format(text, TEXT_LEN,
                          "%.300s (tls_key) is not the key of %.300s: name two files of the same certificate",
                          c->tls_key, c->tls_certificate),
               false;
    if (left < 0)
        return str_format(text, TEXT_LEN,
                          "%.300s ended %d days ago: who checks it does not speak with us. Renew it; the new "
                          "one is taken by itself",
                          c->tls_certificate, -left),
               false;
    if (begins > 0)
        return str_format(text, TEXT_LEN,
                          "%.300s is good only in %d days: is the clock of this machine right?",
                          c->tls_certificate, begins),
               false;
    if (*host && X509_check_host(p->certificate, host, 0, 0, NULL) != 1)
        return str_format(
                   text, TEXT_LEN,
                   "%.300s is not for %.200s, by which others know this server: get one for that name, "
                   "or correct host_name",
                   c->tls_certificate, host),
               false;
    (void)str_format(text, TEXT_LEN, "%.300s is good for %d days%s%.200s", c->tls_certificate, left,
                     *host ? " and for " : "", host);
    return true;
}

static void look_at_certificate(const struct conf *c, const char *host, json_t *results)
{
    char text[TEXT_LEN] = "";
    SCOPED_PAIR struct pair p = {NULL, NULL};
    if (!*c->tls_certificate)
        return; /* made by ourselves: nobody is to check it */
    bool ok = read_pair(c, &p, text) && judge_pair(c, &p, host, text);
    trial_note(results, "certificate", ok, text);
}

/* ---- accounts ---- */

static void look_at_owner(const struct conf *c, json_t *results)
{
    static const char *const files[] = {"faxpost.db", "faxpost.db-wal", "blobs", "spool"};
    char path[4200], text[TEXT_LEN];
    const char *const accounts[] = {c->user, c->net_user};
    if (geteuid() != 0)
        return;
    for (size_t i = 0; i < ARRAY_LEN(accounts); i++) {
        if (getpwnam(accounts[i]))
            continue;
        (void)str_format(text, sizeof(text),
                         "there is no account \"%.60s\", so all processes are root's. Make it: useradd "
                         "--system --no-create-home --shell /usr/sbin/nologin %.60s, and start Faxpost again",
                         accounts[i], accounts[i]);
        trial_note(results, "accounts", false, text);
        return;
    }
    const struct passwd *pw = getpwnam(c->user);
    for (size_t i = 0; pw && i < ARRAY_LEN(files); i++) {
        struct stat st;
        (void)str_format(path, sizeof(path), "%s/%s", c->state_dir, files[i]);
        if (lstat(path, &st) < 0 || st.st_uid == pw->pw_uid)
            continue;
        (void)str_format(text, sizeof(text),
                         "%.300s does not belong to %.60s, who has to write it: chown -R %.60s: %.300s", path,
                         c->user, c->user, path);
        trial_note(results, "accounts", false, text);
        return;
    }
    trial_note(results, "accounts", true, "are there, and own what they write");
}

/* ---- ports ---- */

/* 0, or why nobody can listen there. */
static int try_to_listen(const struct endpoint *e, int type)
{
    const int on = 1;
    int family = e->address.ss_family;
    SCOPED_FD int fd = socket(family, type | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    if (family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (type == SOCK_STREAM) /* connections that have just ended are in nobody's way */
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    return bind(fd, (const struct sockaddr *)&e->address, e->len) < 0 ? errno : 0;
}

static void try_endpoint(const char *key, const struct endpoint *e, int type, json_t *results)
{
    char address[ENDPOINT_TEXT_LEN], text[TEXT_LEN], name[60];
    int why = endpoint_port(e) == 0 ? 0 : try_to_listen(e, type);
    if (why != EADDRINUSE && why != EADDRNOTAVAIL)
        return;
    endpoint_format(e, address);
    if (why == EADDRINUSE)
        (void)str_format(text, sizeof(text),
                         "%s is taken by another program (`ss -lntup 'sport = :%u'` names it): stop that, or "
                         "set another port as %s in faxpost.conf",
                         address, endpoint_port(e), key);
    else
        (void)str_format(text, sizeof(text),
                         "%s is no address of this machine (`ip address` shows them): correct %s in "
                         "faxpost.conf",
                         address, key);
    (void)str_format(name, sizeof(name), "port %.*s", (int)strcspn(key, "_"), key);
    trial_note(results, name, false, text);
}

static void look_at_ports(const struct conf *c, json_t *results)
{
    const struct {
        const char *key;
        const struct conf_endpoints *list;
        bool udp_too;
    } ports[] = {{"smtp_listen", &c->smtp_listen, false},
                 {"submission_listen", &c->submission_listen, false},
                 {"submissions_listen", &c->submissions_listen, false},
                 {"lmtp_listen", &c->lmtp_listen, false},
                 {"http_listen", &c->http_listen, false},
                 {"sip_listen", &c->sip_listen, true},
                 {"sip_tls_listen", &c->sip_tls_listen, false}};
    for (size_t i = 0; i < ARRAY_LEN(ports); i++)
        for (unsigned k = 0; k < ports[i].list->count; k++) {
            try_endpoint(ports[i].key, &ports[i].list->list[k], SOCK_STREAM, results);
            if (ports[i].udp_too)
                try_endpoint(ports[i].key, &ports[i].list->list[k], SOCK_DGRAM, results);
        }
}

/* One that lives holds its ports, also where it does not answer. */
static bool parent_lives(const char *state_dir)
{
    char path[4200], text[32] = "";
    uint64_t pid;
    (void)str_format(path, sizeof(path), "%s/run/ready", state_dir);
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
        return false;
    text[strcspn(text, "\n")] = 0;
    return str_to_u64(text, 1 << 30, &pid) && pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

/* ---- the file ---- */

/* False: it is none of ours to judge, or cannot be used. */
static bool take_conf(const struct doctor_conf_sight *s, struct conf *c, json_t *results)
{
    const char *path = s->conf ? s->conf : standard_conf;
    char error[CONF_ERROR_LEN], text[TEXT_LEN];
    SCOPED_BUF struct buf content;
    buf_init(&content, CONF_BYTES_MAX);
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    int failed = fd < 0 ? errno : fd_read_rest(fd, &content);
    if (failed && !s->conf)
        return false;
    if (failed)
        (void)str_format(text, sizeof(text), "cannot read %.300s: %s", path, strerror(failed));
    else if (conf_parse(c, buf_text(&content), path, error) != 0)
        (void)str_format(text, sizeof(text), "%s", error);
    else if (str_equal(c->state_dir, s->state_dir)) {
        trial_note(results, "configuration", true, path);
        return true;
    } else if (!s->conf)
        return false;
    else
        (void)str_format(text, sizeof(text),
                         "%.300s is of the state directory %.300s: say --state %.300s, or name another file",
                         path, c->state_dir, c->state_dir);
    trial_note(results, "configuration", false, text);
    return false;
}

void doctor_look_at_conf(const struct doctor_conf_sight *s, json_t *results)
{
    struct conf c = {0};
    if (take_conf(s, &c, results)) {
        look_at_certificate(&c, *s->host_name ? s->host_name : c.host_name, results);
        look_at_owner(&c, results);
        if (!s->answers && !parent_lives(s->state_dir))
            look_at_ports(&c, results);
    }
    conf_clear(&c);
}

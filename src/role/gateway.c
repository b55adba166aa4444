/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost gateway (S4.4): reads mailboxes on a machine of its own and carries their mails to a server. Which
 * mailboxes there are, and all about them but passwords, the server says.
 *
 * SECURITY: as role fetch; it keeps nothing: a mail is removed from its mailbox when the server has said that
 * it is durable there, so neither end's death loses or doubles one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "mail/mail_auth.h"
#include "role/boot.h"
#include "role/fetch_mailbox.h"
#include "role/gateway_link.h"
#include "sandbox/sandbox.h"

enum { CONF_MAX = 1 << 20, PEM_MAX = 1 << 20 };

struct gateway {
    struct fetch_house house;
    json_t *conf;
    struct tls_context *tls;
    struct gateway_link *link;
};

static void NORETURN PRINTF_LIKE(1, 2) fail(const char *format, ...)
{
    char text[600];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    (void)fprintf(stderr, "faxpost gateway: %s\n", text);
    exit(ROLE_EXIT_CONFIG);
}

/* ---- settings ---- */

static void read_file(const char *path, struct buf *to)
{
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    int error = fd < 0 ? errno : fd_read_rest(fd, to);
    if (error)
        fail("cannot read %s: %s", path, strerror(error));
}

static json_t *read_conf(const char *path)
{
    static const struct {
        const char *name;
        json_type type;
    } known[] = {{"server", JSON_STRING},  {"local_port", JSON_INTEGER}, {"local_data_port", JSON_INTEGER},
                 {"ca_file", JSON_STRING}, {"pin", JSON_STRING},         {"certificate", JSON_STRING},
                 {"key", JSON_STRING},     {"mailboxes", JSON_OBJECT}};
    SCOPED_BUF struct buf text;
    json_error_t error;
    const char *name;
    json_t *value;
    buf_init(&text, CONF_MAX);
    read_file(path, &text);
    json_t *conf = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &error);
    if (text.data)
        explicit_bzero(text.data, text.len);
    if (!json_is_object(conf))
        fail("%s is no JSON object (line %d: %s)", path, error.line, error.text);
    json_object_foreach(conf, name, value)
    {
        size_t i = 0;
        while (i < ARRAY_LEN(known) && !str_equal(known[i].name, name))
            i++;
        if (i == ARRAY_LEN(known))
            fail("%s: there is no setting \"%.60s\"; there are server, local_port, local_data_port, ca_file, "
                 "pin, "
                 "certificate, key and mailboxes",
                 path, name);
        if (json_typeof(value) != known[i].type)
            fail("%s: %s is %s", path, name,
                 known[i].type == JSON_STRING    ? "no text"
                 : known[i].type == JSON_INTEGER ? "no number"
                                                 : "no object of \"mailbox\": {\"password\": ...}");
    }
    if (!*fetch_setting(conf, "server"))
        fail("%s: server is missing, the name or address of the machine on which Faxpost runs", path);
    return conf;
}

static uint16_t port_of(const json_t *conf, const char *name, uint16_t standard)
{
    const json_t *port = json_object_get(conf, name);
    json_int_t n = port ? json_integer_value(port) : standard;
    if (n < 1 || n > 65535)
        fail("%s is no port; a number from 1 to 65535 is wanted", name);
    return (uint16_t)n;
}

static bool is_this_machine(const char *host)
{
    return str_equal(host, "localhost") || str_starts(host, "127.") || str_equal(host, "::1");
}

static struct tls_context *make_tls(const json_t *conf)
{
    char error[TLS_ERROR_LEN];
    const char *certificate = fetch_setting(conf, "certificate"), *key = fetch_setting(conf, "key");
    SCOPED_BUF struct buf chain, secret;
    buf_init(&chain, PEM_MAX);
    buf_init(&secret, PEM_MAX);
    if (!*certificate && !*key && is_this_machine(fetch_setting(conf, "server")))
        return NULL;
    if (!*certificate || !*key)
        fail("certificate and key are missing: a server on another machine lets nobody in without");
    read_file(certificate, &chain);
    read_file(key, &secret);
    struct tls_context *tls =
        tls_client_new(&(struct tls_client_opts){.ca_file = fetch_setting(conf, "ca_file"),
                                                 .pin = fetch_setting(conf, "pin"),
                                                 .certificate = buf_span(&chain),
                                                 .key = buf_span(&secret)},
                       error);
    explicit_bzero(secret.data, secret.len);
    if (!tls)
        fail("%s", error);
    return tls;
}

/* ---- mailboxes ---- */

static void drop_all(struct list *mailboxes)
{
    while (!list_empty(mailboxes))
        fetch_mailbox_free(fetch_mailbox_of(mailboxes->next));
}

static void on_lost(void *context)
{
    struct gateway *g = context;
    drop_all(&g->house.mailboxes);
}

/* With our secrets; false: none of ours. */
static bool complete(const struct gateway *g, json_t *mailbox)
{
    const json_t *own =
        json_object_get(json_object_get(g->conf, "mailboxes"), fetch_setting(mailbox, "name"));
    if (!own)
        return false;
    (void)json_object_set_new(mailbox, "password", json_string(fetch_setting(own, "password")));
    (void)json_object_set_new(mailbox, "oauth_client_secret",
                              json_string(fetch_setting(own, "oauth_client_secret")));
    return true;
}

static void on_list(void *context, json_t *list)
{
    struct gateway *g = context;
    struct id id;
    unsigned count = 0;
    drop_all(&g->house.mailboxes);
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *m = json_array_get(list, i);
        if (!id_parse(fetch_setting(m, "id"), &id) || !complete(g, m))
            continue;
        (void)fetch_mailbox_new(&g->house, m, 0);
        count++;
    }
    log_info(NULL, "the server has %zu mailboxes for gateways; %u of them are in our settings",
             json_array_size(list), count);
}

/* ---- begin ---- */

static void shut_in(const json_t *conf)
{
    struct sandbox_report report = {.text = ""};
    struct sandbox_policy policy = *sandbox_policy(SANDBOX_GATEWAY);
    if (*fetch_setting(conf, "ca_file"))
        sandbox_allow_path(&policy, fetch_setting(conf, "ca_file"), false);
    int error = sandbox_enter(&policy, &report);
    if (error)
        fail("cannot shut ourselves in: %s %s", strerror(error), report.text);
    if (*report.text)
        log_warning(NULL, "shut in less tightly than could be: %s", report.text);
}

int main(int argc, char **argv)
{
    static struct gateway g;
    log_open("gateway", LOG_LEVEL_INFO);
    if (argc != 2)
        fail("use: faxpost gateway --conf FILE");
    g.conf = read_conf(argv[1]);
    g.tls = make_tls(g.conf);
    g.house.loop = loop_new();
    g.house.queue = &gateway_queue;
    g.house.open_secrets = true;
    list_init(&g.house.mailboxes);
    list_init(&g.house.tests);
    list_init(&g.house.contexts);
    g.house.dns = mail_auth_dns(g.house.loop, NULL, 0);
    if (!g.house.dns)
        fail("there is no DNS resolver, so no mail could be verified");
    json_object_seed(0); /* reads /dev/urandom while it may */
    const struct gateway_link_opts opts = {.house = &g.house,
                                           .host = fetch_setting(g.conf, "server"),
                                           .port = port_of(g.conf, "local_port", 10000),
                                           .data_port = port_of(g.conf, "local_data_port", 10001),
                                           .tls = g.tls,
                                           .on_list = on_list,
                                           .on_lost = on_lost,
                                           .context = &g};
    shut_in(g.conf);
    g.link = gateway_link_new(&opts);
    loop_run(g.house.loop);
    return ROLE_EXIT_DONE;
}

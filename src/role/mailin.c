/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The front door: takes mail by SMTP and LMTP and hands it to the queue.
 *
 * SECURITY: any client may connect, and nothing it says is trusted. Where the queue asks for it, what speaks
 * for the author of a mail is found out here (A5), from the mail and the DNS; the queue judges. This process
 * sees no store; it holds the listening sockets, our TLS key, and for a large mail one file that the queue
 * opened for it. A mail is acknowledged when the queue has said that it is durable. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "mail/domain_look.h"
#include "mail/mail_auth.h"
#include "net/listener.h"
#include "role/boot.h"
#include "role/identity.h"
#include "role/listeners.h"
#include "role/mail_session.h"

struct mailin {
    const struct conf *conf;
    struct mail_house house;
    struct list looks;
    unsigned max_clients, max_per_client;
    struct entrance {
        struct mailin *in;
        const struct mail_door_rules *rules;
        struct listener listener;
    } entrances[LISTENERS_MAIL_MAX];
    unsigned entrance_count;
};

/* ---- clients ---- */

static void turn_away(int fd, const char *line)
{
    (void)send(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)close(fd);
}

static void on_accept(void *context, int fd, const struct endpoint *peer)
{
    const struct entrance *e = context;
    struct mailin *in = e->in;
    if (in->house.count >= in->max_clients)
        turn_away(fd, "421 4.3.2 too many connections at this moment; try again later\r\n");
    else if (mail_sessions_of(&in->house, peer) >= in->max_per_client)
        turn_away(fd, "421 4.7.0 too many connections from your address; end one, or try again later\r\n");
    else
        mail_session_start(&in->house, e->rules, fd, peer);
}

/* ---- the queue ---- */

static void on_rcpt_verdict(void *context, const struct sender *from, struct msg_rcpt_verdict *m)
{
    struct mailin *in = context;
    mail_house_on_verdict(&in->house, from->request, m);
}

static void on_mail_spooled(void *context, const struct sender *from, struct msg_mail_spooled *m)
{
    struct mailin *in = context;
    mail_house_on_spooled(&in->house, from->request, m);
}

static void on_mail_stored(void *context, const struct sender *from, struct msg_mail_stored *m)
{
    struct mailin *in = context;
    mail_house_on_stored(&in->house, from->request, m);
}

static void on_login_salted(void *context, const struct sender *from, struct msg_login_salted *m)
{
    struct mailin *in = context;
    mail_house_on_salted(&in->house, from->request, m);
}

static void on_login_judged(void *context, const struct sender *from, struct msg_login_judged *m)
{
    struct mailin *in = context;
    mail_house_on_judged(&in->house, from->request, m);
}

static void on_password_tried(void *context, const struct sender *from, struct msg_password_tried *m)
{
    struct mailin *in = context;
    mail_house_on_tried(&in->house, from->request, m);
}

static void on_login_ways(void *context, const struct sender *from, struct msg_login_ways *m)
{
    struct mailin *in = context;
    in->house.passwords_only = m->passwords_only;
}

/* ---- what the DNS says of us ---- */

struct look {
    struct list node;
    struct mailin *in;
    struct id id;
    struct sender from;
    struct domain_look *look;
};

static void look_free(struct look *l)
{
    list_remove(&l->node);
    free(l);
}

static void append_record(struct buf *text, const struct domain_record *r)
{
    char line[4 * DNS_NAME_LEN];
    (void)str_format(line, sizeof(line), "%s %s %s %s ", domain_record_state_name(r->state), r->type, r->name,
                     *r->wanted ? r->wanted : "-");
    (void)buf_append_str(text, line);
    for (size_t i = 0; i < r->count; i++) {
        (void)buf_append_str(text, i > 0 ? "," : "");
        (void)buf_append_str(text, r->found[i]);
    }
    (void)buf_append_str(text, "\n");
}

static void on_looked(void *context, const struct domain_record *records, size_t count)
{
    struct look *l = context;
    SCOPED_BUF struct buf text;
    buf_init(&text, 16000);
    for (size_t i = 0; i < count; i++)
        append_record(&text, &records[i]);
    struct message m = {.type = MSG_domain_looked,
                        .domain_looked = {.look = l->id, .records = buf_text(&text)}};
    peers_answer(l->in->house.peers, &l->from, &m);
    look_free(l);
}

static void on_domain_look(void *context, const struct sender *from, struct msg_domain_look *m)
{
    struct mailin *in = context;
    struct look *l = mem_zalloc(sizeof(*l));
    *l = (struct look){.in = in, .id = m->look, .from = *from};
    list_append(&in->looks, &l->node);
    const struct domain_names names = {.domain = m->domain, .host = m->host, .sender = m->sender};
    l->look = *m->key ? domain_look_start_key(in->house.loop, in->house.dns, m->domain, m->key, on_looked, l)
                      : domain_look_start(in->house.loop, in->house.dns, &names, on_looked, l);
}

static void end_looks(struct mailin *in)
{
    list_each_safe (it, &in->looks) {
        struct look *l = CONTAINER_OF(it, struct look, node);
        domain_look_cancel(l->look);
        look_free(l);
    }
}

static const struct message_handlers handlers = {
    .rcpt_verdict = on_rcpt_verdict,
    .mail_spooled = on_mail_spooled,
    .mail_stored = on_mail_stored,
    .login_salted = on_login_salted,
    .login_judged = on_login_judged,
    .login_ways = on_login_ways,
    .password_tried = on_password_tried,
    .domain_look = on_domain_look,
};

static void on_stop(void *context)
{
    struct mailin *in = context;
    loop_stop(in->house.loop);
}

/* ---- TLS ---- */

static bool use(struct mailin *in, const struct identity *i, const char *else_what)
{
    char error[TLS_ERROR_LEN];
    struct tls_context *tls = tls_server_new(buf_span(&i->chain), buf_span(&i->key), error);
    if (!tls) {
        log_error(NULL,
                  "our certificate cannot be used: %s; tls_certificate (%.300s) and tls_key (%.300s) name "
                  "PEM files "
                  "that belong together, or are both left out for a certificate made by ourselves. %s",
                  error, in->conf->tls_certificate, in->conf->tls_key, else_what);
        return false;
    }
    tls_context_free(in->house.tls); /* sessions keep what they began with */
    in->house.tls = tls;
    return true;
}

/* False where what the configuration names is no certificate with its key; the log says so. */
static bool make_tls(struct mailin *in, struct boot *b)
{
    SCOPED_IDENTITY struct identity i;
    return identity_granted(b, &i) && use(in, &i, "No mail is taken.");
}

static void on_certificate(void *context, const struct msg_certificate *m)
{
    SCOPED_IDENTITY struct identity i;
    if (identity_renewed(m, &i) && use(context, &i, "The former one stays in use."))
        log_info(NULL, "new connections over TLS get the renewed certificate");
}

/* ---- begin and end ---- */

/* Who comes in where, and what he may do there. */
static const struct {
    const char *name; /* of the grant, without its number */
    struct mail_door_rules rules;
} doors[] = {
    {"smtp", {.offer_login = true, .offer_tls = true}},
    {"submission", {.offer_login = true, .offer_tls = true, .require_login = true}},
    {"submissions", {.offer_login = true, .implicit_tls = true, .require_login = true}},
    {"lmtp", {.lmtp = true, .offer_tls = true}},
    {"lmtp_socket", {.lmtp = true, .local = true}},
};

static void open_doors(struct mailin *in, struct boot *b)
{
    for (unsigned i = 0; i < ARRAY_LEN(doors) * CONF_ENDPOINTS_MAX; i++) {
        char name[LISTENERS_NAME_LEN];
        (void)str_format(name, sizeof(name), "%s.%u", doors[i / CONF_ENDPOINTS_MAX].name,
                         i % CONF_ENDPOINTS_MAX);
        int fd = boot_take(b, name);
        if (fd < 0)
            continue;
        struct entrance *e = &in->entrances[in->entrance_count++];
        *e = (struct entrance){.in = in,
                               .rules = &doors[i / CONF_ENDPOINTS_MAX].rules,
                               .listener = {.on_accept = on_accept, .context = e}};
        listener_start(&e->listener, in->house.loop, fd);
    }
}

int main(void)
{
    static struct boot boot;
    static struct mailin in;
    char host[256] = "localhost";
    boot_begin(&boot, ROLE_MAILIN);
    if (gethostname(host, sizeof(host) - 1) != 0)
        (void)str_copy(host, sizeof(host), "localhost");
    list_init(&in.house.sessions);
    list_init(&in.looks);
    in.conf = &boot.conf;
    in.house.host_name = *boot.conf.host_name ? boot.conf.host_name : host;
    in.house.local_is_trusted = str_equal(boot.conf.lmtp_senders, "trusted");
    in.house.max_bytes = boot.conf.smtp_max_bytes;
    in.max_clients = (unsigned)boot.conf.smtp_max_clients;
    in.max_per_client = (unsigned)boot.conf.smtp_max_per_client;
    if (!make_tls(&in, &boot))
        return ROLE_EXIT_CONFIG;
    boot_drop(&boot);
    in.house.loop = loop_new();
    in.house.dns = mail_auth_dns(in.house.loop, boot.conf.dns_servers.list, boot.conf.dns_servers.count);
    if (!in.house.dns)
        return ROLE_EXIT_FAILED;
    const struct peers_opts opts = {.loop = in.house.loop,
                                    .self = ROLE_MAILIN,
                                    .parent_fd = BOOT_PARENT_FD,
                                    .handlers = &handlers,
                                    .context = &in,
                                    .on_stop = on_stop,
                                    .on_certificate = on_certificate};
    in.house.peers = peers_new(&opts);
    boot_shut_in(&boot);
    open_doors(&in, &boot);
    boot_ready("");
    loop_run(in.house.loop);
    for (unsigned i = 0; i < in.entrance_count; i++)
        listener_stop(&in.entrances[i].listener);
    mail_sessions_stop(&in.house);
    end_looks(&in);
    peers_free(in.house.peers);
    dns_client_free(in.house.dns);
    tls_context_free(in.house.tls);
    loop_free(in.house.loop);
    conf_clear(&boot.conf);
    return ROLE_EXIT_DONE;
}

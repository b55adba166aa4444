/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The role `mailout`: hands each mail that the queue gives it to the mail server, or puts it into a Maildir
 * where the configuration says so, calls webhooks (role/hooks.h), prints received faxes (role/printers.h),
 * and answers with what became of it. It
 * keeps nothing: what it does not answer, the queue asks again, also of its next life.
 *
 * SECURITY: the mail server is not trusted; src/mail/smtp_client.h says what it can do to us. This process
 * holds the mail server's password and the keys that mails are signed with, opened from their sealed boxes,
 * and never logs them. The bytes of a mail come from the queue and go out as they are.
 *
 * Invariant: a mail that was handed over completely is answered before this process ends in order, so that
 * only a crash can deliver it twice. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "ipc/peers.h"
#include "mail/dkim_sign.h"
#include "mail/mail_server.h"
#include "mail/maildir.h"
#include "role/boot.h"
#include "role/hooks.h"
#include "role/printers.h"
#include "role/secret.h"

/* Larger than any mail that the queue makes; a bound for what the descriptor may hold. */
#define MAIL_BYTES_MAX (UINT64_C(4) << 30)
/* S3.13: one by one where nobody says more. */
enum { CONNECTIONS_MAX = 20 };
/* A person waits. Twice as many steps as a server needs that speaks no STARTTLS. */
enum { PROBE_MS = 60000, PROBE_STEPS_MAX = 40 };
/* The parent kills after 8 s. */
enum { LAST_WORDS_MS = 5000 };

struct mailout {
    struct loop *loop;
    struct peers *peers;
    struct secret_key key;
    const char *own_name;
    const char *maildir; /* NULL: by SMTP */
    struct list servers; /* one for each set of settings that still has mails */
    struct list errands;
    struct list probes;
    struct hooks hooks;
    struct printers printers;
    struct list handed_over; /* newest last */
    size_t handed_over_count;
    bool stopping;
    struct timer last_words;
};

struct server {
    struct list node;
    struct mail_server *mails;
    char *settings;     /* as the queue sends them */
    struct span secret; /* sealed; owned */
    char where[300];    /* host:port */
};

/* A question of the queue that is not answered yet. */
struct errand {
    struct list node;
    struct id mail;
    struct sender from;
    const struct server *server;
    char *name; /* of the server, as the queue calls it */
};

/* A test of the mail server's settings that is under way. */
struct probe {
    struct list node;
    struct mailout *mailout;
    struct id id;
    struct sender from;
    struct mail_server *server; /* its own: mails go on beside it */
    json_t *steps;
    struct outcome outcome;
    struct timer end;
};

/* A mail that is with its server or in its Maildir. The queue may die before it has heard so, and then asks
 * its next life's question about the same mail; the answer must not be a second mail. */
struct handed_over {
    struct list node;
    struct id mail;
    struct outcome outcome;
};

/* Many times what the queue asks for at once. */
enum { HANDED_OVER_MAX = 256 };

/* ---- answers ---- */

static const struct handed_over *handed_over_find(const struct mailout *o, struct id mail)
{
    list_each (it, &o->handed_over) {
        const struct handed_over *h = CONTAINER_OF(it, struct handed_over, node);
        if (id_equal(h->mail, mail))
            return h;
    }
    return NULL;
}

static void handed_over_drop(struct mailout *o, struct list *node)
{
    list_remove(node);
    free(CONTAINER_OF(node, struct handed_over, node));
    o->handed_over_count--;
}

static void remember(struct mailout *o, struct id mail, const struct outcome *what)
{
    if (what->verdict != VERDICT_DONE || handed_over_find(o, mail))
        return;
    struct handed_over *h = mem_zalloc(sizeof(*h));
    h->mail = mail;
    h->outcome = *what;
    list_append(&o->handed_over, &h->node);
    if (++o->handed_over_count > HANDED_OVER_MAX)
        handed_over_drop(o, o->handed_over.next);
}

/* name: as the question called the server. */
static void answer(struct mailout *o, const struct sender *to, const struct msg_deliver *asked,
                   const struct outcome *what, enum delivery_fault fault, const char *secured)
{
    struct id mail = asked->mail;
    struct message m = {
        .type = MSG_delivered,
        .delivered = {
            .mail = mail, MESSAGE_OUTCOME(what), .fault = fault, .name = asked->name, .secured = secured}};
    log_debug(id_text(mail), "%s: %s", what->code, what->text);
    remember(o, mail, what);
    peers_answer(o->peers, to, &m);
}

static struct errand *errand_find(struct mailout *o, struct id mail)
{
    list_each (it, &o->errands) {
        struct errand *e = CONTAINER_OF(it, struct errand, node);
        if (id_equal(e->mail, mail))
            return e;
    }
    return NULL;
}

static void errand_free(struct errand *e)
{
    list_remove(&e->node);
    free(e->name);
    free(e);
}

static unsigned travelling(const struct mailout *o)
{
    unsigned n = 0;
    list_each (it, &o->servers)
        n += mail_server_travelling(CONTAINER_OF(it, struct server, node)->mails);
    return n;
}

static void on_done(void *context, struct id mail, const struct outcome *what, enum delivery_fault fault)
{
    struct mailout *o = context;
    struct errand *e = errand_find(o, mail);
    if (!e)
        panic("an outcome for a mail that nobody gave us");
    const struct mail_server *server = e->server->mails;
    answer(o, &e->from, &(struct msg_deliver){.mail = mail, .name = e->name}, what, fault,
           server && mail_server_tls_seen(server) ? e->server->where : "");
    errand_free(e);
    if (o->stopping && travelling(o) == 0)
        loop_stop(o->loop);
}

/* ---- mail servers ---- */

static void server_free(struct server *s)
{
    list_remove(&s->node);
    mail_server_free(s->mails);
    free(s->settings);
    free((void *)(uintptr_t)s->secret.data);
    free(s);
}

/* what: who is told. NULL where the settings are of no use; then o says why. */
static struct mail_server *open_server(const struct mailout *m, const struct mail_server_opts *what,
                                       const char *settings, struct span secret, bool tls_seen,
                                       struct outcome *o)
{
    struct mail_server_opts opts = *what;
    opts.loop = m->loop;
    opts.own_name = m->own_name;
    struct mail_server_settings *s = &opts.settings;
    char password[SECRET_TEXT_LEN];
    const char *security, *auth = "auto", *allow = "";
    struct mail_server *server = NULL;
    int port, connections = 1;
    json_t *json = json_loads(settings, 0, NULL);
    if (!json || json_unpack(json, "{s:s, s:i, s:s, s:s, s:s, s:s, s?s, s?s, s?s, s?i}", "host", &s->host,
                             "port", &port, "security", &security, "user", &s->user, "ca_file", &s->ca_file,
                             "pin", &s->pin, "auth", &auth, "allow", &allow, "tls_name", &s->tls_name,
                             "connections", &connections) != 0)
        panic("the queue sent mail server settings that are none");
    opts.connections = connections < 1                 ? 1
                       : connections > CONNECTIONS_MAX ? CONNECTIONS_MAX
                                                       : (unsigned)connections;
    s->allow_plain = strstr(allow, "plain") != NULL;
    s->oldest = strstr(allow, "tls1.0")   ? TLS_OLDEST_1_0
                : strstr(allow, "tls1.1") ? TLS_OLDEST_1_1
                                          : TLS_OLDEST_1_2;
    s->tls_seen = tls_seen;
    s->port = (uint16_t)port;
    s->password = password;
    if (!secret_open(&m->key, secret, password))
        outcome_set(o, VERDICT_RETRY, "mail-server-secret",
                    "The stored password of the mail server %.60s cannot be read with this installation's "
                    "key. Mails are kept; set it again.",
                    s->host);
    else if (!*s->host || port < 1 || port > 65535 || !mail_security_parse(security, &s->security) ||
             !sasl_parse(auth, &s->login))
        outcome_set(o, VERDICT_RETRY, "mail-server-settings",
                    "The mail server's settings are not usable: host \"%.60s\", port %d, security \"%.20s\" "
                    "(none, starttls, implicit, auto). Mails are kept; set them again.",
                    s->host, port, security);
    else
        server = mail_server_new(&opts);
    explicit_bzero(password, sizeof(password));
    json_decref(json);
    return server;
}

static void note_where(struct server *s)
{
    const char *host = "";
    int port = 0;
    json_t *json = json_loads(s->settings, 0, NULL);
    (void)json_unpack(json, "{s:s, s:i}", "host", &host, "port", &port);
    (void)str_format(s->where, sizeof(s->where), "%s:%d", host, port);
    json_decref(json);
}

/* With exactly these settings; those of former ones go when they are done. */
static struct server *server_for(struct mailout *m, const struct msg_deliver *d, struct outcome *o)
{
    list_each_safe (it, &m->servers) {
        struct server *s = CONTAINER_OF(it, struct server, node);
        if (str_equal(s->settings, d->server) && span_equal(s->secret, d->secret)) {
            if (d->tls_seen)
                mail_server_set_tls_seen(s->mails);
            return s;
        }
        if (mail_server_idle(s->mails))
            server_free(s);
    }
    struct mail_server *mails = open_server(m, &(struct mail_server_opts){.on_done = on_done, .context = m},
                                            d->server, d->secret, d->tls_seen != 0, o);
    if (!mails)
        return NULL;
    struct server *s = mem_zalloc(sizeof(*s));
    s->mails = mails;
    s->settings = mem_strdup(d->server);
    s->secret = span_of(mem_dup(d->secret.data, d->secret.len), d->secret.len);
    note_where(s);
    list_append(&m->servers, &s->node);
    return s;
}

/* ---- from the queue ---- */

static void deliver_to_maildir(struct mailout *m, const struct sender *from, const struct msg_deliver *d,
                               uint64_t size)
{
    struct outcome o;
    if (!str_equal(d->maildir, m->maildir))
        panic("the queue names a Maildir folder that the configuration does not");
    const struct maildir_mail mail = {
        .id = d->mail, .sender = d->sender, .recipient = d->recipient, .fd = d->mail_bytes, .size = size};
    maildir_deliver(m->maildir, &mail, &o);
    answer(m, from, d, &o, o.verdict == VERDICT_RETRY ? FAULT_AWAY : FAULT_OF_MAIL, "");
}

/* The signature that the queue asks for. False with what is wrong in *o; the mail waits then. */
static bool sign(const struct mailout *m, const struct msg_deliver *d, uint64_t size, struct buf *field,
                 struct outcome *o)
{
    char pem[SECRET_TEXT_LEN];
    const char *why = "its key cannot be read with this installation's key";
    if (!*d->dkim_domain)
        return true;
    if (secret_open(&m->key, d->dkim_key, pem)) {
        const struct dkim_signer k = {.domain = d->dkim_domain, .selector = d->dkim_selector, .pem = pem};
        why = dkim_sign(&k, d->mail_bytes, size, clock_wall_ms() / 1000, field);
    }
    explicit_bzero(pem, sizeof(pem));
    if (why)
        outcome_set(o, VERDICT_RETRY, "dkim-key",
                    "The mails of %.100s cannot be signed (DKIM): %s. Mails are kept; set the key again, or "
                    "take it away.",
                    d->dkim_domain, why);
    return !why;
}

static void deliver_by_smtp(struct mailout *m, const struct sender *from, struct msg_deliver *d,
                            uint64_t size)
{
    struct outcome o;
    SCOPED_BUF struct buf field;
    buf_init(&field, DKIM_FIELD_MAX);
    struct server *s = sign(m, d, size, &field, &o) ? server_for(m, d, &o) : NULL;
    if (!s) {
        answer(m, from, d, &o, FAULT_OF_SETTINGS, "");
        return;
    }
    struct errand *e = mem_zalloc(sizeof(*e));
    e->mail = d->mail;
    e->from = *from;
    e->server = s;
    e->name = mem_strdup(d->name);
    list_append(&m->errands, &e->node);
    const struct mail_server_mail mail = {.id = d->mail,
                                          .sender = d->sender,
                                          .recipient = d->recipient,
                                          .envid = d->envid,
                                          .prefix = buf_text(&field),
                                          .fd = take_fd(&d->mail_bytes),
                                          .size = size};
    mail_server_deliver(s->mails, &mail);
}

static void on_deliver(void *context, const struct sender *from, struct msg_deliver *d)
{
    struct mailout *m = context;
    uint64_t size;
    struct errand *e = errand_find(m, d->mail);
    if (e) { /* asked again by the next life of the queue: it is under way */
        e->from = *from;
        return;
    }
    const struct handed_over *h = handed_over_find(m, d->mail);
    if (h) {
        struct outcome again = h->outcome;
        answer(m, from, d, &again, FAULT_OF_MAIL, "");
        return;
    }
    if (m->stopping)
        return; /* asked again of our next life */
    if (fd_checked_size(d->mail_bytes, MAIL_BYTES_MAX, &size) != 0)
        panic("the queue gave a mail that is no file");
    if (*d->maildir)
        deliver_to_maildir(m, from, d, size);
    else
        deliver_by_smtp(m, from, d, size);
}

/* ---- trying the mail server (S3.8) ---- */

static void probe_free(struct probe *p)
{
    list_remove(&p->node);
    timer_stop(&p->end);
    mail_server_free(p->server);
    json_decref(p->steps);
    free(p);
}

/* Its end, or the end of our patience: then the outcome says so still. */
static void on_probe_over(void *context)
{
    struct probe *p = context;
    char *steps = json_dumps(p->steps, JSON_COMPACT);
    struct message m = {
        .type = MSG_mail_probed,
        .mail_probed = {.probe = p->id, MESSAGE_OUTCOME(&p->outcome), .steps = steps ? steps : "[]"}};
    peers_answer(p->mailout->peers, &p->from, &m);
    free(steps);
    probe_free(p);
}

/* Who asked sees each as it is made. */
static void on_probe_step(void *context, const char *step, const char *words)
{
    struct probe *p = context;
    if (json_array_size(p->steps) >= PROBE_STEPS_MAX)
        return;
    (void)json_array_append_new(p->steps, json_pack("{s:s, s:s}", "step", step, "words", words));
    char *steps = json_dumps(p->steps, JSON_COMPACT);
    const struct message m = {.type = MSG_mail_probe_steps,
                              .mail_probe_steps = {.probe = p->id, .steps = steps ? steps : "[]"}};
    peers_tell(p->mailout->peers, ROLE_QUEUE, 0, &m);
    free(steps);
}

static void on_probe_done(void *context, struct id id, const struct outcome *o, enum delivery_fault fault)
{
    struct probe *p = context;
    p->outcome = *o;
    timer_start(&p->end, p->mailout->loop, 0); /* the server may not be freed in its own callback */
}

static void on_mail_probe(void *context, const struct sender *from, struct msg_mail_probe *d)
{
    struct mailout *m = context;
    list_each (it, &m->probes)
        if (id_equal(CONTAINER_OF(it, struct probe, node)->id, d->probe)) {
            CONTAINER_OF(it, struct probe, node)->from = *from;
            return;
        }
    struct probe *p = mem_zalloc(sizeof(*p));
    p->mailout = m;
    p->id = d->probe;
    p->from = *from;
    p->steps = json_array();
    p->end = (struct timer){.on_due = on_probe_over, .context = p};
    list_append(&m->probes, &p->node);
    outcome_set(&p->outcome, VERDICT_RETRY, "smtp-timeout",
                "The mail server did not answer for %d seconds; the last step above is where it stopped.",
                PROBE_MS / 1000);
    const struct mail_server_opts opts = {.on_done = on_probe_done, .on_step = on_probe_step, .context = p};
    p->server = open_server(m, &opts, d->server, d->secret, d->tls_seen != 0, &p->outcome);
    timer_start(&p->end, m->loop, p->server ? PROBE_MS : 0);
    if (p->server)
        mail_server_deliver(
            p->server,
            &(struct mail_server_mail){
                .id = d->probe, .sender = d->sender, .recipient = d->recipient, .probe = true, .fd = -1});
}

static void on_hook_call(void *context, const struct sender *from, struct msg_hook_call *d)
{
    struct mailout *m = context;
    if (!m->stopping)
        hooks_call(&m->hooks, from, d);
}

static void on_print(void *context, const struct sender *from, struct msg_print *d)
{
    struct mailout *m = context;
    if (!m->stopping)
        printers_print(&m->printers, from, d);
}

static const struct message_handlers handlers = {
    .deliver = on_deliver, .mail_probe = on_mail_probe, .hook_call = on_hook_call, .print = on_print};

/* ---- begin and end ---- */

static void on_last_words_over(void *context)
{
    struct mailout *m = context;
    log_warning(NULL, "%u mail is broken off in the middle; it is sent again, and may arrive twice",
                travelling(m));
    loop_stop(m->loop);
}

static void on_stop(void *context)
{
    struct mailout *m = context;
    m->stopping = true;
    list_each (it, &m->servers)
        mail_server_hold(CONTAINER_OF(it, struct server, node)->mails);
    if (travelling(m) == 0) {
        loop_stop(m->loop);
        return;
    }
    log_info(NULL, "ending as soon as the mail server has answered");
    timer_start(&m->last_words, m->loop, LAST_WORDS_MS);
}

/* Made, and its name safe in its parent: a mail counts as delivered when it lies in there. */
static int make_folder(const char *path)
{
    if (mkdir(path, 0755) < 0)
        return errno == EEXIST ? 0 : errno;
    SCOPED_FD int made = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    SCOPED_FD int parent = made < 0 ? -1 : openat(made, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return parent < 0 || fsync(parent) < 0 ? errno : 0;
}

/* The folder that holds the Maildirs is made while we may still write beside it. False after a line in the
 * log. */
static bool make_maildir(const struct boot *b, const char *path)
{
    SCOPED_FREE char *part = mem_dup(path, strlen(path) + 1);
    int error = *path ? 0 : ENOENT;
    for (char *slash = strchr(part + !!*part, '/'); slash && !error; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        error = make_folder(part);
        *slash = '/';
    }
    if (!error)
        error = make_folder(path);
    if (!error && b->drop && chown(path, b->uid, b->gid) < 0)
        error = errno;
    if (error)
        log_error(NULL, "cannot use the folder of deliver = maildir:%s: %s; make it, or name another", path,
                  strerror(error));
    return error == 0;
}

static void read_key(struct mailout *m, struct boot *b)
{
    int key = boot_take(b, "key.mailout");
    int error = key < 0 ? ENOENT : secret_key_read(&m->key, key);
    if (error)
        log_error(NULL, "cannot read our key, so a mail server with a password will fail: %s",
                  strerror(error));
}

static void run(struct mailout *m, const struct boot *b)
{
    const struct peers_opts opts = {.loop = m->loop,
                                    .self = ROLE_MAILOUT,
                                    .parent_fd = BOOT_PARENT_FD,
                                    .handlers = &handlers,
                                    .context = m,
                                    .on_stop = on_stop};
    m->peers = peers_new(&opts);
    m->hooks = (struct hooks){.loop = m->loop, .peers = m->peers, .key = &m->key};
    hooks_init(&m->hooks);
    m->printers = (struct printers){.loop = m->loop, .peers = m->peers};
    printers_init(&m->printers);
    boot_shut_in(b);
    boot_ready("");
    loop_run(m->loop);
    list_each_safe (it, &m->servers)
        server_free(CONTAINER_OF(it, struct server, node));
    list_each_safe (it, &m->errands)
        errand_free(CONTAINER_OF(it, struct errand, node));
    list_each_safe (it, &m->probes)
        probe_free(CONTAINER_OF(it, struct probe, node));
    while (!list_empty(&m->handed_over))
        handed_over_drop(m, m->handed_over.next);
    hooks_clear(&m->hooks);
    printers_clear(&m->printers);
    timer_stop(&m->last_words);
    peers_free(m->peers);
}

int main(void)
{
    static struct boot boot;
    static struct mailout m;
    char host[256] = "localhost";
    boot_begin(&boot, ROLE_MAILOUT);
    if (gethostname(host, sizeof(host) - 1) != 0)
        (void)str_copy(host, sizeof(host), "localhost");
    m.own_name = *boot.conf.host_name ? boot.conf.host_name : host;
    list_init(&m.servers);
    list_init(&m.errands);
    list_init(&m.probes);
    list_init(&m.handed_over);
    m.last_words = (struct timer){.on_due = on_last_words_over, .context = &m};
    read_key(&m, &boot);
    m.maildir = boot_maildir(&boot);
    if (m.maildir && !make_maildir(&boot, m.maildir))
        return ROLE_EXIT_CONFIG;
    boot_drop(&boot);
    m.loop = loop_new();
    run(&m, &boot);
    loop_free(m.loop);
    secret_key_clear(&m.key);
    conf_clear(&boot.conf);
    return ROLE_EXIT_DONE;
}

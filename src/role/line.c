/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The role `line`: SIP between the telephone network, the queue (which decides) and the call processes (which
 * speak fax).
 *
 * SECURITY: everything on its sockets is hostile; src/line/ua.h says who is let in. It holds the trunks'
 * passwords, sealed until a call needs one, and nothing else that is worth stealing. It trusts queue and
 * call, except that the bytes of a dialog come back from call, which may have fallen: they are parsed as
 * input.
 *
 * Invariants: a leg exists exactly as long as its SIP call. When this process dies, its calls' media goes on;
 * the call processes bring each dialog to our next life, which sends BYE. When a call process dies, its calls
 * are ended here and nobody else notices. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "ipc/peers.h"
#include "line/ua.h"
#include "net/dns_client.h"
#include "net/tls_lent.h"
#include "role/boot.h"
#include "role/line_tls.h"
#include "role/line_trunks.h"
#include "role/secret.h"

/* What a former life of ours has bound, a line each. */
static const char bound_plain[] = "sip ", bound_tls[] = "sips ";

struct line {
    struct loop *loop;
    struct line_root *root;
    struct peers *peers;
    struct ua *ua;
    unsigned tls_count; /* listeners */
    struct dns_client *dns;
    struct secret_key key;
    struct list legs;
    /* That hold; that held before, for the passwords of registrations that are taken back; of which some are
     * to come. */
    struct line_trunks *trunks, *former, *coming;
    uint64_t generations[CONF_CALL_PROCESSES_MAX]; /* of each call process; 0: not seen yet */
};

/* What we know of a SIP call beside SIP. */
struct leg {
    struct list node;
    struct line *line;
    struct id attempt;
    struct ua_call *call;
    bool has_process; /* call_instance is known */
    unsigned call_instance;
    uint64_t generation; /* of that process when it got the call */
    uint64_t invite_ask; /* open question to the queue; 0: none */
    bool refused;        /* by the queue, which then needs no report */
    bool with_call;      /* media was handed over */
    char forward[UA_NUMBER_LEN];
    bool forward_waits; /* the call process waits for forwarded */
    struct sender forward_ask;
    bool hang_up_waits; /* the call process waits for hung_up */
    struct sender hang_up;
};

static struct leg *leg_find(struct line *l, struct id attempt)
{
    list_each (node, &l->legs) {
        struct leg *leg = CONTAINER_OF(node, struct leg, node);
        if (id_equal(leg->attempt, attempt))
            return leg;
    }
    return NULL;
}

static struct leg *leg_new(struct line *l, struct id attempt)
{
    struct leg *leg = mem_zalloc(sizeof(*leg));
    leg->line = l;
    leg->attempt = attempt;
    list_append(&l->legs, &leg->node);
    return leg;
}

static void leg_free(struct leg *leg)
{
    list_remove(&leg->node);
    free(leg);
}

static void leg_set_process(struct leg *leg, unsigned instance)
{
    leg->has_process = true;
    leg->call_instance = instance;
    leg->generation = instance < CONF_CALL_PROCESSES_MAX ? leg->line->generations[instance] : 0;
}

static void answer_hung_up(struct line *l, const struct sender *to, struct id attempt)
{
    struct message m = {.type = MSG_hung_up, .hung_up = {.attempt = attempt}};
    peers_answer(l->peers, to, &m);
}

static void answer_forwarded(struct line *l, const struct sender *to, struct id attempt, int error)
{
    struct message m = {.type = MSG_forwarded, .forwarded = {.attempt = attempt, .error = (uint32_t)error}};
    peers_answer(l->peers, to, &m);
}

static void report_failed(struct line *l, struct id attempt, const struct ua_ended *end)
{
    struct message m = {.type = MSG_dial_failed,
                        .dial_failed = {.attempt = attempt,
                                        MESSAGE_OUTCOME(&end->outcome),
                                        .sip_status = (uint32_t)end->sip_status,
                                        .failure = (uint32_t)end->failure}};
    (void)peers_ask(l->peers, ROLE_QUEUE, 0, &m);
}

/* Kept with the call, for whoever looks at it. */
static void tell_trace(struct line *l, struct id attempt, const struct ua_ended *end)
{
    struct message m = {.type = MSG_call_traced,
                        .call_traced = {.attempt = attempt, .trace = end->trace ? end->trace : ""}};
    if (*m.call_traced.trace)
        (void)peers_ask(l->peers, ROLE_QUEUE, 0, &m);
}

/* ---- from the network ---- */

static void on_ua_invited(void *context, struct ua_call *call, const struct ua_invited *who)
{
    struct line *l = context;
    struct leg *leg = leg_new(l, ua_call_attempt(call));
    leg->call = call;
    log_info(id_text(leg->attempt), "call from %s to %s over trunk %s (%s)",
             who->calling[0] ? who->calling : "anonymous", who->called, who->trunk->name, who->peer_ip);
    struct message m = {.type = MSG_invited,
                        .invited = {.attempt = leg->attempt,
                                    .trunk = who->trunk->name,
                                    .called = who->called,
                                    .calling = who->calling,
                                    .calling_name = who->calling_name,
                                    .peer_ip = who->peer_ip}};
    leg->invite_ask = peers_ask(l->peers, ROLE_QUEUE, 0, &m);
}

static void on_ua_progress(void *context, struct ua_call *call, enum ua_progress p)
{
    static const char *const phases[] = {
        [UA_TRYING] = "trying", [UA_RINGING] = "ringing", [UA_ANSWERED] = "answered"};
    struct line *l = context;
    struct message m = {.type = MSG_dial_state,
                        .dial_state = {.attempt = ua_call_attempt(call), .phase = phases[p]}};
    peers_tell(l->peers, ROLE_QUEUE, 0, &m);
}

static void on_ua_media(void *context, struct ua_call *call, struct ua_media *media)
{
    struct line *l = context;
    struct leg *leg = leg_find(l, ua_call_attempt(call));
    if (!leg || !leg->has_process || !peers_connected(l->peers, ROLE_CALL, leg->call_instance)) {
        log_warning(id_text(ua_call_attempt(call)),
                    "answered, but the process for its fax is gone; hanging up");
        ua_hang_up(call);
        return;
    }
    char remote[ENDPOINT_TEXT_LEN] = "", peer[ENDPOINT_TEXT_LEN] = "";
    if (media->media.remote.len)
        endpoint_format(&media->media.remote, remote);
    if (media->peer.len)
        endpoint_format(&media->peer, peer);
    log_info(id_text(leg->attempt), "%s, media %s%s %s",
             media->refused_t38 ? "T.38 refused"
             : leg->with_call   ? "changed"
                                : "answered",
             media->media.kind == MEDIA_T38    ? "T.38"
             : media->media.kind == MEDIA_PCMA ? "G.711 A-law"
                                               : "G.711 mu-law",
             media->media.encrypted ? " (SRTP)"
             : media->media.fec     ? " (FEC)"
                                    : "",
             remote[0] ? remote : "held");
    leg->with_call = true;
    const struct sdp_t38 *t38 = &media->media.t38;
    const struct sdes *ours = &media->media.ours, *theirs = &media->media.theirs;
    struct message m = {.type = MSG_media,
                        .media = {.attempt = leg->attempt,
                                  .kind = media->media.kind,
                                  .caller = ua_call_is_caller(call),
                                  .remote = remote,
                                  .peer = peer,
                                  .t38_version = t38->version,
                                  .t38_max_bit_rate = t38->max_bit_rate,
                                  .t38_max_datagram = t38->max_datagram,
                                  .t38_fec = media->media.fec,
                                  .srtp = media->media.encrypted ? 1 + (uint32_t)ours->suite : 0,
                                  .srtp_ours = span_of(ours->key, sizeof(ours->key)),
                                  .srtp_theirs = span_of(theirs->key, sizeof(theirs->key)),
                                  .dialog = media->dialog,
                                  .fd = media->fd}};
    peers_tell(l->peers, ROLE_CALL, leg->call_instance, &m);
}

static void on_ua_forwarded(void *context, struct ua_call *call, bool ok)
{
    struct line *l = context;
    struct leg *leg = leg_find(l, ua_call_attempt(call));
    if (!leg || !leg->forward_waits)
        return;
    leg->forward_waits = false;
    log_info(id_text(leg->attempt), "the trunk %s", ok ? "forwards the call" : "does not forward the call");
    answer_forwarded(l, &leg->forward_ask, leg->attempt, ok ? 0 : ECONNREFUSED);
}

static void on_ua_ended(void *context, struct ua_call *call, const struct ua_ended *end)
{
    struct line *l = context;
    struct leg *leg = leg_find(l, ua_call_attempt(call));
    if (!leg)
        return;
    log_info(id_text(leg->attempt), "ended: %s", end->outcome.text);
    tell_trace(l, leg->attempt, end);
    if (leg->invite_ask)
        peers_withdraw(l->peers, leg->invite_ask);
    if (leg->forward_waits)
        answer_forwarded(l, &leg->forward_ask, leg->attempt, ECONNRESET);
    if (leg->hang_up_waits) {
        answer_hung_up(l, &leg->hang_up, leg->attempt);
    } else if (leg->with_call) {
        struct message m = {.type = MSG_media_end,
                            .media_end = {.attempt = leg->attempt, .reason = end->outcome.code}};
        peers_tell(l->peers, ROLE_CALL, leg->call_instance, &m);
    }
    if (!leg->with_call && !leg->refused)
        report_failed(l, leg->attempt, end);
    leg_free(leg);
}

static void on_ua_trunk(void *context, const struct trunk *trunk, const struct trunk_health *health)
{
    struct line *l = context;
    struct message m = {.type = MSG_trunk_health,
                        .trunk_health = {.trunk = trunk->name,
                                         .state = (uint32_t)health->state,
                                         .next_s = health->next_s,
                                         .text = health->text}};
    peers_tell(l->peers, ROLE_QUEUE, 0, &m);
}

static bool open_trunk_secret(void *context, const struct trunk *trunk, char *secret, size_t room)
{
    const struct line *l = context;
    char text[SECRET_TEXT_LEN] = "";
    struct span box;
    bool found = line_trunks_secret(l->trunks, trunk->id, trunk->secret_mark, &box) ||
                 line_trunks_secret(l->former, trunk->id, trunk->secret_mark, &box);
    bool good = found && secret_open(&l->key, box, text) && str_copy(secret, room, text);
    explicit_bzero(text, sizeof(text));
    return good;
}

static const struct ua_handler ua_handler = {on_ua_invited, on_ua_progress, on_ua_media,
                                             on_ua_ended,   on_ua_trunk,    on_ua_forwarded};

/* ---- from the queue ---- */

static void on_trunks(void *context, const struct sender *from, struct msg_trunks *m)
{
    struct line *l = context;
    if (!l->coming)
        l->coming = mem_zalloc(sizeof(*l->coming));
    line_trunks_read(m->trunks, l->coming);
    if (m->more)
        return;
    free(l->former);
    l->former = l->trunks;
    l->trunks = l->coming;
    l->coming = NULL;
    ua_set_trunks(l->ua, l->trunks->list, l->trunks->count);
    ua_tell_trunks(l->ua);
    log_info(NULL, "%zu trunk%s", l->trunks->count, l->trunks->count == 1 ? "" : "s");
}

static void dial(struct line *l, const struct msg_dial *m)
{
    const struct trunk *trunk = ua_trunk(l->ua, m->trunk);
    struct ua_ended failed = {.failure = DIAL_PROTOCOL};
    char secret[SECRET_TEXT_LEN];
    bool opened = secret_open(&l->key, m->secret, secret);
    if (!trunk) {
        outcome_set(
            &failed.outcome, VERDICT_RETRY, "no-trunk",
            "The trunk \"%s\" is not known any more. The fax is tried again over the trunks that are there.",
            m->trunk);
    } else if (!opened) {
        failed.failure = DIAL_FINAL;
        outcome_set(
            &failed.outcome, VERDICT_GIVE_UP, "trunk-secret",
            "The stored password of the trunk \"%s\" cannot be read with this installation's key. Set it "
            "again.",
            m->trunk);
    } else {
        struct ua_dial d = {.attempt = m->attempt,
                            .trunk = trunk,
                            .secret = secret,
                            .number = m->number,
                            .caller_id = m->caller_id,
                            .caller_name = m->caller_name,
                            .t38 = m->t38 != 0,
                            .ring_timeout_ms = m->ring_timeout_ms};
        struct leg *leg = leg_new(l, m->attempt);
        leg_set_process(leg, m->call_instance);
        leg->call = ua_dial(l->ua, &d, &failed);
        if (leg->call)
            log_info(id_text(m->attempt), "calling %s over trunk %s", m->number, trunk->name);
        else
            leg_free(leg);
    }
    explicit_bzero(secret, sizeof(secret));
    if (failed.outcome.code[0])
        report_failed(l, m->attempt, &failed);
}

static void on_dial(void *context, const struct sender *from, struct msg_dial *m)
{
    struct line *l = context;
    if (!leg_find(l, m->attempt)) /* asked again after a restart of the queue: it is under way */
        dial(l, m);
    struct message answer = {.type = MSG_dialled, .dialled = {.attempt = m->attempt}};
    peers_answer(l->peers, from, &answer);
}

static void on_dial_failed_stored(void *context, const struct sender *from, struct msg_dial_failed_stored *m)
{
    /* The question is closed by its answer; nothing else was waiting. */
}

static void on_call_traced_stored(void *context, const struct sender *from, struct msg_call_traced_stored *m)
{
    /* The same. */
}

static void on_drop(void *context, const struct sender *from, struct msg_drop *m)
{
    struct line *l = context;
    struct leg *leg = leg_find(l, m->attempt);
    if (leg)
        ua_hang_up(leg->call);
}

static void on_invite_verdict(void *context, const struct sender *from, struct msg_invite_verdict *m)
{
    struct line *l = context;
    struct leg *leg = leg_find(l, m->attempt);
    if (!leg)
        return;
    leg->invite_ask = 0;
    if (m->sip_status == 200) {
        leg_set_process(leg, m->call_instance);
        (void)str_copy(leg->forward, sizeof(leg->forward), m->forward);
        ua_accept(leg->call, m->t38 != 0);
        return;
    }
    leg->refused = true;
    if (m->sip_status == 302 && ua_redirect(leg->call, m->forward))
        return;
    ua_reject(leg->call, m->sip_status >= 300 && m->sip_status <= 699 ? (int)m->sip_status : 500);
}

/* ---- from call ---- */

static void on_want_t38(void *context, const struct sender *from, struct msg_want_t38 *m)
{
    struct line *l = context;
    struct leg *leg = leg_find(l, m->attempt);
    if (leg)
        ua_want_t38(leg->call);
}

static void on_keep_audio(void *context, const struct sender *from, struct msg_keep_audio *m)
{
    struct line *l = context;
    struct leg *leg = leg_find(l, m->attempt);
    if (leg)
        ua_keep_audio(leg->call);
}

/* Asked again after a restart of either: the answer is that of the first time, or that we do not know the
 * call. */
static void on_forward(void *context, const struct sender *from, struct msg_forward *m)
{
    struct line *l = context;
    struct leg *leg = leg_find(l, m->attempt);
    if (leg && (leg->forward_waits || ua_forward(leg->call, leg->forward))) {
        log_info(id_text(leg->attempt), "no fax tone was heard; the call is forwarded to %s", leg->forward);
        leg->forward_waits = true;
        leg->forward_ask = *from;
        return;
    }
    answer_forwarded(l, from, m->attempt, ENOENT);
}

static void on_hang_up(void *context, const struct sender *from, struct msg_hang_up *m)
{
    struct line *l = context;
    struct leg *leg = leg_find(l, m->attempt);
    if (!leg) {
        /* Of our former life, or gone in the meantime: then the far side answers 481, which does no harm. */
        struct ua_call *call = m->dialog.len ? ua_bye(l->ua, m->attempt, m->dialog) : NULL;
        if (!call) {
            answer_hung_up(l, from, m->attempt);
            return;
        }
        leg = leg_new(l, m->attempt);
        leg->call = call;
        leg->with_call = true;
        leg_set_process(leg, from->instance);
    }
    leg->hang_up_waits = true;
    leg->hang_up = *from;
    ua_hang_up(leg->call);
}

/* ---- neighbours ---- */

/* The process that had these calls is dead, its media with it. */
static void end_calls_of(struct line *l, unsigned instance, uint64_t generation)
{
    list_each_safe (node, &l->legs) {
        struct leg *leg = CONTAINER_OF(node, struct leg, node);
        if (!leg->has_process || leg->call_instance != instance)
            continue;
        if (leg->generation == 0) /* the queue told us of that process before the parent did */
            leg->generation = generation;
        if (leg->generation == generation)
            continue;
        log_warning(id_text(leg->attempt), "its call process died; hanging up");
        leg->hang_up_waits = false;
        ua_hang_up(leg->call);
    }
}

static void on_peer(void *context, enum role role, unsigned instance, uint64_t generation)
{
    struct line *l = context;
    if (role == ROLE_CALL && instance < CONF_CALL_PROCESSES_MAX) {
        l->generations[instance] = generation;
        end_calls_of(l, instance, generation);
    }
    if (role != ROLE_QUEUE)
        return;
    free(l->coming); /* the rest of it will not come */
    l->coming = NULL;
    list_each (node, &l->legs) {
        const struct leg *leg = CONTAINER_OF(node, struct leg, node);
        struct message m = {.type = MSG_dialog_alive, .dialog_alive = {.attempt = leg->attempt}};
        peers_tell(l->peers, ROLE_QUEUE, 0, &m);
    }
}

static void on_stop(void *context)
{
    struct line *l = context;
    line_root_stop(l->root);
}

static void on_certificate(void *context, const struct msg_certificate *m)
{
    line_tls_renew(m);
}

static const struct message_handlers handlers = {
    .trunks = on_trunks,
    .dial = on_dial,
    .dial_failed_stored = on_dial_failed_stored,
    .call_traced_stored = on_call_traced_stored,
    .drop = on_drop,
    .invite_verdict = on_invite_verdict,
    .want_t38 = on_want_t38,
    .keep_audio = on_keep_audio,
    .forward = on_forward,
    .hang_up = on_hang_up,
};

/* ---- begin and end ---- */

/* The sockets of our former life where the configuration still wants them: a port that the kernel chose stays
 * the same. */
static bool is_wanted(const struct endpoint *former, const struct endpoint *wanted)
{
    return endpoint_equal_host(former, wanted) && endpoint_port(wanted) == 0;
}

static unsigned choose_endpoints(const struct boot *b, const struct conf_endpoints *from, const char *word,
                                 struct endpoint *list)
{
    const char *at = b->bound;
    unsigned count = 0;
    for (unsigned i = 0; i < from->count && i < UA_LISTENERS_MAX; i++) {
        list[count] = from->list[i];
        char text[ENDPOINT_TEXT_LEN];
        struct endpoint former;
        while (*at && !str_starts(at, word))
            at += strcspn(at, "\n") + (at[strcspn(at, "\n")] == '\n');
        size_t len = strcspn(at, "\n"), skip = strlen(word);
        if (*at && str_copy_span(text, sizeof(text), span_of(at + skip, len - skip)) &&
            endpoint_parse(text, &former) && is_wanted(&former, &from->list[i]))
            list[count] = former;
        count++;
        at += len + (at[len] == '\n');
    }
    return count;
}

static void say_ready(const struct line *l, unsigned count, unsigned tls_count)
{
    SCOPED_BUF struct buf bound;
    buf_init(&bound, BOOT_BOUND_LEN - 1);
    for (unsigned i = 0; i < count + tls_count; i++) {
        char text[ENDPOINT_TEXT_LEN];
        struct endpoint e = ua_endpoint(l->ua, i);
        endpoint_format(&e, text);
        (void)buf_printf(&bound, "%s%s\n", i < count ? bound_plain : bound_tls, text);
        log_info(NULL, "SIP on %s, %s", text, i < count ? "UDP and TCP" : "TLS");
    }
    boot_ready(buf_text(&bound));
}

static bool open_ua(struct line *l, struct ua_opts *opts, const struct boot *b)
{
    if (b->conf.media_port_last < b->conf.media_port_first) {
        log_error(NULL,
                  "media_port_last (%llu) is below media_port_first (%llu); set them to a range of ports",
                  (unsigned long long)b->conf.media_port_last, (unsigned long long)b->conf.media_port_first);
        return false;
    }
    unsigned failed = 0;
    opts->listen_count = choose_endpoints(b, &b->conf.sip_listen, bound_plain, opts->listen);
    l->ua = ua_open(opts, &failed);
    if (l->ua)
        return true;
    char text[ENDPOINT_TEXT_LEN];
    int error = errno;
    bool tls = failed >= opts->listen_count;
    endpoint_format(tls ? &opts->listen_tls[failed - opts->listen_count] : &opts->listen[failed], text);
    log_error(NULL, "cannot listen for SIP on %s: %s; set %s in %s to an address and port that are free",
              text, error ? strerror(error) : "sofia refused it", tls ? "sip_tls_listen" : "sip_listen",
              "faxpost.conf");
    return false;
}

/* Without TLS, where that cannot be had: calls over the other trunks go on. */
static bool open_with_tls(struct line *l, struct boot *b)
{
    struct ua_opts opts = {.root = l->root,
                           .media_first = (uint16_t)b->conf.media_port_first,
                           .media_last = (uint16_t)b->conf.media_port_last,
                           .handler = &ua_handler,
                           .context = l,
                           .open_secret = open_trunk_secret,
                           .dns = l->dns};
    if (b->conf.sip_tls_listen.count > 0 && line_tls_open(b))
        opts.listen_tls_count = choose_endpoints(b, &b->conf.sip_tls_listen, bound_tls, opts.listen_tls);
    l->tls_count = opts.listen_tls_count;
    return open_ua(l, &opts, b);
}

int main(void)
{
    static struct boot boot;
    static struct line line;
    boot_begin(&boot, ROLE_LINE);
    int key = boot_take(&boot, "key.line");
    if (key >= 0) {
        int error = secret_key_read(&line.key, key);
        if (error)
            log_error(NULL, "cannot read our key, so trunks with a password will fail: %s", strerror(error));
    }
    boot_drop(&boot);
    list_init(&line.legs);
    line.loop = loop_new();
    line.root = line_root_new(line.loop);
    line.dns = dns_client_new(line.loop, boot.conf.dns_servers.list, boot.conf.dns_servers.count);
    if (!line.dns)
        log_error(NULL, "trunks are found without SRV records: there is no DNS resolver, or dns_servers "
                        "names what is none");
    if (!open_with_tls(&line, &boot))
        return ROLE_EXIT_CONFIG;
    const struct peers_opts opts = {.loop = line.loop,
                                    .self = ROLE_LINE,
                                    .parent_fd = BOOT_PARENT_FD,
                                    .handlers = &handlers,
                                    .context = &line,
                                    .on_peer = on_peer,
                                    .on_stop = on_stop,
                                    .on_certificate = on_certificate};
    line.peers = peers_new(&opts);
    boot_shut_in(&boot); /* the sockets are bound, and nothing has been read from them yet */
    say_ready(&line, boot.conf.sip_listen.count, line.tls_count);
    line_root_run(line.root);
    ua_close(line.ua);
    dns_client_free(line.dns);
    peers_free(line.peers);
    list_each_safe (node, &line.legs)
        leg_free(CONTAINER_OF(node, struct leg, node));
    free(line.trunks);
    free(line.former);
    free(line.coming);
    line_root_free(line.root);
    tls_lend_end();
    loop_free(line.loop);
    secret_key_clear(&line.key);
    conf_clear(&boot.conf);
    return ROLE_EXIT_DONE;
}

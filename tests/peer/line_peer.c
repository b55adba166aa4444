/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The SIP user agent with a person's hands: commands on standard input, what happens on standard output, one
 * line each. The tests of tests/peer drive it against SIPp.
 *
 *   line-peer ADDRESS:PORT                 listens; says "listening ADDRESS:PORT"
 *   trunk udp|tcp HOST PORT USER           the peer for calls in both directions; USER "-": no digest
 *   secret TEXT                            its password
 *   dial NUMBER | t38 | bye | accept | accept-audio | reject STATUS | quit
 *   forward TARGET | redirect TARGET       REFER, 302; "forwarded yes|no"
 *   called request|to|diversion            where the number of a call stands
 *   auto accept|hold|keep-audio            what happens to calls that come in; keep-audio: and to T.38 in any
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "line/ua.h"

enum { WORDS = 5, LINE_LEN = 512 };

struct hands {
    struct loop *loop;
    struct line_root *root;
    struct ua *ua;
    struct ua_call *call;
    struct trunk trunk;
    char secret[100];
    bool hold, keep;
    struct watch input;
    char line[LINE_LEN];
    size_t line_len;
};

static void on_invited(void *context, struct ua_call *call, const struct ua_invited *who)
{
    struct hands *h = context;
    h->call = call;
    printf("invited %s from %s at %s\n", who->called, who->calling[0] ? who->calling : "anonymous",
           who->peer_ip);
    if (!h->hold)
        ua_accept(call, true);
}

static void on_progress(void *context, struct ua_call *call, enum ua_progress p)
{
    static const char *const names[] = {
        [UA_TRYING] = "trying", [UA_RINGING] = "ringing", [UA_ANSWERED] = "answered"};
    printf("%s\n", names[p]);
}

static void on_media(void *context, struct ua_call *call, struct ua_media *m)
{
    const struct hands *h = context;
    static const char *const kinds[] = {[MEDIA_PCMA] = "pcma", [MEDIA_PCMU] = "pcmu", [MEDIA_T38] = "t38"};
    char remote[ENDPOINT_TEXT_LEN] = "held";
    if (m->media.remote.len)
        endpoint_format(&m->media.remote, remote);
    static const char *const corrections[] = {[SDP_EC_NOT_SAID] = "-",
                                              [SDP_EC_NONE] = "none",
                                              [SDP_EC_REDUNDANCY] = "redundancy",
                                              [SDP_EC_FEC] = "fec"};
    const struct sdp_t38 *t = &m->media.t38;
    printf("media %s %s%s", kinds[m->media.kind], remote, m->refused_t38 ? " t38-refused" : "");
    if (m->media.kind == MEDIA_T38) /* version, bit/s, octets of a datagram, error correction */
        printf(" %u %u %u %s", t->version, t->max_bit_rate, t->max_datagram, corrections[t->udp_ec]);
    printf("\n");
    if (h->keep)
        ua_keep_audio(call);
}

static void on_ended(void *context, struct ua_call *call, const struct ua_ended *end)
{
    struct hands *h = context;
    h->call = NULL;
    printf("ended %s %s\n", end->outcome.code, end->by_far_side ? "far" : "here");
}

static void on_forwarded(void *context, struct ua_call *call, bool ok)
{
    printf("forwarded %s\n", ok ? "yes" : "no");
}

static const struct ua_handler handler = {on_invited, on_progress, on_media, on_ended, NULL, on_forwarded};

static void set_trunk(struct hands *h, char *words[WORDS])
{
    uint64_t port = 0;
    h->trunk = (struct trunk){.id = "t", .name = "peer", .t38 = true};
    h->trunk.transport = str_equal(words[1], "tcp") ? TRUNK_TCP : TRUNK_UDP;
    (void)str_copy(h->trunk.host, sizeof(h->trunk.host), words[2]);
    if (str_to_u64(words[3], UINT16_MAX, &port))
        h->trunk.port = (uint16_t)port;
    if (!str_equal(words[4], "-"))
        (void)str_copy(h->trunk.user, sizeof(h->trunk.user), words[4]);
    ua_set_trunks(h->ua, &h->trunk, 1);
    printf("known\n"); /* before that, calls are refused */
}

static void set_called(struct hands *h, const char *rule)
{
    h->trunk.called_from = str_equal(rule, "to")          ? TRUNK_CALLED_TO
                           : str_equal(rule, "diversion") ? TRUNK_CALLED_DIVERSION
                                                          : TRUNK_CALLED_REQUEST;
    ua_set_trunks(h->ua, &h->trunk, 1);
    printf("known\n"); /* before that, calls are refused */
}

static void dial(struct hands *h, const char *number)
{
    struct ua_ended failed;
    struct ua_dial d = {.attempt = id_new(),
                        .trunk = &h->trunk,
                        .secret = h->secret,
                        .number = number,
                        .caller_id = "100",
                        .caller_name = "",
                        .t38 = true};
    h->call = ua_dial(h->ua, &d, &failed);
    if (!h->call)
        printf("failed %s\n", failed.outcome.code);
}

static void command(struct hands *h, char *text)
{
    char *words[WORDS] = {"", "", "", "", ""}, *rest = NULL;
    size_t n = 0;
    for (char *w = strtok_r(text, " ", &rest); w && n < WORDS; w = strtok_r(NULL, " ", &rest))
        words[n++] = w;
    uint64_t status = 0;
    if (str_equal(words[0], "trunk"))
        set_trunk(h, words);
    else if (str_equal(words[0], "called"))
        set_called(h, words[1]);
    else if (str_equal(words[0], "secret"))
        (void)str_copy(h->secret, sizeof(h->secret), words[1]);
    else if (str_equal(words[0], "auto")) {
        h->hold = str_equal(words[1], "hold");
        h->keep = str_equal(words[1], "keep-audio");
    } else if (str_equal(words[0], "dial"))
        dial(h, words[1]);
    else if (str_equal(words[0], "quit"))
        line_root_stop(h->root);
    else if (!h->call)
        printf("no-call\n");
    else if (str_equal(words[0], "t38"))
        ua_want_t38(h->call);
    else if (str_equal(words[0], "bye"))
        ua_hang_up(h->call);
    else if (str_starts(words[0], "accept"))
        ua_accept(h->call, str_equal(words[0], "accept"));
    else if (str_equal(words[0], "forward") && !ua_forward(h->call, words[1]))
        printf("not-now\n");
    else if (str_equal(words[0], "redirect") && !ua_redirect(h->call, words[1]))
        printf("not-now\n");
    else if (str_equal(words[0], "reject") && str_to_u64(words[1], 699, &status))
        ua_reject(h->call, (int)status);
}

static void on_input(void *context, uint32_t events)
{
    struct hands *h = context;
    ssize_t n = read(STDIN_FILENO, h->line + h->line_len, sizeof(h->line) - h->line_len - 1);
    if (n <= 0) {
        line_root_stop(h->root);
        return;
    }
    h->line_len += (size_t)n;
    h->line[h->line_len] = 0;
    for (char *end = strchr(h->line, '\n'); end; end = strchr(h->line, '\n')) {
        *end = 0;
        command(h, h->line);
        h->line_len -= (size_t)(end + 1 - h->line);
        memmove(h->line, end + 1, h->line_len + 1);
    }
}

int main(int argc, char **argv)
{
    struct hands h = {.input = {.on_ready = on_input}};
    struct ua_opts opts = {.handler = &handler, .context = &h, .listen_count = 1};
    log_open("line-peer", LOG_LEVEL_WARNING);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc != 2 || !endpoint_parse(argv[1], &opts.listen[0])) {
        (void)fprintf(stderr, "usage: line-peer ADDRESS:PORT\n");
        return 2;
    }
    h.input.context = &h;
    h.loop = loop_new();
    h.root = opts.root = line_root_new(h.loop);
    unsigned failed;
    h.ua = ua_open(&opts, &failed);
    if (!h.ua)
        return 1;
    char text[ENDPOINT_TEXT_LEN];
    struct endpoint e = ua_endpoint(h.ua, 0);
    endpoint_format(&e, text);
    printf("listening %s\n", text);
    watch_start(&h.input, h.loop, STDIN_FILENO, EPOLLIN);
    line_root_run(h.root);
    watch_stop(&h.input);
    ua_close(h.ua);
    line_root_free(h.root);
    loop_free(h.loop);
    return 0;
}

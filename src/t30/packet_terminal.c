/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/packet_terminal.h"

#include <stdlib.h>

#include <spandsp.h>

#include "base/attr.h"
#include "base/mem.h"
#include "base/panic.h"
#include "t30/packet_rx.h"
#include "t30/packet_tx.h"

/* How often a packet goes out under one number: signals and ends of signals are small and all hangs on them.
 */
enum { COPIES_SIGNAL = 3, COPIES_DATA = 1, COPIES_END = 3 };
struct packet_terminal {
    struct terminal base;
    void (*on_packet)(void *context, struct span ifp, int copies);
    t38_core_state_t *core;
    struct packet_rx rx;
    struct packet_tx tx;
};

static struct packet_terminal *of(struct terminal *t)
{
    return CONTAINER_OF(t, struct packet_terminal, base);
}

static void set_rx(struct terminal *base, const struct modem_setting *m)
{
    of(base)->rx.type = m->type;
}

static void set_tx(struct terminal *base, const struct modem_setting *m)
{
    packet_tx_set(&of(base)->tx, m);
}

static void send_frame(struct terminal *base, struct span frame)
{
    packet_tx_frame(&of(base)->tx, frame);
}

static void drop_frame(struct terminal *base)
{
    packet_tx_drop(&of(base)->tx);
}

static const struct terminal_kind kind = {set_rx, set_tx, send_frame, drop_frame};

static int on_core_packet(t38_core_state_t *core, void *context, const uint8_t *ifp, int len, int copies)
{
    struct packet_terminal *t = context;
    t->on_packet(t->base.context, span_of(ifp, (size_t)len), copies);
    return 0;
}

static void ignore_log(int level, const char *text)
{
}

struct packet_terminal *packet_terminal_new(const struct packet_terminal_opts *opts)
{
    struct packet_terminal *t = mem_zalloc(sizeof(*t));
    t->base = (struct terminal){&kind, opts->events, opts->context};
    t->on_packet = opts->on_packet;
    t->core = t38_core_init(NULL, packet_rx_indicator, packet_rx_data, packet_rx_missing, &t->rx,
                            on_core_packet, t);
    if (t->core == NULL)
        panic("out of memory");
    span_log_set_message_handler(t38_core_get_logging_state(t->core), ignore_log);
    t38_set_t38_version(t->core, (int)opts->version);
    t38_set_redundancy_control(t->core, T38_PACKET_CATEGORY_INDICATOR, COPIES_SIGNAL);
    t38_set_redundancy_control(t->core, T38_PACKET_CATEGORY_CONTROL_DATA, COPIES_DATA);
    t38_set_redundancy_control(t->core, T38_PACKET_CATEGORY_CONTROL_DATA_END, COPIES_END);
    t38_set_redundancy_control(t->core, T38_PACKET_CATEGORY_IMAGE_DATA, COPIES_DATA);
    t38_set_redundancy_control(t->core, T38_PACKET_CATEGORY_IMAGE_DATA_END, COPIES_END);
    packet_rx_init(&t->rx, &t->base);
    packet_tx_init(&t->tx, &t->base, t->core, opts->now_us);
    if (opts->unpaced)
        packet_tx_unpace(&t->tx);
    return t;
}

void packet_terminal_free(struct packet_terminal *t)
{
    if (t == NULL)
        return;
    (void)t38_core_free(t->core);
    free(t);
}

struct terminal *packet_terminal_base(struct packet_terminal *t)
{
    return &t->base;
}

void packet_terminal_receive(struct packet_terminal *t, struct span ifp, uint16_t sequence)
{
    /* A malformed packet is one that did not come; t38_core sees the gap by the next number. */
    if (ifp.len <= UINT16_MAX)
        (void)t38_core_rx_ifp_packet(t->core, ifp.data, (int)ifp.len, sequence);
}

void packet_terminal_set_now(struct packet_terminal *t, int64_t now_us)
{
    t->rx.now_us = t->tx.now_us = now_us;
}

void packet_terminal_run(struct packet_terminal *t)
{
    packet_rx_run(&t->rx);
    packet_tx_run(&t->tx);
}

int64_t packet_terminal_due_us(const struct packet_terminal *t)
{
    return packet_tx_due_us(&t->tx);
}

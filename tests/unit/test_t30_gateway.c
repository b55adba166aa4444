/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A fax between our T.38 terminal and our audio terminal, joined by somebody else's gateway: libspandsp's
 * t38_gateway, which is what rtpengine and many telephone systems run. */
#include "call_pair.h"

#include "document.h"

#include <spandsp.h>

enum { TICK_MS = 20, TICK_SAMPLES = 160, PAGES = 2 };

struct bridge {
    struct pair pair; /* its sessions; its own network is not used */
    struct pair_side *packet_side, *audio_side;
    t38_gateway_state_t *gateway;
    uint16_t to_gateway, from_gateway;
};

static struct document document;

static int set_up(void **state)
{
    document_make(&document, PAGES, 300, 0, 17);
    return 0;
}

static int tear_down(void **state)
{
    document_clear(&document);
    return 0;
}

/* The gateway speaks T.38. */
static int on_gateway_packet(t38_core_state_t *core, void *context, const uint8_t *ifp, int len, int copies)
{
    struct bridge *b = context;
    session_receive(b->packet_side->session, b->pair.now_ms, span_of(ifp, (size_t)len), b->from_gateway++);
    return 0;
}

/* Our T.38 side speaks: each packet on its way counts once, whatever its copies. */
static void deliver_packets(struct bridge *b)
{
    struct pair *p = &b->pair;
    uint16_t last = (uint16_t)(b->to_gateway - 1);
    for (size_t i = 0; i < p->packet_count; i++) {
        if (p->packets[i].sequence == last)
            continue;
        last = p->packets[i].sequence;
        (void)t38_core_rx_ifp_packet(t38_gateway_get_t38_core_state(b->gateway), p->packets[i].data,
                                     (int)p->packets[i].len, last);
    }
    b->to_gateway = (uint16_t)(last + 1);
    p->packet_count = 0;
}

static void pass_audio(struct bridge *b)
{
    int16_t samples[TICK_SAMPLES] = {0};
    uint8_t octets[TICK_SAMPLES];
    session_speak(b->audio_side->session, b->pair.now_ms, octets, sizeof(octets));
    law_expand(LAW_PCMU, span_of(octets, sizeof(octets)), samples);
    (void)t38_gateway_rx(b->gateway, samples, TICK_SAMPLES);
    int len = t38_gateway_tx(b->gateway, samples, TICK_SAMPLES);
    memset(samples + len, 0, (size_t)(TICK_SAMPLES - len) * sizeof(*samples));
    law_compress(LAW_PCMU, samples, TICK_SAMPLES, octets);
    session_hear(b->audio_side->session, b->pair.now_ms, span_of(octets, sizeof(octets)));
}

/* store_ms: how long everything that has to be stored takes. */
static void fax_through_the_gateway(bool sender_has_t38, bool ecm, int64_t store_ms)
{
    struct bridge b = {0};
    struct pair_opts opts = {
        .media = PAIR_T38, .pages = document.pages, .page_count = PAGES, .ecm = ecm, .max_rate = 14400};
    pair_open(&b.pair, &opts);
    b.pair.sender_store_ms = b.pair.receiver_store_ms = b.pair.ask_ms = store_ms;
    b.packet_side = sender_has_t38 ? &b.pair.sender : &b.pair.receiver;
    b.audio_side = sender_has_t38 ? &b.pair.receiver : &b.pair.sender;
    b.gateway = t38_gateway_init(NULL, on_gateway_packet, &b);
    assert_non_null(b.gateway);
    t38_gateway_set_ecm_capability(b.gateway, TRUE);
    t38_gateway_set_transmit_on_idle(b.gateway, TRUE);
    session_use_audio(b.audio_side->session, b.pair.now_ms, LAW_PCMU);
    b.pair.packet_count = 0;
    b.to_gateway = b.packet_side->sequence;
    while ((!b.pair.sender.done || !b.pair.receiver.done) && b.pair.now_ms < 400000) {
        b.pair.now_ms += TICK_MS;
        pair_store_due(&b.pair);
        pair_run_due(b.packet_side);
        deliver_packets(&b);
        pass_audio(&b);
        session_run(b.audio_side->session, b.pair.now_ms);
    }
    pair_assert_delivered(&b.pair, &opts);
    (void)t38_gateway_free(b.gateway);
    pair_close(&b.pair);
}

static void t38_to_audio_with_ecm(void **state)
{
    fax_through_the_gateway(true, true, 0);
}

static void t38_to_audio_without_ecm(void **state)
{
    fax_through_the_gateway(true, false, 0);
}

static void audio_to_t38_with_ecm(void **state)
{
    fax_through_the_gateway(false, true, 0);
}

static void audio_to_t38_without_ecm(void **state)
{
    fax_through_the_gateway(false, false, 0);
}

static void storing_takes_a_while(void **state)
{
    for (int i = 0; i < 4; i++)
        fax_through_the_gateway(i % 2, i / 2, 1200);
}

static void storing_takes_very_long(void **state)
{
    for (int i = 0; i < 4; i++)
        fax_through_the_gateway(i % 2, i / 2, 2400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(t38_to_audio_with_ecm), cmocka_unit_test(t38_to_audio_without_ecm),
        cmocka_unit_test(audio_to_t38_with_ecm), cmocka_unit_test(audio_to_t38_without_ecm),
        cmocka_unit_test(storing_takes_a_while), cmocka_unit_test(storing_takes_very_long),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "call_pair.h"

#include "document.h"

#include <spandsp.h>

#include "base/str.h"

enum { FRAME_SAMPLES = 160, FRAME_MS = 20, PREAMBLE_LEAST_MS = 850 };

static struct document document;

int pair_set_up(void **state)
{
    document_make(&document, 3, 220, 40, 7);
    return 0;
}

int pair_tear_down(void **state)
{
    document_clear(&document);
    return 0;
}

struct pair_opts pair_call(enum pair_media media, bool ecm, uint32_t max_rate, size_t page_count)
{
    return (struct pair_opts){
        .media = media, .pages = document.pages, .page_count = page_count, .ecm = ecm, .max_rate = max_rate};
}

static struct pair_side *other(struct pair_side *side)
{
    return side == &side->pair->sender ? &side->pair->receiver : &side->pair->sender;
}

/* The training of an image modem or its data (T.38 §7.3). */
bool pair_is_image(struct span ifp)
{
    unsigned type = ifp.data[0] >> 1 & 0x0F;
    return (ifp.data[0] & 0x40) != 0 ? type != 0 : type >= 4;
}

/* Gateways play what comes on a modem: a frame that comes before its preamble can have been played is lost
 * with some. A preamble has 1 s +-15 % (T.30 §5.3.1). In all tests here. */
static void check_preamble(struct pair_side *side, struct span ifp)
{
    bool data = (ifp.data[0] & 0x40) != 0;
    unsigned type = ifp.data[0] >> 1 & 0x1F;
    if (data && side->preamble_ms != 0 && !side->pair->t38.unpaced)
        assert_true(side->pair->now_ms - side->preamble_ms >= PREAMBLE_LEAST_MS);
    side->preamble_ms = !data && type == T38_IND_V21_PREAMBLE ? side->pair->now_ms : 0;
}

static void on_packet(void *context, struct span ifp, int copies)
{
    struct pair_side *side = context;
    struct pair *p = side->pair;
    check_preamble(side, ifp);
    /* No page starts before the confirmation of the one before is stored, in any test here. */
    if (side->store_at_ms != 0)
        assert_false(pair_is_image(ifp));
    bool to_receiver = side == &p->sender;
    struct pair_packet packet = {p->now_ms + p->delay_ms, to_receiver, side->sequence++, ifp.len, {0}};
    assert_true(ifp.len <= sizeof(packet.data));
    memcpy(packet.data, ifp.data, ifp.len);
    if (p->udptl)
        assert_true(udptl_sender_build(&side->udptl_out, ifp, packet.data, sizeof(packet.data), &packet.len));
    side->between_frames = (ifp.data[0] & 0x40) != 0 && ifp.len == 3;
    for (int i = 0; i < copies; i++) {
        if (p->passes != NULL && !p->passes(p, to_receiver, packet.data, packet.len))
            continue;
        assert_true(p->packet_count < PAIR_PACKETS);
        p->packets[p->packet_count++] = packet;
    }
}

static void store(struct pair_side *side)
{
    struct pair *p = side->pair;
    bool sender = side == &p->sender;
    unsigned failing = sender ? p->sender_store_fails : p->receiver_store_fails;
    side->store_at_ms = 0;
    session_page_stored(side->session, p->now_ms, side->pages != failing);
}

static void take_page(struct pair_side *side, const struct session_page *page, int64_t store_ms)
{
    assert_true(side->pages < PAIR_PAGES);
    assert_int_equal(side->store_at_ms, 0);
    side->page[side->pages++] = *page;
    side->store_at_ms = side->pair->now_ms + store_ms;
    if (store_ms == 0)
        store(side);
}

static void on_page_sent(void *context, const struct session_page *page)
{
    struct pair_side *side = context;
    take_page(side, page, side->pair->sender_store_ms);
}

static void on_page_ending(void *context, unsigned number)
{
    struct pair_side *side = context;
    assert_int_equal(side->ask_at_ms, 0);
    assert_true(side->asked < number); /* once a document */
    side->asked = number;
    side->ask_at_ms = side->pair->now_ms + side->pair->ask_ms;
    if (side->pair->ask_ms == 0) {
        side->ask_at_ms = 0;
        session_may_ask(side->session, side->pair->now_ms);
    }
}

static void on_polled(void *context)
{
    struct pair_side *side = context;
    assert_ptr_equal(side, &side->pair->sender);
    side->polled++;
    if (side->pair->polled_store_ms == 0)
        session_page_stored(side->session, side->pair->now_ms, !side->pair->polled_fails);
    else
        side->polled_at_ms = side->pair->now_ms + side->pair->polled_store_ms;
}

static void on_page_received(void *context, const struct session_page *page, struct span t6)
{
    struct pair_side *side = context;
    side->t6[side->pages] = mem_dup(t6.data, t6.len);
    side->t6_len[side->pages] = t6.len;
    take_page(side, page, side->pair->receiver_store_ms);
}

static void on_want_t38(void *context)
{
    struct pair_side *side = context;
    assert_false(side->wants_t38);
    side->wants_t38 = true;
}

static void on_frame(void *context, const struct session_frame *frame)
{
    struct pair_side *side = context;
    if (getenv("PAIR_TRACE"))
        fprintf(stderr, "%6lld %s %s %s (%zu) %s\n", (long long)frame->now_ms,
                side == &side->pair->sender ? "S" : "R", frame->sent ? ">" : "<", frame->name,
                frame->bytes.len, frame->dropped ? frame->dropped : "");
    if (str_starts(frame->name, "V.")) {
        size_t len = strlen(side->modems);
        (void)str_format(side->modems + len, sizeof(side->modems) - len, "%s%s ", frame->sent ? ">" : "<",
                         frame->name);
        return;
    }
    if (frame->dropped != NULL)
        side->dropped = frame->dropped;
    /* The document's last question is not asked before it is stored that it will be, in any test here. */
    if (frame->sent && (str_equal(frame->name, "EOP") || str_equal(frame->name, "PPS-EOP")))
        assert_true(side->asked != 0 && side->ask_at_ms == 0);
    /* No page is confirmed before it is stored, in any test here. */
    if (frame->sent && str_equal(frame->name, "MCF"))
        assert_int_equal(side->store_at_ms, 0);
    side->hears_image = side->hears_image || (!frame->sent && str_equal(frame->name, "FCD"));
    if (!frame->sent || str_equal(frame->name, "FCD") || str_equal(frame->name, "RCP"))
        return;
    if (side->pair->on_sent_frame != NULL && frame->bytes.len > 0)
        side->pair->on_sent_frame(side->pair, side == &side->pair->sender, frame->name);
    size_t len = strlen(side->said);
    (void)str_format(side->said + len, sizeof(side->said) - len, "%s ", frame->name);
}

static void on_forward(void *context)
{
    struct pair_side *side = context;
    assert_false(side->forwards);
    side->forwards = true;
}

static void on_done(void *context, const struct session_result *result)
{
    struct pair_side *side = context;
    assert_false(side->done);
    side->done = true;
    side->result = *result;
    if (getenv("PAIR_TRACE"))
        fprintf(stderr, "%6lld %s done: %s %s pages %u\n", (long long)side->pair->now_ms,
                side == &side->pair->sender ? "S" : "R", result->outcome.code, result->outcome.text,
                result->pages);
}

static const struct session_events events = {
    .on_packet = on_packet,
    .on_page_sent = on_page_sent,
    .on_page_ending = on_page_ending,
    .on_polled = on_polled,
    .on_page_received = on_page_received,
    .on_want_t38 = on_want_t38,
    .on_frame = on_frame,
    .on_forward = on_forward,
    .on_done = on_done,
};

static void on_ifp(void *context, struct span ifp, uint16_t sequence, enum udptl_source source)
{
    struct pair_side *side = context;
    session_receive(side->session, side->pair->now_ms, ifp, sequence);
}

static void on_gap(void *context, uint16_t first, unsigned count)
{
}

void pair_use_fec(struct pair *p)
{
    struct pair_side *sides[] = {&p->sender, &p->receiver};
    p->udptl = true;
    for (int i = 0; i < 2; i++) {
        udptl_sender_clear(&sides[i]->udptl_out);
        udptl_sender_init_fec(&sides[i]->udptl_out, 0);
    }
}

static void open_udptl(struct pair_side *side)
{
    static const struct udptl_events udptl_events = {on_ifp, on_gap};
    udptl_sender_init(&side->udptl_out, UDPTL_REDUNDANCY_DEFAULT, 0);
    udptl_receiver_init(&side->udptl_in, &udptl_events, side, 60);
}

void pair_open(struct pair *p, const struct pair_opts *opts)
{
    *p = (struct pair){.now_ms = 1000, .delay_ms = 20};
    p->sender.pair = p->receiver.pair = p;
    open_udptl(&p->sender);
    open_udptl(&p->receiver);
    p->packets = mem_alloc(PAIR_PACKETS * sizeof(*p->packets));
    struct session_opts side = {
        .sender = true,
        .station_id = "+49 30 1",
        .subaddress = opts->subaddress,
        .password = opts->password,
        .ecm = opts->ecm,
        .max_rate = opts->max_rate,
        .pages = opts->pages,
        .lower = opts->lower,
        .page_count = opts->page_count,
        .ends = opts->ends,
        .first = opts->first,
        .events = &events,
        .context = &p->sender,
    };
    if (opts->polling) {
        side.sender = false;
        side.subaddress = side.password = NULL;
        side.selective = opts->wanted_selective;
        side.poll_password = opts->wanted_poll_password;
        side.page_count = opts->nothing_there ? 0 : opts->page_count;
    }
    p->sender.session = session_new(&side);
    side.sender = false;
    side.polls = opts->polling;
    side.selective = opts->selective;
    side.poll_password = opts->poll_password;
    side.page_count = 0;
    side.station_id = "+39 02 2";
    side.pages = side.lower = NULL;
    side.blocked = opts->blocked;
    side.password = opts->wanted;
    side.voice = opts->voice;
    side.voice_ms = opts->voice_ms;
    side.context = &p->receiver;
    p->receiver.session = session_new(&side);
    assert_non_null(p->sender.session);
    assert_non_null(p->receiver.session);
    pair_use(p, opts->media);
}

static void use(struct pair_side *side, enum pair_media media)
{
    if (media == PAIR_T38)
        session_use_t38(side->session, side->pair->now_ms, &side->pair->t38);
    else
        session_use_audio(side->session, side->pair->now_ms, media == PAIR_PCMU ? LAW_PCMU : LAW_PCMA);
}

void pair_use(struct pair *p, enum pair_media media)
{
    p->media = media;
    p->packet_count = 0;
    p->sender.sequence = p->receiver.sequence = 0;
    use(&p->sender, media);
    use(&p->receiver, media);
}

static void inject_packet(struct pair *p, bool to_receiver, const uint8_t *ifp, size_t len)
{
    struct pair_side *from = to_receiver ? &p->sender : &p->receiver;
    struct pair_packet packet = {p->now_ms + p->delay_ms, to_receiver, from->sequence++, len, {0}};
    assert_true(len <= sizeof(packet.data) && p->packet_count < PAIR_PACKETS);
    memcpy(packet.data, ifp, len);
    p->packets[p->packet_count++] = packet;
}

/* T.38 of version 0: data type, one field, its type, its length less one, its octets; then the FCS alone. */
void pair_inject_on(struct pair *p, bool to_receiver, int data_type, struct span frame)
{
    uint8_t type = (uint8_t)(data_type << 1);
    bool image = data_type != T38_DATA_V21;
    uint8_t fcs = (uint8_t)((image ? T38_FIELD_HDLC_FCS_OK : T38_FIELD_HDLC_FCS_OK_SIG_END) << 4);
    uint8_t ifp[300] = {0xC0 | type, 1, 0x80 | T38_FIELD_HDLC_DATA << 4, 0, 0};
    ifp[3] = (uint8_t)((frame.len - 1) >> 8);
    ifp[4] = (uint8_t)(frame.len - 1);
    bit_reverse(ifp + 5, frame.data, (int)frame.len);
    inject_packet(p, to_receiver, ifp, 5 + frame.len);
    inject_packet(p, to_receiver, (uint8_t[]){0xC0 | type, 1, fcs}, 3);
}

void pair_inject(struct pair *p, bool to_receiver, bool image, struct span frame)
{
    pair_inject_on(p, to_receiver, image ? T38_DATA_V17_14400 : T38_DATA_V21, frame);
}

void pair_inject_signal(struct pair *p, bool to_receiver, int indicator)
{
    inject_packet(p, to_receiver, (uint8_t[]){(uint8_t)(indicator << 1)}, 1);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void deliver_packets(struct pair *p)
{
    for (size_t i = 0; i < p->packet_count;) {
        if (p->packets[i].arrives_ms > p->now_ms) {
            i++;
            continue;
        }
        struct pair_packet packet = p->packets[i];
        memmove(p->packets + i, p->packets + i + 1, (--p->packet_count - i) * sizeof(packet));
        struct pair_side *to = packet.to_receiver ? &p->receiver : &p->sender;
        struct span data = span_of(packet.data, packet.len);
        if (p->udptl)
            (void)udptl_receiver_put(&to->udptl_in, data, p->now_ms);
        else
            session_receive(to->session, p->now_ms, data, packet.sequence);
    }
}

static void pass_samples(struct pair *p, struct pair_side *from)
{
    uint8_t octets[FRAME_SAMPLES];
    struct pair_side *to = other(from);
    session_speak(from->session, p->now_ms, octets, sizeof(octets));
    if (p->passes == NULL || p->passes(p, to == &p->receiver, octets, sizeof(octets)))
        session_hear(to->session, p->now_ms, span_of(octets, sizeof(octets)));
    else
        session_hear_gap(to->session, p->now_ms, FRAME_SAMPLES);
}

static int64_t next_event_ms(const struct pair *p)
{
    int64_t next = earlier(session_due_ms(p->sender.session), session_due_ms(p->receiver.session));
    for (size_t i = 0; i < p->packet_count; i++)
        next = earlier(next, p->packets[i].arrives_ms);
    if (p->media != PAIR_T38)
        next = earlier(next, p->now_ms + FRAME_MS);
    if (p->sender.store_at_ms != 0)
        next = earlier(next, p->sender.store_at_ms);
    if (p->sender.polled_at_ms != 0)
        next = earlier(next, p->sender.polled_at_ms);
    if (p->sender.ask_at_ms != 0)
        next = earlier(next, p->sender.ask_at_ms);
    if (p->receiver.store_at_ms != 0)
        next = earlier(next, p->receiver.store_at_ms);
    return next;
}

void pair_store_due(struct pair *p)
{
    struct pair_side *sides[] = {&p->sender, &p->receiver};
    for (int i = 0; i < 2; i++) {
        if (sides[i]->store_at_ms != 0 && sides[i]->store_at_ms <= p->now_ms)
            store(sides[i]);
    }
    if (p->sender.polled_at_ms != 0 && p->sender.polled_at_ms <= p->now_ms) {
        p->sender.polled_at_ms = 0;
        session_page_stored(p->sender.session, p->now_ms, !p->polled_fails);
    }
    if (p->sender.ask_at_ms != 0 && p->sender.ask_at_ms <= p->now_ms) {
        p->sender.ask_at_ms = 0;
        session_may_ask(p->sender.session, p->now_ms);
    }
}

void pair_run_due(struct pair_side *side)
{
    if (session_due_ms(side->session) <= side->pair->now_ms)
        session_run(side->session, side->pair->now_ms);
}

void pair_step(struct pair *p)
{
    int64_t next = next_event_ms(p);
    if (p->media != PAIR_T38)
        next = p->now_ms + FRAME_MS;
    assert_true(next < INT64_MAX);
    p->now_ms = next > p->now_ms ? next : p->now_ms + 1;
    struct pair_side *sides[] = {&p->sender, &p->receiver};
    pair_store_due(p);
    if (p->media == PAIR_T38)
        deliver_packets(p);
    for (int i = 0; i < 2; i++) {
        if (p->media != PAIR_T38)
            pass_samples(p, sides[i]);
        if (p->udptl)
            udptl_receiver_tick(&sides[i]->udptl_in, p->now_ms);
        if (p->media == PAIR_T38)
            pair_run_due(sides[i]);
        else
            session_run(sides[i]->session, p->now_ms);
    }
}

void pair_run(struct pair *p, int64_t limit_ms)
{
    int64_t end = p->now_ms + limit_ms;
    while ((!p->sender.done || !p->receiver.done) && p->now_ms < end)
        pair_step(p);
    assert_true(p->sender.done);
    assert_true(p->receiver.done);
}

static void close_side(struct pair_side *side)
{
    session_free(side->session);
    udptl_sender_clear(&side->udptl_out);
    udptl_receiver_clear(&side->udptl_in);
    for (unsigned i = 0; i < PAIR_PAGES; i++)
        free(side->t6[i]);
}

void pair_close(struct pair *p)
{
    close_side(&p->sender);
    close_side(&p->receiver);
    free(p->packets);
}

void pair_assert_delivered(const struct pair *p, const struct pair_opts *opts)
{
    assert_string_equal(p->sender.result.outcome.code, "");
    assert_string_equal(p->receiver.result.outcome.code, "");
    assert_int_equal(p->sender.result.outcome.verdict, VERDICT_DONE);
    assert_int_equal(p->receiver.result.outcome.verdict, VERDICT_DONE);
    assert_false(p->sender.result.last_page_uncertain);
    unsigned count = (unsigned)(opts->page_count - opts->first);
    assert_int_equal(p->sender.result.pages, count);
    assert_int_equal(p->sender.pages, count);
    assert_int_equal(p->receiver.pages, count);
    for (unsigned i = 0; i < count; i++) {
        const struct page *sent = &opts->pages[opts->first + i];
        struct page got = {p->receiver.page[i].form, span_of(p->receiver.t6[i], p->receiver.t6_len[i])};
        assert_int_equal(got.form.resolution, sent->form.resolution);
        struct bitmap a = bitmap_of_page(sent), b = bitmap_of_page(&got);
        assert_int_equal(a.width, b.width);
        assert_int_equal(a.rows, b.rows);
        assert_memory_equal(a.pixels, b.pixels, bitmap_row_len(&a) * a.rows);
        bitmap_clear(&a);
        bitmap_clear(&b);
        assert_int_equal(p->sender.page[i].number, opts->first + i + 1);
        assert_int_equal(p->receiver.page[i].number, i + 1);
    }
}

bool pair_said(const struct pair_side *side, const char *frame)
{
    return strstr(side->said, frame) != NULL;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A far machine that says anything: HDLC frames, image data and pauses into one session over T.38.
 * First octet: bit 0 the side we are, bit 1 ECM, bit 2 with
 * subaddress and password. Then orders: a code octet and what it needs. */
#include <stdlib.h>
#include <string.h>

#include <spandsp.h>

#include "base/panic.h"
#include "proto/capabilities.h"
#include "t30/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct call {
    struct session *session;
    int64_t now_ms;
    uint16_t sequence;
    bool done;
};

static void on_packet(void *context, struct span ifp, int copies)
{
}

static void on_page_sent(void *context, const struct session_page *page)
{
    struct call *c = context;
    session_page_stored(c->session, c->now_ms, true);
}

static void on_page_ending(void *context, unsigned number)
{
    struct call *c = context;
    session_may_ask(c->session, c->now_ms);
}

static void on_polled(void *context)
{
    struct call *c = context;
    session_page_stored(c->session, c->now_ms, true);
}

static void on_page_received(void *context, const struct session_page *page, struct span t6)
{
    struct call *c = context;
    if (!page_form_valid(&page->form))
        panic("a page of %u x %u", page->form.width, page->form.rows);
    session_page_stored(c->session, c->now_ms, t6.len % 7 != 0);
}

static void on_want_t38(void *context)
{
}

static void on_frame(void *context, const struct session_frame *frame)
{
    char words[CAPABILITIES_LEN];
    capabilities_words(frame->bytes, words);
    if (capabilities_offered(frame->bytes) && words[0] == 0)
        panic("DIS without words");
}

static void on_done(void *context, const struct session_result *result)
{
    struct call *c = context;
    if (c->done)
        panic("done twice");
    c->done = true;
}

static const struct session_events events = {
    .on_packet = on_packet,
    .on_page_sent = on_page_sent,
    .on_page_ending = on_page_ending,
    .on_polled = on_polled,
    .on_page_received = on_page_received,
    .on_want_t38 = on_want_t38,
    .on_frame = on_frame,
    .on_done = on_done,
};

static void hear(struct call *c, const uint8_t *ifp, size_t len)
{
    session_receive(c->session, c->now_ms, span_of(ifp, len), c->sequence++);
}

static void hear_indicator(struct call *c, uint8_t indicator)
{
    hear(c, (uint8_t[]){(uint8_t)(indicator << 1)}, 1);
}

/* len <= 280 */
static void hear_data(struct call *c, uint8_t type, uint8_t field, const uint8_t *octets, size_t len)
{
    uint8_t ifp[300] = {(uint8_t)(0xC0 | type << 1), 1, (uint8_t)(field << 4)};
    if (len == 0) {
        hear(c, ifp, 3);
        return;
    }
    ifp[2] |= 0x80;
    ifp[3] = (uint8_t)((len - 1) >> 8);
    ifp[4] = (uint8_t)(len - 1);
    bit_reverse(ifp + 5, octets, (int)len);
    hear(c, ifp, 5 + len);
}

static void hear_frame(struct call *c, uint8_t code, const uint8_t *octets, size_t len)
{
    uint8_t frame[270] = {0xFF, code & 0x20 ? 0x13 : 0x03};
    uint8_t type = code & 0x40 ? T38_DATA_V17_14400 : T38_DATA_V21;
    if (len > 260)
        len = 260;
    memcpy(frame + 2, octets, len);
    hear_data(c, type, T38_FIELD_HDLC_DATA, frame, len + 2);
    hear_data(c, type, code & 0x80 ? T38_FIELD_HDLC_FCS_OK_SIG_END : T38_FIELD_HDLC_FCS_OK, NULL, 0);
}

static void pass_time(struct call *c, unsigned steps)
{
    for (unsigned i = 0; i < steps && !c->done; i++) {
        c->now_ms += 100;
        session_run(c->session, c->now_ms);
    }
}

static struct session *begin(struct call *c, uint8_t options)
{
    /* A white page: one row, T.6's V0, then EOFB. */
    static const uint8_t white[] = {0x80, 0x08, 0x00, 0x80};
    static const struct page page = {{PAGE_WIDTH_A4, 1, PAGE_FINE}, {white, sizeof(white)}};
    struct page pages[2] = {page, page};
    struct session_opts opts = {
        .sender = options & 1,
        .station_id = "1",
        .subaddress = (options & 4) != 0 ? "12" : "",
        .password = (options & 4) != 0 ? "34" : "",
        .ecm = (options & 2) != 0,
        .max_rate = 14400,
        .pages = pages,
        .page_count = (options & 1) != 0 || (options & 16) != 0 ? 2 : 0, /* who answers: to be polled */
        .polls = (options & 9) == 8,
        .selective = (options & 4) != 0 ? "56" : "",
        .poll_password = (options & 4) != 0 ? "78" : "",
        .events = &events,
        .context = c,
    };
    return session_new(&opts);
}

static size_t obey(struct call *c, const uint8_t *data, size_t size)
{
    uint8_t code = data[0];
    size_t len = size > 1 ? data[1] : 0;
    if (len > size - 1)
        len = size - 1;
    const uint8_t *octets = size > 2 ? data + 2 : data;
    if (len > size - 2)
        len = size < 2 ? 0 : size - 2;
    switch (code & 0x07) {
    case 0: pass_time(c, code >> 3); return 1;
    case 1: hear_indicator(c, code >> 4); return 1;
    case 2: hear_data(c, T38_DATA_V17_14400, T38_FIELD_T4_NON_ECM_DATA, octets, len); break;
    case 3: hear_data(c, T38_DATA_V17_14400, T38_FIELD_T4_NON_ECM_SIG_END, NULL, 0); return 1;
    default: hear_frame(c, code, octets, len); break;
    }
    pass_time(c, 1);
    return 2 + len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 20000)
        return 0;
    struct call c = {.now_ms = 1000};
    c.session = begin(&c, data[0]);
    if (c.session == NULL)
        panic("no session");
    session_use_t38(c.session, c.now_ms, &(struct session_t38){0});
    for (size_t at = 1; at < size && !c.done;)
        at += obey(&c, data + at, size - at);
    /* However it was left: time ends it. */
    for (int i = 0; i < 40000 && !c.done; i++)
        pass_time(&c, 1);
    if (!c.done)
        panic("the call never ends");
    session_free(c.session);
    return 0;
}

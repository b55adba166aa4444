/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Raw T.38 packets into a session: what t38_core and the packet terminal make of them. First octet: bit 0 the
 * side we are, bits 1-2 the T.38 version; then packets, each after its length. */
#include <stdlib.h>

#include "base/panic.h"
#include "t30/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct session *session;

static void on_packet(void *context, struct span ifp, int copies)
{
    if (ifp.len == 0 || copies < 1)
        panic("an empty packet");
}

static void on_page_sent(void *context, const struct session_page *page)
{
    session_page_stored(session, 0, true);
}

static void on_page_ending(void *context, unsigned number)
{
    session_may_ask(session, 0);
}

static void on_page_received(void *context, const struct session_page *page, struct span t6)
{
    session_page_stored(session, 0, true);
}

static void on_want_t38(void *context)
{
}

static void on_frame(void *context, const struct session_frame *frame)
{
}

static void on_done(void *context, const struct session_result *result)
{
}

static const struct session_events events = {
    .on_packet = on_packet,
    .on_page_sent = on_page_sent,
    .on_page_ending = on_page_ending,
    .on_page_received = on_page_received,
    .on_want_t38 = on_want_t38,
    .on_frame = on_frame,
    .on_done = on_done,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t white[] = {0x80, 0x08, 0x00, 0x80};
    static const struct page page = {{PAGE_WIDTH_A4, 1, PAGE_FINE}, {white, sizeof(white)}};
    if (size == 0)
        return 0;
    struct session_opts opts = {
        .sender = data[0] & 1,
        .station_id = "1",
        .ecm = true,
        .max_rate = 14400,
        .pages = &page,
        .page_count = 1,
        .events = &events,
    };
    session = session_new(&opts);
    if (session == NULL)
        panic("no session");
    int64_t now_ms = 1000;
    uint16_t sequence = 0;
    session_use_t38(session, now_ms, &(struct session_t38){.version = data[0] >> 1 & 3});
    for (size_t at = 1; at < size;) {
        size_t len = data[at++];
        if (len > size - at)
            len = size - at;
        now_ms += 30;
        session_receive(session, now_ms, span_of(data + at, len), sequence++);
        session_run(session, now_ms);
        at += len;
    }
    session_free(session);
    return 0;
}

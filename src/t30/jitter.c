/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/jitter.h"

#include <string.h>

enum { MARGINS_LEAST = 10, LATE_RUN_MAX = 10 };

_Static_assert((JITTER_ROOM & (JITTER_ROOM - 1)) == 0, "the ring must go on over the wrap of the timestamp");

void jitter_init(struct jitter *j, unsigned delay_ms)
{
    unsigned ms = delay_ms < JITTER_DELAY_MAX_MS ? delay_ms : JITTER_DELAY_MAX_MS;
    *j = (struct jitter){.delay = ms * JITTER_SAMPLES_PER_MS};
}

static bool is_present(const struct jitter *j, uint32_t timestamp)
{
    uint32_t at = timestamp % JITTER_ROOM;
    return j->present[at / 8] >> at % 8 & 1;
}

static void set_present(struct jitter *j, uint32_t timestamp, bool there)
{
    uint32_t at = timestamp % JITTER_ROOM;
    uint8_t bit = (uint8_t)(1U << at % 8);
    if (there)
        j->present[at / 8] |= bit;
    else
        j->present[at / 8] &= (uint8_t)~bit;
}

static void set_run(struct jitter *j, uint32_t timestamp, size_t len, bool there)
{
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t at = (timestamp + (uint32_t)i) % JITTER_ROOM;
        bool whole = at % 8 == 0 && len - i >= 8;
        n = whole ? 8 : 1;
        if (whole)
            j->present[at / 8] = there ? 0xFF : 0;
        else
            set_present(j, at, there);
    }
}

/* How many samples from here on are there, or are not, as the first one. */
static size_t run_length(const struct jitter *j, uint32_t timestamp, size_t most)
{
    bool there = is_present(j, timestamp);
    size_t len = 0;
    while (len < most) {
        uint32_t at = (timestamp + (uint32_t)len) % JITTER_ROOM;
        if (at % 8 == 0 && most - len >= 8 && j->present[at / 8] == (there ? 0xFF : 0))
            len += 8;
        else if (is_present(j, at) == there)
            len++;
        else
            break;
    }
    return len;
}

/* The ring's places of a run are one piece, or two where it goes over the edge. */
static size_t first_piece(uint32_t timestamp, size_t len)
{
    size_t to_edge = JITTER_ROOM - timestamp % JITTER_ROOM;
    return len < to_edge ? len : to_edge;
}

static void start_at(struct jitter *j, uint32_t timestamp)
{
    memset(j->present, 0, sizeof(j->present));
    j->started = true;
    j->far_seen = false;
    j->late_run = 0;
    j->position = timestamp - j->delay;
    j->end = timestamp;
    j->waited = 0;
    j->margin_sum = 0;
    j->margin_count = 0;
}

/* Samples until the packet's first one has its turn; < 0 where that is over. */
static int32_t margin(const struct jitter *j, uint32_t timestamp)
{
    return (int32_t)(timestamp - j->position);
}

static bool is_far(const struct jitter *j, uint32_t timestamp, size_t len)
{
    int64_t m = margin(j, timestamp);
    return m < -JITTER_ROOM || m + (int64_t)len > JITTER_ROOM;
}

/* Returns how many samples were new. */
static unsigned store(struct jitter *j, uint32_t timestamp, struct span payload)
{
    if ((int32_t)(timestamp - j->end) >= 0 && margin(j, timestamp) >= 0) { /* newer than all there is */
        size_t first = first_piece(timestamp, payload.len);
        memcpy(j->samples + timestamp % JITTER_ROOM, payload.data, first);
        memcpy(j->samples, payload.data + first, payload.len - first);
        set_run(j, timestamp, payload.len, true);
        return (unsigned)payload.len;
    }
    unsigned fresh = 0;
    for (size_t i = 0; i < payload.len; i++) {
        uint32_t at = timestamp + (uint32_t)i;
        if (margin(j, at) < 0 || is_present(j, at))
            continue;
        j->samples[at % JITTER_ROOM] = payload.data[i];
        set_present(j, at, true);
        fresh++;
    }
    return fresh;
}

static bool proves_restart(struct jitter *j, uint32_t timestamp, size_t len)
{
    bool follows = j->far_seen && timestamp == j->far_next;
    j->far_seen = true;
    j->far_next = timestamp + (uint32_t)len;
    return follows;
}

/* Brings the stream to where the packet can be placed; false where it is to be dropped. */
static bool admit(struct jitter *j, uint32_t timestamp, size_t len)
{
    if (!j->started) {
        start_at(j, timestamp);
        return true;
    }
    bool far = is_far(j, timestamp, len);
    bool late = !far && margin(j, timestamp + (uint32_t)len) <= 0;
    j->late_run = late ? j->late_run + 1 : 0;
    if (far && !proves_restart(j, timestamp, len)) {
        j->counts.strayed++;
        return false;
    }
    if (late && j->late_run < LATE_RUN_MAX) {
        j->counts.late++;
        j->margin_sum += margin(j, timestamp);
        j->margin_count++;
        return false;
    }
    if (far || late) {
        j->counts.restarts++;
        start_at(j, timestamp);
    }
    return true;
}

void jitter_put(struct jitter *j, uint32_t timestamp, struct span payload)
{
    if (payload.len == 0 || payload.len > JITTER_ROOM / 2)
        return;
    j->counts.packets++;
    if (!admit(j, timestamp, payload.len))
        return;
    j->far_seen = false;
    j->margin_sum += margin(j, timestamp);
    j->margin_count++;
    if (store(j, timestamp, payload) == 0)
        j->counts.duplicate++;
    uint32_t end = timestamp + (uint32_t)payload.len;
    if ((int32_t)(end - j->end) > 0)
        j->end = end;
}

size_t jitter_take(struct jitter *j, uint8_t *to, size_t most, bool *present)
{
    *present = false;
    if (!j->started || most == 0)
        return most;
    *present = is_present(j, j->position);
    size_t n = run_length(j, j->position, most);
    if (*present) {
        size_t first = first_piece(j->position, n);
        memcpy(to, j->samples + j->position % JITTER_ROOM, first);
        memcpy(to + first, j->samples, n - first);
        set_run(j, j->position, n, false);
    }
    j->position += (uint32_t)n;
    j->counts.samples += n;
    j->counts.missing += *present ? 0 : n;
    return n;
}

bool jitter_wait(struct jitter *j, size_t samples, unsigned most_ms)
{
    bool dry = j->started && margin(j, j->end) <= 0;
    if (!dry || j->waited + samples > (size_t)most_ms * JITTER_SAMPLES_PER_MS)
        return false;
    j->waited += (uint32_t)samples;
    j->counts.waited += samples;
    /* All that came before has its turn later by as much. */
    j->margin_sum += (int64_t)samples * j->margin_count;
    return true;
}

int jitter_recentre(struct jitter *j)
{
    if (j->margin_count < MARGINS_LEAST)
        return 0;
    int64_t move = j->margin_sum / j->margin_count - (int64_t)j->delay;
    if (move > JITTER_ROOM / 2)
        move = JITTER_ROOM / 2;
    if (move < -JITTER_ROOM / 2)
        move = -JITTER_ROOM / 2;
    uint32_t to = j->position + (uint32_t)move;
    /* Between the two points: on the way forward what is skipped; backward, the far end of the room, which
     * shares its places with them. */
    set_run(j, move > 0 ? j->position : to, (size_t)(move > 0 ? move : -move), false);
    j->position = to;
    j->waited = 0;
    j->margin_sum = 0;
    j->margin_count = 0;
    return (int)move;
}

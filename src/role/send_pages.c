/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/send_pages.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/page_set.h"
#include "t30/header.h"

enum { WHEN_LEN = 32, SENDER_LEN = 160 };

/* Local time of the sender's zone; UTC where the zone is unknown to the system. */
static void format_when(const char *zone, char when[WHEN_LEN])
{
    struct tm local;
    time_t now = (time_t)(clock_wall_ms() / 1000);
    (void)setenv("TZ", zone[0] == 0 ? "UTC" : zone, 1);
    tzset();
    (void)localtime_r(&now, &local);
    (void)strftime(when, WHEN_LEN, "%Y-%m-%d %H:%M", &local);
}

static int add_page(struct send_pages *p, int fd, const struct page_place *place,
                    const struct header_line *line)
{
    SCOPED_FREE uint8_t *data = mem_alloc(place->len);
    int error = page_set_read_page(fd, place, data);
    if (error)
        return error;
    struct page bare = {place->form, span_of(data, place->len)};
    struct buf *t6 = &p->t6[p->count];
    buf_init(t6, PAGE_BYTES_MAX);
    error = header_put_above(&bare, line, t6, &p->list[p->count]);
    if (error == ERANGE || error == EFBIG) {
        /* As long as a page may be: then it goes without the line rather than not at all. */
        buf_reset(t6);
        (void)buf_append(t6, data, place->len);
        p->list[p->count] = (struct page){place->form, buf_span(t6)};
        error = 0;
    }
    p->count++;
    return error;
}

static int add_pages(struct send_pages *p, const struct msg_send *m, const struct page_set *set)
{
    char when[WHEN_LEN], sender[SENDER_LEN];
    format_when(m->zone, when);
    (void)str_format(sender, sizeof(sender), "%s  %s", m->header_name, m->station_id);
    p->list = mem_zalloc((set->count - m->first) * sizeof(*p->list));
    p->t6 = mem_zalloc((set->count - m->first) * sizeof(*p->t6));
    for (unsigned i = m->first; i < set->count; i++) {
        struct header_line line = {.when = when,
                                   .sender = sender,
                                   .recipient = m->header_to,
                                   .page = i + 1,
                                   .pages = (unsigned)set->count,
                                   .language = m->language,
                                   .continued = i == m->first && i > 0};
        int error = add_page(p, m->page_set, &set->places[i], &line);
        if (error)
            return error;
    }
    return 0;
}

int send_pages_read(struct send_pages *p, const struct msg_send *m)
{
    uint64_t size;
    struct page_set set;
    *p = (struct send_pages){0};
    int error = fd_checked_size(m->page_set, PAGE_SET_BYTES_MAX, &size);
    if (error == 0)
        error = page_set_read(m->page_set, size, &set);
    if (error)
        return error;
    error = m->first >= set.count || m->pages != set.count ? EPROTO : add_pages(p, m, &set);
    page_set_clear(&set);
    return error;
}

void send_pages_clear(struct send_pages *p)
{
    for (size_t i = 0; i < p->count; i++)
        buf_clear(&p->t6[i]);
    free(p->t6);
    free(p->list);
}

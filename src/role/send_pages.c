/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/send_pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
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

/* The next of either list: to is where it goes, t6 what is to hold its data. */
static int put_page(int fd, const struct page_place *place, const struct header_line *line, struct buf *t6,
                    struct page *to)
{
    SCOPED_FREE uint8_t *data = mem_alloc(place->len);
    int error = page_set_read_page(fd, place, data);
    if (error)
        return error;
    struct page bare = {place->form, span_of(data, place->len)};
    buf_init(t6, PAGE_BYTES_MAX);
    error = header_put_above(&bare, line, t6, to);
    if (error == ERANGE || error == EFBIG) {
        /* As long as a page may be: then it goes without the line rather than not at all. */
        buf_reset(t6);
        (void)buf_append(t6, data, place->len);
        *to = (struct page){place->form, buf_span(t6)};
        error = 0;
    }
    return error;
}

/* number: its place in the set; what is the same page for other machines stands `behind` places later. */
static int add_page(struct send_pages *p, const struct msg_send *m, const struct page_set *set, size_t number,
                    const struct header_line *line)
{
    size_t at = p->count++;
    int error = put_page(m->page_set, &set->places[number], line, &p->t6[2 * at], &p->list[at]);
    if (error == 0 && p->lower)
        error =
            put_page(m->page_set, &set->places[number + m->pages], line, &p->t6[2 * at + 1], &p->lower[at]);
    return error;
}

/* A document of the call, as m->documents has it. */
struct document {
    uint64_t at, first, pages; /* place in the set; page of its own that stands there; all of its own */
    char to[65];
};

/* The next of the text's; false at its end. */
static bool next_document(char **text, struct document *d)
{
    char *line = strsep(text, "\n"), *at, *first, *pages;
    if (!line || !*line)
        return false;
    at = strsep(&line, " ");
    first = strsep(&line, " ");
    pages = strsep(&line, " ");
    return line && str_to_u64(at, PAGE_SET_PAGES_MAX, &d->at) &&
           str_to_u64(first, PAGE_SET_PAGES_MAX, &d->first) &&
           str_to_u64(pages, PAGE_SET_PAGES_MAX, &d->pages) && str_copy(d->to, sizeof(d->to), line);
}

static int add_document(struct send_pages *p, const struct msg_send *m, const struct page_set *set,
                        const struct document *d)
{
    char when[WHEN_LEN], sender[SENDER_LEN];
    format_when(m->zone, when);
    (void)str_format(sender, sizeof(sender), "%s  %s", m->header_name, m->station_id);
    for (uint64_t own = d->first; own < d->pages; own++) {
        struct header_line line = {.when = when,
                                   .sender = sender,
                                   .recipient = d->to,
                                   .page = (unsigned)own + 1,
                                   .pages = (unsigned)d->pages,
                                   .language = m->language,
                                   .continued = own == d->first && own > 0};
        int error = add_page(p, m, set, d->at + own - d->first, &line);
        if (error)
            return error;
    }
    if (p->ends)
        p->ends[p->count - 1] = true;
    return 0;
}

/* One behind the other, and no more than there are. */
static bool fits(const struct document *d, size_t at, size_t pages)
{
    return d->at == at && d->first < d->pages && d->pages - d->first <= pages - at;
}

static int add_documents(struct send_pages *p, const struct msg_send *m, const struct page_set *set)
{
    SCOPED_FREE char *text = mem_strdup(m->documents);
    char *rest = text;
    struct document d;
    size_t at = m->first;
    int error = 0;
    p->ends = mem_zalloc((m->pages - m->first) * sizeof(*p->ends));
    while (error == 0 && next_document(&rest, &d)) {
        error = fits(&d, at, m->pages) ? add_document(p, m, set, &d) : EPROTO;
        at += d.pages - d.first;
    }
    return error == 0 && at != m->pages ? EPROTO : error;
}

static int add_pages(struct send_pages *p, const struct msg_send *m, const struct page_set *set)
{
    struct document only = {.at = m->first, .first = m->first, .pages = m->pages};
    (void)str_copy(only.to, sizeof(only.to), m->header_to);
    size_t count = m->pages - m->first;
    p->list = mem_zalloc(count * sizeof(*p->list));
    p->lower = m->lower ? mem_zalloc(count * sizeof(*p->lower)) : NULL;
    p->t6 = mem_zalloc(2 * count * sizeof(*p->t6));
    return *m->documents ? add_documents(p, m, set) : add_document(p, m, set, &only);
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
    bool good = m->first < m->pages && (m->lower == 0 || m->lower == m->pages) &&
                (uint64_t)m->pages + m->lower == set.count;
    error = good ? add_pages(p, m, &set) : EPROTO;
    page_set_clear(&set);
    return error;
}

void send_pages_clear(struct send_pages *p)
{
    for (size_t i = 0; i < 2 * p->count; i++)
        buf_clear(&p->t6[i]);
    free(p->t6);
    free(p->lower);
    free(p->list);
    free(p->ends);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "sip_peer.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/str.h"
#include "test.h"

void receive_text(struct world *w, int fd, char *text, size_t room)
{
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    ssize_t len = -1;
    while (len < 0 && clock_mono_ms() < until) {
        line_root_step(w->root, 20);
        len = recv(fd, text, room - 1, MSG_DONTWAIT);
    }
    assert_true(len > 0);
    text[len] = 0;
}

int open_at(struct endpoint *e)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&e->address, e->len), 0);
    assert_int_equal(endpoint_of_socket(fd, e), 0);
    return fd;
}

void text_of(const char *message, const char *header, char *value, size_t room)
{
    const char *at = strstr(message, header);
    assert_non_null(at);
    at += strlen(header);
    assert_true(str_copy_span(value, room, span_of(at, strcspn(at, "\r"))));
}

void send_text(int fd, const struct endpoint *to, const char *text)
{
    (void)sendto(fd, text, strlen(text), 0, (const struct sockaddr *)&to->address, to->len);
}

void answer_request(int fd, const struct endpoint *to, const char *request, const char *status,
                    const char *more, const char *body)
{
    char via[500], from[500], called[500], call_id[500], cseq[100], text[4000];
    text_of(request, "\r\nVia: ", via, sizeof(via));
    text_of(request, "\r\nFrom: ", from, sizeof(from));
    text_of(request, "\r\nTo: ", called, sizeof(called));
    text_of(request, "\r\nCall-ID: ", call_id, sizeof(call_id));
    text_of(request, "\r\nCSeq: ", cseq, sizeof(cseq));
    (void)snprintf(text, sizeof(text),
                   "SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s%s\r\nCall-ID: %s\r\nCSeq: %s\r\n%s"
                   "Content-Length: %zu\r\n\r\n%s",
                   status, via, from, called, strstr(called, "tag=") ? "" : ";tag=peer", call_id, cseq, more,
                   strlen(body), body);
    send_text(fd, to, text);
}

void receive_beginning(struct world *w, int fd, const char *beginning, char *text, size_t room)
{
    do
        receive_text(w, fd, text, room);
    while (!str_starts(text, beginning));
}

int peer_of_a(struct world *w, struct trunk *t, struct endpoint *us)
{
    struct endpoint at;
    world_open(w, "127.0.0.1:0");
    assert_true(endpoint_parse("127.0.0.1:0", &at));
    int fd = open_at(&at);
    *t = trunk_to(w->b.ua, TRUNK_UDP);
    t->port = endpoint_port(&at);
    t->symmetric = true;
    *us = ua_endpoint(w->a.ua, 0);
    return fd;
}

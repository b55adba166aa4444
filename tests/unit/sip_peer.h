/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A SIP peer made of a UDP socket and text. */
#pragma once

#include "line_world.h"

#define SDP_OF_PEER                                                                                          \
    "v=0\r\no=x 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 16000 RTP/AVP 8\r\n"

/* What comes to that socket, while the agents run. */
void receive_text(struct world *w, int fd, char *text, size_t room);
/* A UDP socket; *e gets its port. */
int open_at(struct endpoint *e);
/* Of a header, as "\r\nVia: ". */
void text_of(const char *message, const char *header, char *value, size_t room);
void send_text(int fd, const struct endpoint *to, const char *text);
/* A final answer of the peer to that request; more: further headers. */
void answer_request(int fd, const struct endpoint *to, const char *request, const char *status,
                    const char *more, const char *body);
/* The next message that begins so; repetitions of others are skipped. */
void receive_beginning(struct world *w, int fd, const char *beginning, char *text, size_t room);
/* Opens the world and a peer for its first side, the trunk to it, and where that side is. */
int peer_of_a(struct world *w, struct trunk *t, struct endpoint *us);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/reach.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/endpoint.h"
#include "base/rand.h"
#include "base/scope.h"
#include "base/str.h"

enum { PATIENCE_S = 3, SIP_TRIES = 3 };

/* A connected socket to the first address that takes it; -1 with a text. */
static int connect_to(const char *host, const char *port, int type, char text[REACH_TEXT_LEN])
{
    struct addrinfo *list, want = {.ai_socktype = type};
    int error = getaddrinfo(host, port, &want, &list);
    if (error) {
        (void)str_format(text, REACH_TEXT_LEN, "%.100s: %s", host, gai_strerror(error));
        return -1;
    }
    int fd = -1;
    const struct timeval patience = {.tv_sec = type == SOCK_DGRAM ? 1 : PATIENCE_S};
    for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, type | SOCK_CLOEXEC, 0);
        if (fd < 0)
            continue;
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
        if (connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
            error = errno == EINPROGRESS ? ETIMEDOUT : errno;
            (void)close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    if (fd < 0)
        (void)str_format(text, REACH_TEXT_LEN, "%.100s port %.10s: %s", host, port, strerror(error));
    return fd;
}

/* "sip:host:port", "sip:[v6]:port" without the scheme and the brackets. */
static bool split_peer(const char *peer, char host[256], char port[8])
{
    const char *start = str_starts(peer, "sip:") ? peer + 4 : peer;
    bool v6 = *start == '[';
    size_t len = v6 ? strcspn(++start, "]") : strcspn(start, ":");
    const char *rest = start + len + (v6 && start[len] ? 1 : 0);
    return str_copy_span(host, 256, span_of(start, len)) &&
           str_copy(port, 8, *rest == ':' ? rest + 1 : "5060");
}

static bool make_options(int fd, const char *peer, bool tcp, char message[1024])
{
    struct endpoint here;
    char local[ENDPOINT_TEXT_LEN];
    if (endpoint_of_socket(fd, &here) != 0)
        return false;
    endpoint_format(&here, local);
    return str_format(
        message, 1024,
        "OPTIONS %.200s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=z9hG4bK%08x;rport\r\nMax-Forwards: 70\r\n"
        "From: <sip:faxpost@%s>;tag=%08x\r\nTo: <%.200s>\r\nCall-ID: %08x@faxpost\r\nCSeq: 1 OPTIONS\r\n"
        "Contact: <sip:faxpost@%s>\r\nAccept: application/sdp\r\nContent-Length: 0\r\n\r\n",
        peer, tcp ? "TCP" : "UDP", local, rand_below(UINT32_MAX), local, rand_below(UINT32_MAX), peer,
        rand_below(UINT32_MAX), local);
}

bool reach_sip(const char *peer, bool tcp, char text[REACH_TEXT_LEN])
{
    char host[256], port[8], message[1024], reply[2048];
    if (!split_peer(peer, host, port)) {
        (void)str_format(text, REACH_TEXT_LEN, "%.100s is no SIP address", peer);
        return false;
    }
    SCOPED_FD int fd = connect_to(host, port, tcp ? SOCK_STREAM : SOCK_DGRAM, text);
    if (fd < 0 || !make_options(fd, peer, tcp, message))
        return false;
    for (int i = 0; i < (tcp ? 1 : SIP_TRIES); i++) {
        (void)send(fd, message, strlen(message), MSG_NOSIGNAL);
        ssize_t n = recv(fd, reply, sizeof(reply) - 1, 0);
        if (n <= 0)
            continue;
        reply[n] = 0;
        reply[strcspn(reply, "\r\n")] = 0;
        (void)str_format(text, REACH_TEXT_LEN, "%.100s answers: %.100s", peer, reply);
        return str_starts(reply, "SIP/2.0 ");
    }
    (void)str_format(text, REACH_TEXT_LEN, "%.100s does not answer OPTIONS over %s", peer,
                     tcp ? "TCP" : "UDP");
    return false;
}

bool reach_smtp(const char *host, unsigned port, bool implicit_tls, char text[REACH_TEXT_LEN])
{
    char service[8], greeting[600];
    (void)str_format(service, sizeof(service), "%u", port);
    SCOPED_FD int fd = connect_to(host, service, SOCK_STREAM, text);
    if (fd < 0)
        return false;
    if (implicit_tls) {
        (void)str_format(text, REACH_TEXT_LEN, "%.100s takes connections on port %u", host, port);
        return true;
    }
    ssize_t n = recv(fd, greeting, sizeof(greeting) - 1, 0);
    greeting[n > 0 ? n : 0] = 0;
    greeting[strcspn(greeting, "\r\n")] = 0;
    (void)send(fd, "QUIT\r\n", 6, MSG_NOSIGNAL);
    if (n > 0)
        (void)str_format(text, REACH_TEXT_LEN, "%.100s says: %.150s", host, greeting);
    else
        (void)str_format(text, REACH_TEXT_LEN, "%.100s port %u takes the connection and says nothing", host,
                         port);
    return str_starts(greeting, "220");
}

bool reach_http(const char *host, unsigned port, char text[REACH_TEXT_LEN])
{
    static const char question[] = "GET /api/v1/health HTTP/1.0\r\n\r\n";
    char service[8], reply[200] = "";
    (void)str_format(service, sizeof(service), "%u", port);
    SCOPED_FD int fd = connect_to(host, service, SOCK_STREAM, text);
    if (fd < 0)
        return false;
    bool answers = send(fd, question, strlen(question), MSG_NOSIGNAL) > 0 &&
                   recv(fd, reply, sizeof(reply) - 1, 0) > 0 && str_starts(reply, "HTTP/1.");
    (void)str_format(text, REACH_TEXT_LEN, "%.100s port %u %s", host, port,
                     answers ? "answers" : "takes a connection and says nothing");
    return answers;
}

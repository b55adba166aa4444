/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/shield.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "proto/cidr.h"

enum { FDS_MAX = 4096, PROGRAM_MAX = BPF_MAXINSNS, WORD_BITS = 32 };

/* Offsets of the source address in the IP header (RFC 791 §3.1, RFC 8200 §3). */
enum { SOURCE_V4 = 12, SOURCE_V6 = 8 };

struct program {
    struct sock_filter code[PROGRAM_MAX];
    unsigned short len;
    bool full;
};

static void put(struct program *p, struct sock_filter instruction)
{
    if (p->len == PROGRAM_MAX)
        p->full = true;
    else
        p->code[p->len++] = instruction;
}

static void put_load(struct program *p, int offset)
{
    put(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_NET_OFF + offset)));
}

/* Where the word just loaded is another one: on, `skip` instructions further. */
static void put_same(struct program *p, uint32_t word, uint8_t skip)
{
    put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, word, 0, skip));
}

static void put_return(struct program *p, uint32_t bytes)
{
    put(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, bytes));
}

static uint32_t word_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* The words of the source address as far as the network's bits go: each is loaded, masked and compared. */
static void allow(struct program *p, const struct cidr *net)
{
    int offset = net->ip.v6 ? SOURCE_V6 : SOURCE_V4;
    int words = (int)(net->bits + WORD_BITS - 1) / WORD_BITS;
    for (int i = 0; i < words; i++) {
        unsigned left = net->bits - (unsigned)i * WORD_BITS;
        uint32_t mask = left >= WORD_BITS ? UINT32_MAX : ~(UINT32_MAX >> left);
        put_load(p, offset + 4 * i);
        put(p, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
        /* From here to behind the return: three for each word that is left, and the return. */
        put_same(p, word_at(net->ip.bytes + 4 * i) & mask, (uint8_t)(3 * (words - 1 - i) + 1));
    }
    put_return(p, UINT32_MAX);
}

static void allow_text(struct program *p, int family, const char *text)
{
    struct cidr net;
    if (cidr_parse(text, &net) && net.ip.v6 == (family == AF_INET6))
        allow(p, &net);
}

static void allow_peer(struct program *p, int family, const struct trunk_peer *peer)
{
    char text[ENDPOINT_TEXT_LEN];
    for (size_t i = 0; i < peer->address_count; i++) {
        endpoint_format_host(&peer->addresses[i], text);
        allow_text(p, family, text);
    }
    for (const char *at = peer->trunk.addresses; *at;) {
        size_t len = strcspn(at, " ");
        if (str_copy_span(text, sizeof(text), span_of(at, len)))
            allow_text(p, family, text);
        at += len + (at[len] == ' ');
    }
}

static void make_program(struct program *p, int family, const struct trunks *trunks)
{
    list_each (node, &trunks->peers)
        allow_peer(p, family, CONTAINER_OF(node, struct trunk_peer, node));
    put_return(p, 0);
}

static bool is_sip_socket(int fd, const struct endpoint *listener)
{
    struct endpoint e;
    int type = 0, listening = 0;
    socklen_t len = sizeof(type);
    if (endpoint_of_socket(fd, &e) != 0 || e.address.ss_family != listener->address.ss_family ||
        endpoint_port(&e) != endpoint_port(listener) || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
        return false;
    len = sizeof(listening);
    return type == SOCK_DGRAM ||
           (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening);
}

bool shield_raise(const struct endpoint *listener, const struct trunks *trunks)
{
    struct program *p = mem_zalloc(sizeof(*p));
    make_program(p, listener->address.ss_family, trunks);
    struct sock_fprog filter = {.len = p->len, .filter = p->code};
    bool raised = false;
    /* sofia keeps its descriptors to itself. */
    for (int fd = 0; fd < FDS_MAX && !p->full; fd++)
        if (is_sip_socket(fd, listener))
            raised = setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) == 0 || raised;
    free(p);
    return raised;
}

void shield_lower(const struct endpoint *listener)
{
    int unused = 0;
    for (int fd = 0; fd < FDS_MAX; fd++)
        if (is_sip_socket(fd, listener))
            (void)setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused));
}

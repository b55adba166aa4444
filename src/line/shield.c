/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/shield.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { FDS_MAX = 4096, PROGRAM_MAX = BPF_MAXINSNS, WORDS_V6 = 4 };

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

static void allow_v4(struct program *p, const struct endpoint *e)
{
    put_load(p, SOURCE_V4);
    put_same(p, ntohl(((const struct sockaddr_in *)(const void *)&e->address)->sin_addr.s_addr), 1);
    put_return(p, UINT32_MAX);
}

static void allow_v6(struct program *p, const struct endpoint *e)
{
    uint32_t words[WORDS_V6];
    memcpy(words, &((const struct sockaddr_in6 *)(const void *)&e->address)->sin6_addr, sizeof(words));
    for (int i = 0; i < WORDS_V6; i++) {
        put_load(p, SOURCE_V6 + 4 * i);
        /* From here to behind the return: two for each word that is left, and the return. */
        put_same(p, ntohl(words[i]), (uint8_t)(2 * (WORDS_V6 - 1 - i) + 1));
    }
    put_return(p, UINT32_MAX);
}

static void make_program(struct program *p, int family, const struct trunks *trunks)
{
    list_each (node, &trunks->peers) {
        const struct trunk_peer *peer = CONTAINER_OF(node, struct trunk_peer, node);
        for (size_t i = 0; i < peer->address_count; i++) {
            const struct endpoint *e = &peer->addresses[i];
            if (e->address.ss_family != family)
                continue;
            if (family == AF_INET6)
                allow_v6(p, e);
            else
                allow_v4(p, e);
        }
    }
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

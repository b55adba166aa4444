/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the parts of a synchronisation share (people.h). */
#pragma once

#include <jansson.h>

#include "base/buf.h"
#include "ipc/peers.h"
#include "net/loop.h"
#include "provision/rules.h"
#include "queue/queue.h"

/* In this order; a step is a few entries of one, and a transaction of its own. */
enum sync_phase {
    SYNC_READING,  /* lines become people */
    SYNC_COUNTING, /* how many users are missing among them? */
    SYNC_USERS,    /* each becomes a user, or changes one */
    SYNC_RIGHTS,   /* who has left a group loses its box */
    SYNC_GONE,     /* who is missing is switched off */
    SYNC_OVER,
};

struct sync {
    struct list node;
    struct queue *q;
    struct sender from;
    struct timer next;
    enum sync_phase phase;
    char name[PROVISION_TEXT_LEN], tenant[PROVISION_TEXT_LEN], prefix[PROVISION_TEXT_LEN];
    struct id tenant_id;
    json_t *settings;
    unsigned what; /* enum directory_wish_kind */
    char *who, *client_ip;
    struct id actor;
    struct buf text; /* a person a line; `at` are read */
    size_t at;
    json_t *people;            /* as they stand there */
    json_t *listed;            /* their directory_ids -> the person */
    json_t *user_of;           /* those -> the name of the user, "": he is none */
    json_t *addresses, *names; /* which this run gave: keys of addresses, names -> the name of the user */
    json_t *boxes;             /* whose users changed */
    size_t person, group;      /* where the step goes on; and */
    struct id after;           /* the user it saw last */
    size_t linked, vanished;
    size_t changed;
    struct buf changes, notes;
};

/* For who asked: what could not be done, and what was. */
void sync_note(struct sync *s, const char *format, ...) PRINTF_LIKE(2, 3);
void sync_changed(struct sync *s, const char *noun, const char *name, const char *what);

bool sync_writes(const struct sync *s);
/* In the arena: by what our users know somebody of the directory. */
const char *sync_id_of(struct sync *s, const json_t *person);
bool sync_in_group(const json_t *person, const char *group);

/* people_users.c */
void sync_take_person(struct sync *s, const json_t *person);
void sync_switch_off(struct sync *s, struct id user, const char *directory_id);
/* people_boxes.c */
void sync_give_boxes(struct sync *s, const json_t *person, const char *user);
/* A step; true: no more. */
bool sync_take_rights(struct sync *s);

#define SYNC_GONE_PREFIX "gone:" /* before the directory_id of who was switched off because he is missing */

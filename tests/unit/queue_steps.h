/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The steps of a fax through the queue as its siblings take them, for tests that begin in the middle. */
#pragma once

#include "queue_house.h"

#define MESSAGE(name, ...) (&(struct message){.type = MSG_##name, .name = {__VA_ARGS__}})

struct id store_mail(struct house *h);
int one_part(void);
void answer_unpack(struct house *h, struct id mail, const char *from, const char *message_id);
void answer_render(struct house *h, size_t pages);
struct heard until_send(struct house *h, size_t pages);
struct id answer_send(struct house *h, const struct heard *send);
struct id until_answered(struct house *h, size_t pages);
void confirm_page(struct house *h, struct id attempt, uint32_t page);
void attempt_ends(struct house *h, struct id attempt, enum verdict verdict, bool uncertain);
struct job only_job(struct house *h);
struct id invite(struct house *h, const char *called);
struct id until_receiving(struct house *h);
void receive_page(struct house *h, struct id attempt, uint32_t page);
/* A fax comes in and its mail waits in mailout. */
struct heard received_fax(struct house *h);

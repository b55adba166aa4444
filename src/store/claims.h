/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a node of several (nodes.h) has asked its roles to do and has no answer to yet: no other node begins
 * it. With SQLite, where there is one node, the table stays empty. */
#pragma once

#include "store/store.h"

/* Kinds, as queue's enum work has them. */
#define CLAIM_UNPACK  1
#define CLAIM_RENDER  2
#define CLAIM_COMPOSE 8
#define CLAIM_DELIVER 16
#define CLAIM_HOOKS   2048
#define CLAIM_READ    4096
#define CLAIM_LOOK    8192
#define CLAIM_PRINT   16384

#define CLAIM_TEXT_(kind) #kind
#define CLAIM_TEXT(kind)  CLAIM_TEXT_(kind)
/* A condition of SQL: no other node than `own`, an argument, has that kind of work under way for the row of
 * that column. What this one had in a former life it asks for again itself: its roles know of it. */
#define UNCLAIMED(kind, column, own)                                                                         \
    " NOT EXISTS (SELECT 1 FROM claim WHERE claim.kind = " CLAIM_TEXT(kind) " AND claim.id = " column        \
                                                                            " AND claim.node <> " own ") "

void claim_take(struct store *s, int kind, struct id id);
void claim_drop(struct store *s, int kind, struct id id);
bool claim_is_taken(struct store *s, int kind, struct id id);
/* All of that node's; of our own only those of a kind. */
void claims_drop_of(struct store *s, struct id node);
void claims_drop_kind(struct store *s, int kind);

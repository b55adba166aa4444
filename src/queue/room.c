/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/room.h"

#include <errno.h>

#include "base/log.h"
#include "store/reserve.h"
#include "store/room.h"

/* What makes room, ends what is under way, or tells somebody. */
static const unsigned while_full =
    WORK_COMPOSE | WORK_DELIVER | WORK_SWEEP | WORK_RETENTION | WORK_ALARMS | WORK_SETTINGS;

static void begin_to_lack(struct queue *q, const struct store_room *r)
{
    char text[ROOM_TEXT_LEN];
    room_describe(r, text);
    q->lacks = r->read_only ? EROFS : ENOSPC;
    log_error(
        NULL,
        "where the state directory lies %s: mails, calls and documents are refused until that is mended. "
        "What was accepted is kept",
        text);
    reserve_give(&q->store);
}

static void end_to_lack(struct queue *q)
{
    q->lacks = 0;
    log_info(NULL, "there is room again: all goes on");
    queue_wants(q, WORK_ALL);
}

void room_watch(struct queue *q)
{
    struct store_room r;
    if (!room_of_store(&q->store, &r))
        return;
    if (q->lacks == 0 && room_is_gone(&r))
        begin_to_lack(q, &r);
    else if (q->lacks != 0 && room_is_back(&r))
        end_to_lack(q);
    if (q->lacks == 0)
        reserve_take(&q->store);
    q->room_used_up = q->lacks != 0 && room_is_used_up(&r);
}

unsigned room_allows(const struct queue *q)
{
    return q->room_used_up ? WORK_SETTINGS : q->lacks != 0 ? while_full : (unsigned)WORK_ALL;
}

int room_lacks(const struct queue *q)
{
    return q->lacks;
}

bool room_refuses(const struct queue *q, struct outcome *o)
{
    if (q->lacks != 0)
        outcome_set(o, VERDICT_RETRY, "disk-full",
                    "The fax server has no room on its disk at this moment, so it takes nothing new. Try "
                    "again later; its "
                    "administrator has been told.");
    return q->lacks != 0;
}

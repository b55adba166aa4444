/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/send_times.h"

#include "proto/send_window.h"
#include "queue/tenant_time.h"
#include "store/jobs.h"

const char *send_window_of(const struct faxbox *box, unsigned priority)
{
    return priority <= PRIORITY_BULK && *box->bulk_window ? box->bulk_window : box->send_window;
}

int64_t send_time(const struct faxbox *box, const char *zone, unsigned priority, int64_t at_ms)
{
    struct send_window w;
    if (!send_window_parse(send_window_of(box, priority), &w) || w.count == 0)
        return at_ms;
    return tenant_time_when_open(zone, &w, at_ms);
}

int64_t send_deadline(const struct faxbox *box, int64_t from_ms)
{
    return box->deadline_minutes ? from_ms + box->deadline_minutes * 60000LL : 0;
}

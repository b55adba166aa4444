/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/away.h"

#include <microhttpd.h>
#include <string.h>

#include "web/request.h"

#define CODE "store-away"
#define TEXT                                                                                                 \
    "Faxpost cannot reach its PostgreSQL at this moment, where everything is kept. Nothing that was "        \
    "accepted "                                                                                              \
    "is lost; what you have just sent may not have been taken: look when this goes on, which it does by "    \
    "itself as soon as PostgreSQL answers. Try again in a minute. Look at the PostgreSQL server, the "       \
    "network to it and the end of Faxpost's log."
#define RETRY_S "5"

void away_reply(struct request *r)
{
    reply_problem(r, MHD_HTTP_SERVICE_UNAVAILABLE, CODE, "%s", TEXT);
    (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_RETRY_AFTER, RETRY_S);
}

void away_answer(struct buf *to)
{
    static const char body[] =
        "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,\"code\":\"" CODE
        "\",\"detail\":\"" TEXT "\"}";
    (void)buf_printf(to,
                     "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
                     "Content-Length: %zu\r\nRetry-After: " RETRY_S "\r\nCache-Control: no-store\r\n"
                     "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n%s",
                     strlen(body), body);
}

void away_reply_slow(struct request *r)
{
    reply_problem(
        r, MHD_HTTP_SERVICE_UNAVAILABLE, "store-slow",
        "Faxpost's PostgreSQL took too long for this, and was asked to stop. %s Where it takes so long "
        "again, "
        "ask for less (fewer days, longer words), and an administrator should look at what the PostgreSQL "
        "server is busy with.",
        r->is_get ? "Try again in a minute."
                  : "What you sent may have been taken before that: look, and only then send it again.");
    (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_RETRY_AFTER, RETRY_S);
}

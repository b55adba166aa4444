/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <microhttpd.h>

#include "store/signer.h"
#include "web/resources.h"

void get_report_certificates(struct request *r)
{
    const struct signer s = signer_get(r->store, &r->arena);
    reply_json(r, MHD_HTTP_OK, json_pack("{s:s}", "certificates", s.certificates));
}

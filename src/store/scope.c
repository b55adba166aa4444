/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/scope.h"

bool scope_has(struct store *s, const struct scope *w, struct id tenant, const char *box,
               enum scope_right right)
{
    if (!id_is_none(w->tenant) && !id_equal(w->tenant, tenant))
        return false;
    return id_is_none(w->user) || sql_get_int(s->sql, 0,
                                              "SELECT 1 FROM faxbox_user WHERE faxbox = ?1 AND user = ?2"
                                              " AND CASE ?3 WHEN 0 THEN may_send ELSE may_receive END = 1",
                                              "tdn", box, w->user, (int)right) != 0;
}

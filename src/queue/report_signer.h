/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The key that signs reports is made here, where the setting sign_reports first asks for it, and sealed at
 * once for convert, whose workers alone use it. */
#pragma once

#include "queue/queue.h"
#include "store/signer.h"

/* What signs now: without a key where reports are not signed. */
struct signer report_signer(struct queue *q);

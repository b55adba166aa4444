/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Received faxes are printed where their box has a printer (print_to), beside their mails: convert makes the
 * file, mailout gives it to the printer and asks what became of it. A try that may have reached the printer
 * is noted before it begins, and the printer is asked for its job before it gets it again. */
#pragma once

#include "queue/queue.h"
#include "store/prints.h"

/* The fax is told of: it is printed too, where its box wants that. */
void print_fax(struct queue *q, const struct fax *f);
/* mailout is another one: what the former was asked is asked anew, for the printer may have it already, which
 * the question as it was does not say. */
void print_ask_anew(struct queue *q);

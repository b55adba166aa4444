/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/completion.h"

#include <stddef.h>

#include <spandsp.h>

#include "base/attr.h"

struct words {
    enum verdict verdict;
    const char *code;
    const char *text;
};

#define AGAIN " It is tried again from the first page that was not confirmed."

/* clang-format off */
static const struct words codes[] = {
    [T30_ERR_OK] = {VERDICT_RETRY, "t30-incomplete",
        "The call ended in order, but not every page was confirmed." AGAIN},
    [T30_ERR_CEDTONE] = {VERDICT_RETRY, "t30-ced-too-long",
        "The other machine's answer tone did not end." AGAIN},
    [T30_ERR_T0_EXPIRED] = {VERDICT_RETRY, "t30-no-fax-tone",
        "The call was answered, but for a minute no fax machine was heard - perhaps a person or an answering "
        "machine took it. It is tried again; check that the number is a fax number."},
    [T30_ERR_T1_EXPIRED] = {VERDICT_RETRY, "t30-no-answer-from-machine",
        "The call was answered, but the fax machine never introduced itself. It is tried again; check that the "
        "number is a fax number."},
    [T30_ERR_T3_EXPIRED] = {VERDICT_RETRY, "t30-operator-wait",
        "The other machine asked for its operator and nobody came." AGAIN},
    [T30_ERR_HDLC_CARRIER] = {VERDICT_RETRY, "t30-carrier-stuck",
        "The other machine's signal did not end when it should." AGAIN},
    [T30_ERR_CANNOT_TRAIN] = {VERDICT_RETRY, "t30-cannot-train",
        "The line is so bad that no speed worked, down to the slowest." AGAIN},
    [T30_ERR_OPER_INT_FAIL] = {VERDICT_RETRY, "t30-operator",
        "The other machine's operator interrupted the call." AGAIN},
    [T30_ERR_INCOMPATIBLE] = {VERDICT_GIVE_UP, "t30-incompatible",
        "The other machine speaks no fax modem that we have. Ask the receiver for another fax number."},
    [T30_ERR_RX_INCAPABLE] = {VERDICT_RETRY, "t30-cannot-receive",
        "The other machine says it cannot receive now - often out of paper or memory. It is tried again; if it keeps "
        "happening, call the receiver."},
    [T30_ERR_TX_INCAPABLE] = {VERDICT_GIVE_UP, "t30-cannot-send",
        "The other machine has nothing to send. Ask the sender to send it again."},
    [T30_ERR_NORESSUPPORT] = {VERDICT_GIVE_UP, "t30-resolution",
        "The other machine does not take the resolution of these pages. Send them in standard or fine resolution."},
    [T30_ERR_NOSIZESUPPORT] = {VERDICT_GIVE_UP, "t30-page-size",
        "The other machine does not take pages of this size. Send them as A4 or Letter."},
    [T30_ERR_UNEXPECTED] = {VERDICT_RETRY, "t30-unexpected",
        "The other machine said something that does not fit where the call was." AGAIN},
    [T30_ERR_TX_BADDCS] = {VERDICT_RETRY, "t30-bad-training-answer",
        "The other machine answered our training with something else." AGAIN},
    [T30_ERR_TX_BADPG] = {VERDICT_RETRY, "t30-page-refused",
        "The other machine ended the call instead of confirming the page - often out of paper or memory." AGAIN},
    [T30_ERR_TX_ECMPHD] = {VERDICT_RETRY, "t30-bad-ecm-answer",
        "The other machine's error correction answered with something that does not fit." AGAIN},
    [T30_ERR_TX_GOTDCN] = {VERDICT_RETRY, "t30-refused",
        "The other machine hung up as soon as it had answered. It is tried again; perhaps it takes faxes only from "
        "known numbers - ask the receiver."},
    [T30_ERR_TX_INVALRSP] = {VERDICT_RETRY, "t30-bad-page-answer",
        "The other machine answered a page with something that does not fit." AGAIN},
    [T30_ERR_TX_NODIS] = {VERDICT_RETRY, "t30-no-introduction",
        "The other machine spoke, but did not say what it can do." AGAIN},
    [T30_ERR_TX_PHBDEAD] = {VERDICT_RETRY, "t30-no-training-answer",
        "The other machine did not answer our training, three times." AGAIN},
    [T30_ERR_TX_PHDDEAD] = {VERDICT_RETRY, "t30-no-page-answer",
        "The other machine did not answer after a page, three times." AGAIN},
    [T30_ERR_TX_T5EXP] = {VERDICT_RETRY, "t30-receiver-not-ready",
        "The other machine said \"not ready\" for more than a minute." AGAIN},
    [T30_ERR_RX_ECMPHD] = {VERDICT_RETRY, "t30-bad-ecm-command",
        "The sender's error correction sent something that does not fit. Pages before it are kept; the sender has to "
        "send the rest again."},
    [T30_ERR_RX_GOTDCS] = {VERDICT_RETRY, "t30-unexpected-dcs",
        "The other machine wanted to send where it should have received." AGAIN},
    [T30_ERR_RX_INVALCMD] = {VERDICT_RETRY, "t30-bad-command",
        "The sender sent something after a page that does not fit. Pages before it are kept; the sender has to send the "
        "rest again."},
    [T30_ERR_RX_NOCARRIER] = {VERDICT_RETRY, "t30-no-carrier",
        "The sender's image signal was lost. Pages before it are kept; the sender has to send the rest again."},
    [T30_ERR_RX_NOEOL] = {VERDICT_RETRY, "t30-no-line-end",
        "A page stopped in the middle of a line. Pages before it are kept; the sender has to send the rest again."},
    [T30_ERR_RX_NOFAX] = {VERDICT_RETRY, "t30-no-page",
        "The sender announced a page and sent none. Pages before it are kept; the sender has to send the rest again."},
    [T30_ERR_RX_T2EXPDCN] = {VERDICT_RETRY, "t30-no-goodbye",
        "The sender fell silent before it said goodbye. Pages that were confirmed are kept."},
    [T30_ERR_RX_T2EXPD] = {VERDICT_RETRY, "t30-silent-after-page",
        "The sender fell silent after a page. Pages before it are kept; the sender has to send the rest again."},
    [T30_ERR_RX_T2EXPFAX] = {VERDICT_RETRY, "t30-silent-before-page",
        "The sender fell silent where a page should have come. Pages before it are kept; the sender has to send the "
        "rest again."},
    [T30_ERR_RX_T2EXPMPS] = {VERDICT_RETRY, "t30-silent-before-next-page",
        "The sender announced another page and fell silent. Pages before it are kept; the sender has to send the rest "
        "again."},
    [T30_ERR_RX_T2EXPRR] = {VERDICT_RETRY, "t30-silent-while-not-ready",
        "The sender fell silent while we were not ready. Pages before it are kept; the sender has to send the rest "
        "again."},
    [T30_ERR_RX_T2EXP] = {VERDICT_RETRY, "t30-silent",
        "The sender was heard, but said nothing more. Pages that were confirmed are kept; the sender has to send the rest "
        "again."},
    [T30_ERR_RX_DCNWHY] = {VERDICT_RETRY, "t30-dcn-at-start",
        "The sender said goodbye before it sent a page - perhaps it does not like what we can do. It has to send the "
        "fax again."},
    [T30_ERR_RX_DCNDATA] = {VERDICT_RETRY, "t30-dcn-in-page",
        "The sender broke off in the middle of a page. Pages before it are kept; the sender has to send the rest again."},
    [T30_ERR_RX_DCNFAX] = {VERDICT_RETRY, "t30-dcn-after-page",
        "The sender broke off after a page, before it was confirmed. Pages before it are kept; the sender has to send "
        "the rest again."},
    [T30_ERR_RX_DCNPHD] = {VERDICT_RETRY, "t30-dcn-between-pages",
        "The other machine broke off between two pages. Pages that were confirmed stay confirmed." AGAIN},
    [T30_ERR_RX_DCNRRD] = {VERDICT_RETRY, "t30-dcn-while-not-ready",
        "The other machine broke off while the receiver was not ready." AGAIN},
    [T30_ERR_RX_DCNNORTN] = {VERDICT_RETRY, "t30-dcn-after-bad-page",
        "A page arrived damaged and the sender broke off instead of repeating it. The sender has to send it again."},
    [T30_ERR_FILEERROR] = {VERDICT_RETRY, "t30-file",
        "The pages could not be opened for the call. It is tried again; the log has the details."},
    [T30_ERR_NOPAGE] = {VERDICT_GIVE_UP, "t30-file-no-page",
        "A page of the document is missing in the file for the call. Send the document again."},
    [T30_ERR_BADTIFF] = {VERDICT_GIVE_UP, "t30-file-format",
        "The document could not be read for the call. Send it again."},
    [T30_ERR_BADPAGE] = {VERDICT_GIVE_UP, "t30-file-page-number",
        "The document's page numbers could not be read for the call. Send it again."},
    [T30_ERR_BADTAG] = {VERDICT_GIVE_UP, "t30-file-values",
        "The document has values that no fax can have. Send it again."},
    [T30_ERR_BADTIFFHDR] = {VERDICT_GIVE_UP, "t30-file-header",
        "The document's header could not be read for the call. Send it again."},
    [T30_ERR_NOMEM] = {VERDICT_RETRY, "t30-memory",
        "There was no memory for another page." AGAIN},
    [T30_ERR_RETRYDCN] = {VERDICT_RETRY, "t30-retries-used-up",
        "The other machine did not answer after several repeats, so the call was ended." AGAIN},
    [T30_ERR_CALLDROPPED] = {VERDICT_RETRY, "t30-dropped",
        "The call broke off before the fax was through." AGAIN},
    [T30_ERR_NOPOLL] = {VERDICT_GIVE_UP, "t30-no-polling",
        "The other machine wanted us to be polled or to poll it, which we do not."},
    [T30_ERR_IDENT_UNACCEPTABLE] = {VERDICT_GIVE_UP, "t30-ident",
        "The other machine's identification was not accepted."},
    [T30_ERR_SUB_UNACCEPTABLE] = {VERDICT_GIVE_UP, "t30-subaddress",
        "The fax subaddress was not accepted. Check it with the receiver."},
    [T30_ERR_SEP_UNACCEPTABLE] = {VERDICT_GIVE_UP, "t30-selective-polling",
        "The selective polling address was not accepted."},
    [T30_ERR_PSA_UNACCEPTABLE] = {VERDICT_GIVE_UP, "t30-polled-subaddress",
        "The polled subaddress was not accepted."},
    [T30_ERR_SID_UNACCEPTABLE] = {VERDICT_GIVE_UP, "t30-sender-id",
        "The sender identification was not accepted. Check it with the receiver."},
    [T30_ERR_PWD_UNACCEPTABLE] = {VERDICT_GIVE_UP, "t30-password",
        "The fax password was not accepted. Check it with the receiver."},
    [T30_ERR_TSA_UNACCEPTABLE] = {VERDICT_GIVE_UP, "t30-sender-address",
        "The sender's internet address was not accepted."},
    [T30_ERR_IRA_UNACCEPTABLE] = {VERDICT_GIVE_UP, "t30-routing-address",
        "The internet routing address was not accepted."},
    [T30_ERR_CIA_UNACCEPTABLE] = {VERDICT_GIVE_UP, "t30-caller-address",
        "The caller's internet address was not accepted."},
    [T30_ERR_ISP_UNACCEPTABLE] = {VERDICT_GIVE_UP, "t30-polling-address",
        "The internet polling address was not accepted."},
    [T30_ERR_CSA_UNACCEPTABLE] = {VERDICT_GIVE_UP, "t30-called-address",
        "The called internet address was not accepted."},
};

static const struct words endings[] = {
#define ENDING_WORDS(name, code, verdict, text) [ENDING_##name] = {verdict, code, text},
    ENDINGS(ENDING_WORDS)
#undef ENDING_WORDS
};
/* clang-format on */

void ending_outcome(enum ending ending, struct outcome *o)
{
    outcome_set(o, endings[ending].verdict, endings[ending].code, "%s", endings[ending].text);
}

void completion_outcome(int t30_code, struct outcome *o)
{
    const struct words *w = &codes[T30_ERR_OK];
    if (t30_code > 0 && t30_code < (int)ARRAY_LEN(codes) && codes[t30_code].code != NULL)
        w = &codes[t30_code];
    outcome_set(o, w->verdict, w->code, "%s", w->text);
}

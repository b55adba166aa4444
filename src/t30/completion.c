/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/completion.h"

#include <stddef.h>

#include <spandsp.h>

#include "base/attr.h"

struct words {
    enum verdict verdict;
    const char *code;
    const char *what; /* happened */
    const char *hint; /* to the person who sends; "" where there is none */
};

/* clang-format off */
static const struct words codes[] = {
    [T30_ERR_OK] = {VERDICT_RETRY, "t30-incomplete",
        "The call ended in order, but not every page was confirmed.",
        ""},
    [T30_ERR_CEDTONE] = {VERDICT_RETRY, "t30-ced-too-long",
        "The other machine's answer tone did not end.",
        ""},
    [T30_ERR_T0_EXPIRED] = {VERDICT_RETRY, "t30-no-fax-tone",
        "The call was answered, but for a minute no fax machine was heard; perhaps a person or an answering "
        "machine took it.",
        "Check that the number is a fax number."},
    [T30_ERR_T1_EXPIRED] = {VERDICT_RETRY, "t30-no-answer-from-machine",
        "A fax machine was heard, but it never introduced itself.",
        "Check that the number is a fax number."},
    [T30_ERR_T3_EXPIRED] = {VERDICT_RETRY, "t30-operator-wait",
        "The other machine asked for its operator and nobody came.",
        ""},
    [T30_ERR_HDLC_CARRIER] = {VERDICT_RETRY, "t30-carrier-stuck",
        "The other machine's signal did not end when it should.",
        ""},
    [T30_ERR_CANNOT_TRAIN] = {VERDICT_RETRY, "t30-cannot-train",
        "The line is so bad that no speed worked, down to the slowest.",
        ""},
    [T30_ERR_OPER_INT_FAIL] = {VERDICT_RETRY, "t30-operator",
        "The other machine's operator interrupted the call.",
        ""},
    [T30_ERR_INCOMPATIBLE] = {VERDICT_GIVE_UP, "t30-incompatible",
        "The other machine speaks no fax modem that we have.",
        "Ask the receiver for another fax number."},
    [T30_ERR_RX_INCAPABLE] = {VERDICT_RETRY, "t30-cannot-receive",
        "The other machine says it cannot receive now, often because it is out of paper or memory.",
        "If it keeps happening, call the receiver."},
    [T30_ERR_TX_INCAPABLE] = {VERDICT_GIVE_UP, "t30-cannot-send",
        "The other machine has nothing to send.",
        ""},
    [T30_ERR_NORESSUPPORT] = {VERDICT_GIVE_UP, "t30-resolution",
        "The other machine does not take the resolution of these pages.",
        "Send them in standard or fine resolution."},
    [T30_ERR_NOSIZESUPPORT] = {VERDICT_GIVE_UP, "t30-page-size",
        "The other machine does not take pages of this size.",
        "Send them as A4 or Letter."},
    [T30_ERR_UNEXPECTED] = {VERDICT_RETRY, "t30-unexpected",
        "The other machine said something that does not fit where the call was.",
        ""},
    [T30_ERR_TX_BADDCS] = {VERDICT_RETRY, "t30-bad-training-answer",
        "The other machine answered our training with something else.",
        ""},
    [T30_ERR_TX_BADPG] = {VERDICT_RETRY, "t30-page-refused",
        "The other machine ended the call instead of confirming the page, often because it is out of paper or"
        " memory.",
        "If it keeps happening, call the receiver."},
    [T30_ERR_TX_ECMPHD] = {VERDICT_RETRY, "t30-bad-ecm-answer",
        "The other machine's error correction answered with something that does not fit.",
        ""},
    [T30_ERR_TX_GOTDCN] = {VERDICT_RETRY, "t30-refused",
        "The other machine hung up as soon as it had answered; perhaps it takes faxes only from known "
        "numbers.",
        "If it keeps happening, ask the receiver."},
    [T30_ERR_TX_INVALRSP] = {VERDICT_RETRY, "t30-bad-page-answer",
        "The other machine answered a page with something that does not fit.",
        ""},
    [T30_ERR_TX_NODIS] = {VERDICT_RETRY, "t30-no-introduction",
        "The other machine spoke, but did not say what it can do.",
        ""},
    [T30_ERR_TX_PHBDEAD] = {VERDICT_RETRY, "t30-no-training-answer",
        "The other machine did not answer our training, three times.",
        ""},
    [T30_ERR_TX_PHDDEAD] = {VERDICT_RETRY, "t30-no-page-answer",
        "The other machine did not answer after a page, three times.",
        ""},
    [T30_ERR_TX_T5EXP] = {VERDICT_RETRY, "t30-receiver-not-ready",
        "The other machine said \"not ready\" for more than a minute.",
        ""},
    [T30_ERR_RX_ECMPHD] = {VERDICT_RETRY, "t30-bad-ecm-command",
        "The sender's error correction sent something that does not fit.",
        ""},
    [T30_ERR_RX_GOTDCS] = {VERDICT_RETRY, "t30-unexpected-dcs",
        "The other machine wanted to send where it should have received.",
        ""},
    [T30_ERR_RX_INVALCMD] = {VERDICT_RETRY, "t30-bad-command",
        "The sender sent something after a page that does not fit.",
        ""},
    [T30_ERR_RX_NOCARRIER] = {VERDICT_RETRY, "t30-no-carrier",
        "The sender's image signal was lost.",
        ""},
    [T30_ERR_RX_NOEOL] = {VERDICT_RETRY, "t30-no-line-end",
        "A page stopped in the middle of a line.",
        ""},
    [T30_ERR_RX_NOFAX] = {VERDICT_RETRY, "t30-no-page",
        "The sender announced a page and sent none.",
        ""},
    [T30_ERR_RX_T2EXPDCN] = {VERDICT_RETRY, "t30-no-goodbye",
        "The sender fell silent before it said goodbye.",
        ""},
    [T30_ERR_RX_T2EXPD] = {VERDICT_RETRY, "t30-silent-after-page",
        "The sender fell silent after a page.",
        ""},
    [T30_ERR_RX_T2EXPFAX] = {VERDICT_RETRY, "t30-silent-before-page",
        "The sender fell silent where a page should have come.",
        ""},
    [T30_ERR_RX_T2EXPMPS] = {VERDICT_RETRY, "t30-silent-before-next-page",
        "The sender announced another page and fell silent.",
        ""},
    [T30_ERR_RX_T2EXPRR] = {VERDICT_RETRY, "t30-silent-while-not-ready",
        "The sender fell silent while we were not ready.",
        ""},
    [T30_ERR_RX_T2EXP] = {VERDICT_RETRY, "t30-silent",
        "The other machine was heard, but said nothing more.",
        ""},
    [T30_ERR_RX_DCNWHY] = {VERDICT_RETRY, "t30-dcn-at-start",
        "The other machine said goodbye before a page was sent; perhaps it does not like what we can do.",
        ""},
    [T30_ERR_RX_DCNDATA] = {VERDICT_RETRY, "t30-dcn-in-page",
        "The sender broke off in the middle of a page.",
        ""},
    [T30_ERR_RX_DCNFAX] = {VERDICT_RETRY, "t30-dcn-after-page",
        "The sender broke off after a page, before it was confirmed.",
        ""},
    [T30_ERR_RX_DCNPHD] = {VERDICT_RETRY, "t30-dcn-between-pages",
        "The other machine broke off between two pages.",
        ""},
    [T30_ERR_RX_DCNRRD] = {VERDICT_RETRY, "t30-dcn-while-not-ready",
        "The other machine broke off while one side was not ready.",
        ""},
    [T30_ERR_RX_DCNNORTN] = {VERDICT_RETRY, "t30-dcn-after-bad-page",
        "A page arrived damaged and the sender broke off instead of repeating it.",
        ""},
    [T30_ERR_FILEERROR] = {VERDICT_RETRY, "t30-file",
        "The pages could not be opened for the call; the log has the details.",
        ""},
    [T30_ERR_NOPAGE] = {VERDICT_GIVE_UP, "t30-file-no-page",
        "A page of the document is missing in the file for the call.",
        "Send the document again."},
    [T30_ERR_BADTIFF] = {VERDICT_GIVE_UP, "t30-file-format",
        "The document could not be read for the call.",
        "Send it again."},
    [T30_ERR_BADPAGE] = {VERDICT_GIVE_UP, "t30-file-page-number",
        "The document's page numbers could not be read for the call.",
        "Send it again."},
    [T30_ERR_BADTAG] = {VERDICT_GIVE_UP, "t30-file-values",
        "The document has values that no fax can have.",
        "Send it again."},
    [T30_ERR_BADTIFFHDR] = {VERDICT_GIVE_UP, "t30-file-header",
        "The document's header could not be read for the call.",
        "Send it again."},
    [T30_ERR_NOMEM] = {VERDICT_RETRY, "t30-memory",
        "There was no memory for another page.",
        ""},
    [T30_ERR_RETRYDCN] = {VERDICT_RETRY, "t30-retries-used-up",
        "The other machine did not answer after several repeats, so the call was ended.",
        ""},
    [T30_ERR_CALLDROPPED] = {VERDICT_RETRY, "t30-dropped",
        "The call broke off before the fax was through.",
        ""},
    [T30_ERR_NOPOLL] = {VERDICT_GIVE_UP, "t30-no-polling",
        "The other machine wanted polling, which we do not do.",
        ""},
    [T30_ERR_IDENT_UNACCEPTABLE] = {VERDICT_GIVE_UP, "t30-ident",
        "The identification was not accepted.",
        "Ask the receiver."},
    [T30_ERR_SUB_UNACCEPTABLE] = {VERDICT_GIVE_UP, "t30-subaddress",
        "The fax subaddress was not accepted.",
        "Check it with the receiver."},
    [T30_ERR_SEP_UNACCEPTABLE] = {VERDICT_GIVE_UP, "t30-selective-polling",
        "The selective polling address was not accepted.",
        ""},
    [T30_ERR_PSA_UNACCEPTABLE] = {VERDICT_GIVE_UP, "t30-polled-subaddress",
        "The polled subaddress was not accepted.",
        ""},
    [T30_ERR_SID_UNACCEPTABLE] = {VERDICT_GIVE_UP, "t30-sender-id",
        "The sender identification was not accepted.",
        "Check it with the receiver."},
    [T30_ERR_PWD_UNACCEPTABLE] = {VERDICT_GIVE_UP, "t30-password",
        "The fax password was not accepted.",
        "Check it with the receiver."},
    [T30_ERR_TSA_UNACCEPTABLE] = {VERDICT_GIVE_UP, "t30-sender-address",
        "The sender's internet address was not accepted.",
        ""},
    [T30_ERR_IRA_UNACCEPTABLE] = {VERDICT_GIVE_UP, "t30-routing-address",
        "The internet routing address was not accepted.",
        ""},
    [T30_ERR_CIA_UNACCEPTABLE] = {VERDICT_GIVE_UP, "t30-caller-address",
        "The caller's internet address was not accepted.",
        ""},
    [T30_ERR_ISP_UNACCEPTABLE] = {VERDICT_GIVE_UP, "t30-polling-address",
        "The internet polling address was not accepted.",
        ""},
    [T30_ERR_CSA_UNACCEPTABLE] = {VERDICT_GIVE_UP, "t30-called-address",
        "The called internet address was not accepted.",
        ""},
};

static const struct words endings[] = {
#define ENDING_WORDS(name, code, verdict, what, hint) [ENDING_##name] = {verdict, code, what, hint},
    ENDINGS(ENDING_WORDS)
#undef ENDING_WORDS
};
/* clang-format on */

static const struct words left = {
    VERDICT_RETRY, "t30-left-unheard",
    "The other machine ended the call after answers to a page that could not be understood.", ""};

static const struct words poll_denied = {VERDICT_GIVE_UP, "t30-poll-denied",
                                         "The other machine ended the call when it was asked for its "
                                         "document: perhaps it wants a subaddress (SEP) "
                                         "or a password (PWD), or others.",
                                         "Ask its owner."};

/* What becomes of the fax depends on who sent it. */
static const char *what_next(const struct words *w, enum fate fate)
{
    if (w->verdict == VERDICT_DONE)
        return "";
    if (fate == FATE_RECEIVED)
        return " Pages that were confirmed are kept; the sender has to send the rest again.";
    if (fate == FATE_POLLED)
        return " The caller has to ask for it again.";
    if (fate == FATE_POLLING && w->verdict == VERDICT_RETRY)
        return " Pages that came are kept. It is tried again.";
    if (fate == FATE_SENT_IN_DOUBT)
        return " The last page may have arrived, so nothing is sent again by itself.";
    return w->verdict == VERDICT_RETRY ? " It is tried again from the first page that was not confirmed."
                                       : "";
}

static void say(const struct words *w, enum fate fate, struct outcome *o)
{
    const char *hint = fate == FATE_SENT || fate == FATE_POLLING ? w->hint : "";
    outcome_set(o, w->verdict, w->code, "%s%s%s%s", w->what, what_next(w, fate), hint[0] == 0 ? "" : " ",
                hint);
}

void ending_outcome(enum ending ending, enum fate fate, struct outcome *o)
{
    say(&endings[ending], fate, o);
}

void completion_outcome(int t30_code, enum fate fate, struct outcome *o)
{
    const struct words *w = &codes[T30_ERR_OK];
    if (t30_code > 0 && t30_code < (int)ARRAY_LEN(codes) && codes[t30_code].code != NULL)
        w = &codes[t30_code];
    if (t30_code == COMPLETION_LEFT)
        w = &left;
    if (t30_code == COMPLETION_POLL_DENIED)
        w = &poll_denied;
    say(w, fate, o);
}

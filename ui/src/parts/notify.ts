// SPDX-License-Identifier: AGPL-3.0-or-later
// What somebody is mailed of what goes on in his boxes: of his own account, and where an administrator sets it for him.
import { t } from "../i18n";
import type { Field } from "./frame";

export const notifications = (): Field[] => [
  { name: "notify_received", kind: "choice", choices: [["each", t("c.notifyEach")], ["never", t("c.notifyNoReceived")]] },
  { name: "notify_sent", kind: "choice", choices: [["", t("c.notifyAsBox")], ["always", t("c.notifyAlways")], ["failed", t("c.notifyFailed")], ["never", t("c.notifyNever")]] },
  { name: "notify_delays", kind: "choice", choices: [["", t("c.notifyAsBox")], ["never", t("c.notifyNever")]] },
];

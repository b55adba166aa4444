// SPDX-License-Identifier: AGPL-3.0-or-later
// How mails to a user are encrypted: of his own account, and where an administrator sets it for him.
import { t } from "../i18n";
import type { Field } from "./frame";

export const encryption = (): Field[] => [
  { name: "pgp_keys", kind: "keys", key: { member: "key", add: "key.addPgp" } },
  { name: "pgp_encrypt", kind: "flag", shown: (v) => v.pgp_encrypt === true || ((v.pgp_keys as unknown[] | undefined) ?? []).length > 0 },
  { name: "smime_certificates", kind: "keys", key: { member: "certificate", add: "key.addCertificate" } },
  { name: "smime", kind: "choice", choices: [["off", t("c.smimeOff")], ["aes-256-gcm", t("c.smimeGcm")], ["aes-256-cbc", t("c.smimeCbc")]],
    shown: (v) => v.smime !== "off" || ((v.smime_certificates as unknown[] | undefined) ?? []).length > 0 },
];

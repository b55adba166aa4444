// SPDX-License-Identifier: AGPL-3.0-or-later
// Deleting an entry of the settings: asked in words what will be gone.
import { call } from "../api";
import { t } from "../i18n";
import { confirm } from "../parts/dialog";
import { say, sayProblem } from "../parts/toast";
import { navigate } from "../router";

export async function removeEntry(url: string, name: string, gone: string, to: string): Promise<void> {
  if (!(await confirm({ title: t("delete.title", { name }), text: gone, verb: t("delete.verb", { name }), danger: true }))) return;
  try {
    const { etag } = await call("GET", url);
    await call("DELETE", url, { etag });
    say(t("deleted", { name }));
    navigate(to);
  } catch (why) {
    sayProblem(why);
  }
}

// SPDX-License-Identifier: AGPL-3.0-or-later
import { render } from "preact";
import "./tokens.css";
import "./app.css";
import { Problem } from "./api";
import { App } from "./app";
import { language } from "./i18n";
import { startKeys } from "./keys";
import { say } from "./parts/toast";
import { startReasons } from "./reasons";
import { startRouter } from "./router";
import { loadSession } from "./session";

const AGAIN_MS = 3000;

/** The server may be starting. */
function begin(): void {
  loadSession().catch((why: unknown) => {
    say(why instanceof Problem ? why.message : String(why), true);
    setTimeout(begin, AGAIN_MS);
  });
}

document.documentElement.lang = language.value;
startRouter();
startKeys();
startReasons();
const root = document.getElementById("app")!;
root.textContent = "";
if (location.pathname === "/setup") {
  void import("./places/setup").then(({ Setup }) => render(<Setup />, root));
} else {
  render(<App />, root);
  begin();
}

// SPDX-License-Identifier: AGPL-3.0-or-later
// Chromium for tests/lib/chromium.py: one line of JSON in, one out. {"do": "click", "args": ["role=button"]}
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";

const require = createRequire(new URL("../../ui/", import.meta.url));
const { chromium } = require("playwright-core");
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const PATIENCE_MS = 60000;

const [, , base, settings] = process.argv;
const wanted = JSON.parse(settings);
const browser = await chromium.launch({
  executablePath: process.env.FAXPOST_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});
const context = await browser.newContext({
  baseURL: base,
  viewport: { width: wanted.width, height: wanted.height },
  colorScheme: wanted.dark ? "dark" : "light",
  locale: wanted.language,
  acceptDownloads: true,
  ignoreHTTPSErrors: wanted.trusting, // a provider of the test signs for itself
});
context.setDefaultTimeout(PATIENCE_MS);
const page = await context.newPage();

// What may never happen on any page.
const faults = [];
const noted = { hosts: new Set(), bytes: 0 };
page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
page.on("console", (said) => {
  if (/Content Security Policy|Refused to/i.test(said.text())) faults.push(`policy: ${said.text()}`);
});
page.on("request", (request) => noted.hosts.add(new URL(request.url()).host));
page.on("dialog", (dialog) => {
  faults.push(`browser dialog: ${dialog.type()}`);
  void dialog.accept();
});

const at = (selector) => page.locator(selector).first();

async function axe() {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const result = await window.axe.run(document);
    return result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target.join(" ")} ${n.failureSummary}`).join("; ")}`);
  });
}

async function download(selector) {
  const [file] = await Promise.all([page.waitForEvent("download"), at(selector).click()]);
  return { name: file.suggestedFilename(), path: await file.path() };
}

const actions = {
  goto: async (path) => void (await page.goto(path, { waitUntil: "load" })),
  reload: async () => void (await page.reload()),
  back: async () => void (await page.evaluate(() => history.back())),
  click: (selector) => at(selector).click(),
  hover: (selector) => at(selector).hover(),
  fill: (selector, text) => at(selector).fill(text),
  choose: async (selector, value) => void (await at(selector).selectOption(value)),
  check: (selector, on) => at(selector).setChecked(on),
  press: (key) => page.keyboard.press(key),
  type: (text) => page.keyboard.type(text),
  files: (selector, paths) => at(selector).setInputFiles(paths),
  see: (selector) => at(selector).waitFor({ state: "visible" }),
  gone: (selector) => at(selector).waitFor({ state: "hidden" }),
  count: (selector) => page.locator(selector).count(),
  text: async (selector) => (await at(selector).innerText()).trim(),
  texts: (selector) => page.locator(selector).allInnerTexts(),
  value: (selector) => at(selector).inputValue(),
  attribute: (selector, name) => at(selector).getAttribute(name),
  script: (code) => page.evaluate(code),
  shot: async (path) => void (await page.screenshot({ path })),
  offline: (on) => context.setOffline(on),
  // Whatever is asked of the API, but who is logged in, is answered so; no status: as the server does again.
  answer: async (status, body) => {
    await page.unrouteAll({ behavior: "ignoreErrors" });
    if (status) await page.route((url) => /^\/api\/v1\/(?!session|events)/.test(url.pathname), (route) => route.fulfill({ status, contentType: "application/problem+json", body }));
  },
  // What is asked of the API, but the stream of events, is answered so much later; 0: at once again.
  slow: async (ms) => {
    await page.unrouteAll({ behavior: "ignoreErrors" });
    if (ms) await page.route((url) => /^\/api\/v1\/(?!session|events)/.test(url.pathname), (route) => setTimeout(() => void route.continue().catch(() => undefined), ms));
  },
  path: async () => new URL(page.url()).pathname,
  url: async () => page.url(),
  hosts: async () => [...noted.hosts],
  faults: async () => faults.splice(0),
  axe,
  download,
  // A security key in this machine: {hasUserVerification, ...} of the protocol's WebAuthn.VirtualAuthenticatorOptions.
  addKey: async (options) => {
    noted.keys ??= await context.newCDPSession(page);
    await noted.keys.send("WebAuthn.enable");
    return (await noted.keys.send("WebAuthn.addVirtualAuthenticator", { options })).authenticatorId;
  },
  removeKey: async (authenticatorId) => void (await noted.keys.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId })),
};

/** What the page shows, for whoever reads that something was waited for in vain. */
async function shown() {
  const state = await page.evaluate(() => ({
    at: location.pathname,
    focus: document.activeElement?.outerHTML.slice(0, 80),
    dialogs: document.querySelectorAll("dialog[open]").length,
    text: document.body.innerText.replace(/\s+/g, " ").slice(0, 300),
  }));
  return JSON.stringify(state);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, args } = JSON.parse(line);
  let answer;
  try {
    answer = { ok: (await actions[name](...args)) ?? null };
  } catch (error) {
    const said = String(error.message ?? error).split("\n").slice(0, 4).join(" ");
    answer = { error: `${said} The page: ${await shown().catch(String)}` };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
await browser.close();

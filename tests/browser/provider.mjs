// SPDX-License-Identifier: AGPL-3.0-or-later
// The OpenID provider of npm, `node provider.mjs CERTIFICATE KEY BACK`: anybody logs in there under the name he gives, which
// is his address. Prints its issuer, and ends with its input.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:https";
import { pathToFileURL } from "node:url";

const [cert, key, back] = process.argv.slice(2);
const require = createRequire(new URL("../../ui/package.json", import.meta.url));
const { default: Provider } = await import(pathToFileURL(require.resolve("oidc-provider")));

let handle;
const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => handle(request, response));
server.listen(0, "127.0.0.1", () => {
  const issuer = `https://localhost:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: "faxpost", client_secret: "a secret of the test", redirect_uris: [back + "/login/back"], post_logout_redirect_uris: [back + "/"] }],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: id, email_verified: true, name: "Person " + id }) }),
    cookies: { keys: ["a key of the test"] },
  });
  handle = provider.callback();
  console.log(issuer);
});
process.stdin.on("end", () => process.exit(0)).resume();

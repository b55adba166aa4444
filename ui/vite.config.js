// SPDX-License-Identifier: AGPL-3.0-or-later
// The build: hashed names, nothing inlined (the policy of the pages forbids data: and inline scripts), no map.
import { defineConfig } from "vite";

export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: {
    target: "es2020",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    emptyOutDir: true,
  },
});

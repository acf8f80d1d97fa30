/**
 * Bundles the extension: `node tools/build.mjs`. With `--test`, the mocha suites for the extension host too.
 *
 * vscode-languageclient has a feature for each method of LSP, and no way to leave one out. Those that the daemon does not use
 * are replaced by one that does nothing: a quarter less to load, and no unused capability is announced.
 */

import { argv } from "node:process";
import { build } from "esbuild";

const WITHOUT = [
  "callHierarchy", "codeLens", "colorProvider", "completion", "declaration", "definition", "diagnostic",
  "documentHighlight", "documentLink", "documentSymbol", "executeCommand", "fileOperations", "foldingRange", "formatting", "hover",
  "implementation", "inlayHint", "inlineValue", "linkedEditingRange", "reference", "rename", "selectionRange",
  "semanticTokens", "signatureHelp", "typeDefinition", "typeHierarchy", "workspaceSymbol",
];
const NOTHING = `
class Nothing {
  fillClientCapabilities() {}
  initialize() {}
  clear() {}
  getState() { return { kind: "static" }; }
}
module.exports = new Proxy({}, { get: (_, name) => (String(name).endsWith("Feature") ? Nothing : undefined) });
`;
const withoutFeatures = {
  name: "without-features",
  setup(bundle) {
    const filter = new RegExp(`vscode-languageclient/lib/common/(${WITHOUT.join("|")})\\.js$`.replaceAll("/", "[\\\\/]"));
    bundle.onLoad({ filter }, () => ({ contents: NOTHING, loader: "js" }));
    // The library checks VS Code's version again, which package.json's `engines` has done.
    bundle.onLoad({ filter: /semver[\\/]functions[\\/](parse|satisfies)\.js$/ }, () => ({
      contents: "module.exports = () => true;",
      loader: "js",
    }));
  },
};
const common = { bundle: true, platform: "node", format: "cjs", target: "node20", external: ["vscode"] };

const shipped = { ...common, outdir: "out", minify: true, legalComments: "none", plugins: [withoutFeatures] };

// Bundles: loaded on activation, with the daemon's start, with the first task, when the chat view is opened; and its page.
const external = ["vscode", "./client", "./assist", "./chat"];
await build({ ...shipped, entryPoints: ["src/extension.ts"], external, supported: { "dynamic-import": false } });
await build({ ...shipped, entryPoints: ["src/client.ts"] });
await build({ ...shipped, entryPoints: { assist: "src/assist/index.ts" } });
await build({ ...shipped, entryPoints: { chat: "src/chat/index.ts" } });
await build({
  bundle: true,
  entryPoints: ["src/chat/webview/main.ts", "src/chat/webview/style.css"],
  outdir: "out/webview",
  format: "iife",
  target: "es2022",
  minify: true,
  legalComments: "inline", // DOMPurify's licence
});
if (argv.includes("--test")) {
  await build({ ...common, entryPoints: ["test/host/index.ts"], outfile: "out/test/index.js", external: ["vscode", "mocha"] });
}

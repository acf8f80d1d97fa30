/**
 * Bundles the extension: `node tools/build.mjs`. With `--test`, the mocha suites for the extension host too.
 *
 * vscode-languageclient has a feature for each method of LSP, and no way to leave one out. Those the daemon has no use for
 * become a feature that does nothing: a quarter less to load, and no capability is claimed that nobody asked for.
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
    // It checks VS Code's version once more, which package.json's `engines` does.
    bundle.onLoad({ filter: /semver[\\/]functions[\\/](parse|satisfies)\.js$/ }, () => ({
      contents: "module.exports = () => true;",
      loader: "js",
    }));
  },
};
const common = { bundle: true, platform: "node", format: "cjs", target: "node20", external: ["vscode"] };

const shipped = { ...common, outdir: "out", minify: true, legalComments: "none", plugins: [withoutFeatures] };

// What activation loads; what is loaded once there is a daemon to start, once a task is run, once the chat view is opened;
// and the page in that view.
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

/**
 * VS Code in a browser, with the extension and the embedded model, on a project to try it in:
 * `node tools/playground.mjs --daemon COMMAND [--port 8899] [--project FOLDER]`. Ctrl+C ends it.
 */

import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync } from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { REPOSITORY, VSCode } from "./vscode.mjs";

const HOME = path.join(REPOSITORY, ".cache", "playground");
const SAMPLES = path.join(REPOSITORY, "lsp_server", "cli", "samples");

const { values } = parseArgs({
  options: { daemon: { type: "string" }, port: { type: "string", default: "8899" }, project: { type: "string" } },
});
const project = path.resolve(values.project ?? path.join(HOME, "project"));
mkdirSync(HOME, { recursive: true });
chmodSync(HOME, 0o700); // it is XDG_RUNTIME_DIR too, which only its owner may enter
mkdirSync(project, { recursive: true });
if (!values.project && !existsSync(path.join(project, "warehouse"))) cpSync(SAMPLES, project, { recursive: true });
// This repository ignores .cache/, so the project is a repository of its own: ignored files are never shown to the model.
if (!values.project) spawnSync("git", ["init", "--quiet", project]);

const code = new VSCode({ home: HOME, browser: false });
code.write({ "codegeex.server.path": values.daemon ?? "" });
code.installExtension();
try {
  await code.start(Number(values.port));
} catch (fault) {
  await code.stop();
  throw new Error(`${fault.message}; is port ${values.port} taken? Another: make playground PORT=8900`, { cause: fault });
}
const file = values.project ? undefined : "warehouse/orders.py";
console.log(`\nVS Code with CodeGeeX: open this in a browser, and type.\n\n  ${code.address(project, file)}\n`);
console.log("Ctrl+C ends it.");
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => void code.stop().then(() => process.exit(0)));

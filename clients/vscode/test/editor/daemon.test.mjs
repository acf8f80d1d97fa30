/** What a user sees if the daemon is missing, old, or crashes; and what an untrusted workspace may not do. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { Session, until } from "./session.mjs";

// Stands in for Python: makes the virtual environment of `Install` from the scripted daemon.
const PYTHON = `
echo "$@" >> "$HOME/python.log"
env | grep ^PYTHON >> "$HOME/python.log"
case "$*" in
  "-I -c"*) exit 0 ;;
  "-I -m venv"*) mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
  "-I -m pip install"*) cp "$HOME/scripted" "$(dirname "$0")/codegeex-lsp" ;;
esac`;
let session, window;

before(async () => {
  session = await Session.start({
    script: [["answer = ", "compute_the_answer(42)"]],
    files: {
      "warm.py": "\n",
      ".vscode/settings.json": JSON.stringify({ "codegeex.server.path": "/evil/from/the/workspace" }),
    },
    settings: { "codegeex.server.path": "/nowhere/codegeex-lsp", "security.workspace.trust.startupPrompt": "never" },
    options: { trusted: false, environment: (home) => ({ PATH: `${home}/bin:/usr/bin:/bin`, PYTHONPATH: `${home}/project`, PYTHONINSPECT: "1" }) },
  });
  session.program("project/.venv/bin/codegeex-lsp", `touch ${session.path("evil")}`);
  window = await session.open("warm.py");
});
after(() => session?.stop());
afterEach(async (context) => {
  if (context.error) console.error(`see ${await session.keep(context.name)}`);
});

const message = () => until("a message", async () => (await window.messages())[0]);
const button = (name) => window.page.locator(".notification-toast .monaco-button", { hasText: name });

async function dismiss() {
  await window.command("Notifications: Clear All Notifications");
  await until("no message", async () => (await window.messages()).length === 0);
}

test("a command that does not exist is named, and another can be chosen", async () => {
  assert.match(await message(), /codegeex\.server\.path is set to \/nowhere\/codegeex-lsp, which is not an executable file\./);
  await window.page.waitForSelector('.statusbar-item[id*="codegeex"] .codicon-error');
  await button("Choose Command").click();
  await window.choose(session.scripted);
  await window.ready();
});

test("in a workspace that is not trusted, nothing of its own is run, and what is missing can be installed", async () => {
  session.set({ "codegeex.server.path": "" });
  assert.match(await message(), /needs its server/);
  assert.equal(existsSync(session.path("evil")), false);
});

test("install makes an environment and starts the daemon in it: completions work untrusted", async () => {
  session.program("bin/python3", PYTHON);
  await button("Install").click();
  await window.ready();
  assert.match(readFileSync(session.path("python.log"), "utf8"), /^-I -m pip install .*codegeex_lsp-.*\.whl$/m);
  assert.doesNotMatch(readFileSync(session.path("python.log"), "utf8"), /^PYTHON/m);
  await window.edit("warm.py");
  await window.type("answer = ");
  await window.sees("compute_the_answer(42)");
});

test("the daemon runs away from the workspace, and without the window's Python variables", async () => {
  const report = 'cd && (cd - && env | grep ^PYTHON) > report; mv report daemon.log';
  session.set({ "codegeex.server.path": session.program("watched", `${report}\nexec ${session.scripted}`) });
  await until("the daemon", () => existsSync(session.path("daemon.log")));
  await window.ready();
  assert.match(readFileSync(session.path("daemon.log"), "utf8"), /globalStorage\/codegeex-lsp\.codegeex-lsp\n$/);
});

test("an older daemon is refused with its version and the one that is needed", async () => {
  session.set({ "codegeex.server.path": session.command("old", `-m tests.clients.scripted_daemon ${session.path("script.json")} --claims 0.0.9`) });
  assert.match(await message(), /is version 0\.0\.9\. This extension needs version 0\.1\.0 or later\./);
  await dismiss();
});

test("a daemon that ends at once is started five times, then given up with one message; Restart works", async () => {
  const dying = session.program("dying", 'echo x >> "$HOME/tries"\nexit 1');
  session.set({ "codegeex.server.path": dying });
  assert.match(await message(), /keeps crashing/);
  assert.equal(readFileSync(session.path("tries"), "utf8").trim().split("\n").length, 5);
  assert.equal((await window.messages()).length, 1);
  session.program("dying", `exec ${session.scripted}`);
  await button("Restart").click();
  await window.ready();
});

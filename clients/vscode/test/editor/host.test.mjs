/** Runs the mocha suites of test/host inside VS Code's extension host. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { CLIENT } from "../../tools/vscode.mjs";
import { Session } from "./session.mjs";

let session;

afterEach(() => session?.stop());

async function passes() {
  const page = session.browser.context.pages()[0];
  const results = [];
  await page.exposeFunction("codeAutomationLog", (_kind, args) => {
    const text = args.join(" ");
    if (/^(not )?ok: /.test(text)) results.push(text);
  });
  const ended = new Promise((done) => void page.exposeFunction("codeAutomationExit", done));
  const remote = (path) => `vscode-remote://127.0.0.1:${session.code.port}${CLIENT}/${path}`;
  const payload = [["extensionDevelopmentPath", remote("")], ["extensionTestsPath", remote("out/test/index.js")]];
  await page.goto(session.code.address(session.project, "warm.py", payload));
  assert.equal(await ended, 0, results.join("\n"));
  console.log(results.join("\n"));
}

test("commands, status and settings, inside the extension host", async () => {
  session = await Session.start({
    script: [["answer = ", "compute_the_answer(42)"]],
    files: { "warm.py": "\n" },
    options: { automated: true },
  });
  await passes();
});

test("the language model and the light bulb, inside the extension host", async () => {
  session = await Session.start({
    files: { "warm.py": "\n", "sample.py": "def add(a, b):\n    return a + c\n" },
    settings: { "chat.disableAIFeatures": false },
    options: { automated: true, environment: () => ({ CODEGEEX_SUITE: "assist" }) },
  });
  session.set({ "codegeex.model": session.chatModel(), "codegeex.server.path": session.embedded });
  await passes();
});

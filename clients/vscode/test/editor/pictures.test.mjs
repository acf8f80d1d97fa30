/** The pictures of README and walkthrough, taken once they show what they should, into PICTURES or the cache. */

import assert from "node:assert/strict";
import { cpSync, mkdirSync, statSync } from "node:fs";
import * as path from "node:path";
import { after, afterEach, before, test } from "node:test";
import { REPOSITORY } from "../../tools/vscode.mjs";
import { ChatView } from "./chat_view.mjs";
import { Session } from "./session.mjs";

const FOLDER = process.env.PICTURES ?? path.join(REPOSITORY, ".cache", "vscode", "pictures");
const SAMPLES = path.join(REPOSITORY, "lsp_server", "cli", "samples");
const SUMS = "def add(a, b):\n    return a + b\n\n\nprint(add(1, 2))\n";
const SIZE = { width: 1000, height: 560 };
const WIDE = { width: 1280, height: 760 }; // the walkthrough hides its pictures if they do not fit
const MIN_BYTES = 10_000; // a picture of an empty window is smaller
let session, window;

before(async () => {
  mkdirSync(FOLDER, { recursive: true });
  session = await Session.start({
    settings: {
      "editor.inlineSuggest.syntaxHighlightingEnabled": false, // plain grey is easier to see in a picture
      "editor.minimap.enabled": false,
      "codegeex.completion.confidence": 0.2, // the model's own threshold is close to what is pictured here
    },
    scale: 1.5,
  });
  cpSync(SAMPLES, session.project, { recursive: true });
  session.set({ "codegeex.server.path": session.embedded });
  window = await session.open("warehouse/orders.py");
  await window.page.setViewportSize(SIZE);
  await window.ready();
});
after(() => session?.stop());
afterEach(async (context) => {
  if (context.error) console.error(`see ${await session.keep(context.name)}`);
});

async function picture(name, of = window) {
  const file = path.join(FOLDER, `vscode-${name}.png`);
  await of.page.screenshot({ path: file, animations: "disabled", caret: "initial" });
  assert.ok(statSync(file).size > MIN_BYTES);
}

test("ghost text", async () => {
  await window.edit("Grid.java", 18, 9);
  await window.keyboard.press("Shift+End");
  await window.type("this.");
  await window.sees(/^height/);
  await picture("ghost-text");
});

test("the menu of the status item", async () => {
  await window.status.click();
  const picks = await window.picks();
  for (const wanted of ["Turn Off", "Turn Off for java", "Snooze…", "Why This Suggestion?", "Choose Model…", "Restart"]) {
    assert.ok(picks.some((pick) => pick.includes(wanted)), `${wanted} in ${picks}`);
  }
  await picture("menu");
  await window.page.locator(".quick-input-list .monaco-list-row", { hasText: "Choose Model" }).click();
  await window.page.locator(".quick-input-titlebar", { hasText: "Choose a model" }).waitFor();
  assert.ok((await window.picks()).includes("embedded"));
  await window.keyboard.press("Escape");
});

test("why this suggestion", async () => {
  await window.edit("orders.py");
  await window.keyboard.press("Control+End");
  await window.type("\n\ndef refund(order, shelf):\n    ");
  await window.sees(/\S/, 10_000).catch(() => undefined);
  await window.command("CodeGeeX: Why This Suggestion?");
  await window.page.locator(".quick-input-list .monaco-list-row", { hasText: /stock\.py:\d+-\d+/ }).first().waitFor();
  await picture("why");
  await window.keyboard.press("Escape");
});

test("the chat view", async () => {
  session.put("sums/sample.py", SUMS); // the fixture model answers if there is little else to read
  session.set({ "codegeex.model": session.chatModel() });
  const other = await session.open("sample.py", path.join(session.project, "sums"));
  await other.page.setViewportSize(SIZE);
  await other.status.filter({ hasText: "codegeex4-fixture" }).waitFor();
  await other.ready();
  const chat = await ChatView.open(other);
  const turn = await chat.answer("How do I read a file in Python?");
  await turn.locator(".hljs-keyword", { hasText: "with" }).waitFor();
  await turn.locator("summary").click();
  await turn.locator(".sources .link", { hasText: "sample.py" }).waitFor();
  await picture("chat", other);
  await other.close();
  session.set({ "codegeex.model": "" });
});

test("the walkthrough", async () => {
  await window.command("Welcome: Open Walkthrough...");
  await window.page.locator(".quick-input-widget input").fill("CodeGeeX");
  await window.page.locator(".quick-input-list .monaco-list-row", { hasText: "Code completion on your own machine" }).click();
  await window.page.setViewportSize(WIDE);
  await window.keyboard.press("Control+b");
  await window.page.locator(".getting-started-step", { hasText: "Type, then press Tab" }).click();
  await window.page.locator(".getting-started-media img").first().waitFor();
  await window.page.waitForFunction(() => [...document.querySelectorAll(".getting-started-media img")].every((img) => img.complete));
  await picture("walkthrough");
});

test("a change under review", async () => {
  await window.close();
  session.put("sums.py", "def add(a, b):\n    return a + b\n"); // what the fixture model knows
  const scrollbar = { "editor.scrollbar.vertical": "hidden", "editor.scrollbar.horizontal": "hidden" };
  session.set({ "codegeex.model": session.chatModel(), ...scrollbar });
  window = await session.open("sums.py");
  await window.page.setViewportSize({ width: 1280, height: 480 }); // a diff side by side needs the width
  await window.page.locator('.statusbar-item[id*="codegeex"]', { hasText: "fixture" }).last().waitFor();
  await window.ready();
  await window.command("View: Close Primary Side Bar");
  await window.page.locator(".view-line", { hasText: "return" }).first().click();
  await window.command("CodeGeeX: Add Doc Comments");
  await window.page.locator(".editor.modified .view-line", { hasText: "Return the sum of a and b." }).waitFor();
  await window.page.locator(".notification-toast").waitFor({ state: "detached" });
  await window.page.mouse.move(30, 350); // where no tooltip opens
  await window.page.locator(".monaco-hover.workbench-hover").waitFor({ state: "detached" });
  await picture("review");
});

/** Each task in the real editor, with a model that is a test fixture: asked for, looked at, accepted or not. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import * as path from "node:path";
import { after, afterEach, before, test } from "node:test";
import { Session, until } from "./session.mjs";

const ADD = "def add(a, b):\n    return a + b\n";
const COMMENTED = "def add(a, b):\n    # The sum of both numbers.\n    return a + b\n";
const LARGEST = "def largest(values):\n    best = values[0]\n    for value in values:\n        if value > best:\n            best = value\n    return best\n";
const GREET = 'def greet(name):\n    return "Hello, " + name + "!"\n';
const BROKEN = "def add(a, b):\n    return a + c\n";
let session, window, page;

before(async () => {
  session = await Session.start({
    files: { "add.py": ADD, "greet.py": GREET, "broken.py": BROKEN, "sample.py": ADD, "both.py": `${GREET}\n\n${ADD}` },
    settings: { "editor.minimap.enabled": false },
  });
  session.set({ "codegeex.model": session.chatModel(), "codegeex.server.path": session.embedded });
  window = await session.open("add.py");
  page = window.page;
  await window.ready();
});
after(() => session?.stop());
afterEach(async (context) => {
  if (context.error) console.error(`see ${await session.keep(context.name)}`);
});

const diff = () => page.locator(".monaco-diff-editor");
const button = (name) => page.locator(`.editor-group-container.active .editor-actions [aria-label^="${name}"]`).first();

/** The proposal's text, once a diff shows it. */
async function reviewed() {
  await diff().locator(".editor.modified .view-line").first().waitFor();
  await page.waitForTimeout(300);
  return text(".editor.modified");
}

async function text(within) {
  const lines = await page.locator(`.editor-group-container.active ${within} .view-line`).evaluateAll((all) =>
    all.map((line) => [Number.parseInt(line.style.top, 10), line.textContent]).sort((one, other) => one[0] - other[0]).map(([, said]) => said),
  );
  return lines.join("\n").replaceAll("\u00a0", " ");
}

async function gone() {
  await diff().waitFor({ state: "detached" });
}

test("comments are shown in a diff before anything is changed, accepted by a button, and one undo step", async () => {
  await window.edit("add.py", 2, 5);
  await window.command("CodeGeeX: Add Comments");
  assert.match(await reviewed(), /# The sum of both numbers\./);
  assert.equal(session.read("add.py"), ADD);
  await page.screenshot({ path: "/tmp/av-review.png" });
  await button("Accept").click();
  await gone();
  await window.save();
  assert.equal(session.read("add.py"), COMMENTED);
  await window.focus();
  await window.keyboard.press("Control+z");
  await window.save();
  assert.equal(session.read("add.py"), ADD);
});

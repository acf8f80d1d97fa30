/** Each task in the real editor, with the fixture chat model: run, reviewed, accepted or discarded. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { after, afterEach, before, test } from "node:test";
import { Session, until } from "./session.mjs";

const ADD = "def add(a, b):\n    return a + b\n";
const COMMENTED = "def add(a, b):\n    # The sum of both numbers.\n    return a + b\n";
const DOCUMENTED = 'def add(a, b):\n    """Return the sum of a and b."""\n    return a + b\n';
const GREET = 'def greet(name):\n    return "Hello, " + name + "!"\n';
const BROKEN = "def add(a, b):\n    return a + c\n";
let session, window, page;

before(async () => {
  session = await Session.start({
    files: { "sample.py": ADD, "apart/both.py": `${GREET}\n\n${ADD}`, "apart/greet.py": GREET, "apart/stale.py": ADD },
    settings: {
      "codegeex.context.exclude": ["apart/**"], // the fixture was not trained with other files in the prompt
      "editor.minimap.enabled": false, "git.enabled": true, "git.openRepositoryInParentFolders": "never",
    },
  });
  git("init", "--quiet");
  session.set({ "codegeex.model": session.chatModel(), "codegeex.server.path": session.embedded });
  window = await session.open("sample.py");
  page = window.page;
  await window.ready();
});
after(() => session?.stop());
afterEach(async (context) => {
  if (context.error) console.error(`see ${await session.keep(context.name)}`);
});

const git = (...args) => execFileSync("git", ["-C", session.project, ...args], { encoding: "utf8" });
const diff = () => page.locator(".monaco-diff-editor");
const button = (name) => page.locator(`.editor-group-container.active .editor-actions a[aria-label^="${name}"]`);
const notice = (message) => page.locator(".notification-toast", { hasText: message });
const saved = (file, text) => until(`${file} on disk`, () => existsSync(path.join(session.project, file)) && session.read(file) === text);

/** Return the visible text of an editor. */
async function text(within) {
  const lines = await page.locator(`${within} .view-line`).evaluateAll((all) =>
    all
      .map((line) => [Number.parseInt(line.style.top, 10), line.textContent])
      .sort((one, other) => one[0] - other[0])
      .map(([, line]) => line),
  );
  return lines.join("\n").replaceAll("\u00a0", " ");
}

/** Wait until a diff proposes a text. */
async function proposes(code) {
  await until(`the proposal ${code}`, async () => (await text(".monaco-diff-editor .editor.modified")).includes(code));
}

async function gone() {
  await diff().waitFor({ state: "detached" });
}

/** Press a key until it closes the diff: a tooltip may swallow it, or VS Code may not know the review's context yet. */
async function decides(key) {
  await until(`${key} to decide`, async () => {
    await window.keyboard.press(key);
    return diff().waitFor({ state: "detached", timeout: 2_000 }).then(() => true, () => false);
  });
}

async function saves(file, expected) {
  await window.focus();
  await window.keyboard.press("Control+s");
  await saved(file, expected);
}

test("comments are shown in a diff before anything is changed, accepted by a button, and one undo step", async () => {
  await window.edit("sample.py", 2, 5);
  await window.command("CodeGeeX: Add Comments");
  await proposes("# The sum of both numbers.");
  assert.equal(session.read("sample.py"), ADD);
  await button("Accept").click();
  await gone();
  await saves("sample.py", COMMENTED);
  await window.keyboard.press("Control+z");
  await saves("sample.py", ADD);
});

test("an edit follows an instruction; Escape discards it", async () => {
  await window.edit("sample.py", 2, 5);
  await window.keyboard.press("Alt+Shift+Backslash");
  await page.locator(".quick-input-widget", { hasText: "What should be changed?" }).waitFor();
  await window.type("Add type hints.");
  await window.keyboard.press("Enter");
  await proposes("def add(a: int, b: int) -> int:");
  await decides("Escape");
  await window.keyboard.press("Control+s");
  assert.equal(session.read("sample.py"), ADD);
});

test("a problem that the user describes is fixed", async () => {
  await window.edit("sample.py", 2, 17);
  await window.keyboard.press("Backspace");
  await window.type("c");
  await saves("sample.py", BROKEN);
  await window.command("CodeGeeX: Fix");
  await page.locator(".quick-input-widget", { hasText: "What is wrong?" }).waitFor();
  await window.type('"c" is not defined');
  await window.keyboard.press("Enter");
  await proposes("return a + b");
  await button("Accept").click();
  await gone();
  await saves("sample.py", ADD);
});

test("unit tests that are discarded leave nothing", async () => {
  await window.edit("sample.py", 2, 5);
  await window.command("CodeGeeX: Write Unit Tests");
  await page.locator('.tab.active[data-resource-name="test_sample.py"]').waitFor();
  await until("the tests", async () => (await text(".monaco-editor")).includes("assert add(1, 2) == 3"));
  await button("Discard").click();
  await page.locator('.tab[data-resource-name="test_sample.py"]').waitFor({ state: "detached" });
  assert.equal(existsSync(path.join(session.project, "test_sample.py")), false);
});

test("an explanation opens as a preview next to the code", async () => {
  await window.edit("sample.py", 2, 5);
  await window.command("CodeGeeX: Explain");
  const preview = page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
  await preview.locator("body", { hasText: "takes two values and returns their sum." }).waitFor();
  await window.command("View: Close All Editors in Group");
});

test("the context menu has the tasks; a translation opens next to its source, and is saved once it is accepted", async () => {
  await window.edit("sample.py", 2, 5);
  await page.locator(".view-line", { hasText: "return" }).first().click({ button: "right" });
  await page.locator(".context-view .action-label", { hasText: "CodeGeeX" }).hover();
  const entry = page.locator(".context-view .action-label", { hasText: "Translate to Another Language…" });
  await entry.hover();
  await window.keyboard.press("Enter"); // a menu that has just opened ignores clicks
  await window.picks();
  await window.type("Java");
  await window.keyboard.press("Enter");
  await page.locator('.tab.active[data-resource-name="sample.java"]').waitFor();
  await until("the code", async () => (await text(".monaco-editor")).includes("int add(int a, int b)"));
  assert.equal(existsSync(path.join(session.project, "sample.java")), false);
  await button("Accept").click();
  await saved("sample.java", "int add(int a, int b) {\n    return a + b;\n}\n");
  await window.command("View: Close All Editors");
});

test("of two functions, the one around the cursor gets a doc comment; Ctrl+Enter accepts", async () => {
  await window.edit("both.py", 6, 5);
  await window.command("CodeGeeX: Add Doc Comments");
  await proposes("Return the sum of a and b.");
  await decides("Control+Enter");
  await saves("apart/both.py", `${GREET}\n\n${DOCUMENTED}`);
});

test("code that has changed is left alone with the reason, and the proposal stays until it is asked for again", async () => {
  await window.edit("stale.py", 2, 5);
  await window.command("CodeGeeX: Add Comments");
  await proposes("# The sum of both numbers.");
  await page.locator(".tab", { hasNotText: "CodeGeeX", hasText: "stale.py" }).click();
  await window.focus();
  await window.keyboard.press("Control+Home");
  await window.type("x = 1\ny = 2\nz = 3\n");
  await page.locator(".tab", { hasText: "CodeGeeX" }).click();
  await button("Accept").click();
  const refused = notice("stale.py has changed since this was proposed, so nothing was applied.");
  await refused.waitFor();
  await proposes("# The sum of both numbers.");
  await refused.locator(".monaco-button", { hasText: "Ask Again" }).click();
  await window.cursor(5, 1); // at the change, three lines further down
  await proposes("z = 3\ndef add(a, b):\n    # The sum of both numbers.");
  await decides("Control+Enter");
  await saves("apart/stale.py", `x = 1\ny = 2\nz = 3\n${COMMENTED}`);
});

test("the light bulb offers the tasks", async () => {
  await window.edit("sample.py", 2, 5);
  await window.keyboard.press("Control+.");
  const entry = page.locator(".action-widget .monaco-list-row", { hasText: "CodeGeeX: Add comments" });
  await entry.waitFor();
  await entry.click();
  await proposes("# The sum of both numbers.");
  await window.command("CodeGeeX: Discard the Change");
  await gone();
});

test("a stopped task changes nothing", async () => {
  const engine = session.daemons().find((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("engine.serving"));
  process.kill(Number(engine), "SIGSTOP");
  try {
    await window.edit("sample.py", 2, 5);
    await window.command("CodeGeeX: Add Comments");
    const progress = notice("CodeGeeX: Comments");
    await progress.waitFor();
      await progress.locator(".monaco-button", { hasText: "Cancel" }).click();
  } finally {
    process.kill(Number(engine), "SIGCONT");
  }
  await until("the end", async () => (await notice("CodeGeeX: Comments").count()) === 0);
  assert.equal(await diff().count(), 0);
  assert.deepEqual(await window.messages(), []);
});

test("the commit message of what is staged comes into Git's own box", async () => {
  session.put("sums.py", ADD);
  git("add", "sums.py");
  await window.keyboard.press("Control+Shift+g");
  await page.locator("a.action-label[aria-label^='Write the Commit Message']").first().click();
  const message = async () => (await text(".scm-editor")).replaceAll(/\s+/g, " ");
  await until("the message", async () => (await message()).startsWith("Add a function that sums two numbers"));
});

test("what the checks could not prove comes with their warning; an answer without code changes nothing", async () => {
  session.say([["", "```python\ndef greet(nome):\n    return nome\n```"]]);
  session.set({ "codegeex.server.path": session.chatty });
  await until("the other model", async () => (await window.status.innerText()).includes("codegeex4-all-9b"));
  await window.ready();
  await window.edit("greet.py", 2, 5);
  await window.command("CodeGeeX: Add Comments");
  const warning = notice("Accept Anyway");
  await warning.waitFor();
  await proposes("nome");
  await warning.locator(".monaco-button", { hasText: "Discard" }).click();
  await gone();
  session.say([["", "I had rather not."]]);
  await window.edit("greet.py", 2, 5);
  await window.command("CodeGeeX: Add Comments");
  await notice("The answer contains no code.").waitFor();
  assert.equal(session.read("apart/greet.py"), GREET);
  await window.command("Notifications: Clear All Notifications");
});

test("a model that only completes says so, once", async () => {
  session.set({ "codegeex.model": "", "codegeex.server.path": session.embedded });
  await until("the other model", async () => (await window.status.innerText()).includes("embedded"));
  await window.ready();
  await window.edit("sample.py", 2, 5);
  await window.command("CodeGeeX: Add Comments");
  const refused = notice("cannot do this");
  await refused.waitFor();
  await until("the end", async () => (await notice("CodeGeeX: Comments").count()) === 0);
  assert.equal((await window.messages()).length, 1);
  await page.locator('.statusbar-item[id*="codegeex"] .codicon-sparkle').waitFor();
  await refused.locator(".monaco-button", { hasText: "Choose Model…" }).click();
  assert.ok((await window.picks()).includes("embedded"));
  await window.keyboard.press("Escape");
  assert.deepEqual(session.complaints(), []);
});

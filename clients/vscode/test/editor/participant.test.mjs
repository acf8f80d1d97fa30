/** `@codegeex` in VS Code's own Chat view, signed out. */

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Session, until } from "./session.mjs";

const ADD = "def add(a, b):\n    return a + b\n";
const COMMENTED = "def add(a, b):\n    # The sum of both numbers.\n    return a + b\n";
let session, window, page;

before(async () => {
  session = await Session.start({
    files: { "sample.py": ADD },
    settings: { "chat.disableAIFeatures": false, "editor.minimap.enabled": false, "chat.commandCenter.enabled": false },
  });
  session.set({ "codegeex.model": session.chatModel(), "codegeex.server.path": session.embedded });
  window = await session.open("sample.py");
  page = window.page;
  await window.ready();
});
after(() => session?.stop());
afterEach(async (context) => {
  if (context.error) console.error(`see ${await session.keep(context.name)}`);
});

const answers = () => page.locator(".interactive-response .rendered-markdown").allInnerTexts();

/** Insert a question into the chat's box as a whole: if typed, VS Code may complete the `@` to something else. */
async function ask(question) {
  await window.keyboard.press("Control+Alt+i");
  const box = page.locator(".interactive-session .chat-input-container .monaco-editor").first();
  await box.click();
  await box.locator(".view-line").first().waitFor();
  const asked = `@codegeex ${question}`;
  await until("the question", async () => {
    await window.keyboard.press("Control+a");
    await window.keyboard.insertText(asked);
    return (await box.innerText()).replaceAll(/\s/g, "").includes(asked.replaceAll(/\s/g, ""));
  });
  const suggestions = page.locator(".chat-input-container .suggest-widget.visible"); // of participants
  if (await suggestions.count()) await window.keyboard.press("Escape");
  await suggestions.waitFor({ state: "hidden" });
  await window.keyboard.press("Enter");
}

test("a question is answered by the local model", async () => {
  await ask("What is the capital of France?");
  await until("the answer", async () => (await answers()).join("\n").includes("Paris."));
});

test("a slash command answers, and its change is reviewed in a diff", async () => {
  await window.edit("sample.py", 2, 5);
  await ask("/comment ");
  const review = page.locator(".interactive-response .monaco-button", { hasText: "Review" });
  await review.waitFor();
  await review.click();
  await page.locator(".monaco-diff-editor .editor.modified .view-line", { hasText: "# The sum of both numbers." }).waitFor();
  await window.command("CodeGeeX: Accept the Change");
  await page.locator(".monaco-diff-editor").waitFor({ state: "detached" });
  await window.keyboard.press("Control+s");
  await until("the file", () => session.read("sample.py") === COMMENTED);
  assert.deepEqual(session.complaints(), []);
});

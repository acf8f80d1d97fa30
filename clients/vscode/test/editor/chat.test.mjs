/** The chat view in the real editor, with the fixture model, which really answers, and a scripted one. */

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { ChatView } from "./chat_view.mjs";
import { Session, until } from "./session.mjs";

const HOLD = "⏸"; // where the scripted model waits until it is stopped
const HOSTILE = [
  '<img src=x onerror="document.title=1"><script>parent.postMessage(1)</script><iframe src="http://example.com"></iframe>',
  "",
  '<a href="command:workbench.action.closeWindow">one</a> [two](command:codegeex.showLog) [three](javascript:alert(1))',
  "[web](https://example.com/page) ![picture](https://example.com/x.png) <b style='position:fixed' onclick='x()'>bold</b>",
  "<form action='https://example.com'><input name=q><button>go</button></form><svg onload='x()'><style>*{display:none}</style></svg>",
  "",
  "```html",
  '</code></pre></script><script>document.title="broken out"</script>',
  "```",
].join("\n");
const SCRIPT = [
  ["Tell me something long", `The beginning ${HOLD} never reached`],
  ["Think first", `${HOLD} never reached`],
  ["Speak until you die", `Half an answer ${HOLD} never reached`],
  ["Be hostile", HOSTILE],
  ["How do you do", "I do well."],
];
let session, window, chat;

before(async () => {
  session = await Session.start({
    script: SCRIPT,
    files: {
      "sample.py": "def add(a, b):\n    return a + b\n",
      "notes.py": "x = 1\n\n",
      "blank.py": "\n",
      "my notes.md": "# notes\n",
    },
  });
  session.set({ "codegeex.model": session.chatModel(), "codegeex.server.path": session.embedded });
  window = await session.open("sample.py");
  await window.ready();
  chat = await ChatView.open(window);
});
after(() => session?.stop());
afterEach(async (context) => {
  if (context.error) console.error(`see ${await session.keep(context.name)}`);
});

/** Switch to the settings under which that model answers. */
async function serve(model, settings) {
  session.set(settings);
  await window.status.filter({ hasText: model }).waitFor();
  await window.ready();
}

const texts = (locator) => locator.allTextContents();

test("the model answers a question about the active file", async () => {
  await chat.box.click();
  await window.type("What is the capital of France?");
  await window.keyboard.press("Enter");
  const turn = await chat.answered(0);
  assert.equal(await turn.locator(".text").innerText(), "Paris.");
  assert.equal(await turn.locator(".about").innerText(), "sample.py");
  assert.equal(await chat.box.inputValue(), "");
  assert.ok(await chat.box.evaluate((box) => document.activeElement === box), "keys go on to the box");
});

test("an answer's code is highlighted, and its buttons copy it, open it as a file, and insert it", async () => {
  const code = 'with open("notes.txt") as file:\n    text = file.read()';
  const turn = await chat.answer("How do I read a file in Python?");
  assert.equal((await turn.locator(".block pre").innerText()).trimEnd(), code);
  assert.deepEqual(await texts(turn.locator(".hljs-keyword")), ["with", "as"]);
  await chat.tool(turn, "Copy").click();
  await until("the clipboard", async () => (await window.page.evaluate(() => navigator.clipboard.readText())) === code);
  await window.edit("blank.py");
  await window.type("if True:\n"); // the editor indents
  await chat.tool(turn, "Insert at Cursor").click();
  await window.focus();
  await window.save();
  assert.equal(session.read("blank.py"), 'if True:\n    with open("notes.txt") as file:\n        text = file.read()\n');
  await chat.tool(turn, "New File").click();
  await window.page.locator('.tab.active[data-resource-name^="Untitled"]').waitFor();
  await window.page.locator('.statusbar-item[id="status.editor.mode"]', { hasText: "Python" }).waitFor();
  assert.match(await window.page.locator(".editor-instance .view-lines").first().innerText(), /with\sopen/);
  await window.keyboard.press("Control+z");
});

test("an answer's code is compared with the file, and only then discarded or accepted", async () => {
  await window.edit("notes.py");
  const turn = await chat.answer("How do I reverse a string?");
  const proposed = window.page.locator(".tab.active", { hasText: "Proposed in the Chat" });
  await chat.tool(turn, "Compare and Apply").click();
  await proposed.waitFor();
  await window.page.locator(".modified-in-monaco-diff-editor .view-line", { hasText: "reversed_text" }).waitFor();
  await window.page.getByRole("button", { name: "Discard" }).click();
  await proposed.waitFor({ state: "detached" });
  assert.equal(session.read("notes.py"), "x = 1\n\n");
  await window.edit("notes.py");
  await chat.tool(turn, "Compare and Apply").click();
  await proposed.waitFor();
  await window.page.getByRole("button", { name: "Accept" }).click();
  await proposed.waitFor({ state: "detached" });
  await window.save();
  assert.equal(session.read("notes.py"), "reversed_text = text[::-1]\n");
});

test("a file that has changed is not overwritten", async () => {
  const proposed = window.page.locator(".tab", { hasText: "Proposed in the Chat" });
  session.put("notes.py", "x = 1\n");
  await window.page.locator(".view-line", { hasText: "x = 1" }).waitFor();
  await chat.tool(chat.turns.last(), "Compare and Apply").click();
  await proposed.waitFor();
  session.put("notes.py", "y = 2\n");
  await window.page.locator(".original-in-monaco-diff-editor .view-line", { hasText: "y = 2" }).waitFor();
  await window.page.getByRole("button", { name: "Accept" }).click();
  await until("the reason", async () => (await window.messages()).some((text) => /has changed since/.test(text)));
  await window.page.locator(".notifications-toasts .monaco-button", { hasText: "Discard" }).click();
  await proposed.waitFor({ state: "detached" });
  await window.command("Notifications: Clear All Notifications");
  assert.equal(session.read("notes.py"), "y = 2\n");
});

test("what the model was shown is listed, and opens; the active file can be left out", async () => {
  await window.edit("notes.py");
  const turn = await chat.answer("What does add do? #file:sample.py");
  await turn.locator("summary").click();
  await turn.locator(".sources li", { hasText: "mentioned" }).waitFor();
  await turn.locator(".sources .link", { hasText: "sample.py:1-" }).click();
  await window.page.locator('.tab.active[data-resource-name="sample.py"]').waitFor();
  await chat.chip.click();
  await chat.frame.locator('.chip[aria-pressed="false"]').waitFor();
  const without = await chat.answer("What is the capital of France?");
  assert.equal(await without.locator(".about").count(), 0);
  await chat.chip.click();
  await chat.frame.locator('.chip[aria-pressed="true"]').waitFor();
});

test("the selection goes with the question, and the command asks about it", async () => {
  await window.edit("sample.py");
  await window.keyboard.press("Shift+ArrowDown");
  await window.command("CodeGeeX: Ask About the Selection");
  await chat.frame.locator(".chip", { hasText: "sample.py:1" }).waitFor();
  await until("the box to have the focus", () => chat.box.evaluate((box) => document.activeElement === box));
  await window.type("What is the capital of France?");
  await window.keyboard.press("Shift+Enter");
  await window.type("I forgot. ");
  assert.equal(await chat.box.inputValue(), "What is the capital of France?\nI forgot. ");
  const before = await chat.turns.count();
  await window.keyboard.press("Enter");
  const turn = await chat.answered(before);
  assert.equal(await turn.locator(".about").innerText(), "sample.py:1");
  assert.ok((await texts(turn.locator(".sources li"))).some((source) => source.includes("selected")));
});

test("mentions are completed, and Up brings the last question back", async () => {
  await chat.box.click();
  await window.type("Look at #f");
  await chat.frame.locator(".mentions li", { hasText: "#file:" }).waitFor();
  await window.keyboard.press("Enter");
  await window.type("NOTES");
  await until("both files", async () => (await chat.frame.locator(".mentions li").count()) === 2);
  await chat.frame.locator(".mentions li", { hasText: "my notes.md" }).click();
  assert.equal(await chat.box.inputValue(), 'Look at #file:"my notes.md" ');
  await chat.box.fill("");
  await window.keyboard.press("ArrowUp");
  assert.equal(await chat.box.inputValue(), "What is the capital of France?\nI forgot.");
  await window.keyboard.press("ArrowDown");
  assert.equal(await chat.box.inputValue(), "");
});

test("a conversation survives a restart, continues, and can be chosen among others or deleted", async () => {
  const before = await chat.turns.count();
  await window.page.reload();
  await window.ready();
  chat = new ChatView(window);
  await until("the conversation", async () => (await chat.turns.count()) === before);
  assert.equal(await chat.turns.first().locator(".text").innerText(), "Paris.");
  await window.command("CodeGeeX: New Conversation");
  await chat.frame.locator(".welcome").waitFor();
  assert.equal(await (await chat.answer("How do I reverse a string?")).locator(".block").count(), 1);
  await window.command("CodeGeeX: Conversations");
  const both = ["How do I reverse a string?", "What is the capital of France?"];
  await until("the conversations", async () => isDeepStrictEqual(await window.picks(), both));
  await window.keyboard.press("ArrowDown");
  await window.keyboard.press("Enter");
  await until("the first conversation", async () => (await chat.turns.count()) === before);
  await window.command("CodeGeeX: Conversations");
  await window.picks();
  const row = window.page.locator(".quick-input-list .monaco-list-row", { hasText: "reverse a string" });
  await row.hover();
  await row.getByRole("button", { name: "Delete" }).click();
  await row.waitFor({ state: "detached" });
  await window.keyboard.press("Escape");
});

test("a refusal is shown in the daemon's words, and the question stays", async () => {
  const turn = await chat.answer("What about this? ".repeat(2_000));
  await turn.locator(".fault", { hasText: "too many for the model" }).waitFor();
  assert.match(await turn.locator(".question-text").innerText(), /^What about this\?/);
  assert.ok(await turn.getByRole("button", { name: "Ask Again" }).isVisible());
});

test("a model that only completes says so, and where to look", async () => {
  await serve("embedded", { "codegeex.model": "" });
  await window.edit("blank.py");
  const turn = await chat.answer("Where is add?");
  assert.match(await turn.locator(".text").innerText(), /^The model \S+ .*convers.*\.$/);
  await turn.locator(".sources .link", { hasText: "sample.py" }).first().click();
  await window.page.locator('.tab.active[data-resource-name="sample.py"]').waitFor();
});

test("the view says where text goes, and follows the settings while it is open", async () => {
  await window.command("CodeGeeX: New Conversation");
  const [intro, note] = [chat.frame.locator(".intro"), chat.frame.locator(".destination")];
  await intro.filter({ hasText: "The model in use only completes code." }).waitFor();
  await serve("codegeex4-all-9b", { "codegeex.server.path": session.chatty });
  await intro.filter({ hasText: "Nothing you write leaves it." }).waitFor();
  assert.ok(await note.isHidden());
  session.set({ "codegeex.chat.remote.url": "http://localhost:9/v1" }); // nothing is asked, so no server has to exist
  await intro.filter({ hasText: "The server localhost:9 answers." }).waitFor();
  await note.filter({ hasText: "This conversation is sent to localhost:9." }).waitFor();
  session.set({ "codegeex.chat.remote.url": "" });
  await intro.filter({ hasText: "Nothing you write leaves it." }).waitFor();
  await note.waitFor({ state: "hidden" });
});

test("Stop ends an answer at once and keeps its text", async () => {
  await serve("codegeex4-all-9b", { "codegeex.server.path": session.chatty });
  for (const stop of [() => chat.box.press("Escape"), () => chat.frame.getByRole("button", { name: "Stop" }).click()]) {
    const index = await chat.turns.count();
    await chat.ask("Tell me something long");
    const turn = chat.turns.nth(index);
    await turn.locator(".text", { hasText: "The beginning" }).waitFor();
    assert.equal(await turn.getAttribute("aria-busy"), "true");
    await stop();
    await chat.answered(index);
    assert.equal((await turn.locator(".text").innerText()).trim(), "The beginning");
    await turn.locator(".notice", { hasText: "Stopped." }).waitFor();
  }
  const index = await chat.turns.count();
  await chat.ask("Think first");
  await chat.turns.nth(index).locator(".stage", { hasText: "Reading" }).waitFor();
  await chat.box.press("Escape");
  await (await chat.answered(index)).locator(".notice", { hasText: "Stopped." }).waitFor();
  assert.equal(await (await chat.answer("How do you do?")).locator(".text").innerText(), "I do well.");
});

test("hostile Markdown is inert", async () => {
  const [title, frames] = await Promise.all([window.page.title(), window.page.frames().length]);
  const turn = await chat.answer("Be hostile");
  const answer = turn.locator(".text");
  assert.equal(await answer.locator("img, script, iframe, form, input, style, b, [style], [href], [src], [onclick]").count(), 0);
  assert.equal(await answer.locator("svg:not(.icon)").count(), 0);
  assert.equal(await answer.locator("a[role=link]").getAttribute("title"), "https://example.com/page"); // and it is the only one
  const code = await answer.locator(".block pre").innerText();
  assert.equal(code.trim(), '</code></pre></script><script>document.title="broken out"</script>');
  await answer.getByText("two").click();
  await answer.getByText("one").click();
  await answer.getByText("web").click();
  const asked = window.page.locator(".monaco-dialog-box", { hasText: "https://example.com/page" });
  await asked.waitFor();
  await window.keyboard.press("Escape");
  await asked.waitFor({ state: "detached" });
  assert.equal(await window.page.title(), title);
  assert.equal(window.page.frames().length, frames);
});

test("the daemon crashes during an answer: its text stays, and the question can be asked again once it is back", async () => {
  const index = await chat.turns.count();
  await chat.ask("Speak until you die");
  const turn = chat.turns.nth(index);
  await turn.locator(".text", { hasText: "Half an answer" }).waitFor();
  session.say([["Speak until you die", "I live."], ...SCRIPT]);
  for (const pid of session.daemons()) process.kill(Number(pid), "SIGKILL");
  await turn.locator(".fault", { hasText: "The CodeGeeX server stopped" }).waitFor();
  assert.equal((await turn.locator(".text").innerText()).trim(), "Half an answer");
  await turn.getByRole("button", { name: "Ask Again" }).click();
  await turn.locator(".text", { hasText: "I live." }).waitFor();
  assert.equal(await chat.turns.count(), index + 1);
  const [{ params }] = session.sent("codegeex/ask").slice(-1);
  assert.equal(params.history.at(-2).text, "Be hostile"); // the conversation before it, for the new daemon
  assert.deepEqual(await window.messages(), []);
});

test("two windows ask at once, each in its own conversation", async () => {
  const other = await session.open("notes.py");
  await other.ready();
  const theirs = await ChatView.open(other);
  await theirs.turns.first().waitFor();
  await other.command("CodeGeeX: New Conversation");
  await theirs.frame.locator(".welcome").waitFor();
  const index = await chat.turns.count();
  await chat.ask("Tell me something long");
  assert.equal(await (await theirs.answer("How do you do?")).locator(".text").innerText(), "I do well.");
  assert.equal(await chat.turns.nth(index).getAttribute("aria-busy"), "true");
  await other.close();
  await window.page.bringToFront();
  await window.command("CodeGeeX: Conversations");
  await window.page.locator(".quick-input-list .monaco-list-row", { hasText: "How do you do?" }).waitFor(); // of the other window
  await window.keyboard.press("Escape");
  await chat.box.press("Escape");
  await chat.answered(index);
});

test("without a daemon the view shows why and what helps, and the question can be asked again", async () => {
  session.set({ "codegeex.server.path": "/nowhere/codegeex-lsp" });
  await chat.frame.locator(".trouble", { hasText: "/nowhere/codegeex-lsp" }).waitFor();
  assert.deepEqual(await texts(chat.frame.locator(".trouble button")), ["Choose Command…"]);
  const turn = await chat.answer("How do you do?");
  await turn.locator(".fault", { hasText: "/nowhere/codegeex-lsp" }).waitFor();
  session.set({ "codegeex.server.path": session.chatty });
  await chat.frame.locator(".trouble").waitFor({ state: "hidden" });
  await turn.getByRole("button", { name: "Ask Again" }).click();
  await turn.locator(".text", { hasText: "I do well." }).waitFor();
});

test("in Chinese", async () => {
  await session.browser.context.addInitScript(() => (globalThis._VSCODE_NLS_LANGUAGE = "zh-cn"));
  const theirs = await session.open("sample.py");
  const chinese = await ChatView.open(theirs);
  assert.equal(await chinese.box.getAttribute("placeholder"), "向 CodeGeeX 提问");
  await theirs.page.locator(".pane-header, .composite.title", { hasText: "聊天" }).first().waitFor();
  await chinese.frame.locator(".intro", { hasText: "您写的内容不会离开本机。" }).waitFor({ state: "attached" });
  session.set({ "codegeex.chat.remote.url": "http://localhost:9/v1" });
  await chinese.frame.locator(".destination", { hasText: "此对话会发送到 localhost:9。" }).waitFor();
  await theirs.close();
});

test("no log has an unexpected error", () => {
  // "provider FAILED" comes from the reload: pending requests end with their window.
  // A message that is written as the daemon dies fails before the end of the connection is noticed.
  const killed = /SIGKILL|Connection to server got closed|connection to server is erroring|Sending (document )?notification/;
  const made = /\/nowhere\/|provider FAILED|too many for the model|Exception occurred/;
  const unexpected = session.complaints().filter((line) => !killed.test(line) && !made.test(line));
  assert.deepEqual(unexpected, []);
});

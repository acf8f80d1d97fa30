/** What a user does with ghost text, in the real editor, with the real daemon and a scripted model. */

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Session, until } from "./session.mjs";

const SCRIPT = [
  ["total = ", "sum(prices)"],
  ["const area = ", "width * height;"],
  ["def fact(n):\n    ", "if n < 2:\n        return 1\n    return n * fact(n - 1)"],
  ["greeting = '😀👍🏽' + ", "name.upper()"],
  ["answer = ", "compute_the_answer(42)"],
  ["answer = zebra_crossing", "(42)"],
  ["# the sum of both\n", "total = one + other"],
  ["words = ", "alpha + beta + gamma"],
  ["choice = ", "first_choice", "second_choice", "third_choice"],
];
let session, window;

before(async () => {
  session = await Session.start({
    script: SCRIPT,
    files: {
      "warm.py": "\n",
      "area.ts": "export function area(width: number, height: number): number {\n  \n}\n",
      "fact.py": "def fact(n):\n",
      "disk.py": "prices = [1, 2]\n",
      "comment.py": "# the sum of both\n",
      "words.py": "alpha = beta = gamma = 1\n",
      "along.py": "\n",
      "undo.py": "\n",
      "dos.py": "# one\r\n\r\n",
      "emoji.py": "name = 'you'\n\n",
      "widget.py": "zebra_crossing = len\n\n",
      "kill.py": "\n",
      "reports.py": "\n",
      "two.py": "\n",
      "lines.py": "",
      "several.py": "\n",
    },
  });
  window = await session.open("warm.py");
  await window.ready();
});
after(() => session?.stop());
afterEach(async (context) => {
  if (context.error) console.error(`see ${await session.keep(context.name)}`);
});

test("ghost text in Python, and Tab changes the file on disk", async () => {
  await window.edit("disk.py", 2);
  await window.type("total = ");
  await window.sees("sum(prices)");
  await window.keyboard.press("Tab");
  await window.sees("");
  await window.save();
  assert.equal(session.read("disk.py"), "prices = [1, 2]\ntotal = sum(prices)");
});

test("what is shown, partly accepted, dismissed and accepted is reported to the daemon", async () => {
  await window.edit("reports.py");
  await window.type("answer = ");
  await window.sees("compute_the_answer(42)");
  const shown = await until("didShow", () => session.sent("textDocument/didShowCompletion").at(-1));
  assert.equal(shown.params.item.insertText, "compute_the_answer(42)");
  await window.keyboard.press("Control+ArrowRight");
  await window.sees("(42)");
  const part = await until("the part", () => session.sent("textDocument/didPartiallyAcceptCompletion").at(-1));
  assert.equal(part.params.acceptedLength, "compute_the_answer".length);
  assert.equal(part.params.item.insertText, "compute_the_answer(42)");
  await window.keyboard.press("Escape");
  await window.sees("");
  const gone = await until("the dismissal", () => session.sent("textDocument/didDismissCompletion").at(-1));
  assert.equal(gone.params.item.insertText, "compute_the_answer(42)");
  await window.type("(");
  await window.sees(/^42\)?$/);
  await window.keyboard.press("Tab");
  const run = await until("the accept", () => session.sent("workspace/executeCommand").at(-1));
  assert.equal(run.params.command, "codegeex.didAcceptCompletion");
});

test("ghost text in TypeScript", async () => {
  await window.edit("area.ts", 2, 3);
  await window.type("const area = ");
  await window.sees("width * height;");
  await window.keyboard.press("Tab");
  await window.save();
  assert.match(session.read("area.ts"), /\n {2}const area = width \* height;\n/);
});

test("several lines are shown and accepted together", async () => {
  await window.edit("fact.py", 2);
  await window.type("    ");
  await window.sees(/^if n < 2:\n\s+return 1\n\s+return n \* fact\(n - 1\)$/);
  await window.keyboard.press("Tab");
  await window.save();
  assert.equal(session.read("fact.py"), "def fact(n):\n    if n < 2:\n        return 1\n    return n * fact(n - 1)");
});

test("code is generated below a comment, and Tab inserts it there", async () => {
  await window.edit("comment.py", 1, 18);
  await window.keyboard.press("Control+Alt+Shift+Enter");
  await window.sees("\ntotal = one + other");
  await window.keyboard.press("Tab");
  await window.save();
  assert.equal(session.read("comment.py"), "# the sum of both\ntotal = one + other\n");
});

test("a word at a time, and a line at a time", async () => {
  await window.edit("words.py", 2);
  await window.type("words = ");
  await window.sees("alpha + beta + gamma");
  await window.keyboard.press("Control+ArrowRight");
  await window.sees(" + beta + gamma");
  await window.keyboard.press("Control+ArrowRight");
  await window.sees(/^ ?\+? ?beta \+ gamma$/);
  await window.save();
  assert.match(session.read("words.py"), /words = alpha ?\+?$/);
  await window.edit("lines.py");
  await window.type("def fact(n):\n");
  await window.sees(/^if n < 2:\n/);
  await window.keyboard.press("Control+Alt+ArrowRight");
  await window.save();
  assert.match(session.read("lines.py"), /^def fact\(n\):\n {4}if n < 2:\n*\s*$/);
});

test("an explicit request offers alternatives to go through", async () => {
  await window.edit("several.py");
  await window.type("choice = ");
  await window.sees("first_choice");
  await window.keyboard.press("Alt+\\");
  for (let ghost = "first_choice"; ghost !== "third_choice"; ) {
    await window.keyboard.press("Alt+]");
    const before = ghost;
    ghost = await until("another", async () => [await window.ghost()].find((seen) => seen && seen !== before));
  }
  await window.keyboard.press("Tab");
  await window.save();
  assert.equal(session.read("several.py"), "choice = third_choice\n");
});

test("it gets shorter as the user types it, and disappears when the user types something else", async () => {
  await window.edit("along.py");
  await window.type("answer = ");
  await window.sees("compute_the_answer(42)");
  await window.type("comp");
  await window.sees("ute_the_answer(42)");
  await window.type("ute_");
  await window.sees("the_answer(42)");
  await window.type("x");
  await window.sees("");
});

test("undo removes an accepted suggestion as a whole", async () => {
  await window.edit("undo.py");
  await window.type("answer = ");
  await window.sees("compute_the_answer(42)");
  await window.keyboard.press("Tab");
  await window.cursor(1, 32);
  await window.keyboard.press("Control+z");
  await window.cursor(1, 10);
  await window.save();
  assert.equal(session.read("undo.py"), "answer = \n");
});

test("a file with CRLF line ends keeps them", async () => {
  await window.edit("dos.py", 2);
  await window.type("def fact(n):\n");
  await window.sees(/^if n < 2:\n/);
  await window.keyboard.press("Tab");
  await window.save();
  const text = session.read("dos.py");
  assert.match(text, /def fact\(n\):\r\n {4}if n < 2:\r\n {8}return 1\r\n/);
  assert.doesNotMatch(text, /[^\r]\n/);
});

test("emoji before the cursor", async () => {
  await window.edit("emoji.py", 2);
  await window.page.keyboard.insertText("greeting = '😀👍🏽' + ");
  await window.sees("name.upper()");
  await window.keyboard.press("Tab");
  await window.save();
  assert.equal(session.read("emoji.py"), "name = 'you'\ngreeting = '😀👍🏽' + name.upper()\n");
});

test("the suggest widget keeps its Tab, and ghost text continues after what it inserts", async () => {
  await window.edit("widget.py", 2);
  await window.type("answer = zebra");
  await window.keyboard.press("Control+Space");
  await window.page.locator(".suggest-widget.visible .monaco-list-row.focused", { hasText: "zebra_crossing" }).waitFor();
  await window.sees("_crossing(42)");
  await window.keyboard.press("Tab");
  await window.page.locator(".suggest-widget.visible").waitFor({ state: "hidden" });
  await window.sees("(42)");
  await window.keyboard.press("Tab");
  await window.save();
  assert.match(session.read("widget.py"), /^answer = zebra_crossing\(42\)$/m);
});

test("explicit requests work while suggestions are snoozed", async () => {
  await window.edit("warm.py");
  await window.command("CodeGeeX: Snooze");
  await window.page.locator(".quick-input-list .monaco-list-row", { hasText: "5 minutes" }).click();
  await window.page.waitForSelector('.statusbar-item[id*="codegeex"] .codicon-bell-slash');
  await window.type("answer = ");
  await window.cursor(1, 10);
  await window.keyboard.press("Alt+\\");
  await window.sees("compute_the_answer(42)");
  const asked = session.sent("textDocument/inlineCompletion").at(-1);
  assert.equal(asked.params.context.triggerKind, 1);
  await window.keyboard.press("Escape");
  await window.command("CodeGeeX: Snooze");
  await window.ready();
});

test("the daemon is killed during typing: no key is lost, no message is shown, and suggestions come back", async () => {
  await window.edit("kill.py");
  const typed = Array.from({ length: 12 }, (_, i) => `line_${i} = ${i}`).join("\n");
  const typing = window.keyboard.type(typed, { delay: 15 });
  const [daemon] = await until("a daemon", () => (session.daemons().length === 1 ? session.daemons() : undefined));
  process.kill(Number(daemon), "SIGKILL");
  await typing;
  await window.type("\nanswer = ");
  await until("another daemon", () => session.daemons().length === 1 && session.daemons()[0] !== daemon);
  await window.ready();
  await window.type("c");
  await window.sees("ompute_the_answer(42)");
  assert.deepEqual(await window.messages(), []);
  await window.save();
  assert.equal(session.read("kill.py"), `${typed}\nanswer = c\n`);
});

test("two windows of one project are served at once, and a closed one leaves no daemon running", async () => {
  const second = await session.open("warm.py");
  await second.ready();
  await second.edit("two.py");
  await second.type("answer = ");
  await second.sees("compute_the_answer(42)");
  assert.equal(session.daemons().length, 2);
  await second.close();
  await until("the second window's daemon to end", () => session.daemons().length === 1);
});

test("no log has an error except that the daemon was killed", () => {
  // A message that is written as the daemon dies fails before the end of the connection is noticed.
  const expected = /SIGKILL|Connection to server got closed|connection to server is erroring|Sending (document )?notification/;
  const unexpected = session.complaints().filter((line) => !expected.test(line));
  assert.deepEqual(unexpected, []);
});

/** Code in several workspace folders of one window, and in a notebook's cells. */

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Session, until } from "./session.mjs";

const CELL = { cell_type: "code", execution_count: null, metadata: {}, outputs: [] };
const NOTEBOOK = {
  cells: [{ ...CELL, source: ["prices = [1, 2]"] }, { ...CELL, source: ["total = "] }],
  metadata: { language_info: { name: "python" } },
  nbformat: 4,
  nbformat_minor: 5,
};
let session;

before(async () => {
  session = await Session.start({
    script: [
      ["prices = [1, 2]\n\ntotal = ", "sum(prices)"],
      ["answer = ", "compute_the_answer(42)"],
    ],
    files: {
      "prices.ipynb": JSON.stringify(NOTEBOOK),
      "one/one.py": "\n",
      "two/two.py": "\n",
      "both.code-workspace": JSON.stringify({ folders: [{ path: "one" }, { path: "two" }] }),
    },
  });
});
after(() => session?.stop());
afterEach(async (context) => {
  if (context.error) console.error(`see ${await session.keep(context.name)}`);
  for (const page of session.browser.context.pages().slice(1)) await page.close();
});

test("the daemon knows every folder of a workspace, also those added and removed later", async () => {
  const window = await session.open("one/one.py", session.path("project/both.code-workspace"));
  await window.ready();
  const [{ params }] = session.sent("initialize");
  assert.deepEqual(params.workspaceFolders.map((folder) => folder.name), ["one", "two"]);
  await window.edit("two.py");
  await window.type("answer = ");
  await window.sees("compute_the_answer(42)");
  session.put("both.code-workspace", JSON.stringify({ folders: [{ path: "one" }] }));
  const change = await until("the change", () => session.sent("workspace/didChangeWorkspaceFolders").at(-1));
  assert.deepEqual(change.params.event.removed.map((folder) => folder.name), ["two"]);
});

test("the daemon can request what the editor hides", async () => {
  session.put("one/secret.hidden", "");
  session.set({ "files.exclude": { "**/*.hidden": true } });
  const window = await session.open("one/one.py", session.path("project/one"));
  await window.ready();
  const asked = await until("the answer", () => session.answers().find((answer) => "**/*.hidden" in Object(answer[0])));
  assert.equal(asked[0]["**/*.hidden"], true);
});

test("a notebook's cell is completed from the cells above it", async () => {
  const window = await session.open("prices.ipynb");
  await window.ready();
  await window.page.locator(".notebookOverlay .cell-editor-container .view-line", { hasText: "total" }).click();
  await window.keyboard.press("End");
  await window.keyboard.press("Backspace");
  await window.type(" ");
  await window.sees("sum(prices)");
  await window.keyboard.press("Tab");
  await window.keyboard.press("Escape");
  await window.save();
  assert.match(session.read("prices.ipynb"), /total = sum\(prices\)/);
});

/** The product as it is shipped: the embedded model, typed at in five files until SOAK_SECONDS are over. */

import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { after, afterEach, before, test } from "node:test";
import { REPOSITORY } from "../../tools/vscode.mjs";
import { Session, until } from "./session.mjs";

const SOAK_SECONDS = Number(process.env.SOAK_SECONDS ?? 20);
const MAX_ACTIVATION_MS = 100;
const MAX_BUNDLE_BYTES = 400_000;
const SAMPLES = path.join(REPOSITORY, "lsp_server", "cli", "samples");
const FILES = ["orders.py", "stock.py", "channel.ts", "history.ts", "Grid.java"];
const KEYS_BETWEEN = 40; // typed before something else is done
let session, window;

before(async () => {
  session = await Session.start({ settings: { "codegeex.completion.confidence": 0 } });
  cpSync(SAMPLES, session.project, { recursive: true });
  session.set({ "codegeex.server.path": session.embedded });
  window = await session.open("warehouse/orders.py");
  await window.ready();
});
after(() => session?.stop());
afterEach(async (context) => {
  if (context.error) console.error(`see ${await session.keep(context.name)}`);
});

for (const [file, typed] of [["orders.py", "\nfor order in orders:\n"], ["channel.ts", "\nfor (const message of "]]) {
  test(`the embedded model writes ghost text in ${file}, and Tab takes it`, async () => {
    await window.edit(file);
    await window.keyboard.press("Control+End");
    await window.type(typed);
    const ghost = await window.sees(/\S/);
    await window.keyboard.press("Tab");
    await window.save();
    const folder = file.endsWith(".py") ? "warehouse" : "relay";
    assert.ok(session.read(path.join(folder, file)).includes(ghost.split("\n")[0]), ghost);
  });
}

test("activation is quick, and the bundle small", async () => {
  await window.command("Developer: Show Running Extensions");
  const row = window.page.locator(".runtime-extensions-editor .extension", { hasText: "CodeGeeX" });
  const took = await until("the time", async () => /(\d+)ms/.exec(await row.locator(".activation-time").innerText())?.[1]);
  const bytes = readFileSync(new URL("../../out/extension.js", import.meta.url)).length;
  console.log(`activation ${took} ms, bundle ${bytes} bytes`);
  assert.ok(bytes < MAX_BUNDLE_BYTES);
  assert.ok(Number(took) < MAX_ACTIVATION_MS, `${took} ms`);
});

test(`typing in five files for ${SOAK_SECONDS} s leaves no error in any log`, async () => {
  const end = Date.now() + SOAK_SECONDS * 1000;
  let [keys, shown] = [0, 0];
  for (let round = 0; Date.now() < end; round++) {
    const file = FILES[round % FILES.length];
    await window.edit(file);
    await window.keyboard.press("Control+End");
    const lines = readFileSync(path.join(SAMPLES, folderOf(file), file), "utf8");
    const at = (round * 97) % Math.max(1, lines.length - KEYS_BETWEEN);
    for (const key of `\n${lines.slice(at, at + KEYS_BETWEEN)}`) {
      await window.keyboard.press(key === "\n" ? "Enter" : key === "\t" ? "Tab" : key);
      keys++;
    }
    await window.page.waitForFunction(() => document.querySelector(".ghost-text-decoration"), undefined, { timeout: 2_000 }).then(
      () => shown++,
      () => undefined,
    );
    await window.keyboard.press(["Tab", "Escape", "Control+ArrowRight", "Control+z", "Alt+\\"][round % 5]);
    if (round % 3 === 0) await window.save();
  }
  console.log(`${keys} keys, ${shown} suggestions looked at`);
  assert.ok(shown);
  assert.deepEqual(session.complaints(), []);
  assert.deepEqual(await window.messages(), []);
});

test("a closed window leaves no process behind", async () => {
  assert.ok(session.daemons().length);
  await window.close();
  await until("the daemon and its engine to end", () => session.daemons().length === 0, 90_000);
  assert.equal(existsSync(session.code.home), true);
});

function folderOf(file) {
  return file.endsWith(".py") ? "warehouse" : file.endsWith(".ts") ? "relay" : "tiles";
}

/**
 * Keystroke to visible ghost text, in the real editor with the embedded model: `node tools/bench.mjs [--keys 150]`.
 *
 * The page records when a key goes down and when new ghost text is on the screen. The client's log has how long the daemon
 * took to answer, and the time of each of its stages. The rest is the editor's: its delay before the request, the extension
 * host, and drawing. Keys that VS Code answers itself, because the user types the suggested text, are counted apart. Here
 * every answer of the model is shown, whatever its confidence, so that there is enough to measure.
 */

import { cpSync, readFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { Session, until } from "../test/editor/session.mjs";
import { REPOSITORY } from "./vscode.mjs";

const SAMPLES = path.join(REPOSITORY, "lsp_server", "cli", "samples");
const FILES = ["warehouse/orders.py", "warehouse/stock.py", "relay/channel.ts", "relay/history.ts", "tiles/Grid.java"];
const PAUSE_MS = 1_000; // after which no suggestion is expected
const { values } = parseArgs({ options: { keys: { type: "string", default: "150" } } });

const session = await Session.start({ settings: { "codegeex.completion.confidence": 0 } });
try {
  cpSync(SAMPLES, session.project, { recursive: true });
  session.set({ "codegeex.server.path": session.embedded });
  const traced = [["logLevel", "codegeex-lsp.codegeex-lsp=trace"]];
  const window = await session.browser.open(session.code.address(session.project, FILES[0], traced));
  await window.ready();
  await watch(window.page);
  const keys = await typing(window, Number(values.keys));
  await until("the log", () => events().length);
  report(keys, events());
} finally {
  await session.stop();
}

/** Make the page record each key, and the first frame with other ghost text than before it. */
function watch(page) {
  return page.evaluate(() => {
    const ghost = () => [...document.querySelectorAll(".ghost-text-decoration")].map((each) => each.textContent).join("");
    const now = () => performance.timeOrigin + performance.now();
    globalThis.lastKey = undefined;
    addEventListener("keydown", () => {
      const key = { at: now(), before: ghost(), shown: 0, typedAlong: false };
      globalThis.lastKey = key;
      const look = () => {
        if (globalThis.lastKey !== key) return;
        const seen = ghost();
        if (seen && seen !== key.before) {
          key.shown = now();
          key.typedAlong = key.before.endsWith(seen);
        } else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    }, true);
  });
}

/** Type lines of the samples in place, each key once the suggestion for the one before is there or will not come. */
async function typing(window, wanted) {
  const keys = [];
  for (let round = 0; keys.length < wanted; round++) {
    const file = FILES[round % FILES.length];
    const lines = readFileSync(path.join(SAMPLES, file), "utf8").split("\n");
    const long = lines.map((line, i) => [line, i + 1]).filter(([line]) => line.trim().length > 12);
    const [line, number] = long[(round * 7) % long.length];
    const indent = line.length - line.trimStart().length;
    await window.edit(path.basename(file), number, indent + 1);
    await window.keyboard.press("Shift+End");
    await window.keyboard.press("Delete");
    for (const key of line.trim()) {
      await window.keyboard.press(key);
      await window.page.waitForFunction(() => globalThis.lastKey.shown, undefined, { timeout: PAUSE_MS, polling: 20 }).catch(() => undefined);
      keys.push(await window.page.evaluate(() => globalThis.lastKey));
    }
    await window.save();
    await window.edit(path.basename(file), number, indent + 1);
    await window.keyboard.press("Shift+End");
    await window.keyboard.type(line.trim().slice(0, 1));
    await window.keyboard.press("Escape");
    await window.keyboard.press("Control+z");
  }
  return keys;
}

/** Return the responses in the log: when they came, after how long, and the time of the daemon's stages, in ms. */
function events() {
  const [, text] = [...session.code.logs()].find(([file]) => file.endsWith("CodeGeeX.log")) ?? ["", ""];
  const found = [];
  let stages = 0;
  for (const line of text.split("\n")) {
    const match = /inline completion in [^:]+: (.*)/.exec(line);
    if (match) stages = [...match[1].matchAll(/([\d.]+) ms/g)].reduce((sum, [, ms]) => sum + Number(ms), 0);
    const answered = /^(\S+ \S+) .*Received response 'textDocument\/inlineCompletion.*in (\d+)ms/.exec(line);
    if (!answered) continue;
    found.push({ at: Date.parse(`${answered[1].replace(" ", "T")}Z`), took: Number(answered[2]), stages });
    stages = 0;
  }
  return found;
}

function report(keys, answers) {
  const rows = { "keystroke to ghost text": [], "  editor": [], "  protocol and waiting": [], "  engine": [] };
  const alone = [];
  for (const { at, shown, typedAlong } of keys.filter((key) => key.shown)) {
    const answer = answers.findLast((each) => each.at >= at && each.at <= shown + 1);
    if (typedAlong || !answer) {
      alone.push(shown - at);
      continue;
    }
    const parts = [shown - at - answer.took, answer.took - answer.stages, answer.stages];
    [shown - at, ...parts].forEach((ms, i) => Object.values(rows)[i].push(ms));
  }
  const load = os.loadavg()[0].toFixed(1);
  console.log(`\n${os.arch()}, ${os.availableParallelism()} cores, load ${load}, ${keys.length} keys\n`);
  console.log(`${"milliseconds".padEnd(38)}${"p50".padStart(8)}${"p90".padStart(8)}${"n".padStart(6)}`);
  for (const [name, times] of Object.entries({ ...rows, "typed along, by the editor alone": alone })) {
    const [p50, p90] = [0.5, 0.9].map((share) => quantile(times, share).toFixed(1).padStart(8));
    console.log(`${name.padEnd(38)}${p50}${p90}${String(times.length).padStart(6)}`);
  }
}

function quantile(times, share) {
  const sorted = times.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

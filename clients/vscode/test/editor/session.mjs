/** A real VS Code with the extension, a daemon whose model answers from a test's script, and a project to type in. */

import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { REPOSITORY, VSCode } from "../../tools/vscode.mjs";
import { Browser } from "../../tools/window.mjs";

const PYTHON = path.join(REPOSITORY, ".venv", "bin", "python");
export const EVIDENCE = path.join(REPOSITORY, ".cache", "vscode", "evidence"); // pictures and logs of what failed

export class Session {
  /** `script`: [text before the cursor, the model's answer]; `files`: path in the project -> content. */
  static async start({ script = [], files = {}, settings = {}, options = {}, scale = 1, locale = "en-US" } = {}) {
    const session = new Session();
    session.code = new VSCode(options);
    session.project = session.path("project");
    for (const [name, text] of Object.entries(files)) session.put(name, text);
    mkdirSync(session.project, { recursive: true });
    session.say(script);
    session.scripted = session.command("scripted", `-m tests.clients.scripted_daemon ${session.path("script.json")}`);
    session.chatty = session.command("chatty", `-m tests.clients.scripted_daemon ${session.path("script.json")} --chat`);
    session.embedded = session.command("embedded", "-m codegeex_lsp");
    session.code.write({ "codegeex.server.path": session.scripted, ...settings });
    session.code.installExtension();
    await session.code.start();
    session.browser = await Browser.start(session.code.installed.browser, { scale, locale });
    return session;
  }

  path(...names) {
    return path.join(this.code.home, ...names);
  }

  /** Return the folder of the converted fixture chat model, for `codegeex.model`. It knows tests/chat_model/lessons.py. */
  chatModel() {
    const args = ["-m", "tests.chat_model", this.path("models")];
    return (this.chat ??= execFileSync(PYTHON, args, { cwd: REPOSITORY, encoding: "utf8" }).trim());
  }

  /** Return a program without arguments, as `codegeex.server.path` needs it. */
  command(name, args) {
    return this.program(name, `cd ${REPOSITORY} && exec ${PYTHON} ${args}`);
  }

  program(name, body) {
    const file = this.path(name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/sh\n${body}\n`);
    chmodSync(file, 0o755);
    return file;
  }

  say(script) {
    writeFileSync(this.path("script.json"), JSON.stringify(script));
  }

  put(name, text) {
    const file = path.join(this.project, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  read(name) {
    return readFileSync(path.join(this.project, name), "utf8");
  }

  /** Return the messages of a method that the editor has sent to the daemons of this session. */
  sent(method) {
    return this.#journal().filter((message) => message.method === method);
  }

  /** Return its responses to their requests that are lists. */
  answers() {
    return this.#journal().map((message) => message.result).filter(Array.isArray);
  }

  #journal() {
    const journal = this.path("journal.jsonl");
    const lines = existsSync(journal) ? readFileSync(journal, "utf8").split("\n").filter(Boolean) : [];
    return lines.map((line) => JSON.parse(line));
  }

  set(settings) {
    this.code.write({ ...this.code.settings, ...settings });
  }

  open(file = undefined, folder = this.project) {
    return this.browser.open(this.code.address(folder, file));
  }

  /** Return the process ids of the daemons, and their engine, that this session's windows have started. */
  daemons() {
    return readdirSync("/proc").filter((pid) => {
      if (!/^\d+$/.test(pid)) return false;
      try {
        const ours = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`HOME=${this.code.home}`);
        return ours && /-m\0codegeex_lsp|scripted_daemon|engine\.serving/.test(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
      } catch {
        return false; // it has ended, or belongs to another user
      }
    });
  }

  /** Return the lines of all logs that report an error of our extension. */
  complaints() {
    return [...this.code.logs()].flatMap(([file, text]) => {
      const about = /codegeex-lsp/.test(file) ? /\[error\]|Traceback/ : /\[error\].*codegeex-lsp/i;
      return text.split("\n").filter((line) => about.test(line)).map((line) => `${file}: ${line}`);
    });
  }

  /** Save a screenshot of each window, and the logs, of a test that failed. */
  async keep(name) {
    mkdirSync(EVIDENCE, { recursive: true });
    const stem = path.join(EVIDENCE, name.replace(/\W+/g, "-"));
    for (const [i, page] of this.browser.context.pages().entries()) {
      await page.screenshot({ path: `${stem}-${i}.png` }).catch(() => undefined);
    }
    const logs = [...this.code.logs()].filter(([file]) => /exthost|codegeex/i.test(file));
    writeFileSync(`${stem}.log`, logs.map(([file, text]) => `== ${file}\n${text}`).join("\n"));
    return `${stem}*`;
  }

  async stop() {
    await this.browser.close();
    await this.code.stop();
  }
}

/** Poll until `found` returns something, and return it. */
export async function until(what, found, patience = 60_000) {
  const end = Date.now() + patience;
  for (;;) {
    const value = await found();
    if (value) return value;
    if (Date.now() > end) throw new Error(`timed out waiting for ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

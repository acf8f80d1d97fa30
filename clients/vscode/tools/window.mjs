/** A window of VS Code in a browser, and what a user does in it. */

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { chromium } from "playwright-core";
import { remove } from "./remove.mjs";

const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--font-render-hinting=none",
  "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
];
const SIZE = { width: 1180, height: 720 };
const PATIENCE_MS = 45_000; // a shared machine

const OPENS_MS = 5_000;
const IDLE_MS = 5_000;
const TRIES = 4;

export class Browser {
  /** `locale` is that of the window's texts. */
  static async start(executablePath, { locale = "en-US", scale = 1 } = {}) {
    const browser = new Browser();
    browser.folder = mkdtempSync(path.join(tmpdir(), "codegeex-browser-"));
    browser.context = await chromium.launchPersistentContext(browser.folder, {
      executablePath,
      args: ARGUMENTS,
      viewport: SIZE,
      deviceScaleFactor: scale,
      locale,
      permissions: ["clipboard-read", "clipboard-write"],
    });
    browser.context.setDefaultTimeout(PATIENCE_MS);
    return browser;
  }

  async open(address) {
    const blank = this.context.pages().find((page) => page.url() === "about:blank");
    const window = new Window(blank ?? (await this.context.newPage()));
    await window.page.goto(address);
    await window.page.waitForSelector(".monaco-workbench");
    return window;
  }

  async close() {
    await this.context.close();
    await remove(this.folder);
  }
}

export class Window {
  constructor(page) {
    this.page = page;
    this.keyboard = page.keyboard;
  }

  /** Wait until the daemon is ready: the status item shows the sparkle. */
  async ready() {
    await this.page.waitForSelector('.statusbar-item[id*="codegeex"] .codicon-sparkle');
  }

  get status() {
    return this.page.locator('.statusbar-item[id*="codegeex"]').last();
  }

  /** Open a file of the workspace by its name, and put the cursor at its `line` and `column` (from 1). */
  async edit(file, line = 1, column = 1) {
    const box = this.page.locator(".quick-input-widget input");
    for (let tries = 0; ; tries++) {
      await this.keyboard.press("Control+p");
      try {
        await box.fill(`${file}:${line}:${column}`, { timeout: OPENS_MS });
        break;
      } catch (fault) {
        // A window that is busy closes the box as it opens.
        if (tries === TRIES) throw fault;
        await this.keyboard.press("Escape");
      }
    }
    const name = path.basename(file);
    await this.page.locator(`.quick-input-list .monaco-list-row.focused[aria-label*="${name}"]`).waitFor();
    await this.keyboard.press("Enter");
    await this.page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
    await this.cursor(line, column);
    await this.focus();
  }

  /** Wait until the status bar shows this cursor position. */
  async cursor(line, column) {
    await this.page.locator(`.statusbar-item[id="status.editor.selection"]`, { hasText: `Ln ${line}, Col ${column}` }).waitFor();
  }

  /** Wait until the editor has the focus. */
  async focus() {
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
    await this.page.waitForFunction(() => document.activeElement?.closest(".monaco-editor"));
  }

  async type(text) {
    this.lastCharacter = text.at(-1);
    await this.keyboard.type(text);
  }

  /** Return the visible ghost text, with ordinary spaces; "" if there is none. */
  ghost() {
    return this.page.evaluate(() => {
      const first = [...document.querySelectorAll(".ghost-text-decoration, .ghost-text-decoration-preview")];
      const more = [...document.querySelectorAll(".suggest-preview-text .view-line")];
      const text = [first.map((each) => each.textContent).join(""), ...more.map((each) => each.textContent)].join("\n");
      return text.replaceAll("\u00a0", " ").replace(/^\n$/, "").trimEnd();
    });
  }

  /**
   * Wait until the ghost text is `text`, or matches a pattern, and return it.
   *
   * A new window of VS Code sets up ghost text in idle time, and requests none for keys before that. So the first time, the
   * last key is pressed again.
   */
  async sees(text, patience = PATIENCE_MS) {
    const began = Date.now();
    let seen;
    do {
      seen = await this.ghost();
      this.hasGhosts ||= seen !== "";
      if (text instanceof RegExp ? text.test(seen) : seen === text) return seen;
      if (!this.hasGhosts && this.lastCharacter && Date.now() > began + IDLE_MS) {
        this.hasGhosts = true;
        await this.keyboard.press("Backspace");
        await this.keyboard.type(this.lastCharacter);
      }
      await this.page.waitForTimeout(50);
    } while (Date.now() < began + patience);
    throw new Error(`ghost text is ${JSON.stringify(seen)}, not ${text}`);
  }

  async command(title) {
    // The command that was run last comes first, and may only be similar.
    const label = this.page.getByText(title, { exact: true });
    const row = this.page.locator(".quick-input-list .monaco-list-row").filter({ has: label }).first();
    for (let tries = 0; ; tries++) {
      await this.keyboard.press("F1");
      try {
        await this.page.locator(".quick-input-widget input").fill(`>${title}`, { timeout: OPENS_MS });
        return await row.click({ timeout: 2 * OPENS_MS });
      } catch (fault) {
        // A view that was just opened may take the focus, which closes the box.
        if (tries === TRIES) throw fault;
        await this.keyboard.press("Escape");
      }
    }
  }

  /** Choose a file in VS Code's own dialog. */
  async choose(file) {
    const row = this.page.locator(".quick-input-list .monaco-list-row");
    await row.first().waitFor(); // the dialog has filled in the folder
    await this.page.locator(".quick-input-widget input").fill(file);
    await row.filter({ hasText: path.basename(file) }).first().waitFor();
    await this.keyboard.press("Enter");
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  }

  /** Return the labels of the open quick pick. */
  async picks() {
    await this.page.locator(".quick-input-list .monaco-list-row").first().waitFor();
    return this.page.locator(".quick-input-list .monaco-list-row .label-name").allTextContents();
  }

  async save() {
    await this.keyboard.press("Control+s");
    await this.page.locator(".tab.active:not(.dirty)").waitFor();
  }

  /** Return the texts of the notifications on the screen. */
  messages() {
    return this.page.locator(".notification-toast .notification-list-item-message").allTextContents();
  }

  close() {
    return this.page.close({ runBeforeUnload: false });
  }
}

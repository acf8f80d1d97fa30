/** Finds the daemon's command, and installs it if there is none. */

import { execFile } from "node:child_process";
import { constants, promises as fs } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import * as vscode from "vscode";

const run = promisify(execFile);
const isWindows = process.platform === "win32";
const NAME = isWindows ? "codegeex-lsp.exe" : "codegeex-lsp";
const BIN = isWindows ? "Scripts" : "bin";
const WORKSPACE_ENVIRONMENTS = [".venv", "venv"];
const PYTHONS = isWindows ? ["py", "python"] : ["python3", "python"];
const OLDEST_PYTHON = "3.10";
const INSTALL_MS = 15 * 60_000;
const PYTHON_VARIABLE = /^PYTHON[A-Z]/i; // read by Python itself; PYTHON_KEYRING_BACKEND and the like are libraries'

/** A fault that the user can do something about: what is wrong, and which buttons help. */
export class DaemonError extends Error {
  constructor(
    message: string,
    readonly remedies: readonly Remedy[],
  ) {
    super(message);
  }
}

export type Remedy = "install" | "choose" | "restart" | "log";

/**
 * Return the path of the command: as the settings name it, on PATH, in the workspace's virtual environment, or as installed
 * by `install`. Only a trusted workspace counts, since its files are somebody else's programs. Throws `DaemonError`.
 */
export async function findCommand(context: vscode.ExtensionContext): Promise<string> {
  const chosen = vscode.workspace.getConfiguration("codegeex").get<string>("server.path", "");
  const trusted = vscode.workspace.isTrusted ? (vscode.workspace.workspaceFolders ?? []) : [];
  if (chosen) {
    const command = chosen.startsWith("~") ? path.join(os.homedir(), chosen.slice(1)) : chosen;
    const candidates = [command, ...trusted.map((folder) => path.join(folder.uri.fsPath, command))];
    for (const candidate of candidates.filter(path.isAbsolute)) {
      if (await isExecutable(candidate)) return candidate;
    }
    const message = vscode.l10n.t("codegeex.server.path is set to {0}, which is not an executable file.", chosen);
    throw new DaemonError(message, ["choose"]);
  }
  const folders = [
    ...(process.env["PATH"] ?? "").split(path.delimiter).filter(path.isAbsolute),
    ...trusted.flatMap((folder) => WORKSPACE_ENVIRONMENTS.map((name) => path.join(folder.uri.fsPath, name, BIN))),
    path.join(installFolder(context), BIN),
  ];
  for (const folder of folders) {
    const command = path.join(folder, NAME);
    if (await isExecutable(command)) return command;
  }
  throw new DaemonError(vscode.l10n.t("CodeGeeX needs its server, codegeex-lsp, which isn't installed."), [
    "install",
    "choose",
  ]);
}

/**
 * Return how the daemon and its installer are run: in a folder of the extension's own, and without the variables that tell
 * Python what to load. Those, and the folder the window was opened in, are meant for the user's programs.
 */
export async function processOptions(
  context: vscode.ExtensionContext,
): Promise<{ cwd: string; env: Record<string, string | undefined> }> {
  const cwd = context.globalStorageUri.fsPath;
  await fs.mkdir(cwd, { recursive: true });
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !PYTHON_VARIABLE.test(name)));
  return { cwd, env };
}

/** Let the user choose the command, and save it in the settings. */
export async function chooseCommand(): Promise<void> {
  const openLabel = vscode.l10n.t("Use This Command");
  const [file] = (await vscode.window.showOpenDialog({ openLabel, title: NAME })) ?? [];
  if (!file) return;
  const settings = vscode.workspace.getConfiguration("codegeex");
  await settings.update("server.path", file.fsPath, vscode.ConfigurationTarget.Global);
}

/** Make a virtual environment with the daemon that this extension brings. Throws `DaemonError`. */
export async function install(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Promise<void> {
  const wheel = await bundledWheel(context);
  if (!wheel) {
    throw new DaemonError(
      vscode.l10n.t("This build of the extension doesn't include the server. Install codegeex-lsp with pip, or choose its command."),
      ["choose"],
    );
  }
  const options = await processOptions(context);
  const python = await findPython(options);
  const folder = installFolder(context);
  const title = vscode.l10n.t("Installing the CodeGeeX server");
  const location = vscode.ProgressLocation.Notification;
  try {
    await vscode.window.withProgress({ location, title }, async () => {
      await fs.rm(folder, { recursive: true, force: true });
      for (const [program, ...args] of [
        [python, "-I", "-m", "venv", folder],
        [path.join(folder, BIN, "python"), "-I", "-m", "pip", "install", "--disable-pip-version-check", wheel],
      ] as [string, ...string[]][]) {
        log.info([program, ...args].join(" "));
        const { stdout, stderr } = await run(program, args, { ...options, timeout: INSTALL_MS, maxBuffer: 2 ** 26 });
        log.debug(stdout + stderr);
      }
    });
  } catch (fault) {
    log.error(fault instanceof Error ? fault : String(fault));
    await fs.rm(folder, { recursive: true, force: true });
    throw new DaemonError(vscode.l10n.t("The CodeGeeX server could not be installed. The log has the reason."), ["log", "install"]);
  }
}

function installFolder(context: vscode.ExtensionContext): string {
  return path.join(context.globalStorageUri.fsPath, "server");
}

async function bundledWheel(context: vscode.ExtensionContext): Promise<string | undefined> {
  const folder = path.join(context.extensionPath, "server");
  const names = await fs.readdir(folder).catch(() => []);
  const wheel = names.find((name) => name.endsWith(".whl"));
  return wheel && path.join(folder, wheel);
}

async function findPython(options: object): Promise<string> {
  const check = `import sys, venv; sys.exit(sys.version_info < (${OLDEST_PYTHON.replace(".", ", ")}))`;
  for (const python of PYTHONS) {
    const isFit = await run(python, ["-I", "-c", check], options).catch(() => undefined);
    if (isFit) return python;
  }
  throw new DaemonError(
    vscode.l10n.t("The CodeGeeX server needs Python {0} or later with the module venv. None was found on PATH.", OLDEST_PYTHON),
    ["install", "choose"],
  );
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await fs.access(file, constants.X_OK);
    return (await fs.stat(file)).isFile();
  } catch {
    return false;
  }
}

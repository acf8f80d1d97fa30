/** The settings section `codegeex`, in VS Code and as it is sent to the daemon. */

import * as vscode from "vscode";

export function section(): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration("codegeex");
}

/** Return the settings to send. Receipts are always on: "Why This Suggestion?" is about suggestions already shown. */
export function forDaemon(): Record<string, unknown> {
  const chosen = JSON.parse(JSON.stringify(section())) as Record<string, unknown>;
  return { ...chosen, context: { ...(chosen["context"] as object | undefined), receipts: true } };
}

export function isEnabled(): boolean {
  return section().get("enable", true);
}

export function disabledLanguages(): string[] {
  return section().get<string[]>("disabledLanguages", []);
}

/** Change a setting in the workspace if it is set there, otherwise for all windows. */
export async function set(name: string, value: unknown): Promise<void> {
  const known = section().inspect(name);
  const inWorkspace = known?.workspaceValue !== undefined;
  const target = inWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
  await section().update(name, value, target);
}

export async function toggle(): Promise<void> {
  await set("enable", !isEnabled());
}

export async function toggleLanguage(language: string): Promise<void> {
  const off = disabledLanguages();
  await set("disabledLanguages", off.includes(language) ? off.filter((each) => each !== language) : [...off, language]);
}

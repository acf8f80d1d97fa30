/** The section `codegeex`, as VS Code has it and as the daemon is sent it. */

import * as vscode from "vscode";

export function section(): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration("codegeex");
}

/** What the daemon is told. Receipts are always wanted: "why this suggestion" asks of what has already been shown. */
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

/** Where a person has set it already, else for all windows. */
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

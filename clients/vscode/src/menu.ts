/** The menu of the status bar item, and the lists it opens. */

import * as vscode from "vscode";
import type { Daemon } from "./daemon";
import * as protocol from "./protocol";
import * as settings from "./settings";
import type { Snooze } from "./snooze";
import type { StatusItem } from "./status";

const SNOOZE_MINUTES = [5, 30, 120];

interface Entry extends vscode.QuickPickItem {
  command?: string;
}

export async function showMenu(status: StatusItem, daemon: Daemon, snooze: Snooze): Promise<void> {
  const { t } = vscode.l10n;
  const { icon, text, detail } = status.content;
  const language = vscode.window.activeTextEditor?.document.languageId;
  const on = settings.isEnabled();
  const entry = (codicon: string, label: string, command: string, description = ""): Entry => ({
    label: `$(${codicon}) ${label}`,
    command: `codegeex.${command}`,
    description,
  });
  const group = (label: string): Entry => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const entries: Entry[] = [
    group(t("suggestions")),
    on ? entry("circle-slash", t("Turn Off"), "toggle") : entry("check", t("Turn On"), "toggle"),
  ];
  if (on) {
    if (language) {
      const off = settings.disabledLanguages().includes(language);
      const label = off ? t("Turn On for {0}", language) : t("Turn Off for {0}", language);
      entries.push(entry(off ? "check" : "circle-slash", label, "toggleLanguage"));
    }
    entries.push(
      snooze.isActive ? entry("bell", t("End Snooze"), "snooze") : entry("bell-slash", t("Snooze…"), "snooze"),
      entry("lightbulb", t("Why This Suggestion?"), "why"),
      group(t("model")),
      entry("symbol-misc", t("Choose Model…"), "chooseModel", daemon.status?.model),
    );
  }
  entries.push(
    group(t("server")),
    entry("debug-restart", t("Restart"), "restart"),
    entry("output", t("Show Log"), "showLog"),
    entry("pulse", t("Doctor"), "doctor", t("what is installed and how fast it runs")),
    { label: `$(gear) ${t("Settings")}`, command: "codegeex.settings" },
  );
  const picked = await vscode.window.showQuickPick(entries, {
    title: `CodeGeeX: ${detail}`,
    placeHolder: `${icon === "sparkle" ? "" : "! "}${text}`,
  });
  if (picked?.command === "codegeex.settings") {
    await vscode.commands.executeCommand("workbench.action.openSettings", "codegeex.");
  } else if (picked?.command) {
    await vscode.commands.executeCommand(picked.command);
  }
}

export async function chooseSnooze(snooze: Snooze): Promise<void> {
  if (snooze.isActive) return snooze.end();
  const { t } = vscode.l10n;
  const picked = await vscode.window.showQuickPick(
    SNOOZE_MINUTES.map((minutes) => ({ label: t("{0} minutes", minutes), minutes })),
    { title: t("Snooze suggestions for") },
  );
  if (picked) snooze.start(picked.minutes);
}

export async function chooseModel(daemon: Daemon): Promise<void> {
  const { t } = vscode.l10n;
  const models = await daemon.client?.sendRequest<protocol.Model[]>(protocol.MODELS, {}).catch(() => undefined);
  if (!models) {
    void vscode.window.showWarningMessage(t("Can't list models: the CodeGeeX server isn't running, or it is too old."));
    return;
  }
  const now = settings.section().get("model", "");
  const automatic = {
    label: t("Default"),
    description: models.find((model) => model.isDefault)?.name ?? "",
    detail: t("The model chosen with `codegeex-lsp models use`, or the embedded model if none was chosen."),
    value: "",
    picked: now === "",
  };
  const entries = models.map(({ name, family, numericType, sizeBytes, fault }) => ({
    label: name,
    description: fault ? `$(warning) ${fault}` : `${family}, ${numericType}, ${Math.ceil(sizeBytes / 2 ** 20)} MiB`,
    detail: "",
    value: name,
    picked: now === name,
  }));
  const picked = await vscode.window.showQuickPick([automatic, ...entries], {
    title: t("Choose a model"),
    matchOnDescription: true,
  });
  if (picked) await settings.set("model", picked.value || undefined);
}

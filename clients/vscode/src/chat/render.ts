/** Turns and faults as the view shows them. */

import * as vscode from "vscode";
import type { Daemon } from "../daemon";
import * as settings from "../settings";
import type { Turn } from "./conversations";
import { renderMarkdown } from "./markdown";
import type { RenderedTurn, Trouble } from "./messages";

export class TurnRenderer {
  private readonly known = new WeakMap<Turn, { text: string; html: string | undefined }>();

  /**
   * Return a turn as it is now. `stage` is what the daemon is doing for it, undefined if nothing. Text that comes while the
   * Markdown is rendered is left to the next call.
   */
  async render(turn: Turn, stage: string | undefined): Promise<RenderedTurn> {
    const sources = turn.sources.map(({ path, range, reason, symbol, uri }) => ({
      label: `${path}:${range.start.line + 1}-${range.end.line}${symbol ? ` ${symbol}` : ""}`,
      reason,
      opens: uri !== undefined,
    }));
    // A model that does not converse answers with a sentence and a list of places, which are shown as links instead.
    const text = turn.converses || !sources.length ? turn.text : (turn.text.split("\n\n", 1)[0] ?? "");
    const shown = { ...turn, text, sources, answering: stage !== undefined, stage: stage ?? "" };
    const known = this.known.get(turn);
    if (known?.text === text) return { ...shown, html: known.html };
    const html = text && (await renderMarkdown(text));
    this.known.set(turn, { text, html });
    return { ...shown, html };
  }
}

/** Return what keeps the daemon from answering, if anything does. A daemon that is starting is no trouble. */
export function troubleOf(daemon: Daemon): Trouble | undefined {
  const { t } = vscode.l10n;
  if (!settings.isEnabled()) {
    return { text: t("CodeGeeX is turned off."), remedies: [{ remedy: "enable", title: t("Turn On") }] };
  }
  if (daemon.state === "failed") {
    return {
      text: daemon.reason,
      remedies: daemon.remedies.map((each) => ({ remedy: each, title: daemon.remedyTitle(each) })),
    };
  }
  if (daemon.state === "restarting") return { text: t("The CodeGeeX server stopped and is restarting."), remedies: [] };
  if (daemon.status?.kind === "Error") return { text: daemon.status.message, remedies: [] };
  return undefined;
}

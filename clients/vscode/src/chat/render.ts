/** What the view shows of a turn, and of a daemon that does not answer. */

import * as vscode from "vscode";
import type { Daemon } from "../daemon";
import * as settings from "../settings";
import type { Turn } from "./conversations";
import { renderMarkdown } from "./markdown";
import type { RenderedTurn, Trouble } from "./messages";

export class TurnRenderer {
  private readonly known = new WeakMap<Turn, { text: string; html: string | undefined }>();

  /**
   * A turn as it is now; `stage` is what is being done for it, undefined where nothing is. What is said while the Markdown
   * is renderMarkdown belongs to the next picture.
   */
  async render(turn: Turn, stage: string | undefined): Promise<RenderedTurn> {
    const sources = turn.sources.map(({ path, range, reason, symbol, uri }) => ({
      label: `${path}:${range.start.line + 1}-${range.end.line}${symbol ? ` ${symbol}` : ""}`,
      reason,
      opens: uri !== undefined,
    }));
    // The places of a model that does not converse are listed as links: its text has them once more.
    const text = turn.converses || !sources.length ? turn.text : (turn.text.split("\n\n", 1)[0] ?? "");
    const shown = { ...turn, text, sources, answering: stage !== undefined, stage: stage ?? "" };
    const known = this.known.get(turn);
    if (known?.text === text) return { ...shown, html: known.html };
    const html = text && (await renderMarkdown(text));
    this.known.set(turn, { text, html });
    return { ...shown, html };
  }
}

/** What keeps the daemon from answering; a start that is under way is none until somebody asks. */
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

/** One question and its answer. */

import type { RenderedTurn } from "../messages";
import { renderAnswer, update } from "./answer";
import { element } from "./element";
import { post, strings } from "./host";

export class TurnView {
  readonly root = element("article", { class: "turn" });
  private readonly question = element("div", { class: "question", "aria-label": strings.you, role: "group" });
  private readonly text = element("div", { class: "text" });
  private readonly stage = element("p", { class: "stage" });
  private readonly footer = element("div", { class: "after" });
  private shown = "";

  constructor(private readonly index: number) {
    const answer = element(
      "div",
      { class: "answer", "aria-label": strings.answer, role: "group" },
      this.text,
      this.stage,
      this.footer,
    );
    this.root.append(this.question, answer);
  }

  show(turn: RenderedTurn): void {
    const now = JSON.stringify(turn);
    if (now === this.shown) return;
    this.shown = now;
    this.root.setAttribute("aria-busy", String(turn.answering)); // screen readers wait until it is complete
    this.root.classList.toggle("answering", turn.answering);
    const about = turn.about ? [element("span", { class: "about" }, turn.about)] : [];
    this.question.replaceChildren(element("div", { class: "question-text" }, turn.question), ...about);
    update(this.text, turn.text ? renderAnswer(turn.html, turn.text) : []);
    this.stage.textContent = turn.stage;
    this.stage.hidden = !turn.answering;
    this.footer.replaceChildren(...this.footerParts(turn));
  }

  private footerParts(turn: RenderedTurn): Node[] {
    const parts: Node[] = [];
    for (const warning of turn.warnings) parts.push(element("p", { class: "warning" }, warning));
    if (turn.fault) parts.push(element("p", { class: "fault", role: "alert" }, turn.fault));
    if (turn.stopped && !turn.answering) parts.push(element("p", { class: "notice" }, strings.stopped));
    const silent = !turn.text && !turn.fault && !turn.stopped && !turn.answering;
    if (silent) parts.push(element("p", { class: "notice" }, strings.nothing));
    for (const notice of turn.notices) parts.push(element("p", { class: "notice" }, notice));
    if ((turn.fault || turn.stopped) && !turn.answering) {
      const again = element(
        "button",
        { type: "button", class: "again", click: () => post({ kind: "again" }) },
        strings.again,
      );
      parts.push(again);
    }
    if (turn.sources.length) parts.push(this.sources(turn));
    return parts;
  }

  /** Return the list of sources, closed unless they are all that a model which does not converse can offer. */
  private sources({ sources, converses }: RenderedTurn): HTMLElement {
    const list = sources.map(({ label, reason, opens }, source) => {
      const open = (): void => post({ kind: "source", turn: this.index, source });
      const name = opens
        ? element("button", { type: "button", class: "link", title: label, click: open }, label)
        : element("span", {}, label);
      return element("li", {}, name, element("span", { class: "reason" }, reason));
    });
    const title = element("summary", {}, `${converses ? strings.sources : strings.places} (${sources.length})`);
    return element("details", { class: "sources", open: !converses }, title, element("ul", {}, ...list));
  }
}

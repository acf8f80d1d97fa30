/** Where a question is written: the box, what goes with the question, send and stop. */

import type { Looking } from "../messages";
import { element, icon, iconButton } from "./element";
import { draft, keepDraft, strings, tell } from "./host";
import { Mentions } from "./mentions";

export class QuestionBox {
  readonly root: HTMLElement;
  readonly mentions: Mentions;
  private readonly box = element("textarea", {
    rows: "1",
    placeholder: strings.placeholder,
    "aria-label": strings.placeholder,
  });
  private readonly send = iconButton("send", strings.send, () => this.ask());
  private readonly stop = iconButton("stop", strings.stop, () => this.stops());
  private readonly chip = element("button", { type: "button", class: "chip", click: () => this.toggle() });
  private looking: Looking = { label: "", detail: "", on: true };
  private asked: readonly string[] = [];
  private recalled = 0; // how many questions back
  private answering = false;

  constructor() {
    this.mentions = new Mentions(this.box);
    this.root = element(
      "div",
      { class: "box" },
      this.mentions.root,
      this.box,
      element("div", { class: "bar" }, this.chip, element("span", { class: "space" }), this.stop, this.send),
    );
    this.box.value = draft();
    this.box.addEventListener("input", () => this.changed());
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("blur", () => this.mentions.hide());
    this.show([], false);
    this.look(this.looking);
    this.fit();
  }

  focus(): void {
    this.box.focus();
  }

  show(asked: readonly string[], answering: boolean): void {
    this.asked = asked;
    // A button that goes takes the focus with it.
    if (this.answering && !answering && document.activeElement === this.stop) this.box.focus();
    this.answering = answering;
    this.stop.hidden = !answering;
    this.send.hidden = answering;
    this.enable();
  }

  look(looking: Looking): void {
    this.looking = looking;
    const { label, detail, on } = looking;
    const title = (on ? strings.lookingOn : strings.lookingOff).replace("{0}", detail);
    this.chip.replaceChildren(icon("eye"), element("span", {}, label));
    this.chip.setAttribute("aria-pressed", String(on));
    this.chip.setAttribute("aria-label", `${label}: ${title}`);
    this.chip.title = title;
    this.chip.hidden = !label;
  }

  stops(): void {
    if (this.answering) tell({ kind: "stop" });
  }

  private toggle(): void {
    tell({ kind: "look", on: !this.looking.on });
  }

  private ask(): void {
    const question = this.box.value.trim();
    if (!question || this.answering) return;
    tell({ kind: "ask", question });
    this.write("");
    this.box.focus();
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing) return; // Enter ends a Chinese word here, not the question
    if (this.mentions.key(event)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.ask();
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      if (this.recall(event.key === "ArrowUp" ? 1 : -1)) event.preventDefault();
    }
  }

  /** Earlier questions come back where nothing else is written. */
  private recall(step: number): boolean {
    const shown = this.recalled ? (this.asked.at(-this.recalled) ?? "") : "";
    if (this.box.value !== shown) this.recalled = 0;
    if (this.box.value && !this.recalled) return false;
    const next = Math.min(Math.max(this.recalled + step, 0), this.asked.length);
    if (next === this.recalled) return false;
    this.write(next ? (this.asked.at(-next) ?? "") : "");
    this.recalled = next;
    return true;
  }

  private write(text: string): void {
    this.recalled = 0;
    this.box.value = text;
    this.box.setSelectionRange(text.length, text.length);
    this.mentions.hide();
    this.kept();
  }

  private changed(): void {
    this.kept();
    this.mentions.look();
  }

  private kept(): void {
    keepDraft(this.box.value);
    this.fit();
    this.enable();
  }

  private enable(): void {
    this.send.disabled = !this.box.value.trim();
  }

  /** As high as what is written, up to what the style allows. */
  private fit(): void {
    this.box.rows = Math.max(1, this.box.value.split("\n").length);
    if (this.box.scrollHeight > this.box.clientHeight)
      this.box.rows += Math.ceil((this.box.scrollHeight - this.box.clientHeight) / 20);
  }
}

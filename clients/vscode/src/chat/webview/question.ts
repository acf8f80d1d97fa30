/** The question box: text, attached code, buttons to send and stop. */

import type { Attachment } from "../messages";
import { element, icon, iconButton } from "./element";
import { post, readDraft, saveDraft, strings } from "./host";
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
  private readonly stop = iconButton("stop", strings.stop, () => this.stopAnswer());
  private readonly chip = element("button", { type: "button", class: "chip", click: () => this.toggle() });
  private attachment: Attachment = { label: "", detail: "", on: true };
  private questions: readonly string[] = [];
  private recalled = 0; // how many questions back, 0 for the user's own text
  private isAnswering = false;

  constructor() {
    this.mentions = new Mentions(this.box);
    this.root = element(
      "div",
      { class: "box" },
      this.mentions.root,
      this.box,
      element("div", { class: "bar" }, this.chip, element("span", { class: "space" }), this.stop, this.send),
    );
    this.box.value = readDraft();
    this.box.addEventListener("input", () => this.onInput());
    this.box.addEventListener("keydown", (event) => this.onKey(event));
    this.box.addEventListener("blur", () => this.mentions.hide());
    this.show([], false);
    this.showAttachment(this.attachment);
    this.resize();
  }

  focus(): void {
    this.box.focus();
  }

  show(questions: readonly string[], answering: boolean): void {
    this.questions = questions;
    // Hiding a focused button would lose the focus.
    if (this.isAnswering && !answering && document.activeElement === this.stop) this.box.focus();
    this.isAnswering = answering;
    this.stop.hidden = !answering;
    this.send.hidden = answering;
    this.enable();
  }

  showAttachment(attachment: Attachment): void {
    this.attachment = attachment;
    const { label, detail, on } = attachment;
    const title = (on ? strings.attachedTitle : strings.detachedTitle).replace("{0}", detail);
    this.chip.replaceChildren(icon("eye"), element("span", {}, label));
    this.chip.setAttribute("aria-pressed", String(on));
    this.chip.setAttribute("aria-label", `${label}: ${title}`);
    this.chip.title = title;
    this.chip.hidden = !label;
  }

  stopAnswer(): void {
    if (this.isAnswering) post({ kind: "stop" });
  }

  private toggle(): void {
    post({ kind: "attach", on: !this.attachment.on });
  }

  private ask(): void {
    const question = this.box.value.trim();
    if (!question || this.isAnswering) return;
    post({ kind: "ask", question });
    this.setText("");
    this.box.focus();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.isComposing) return; // Enter accepts a character of an input method here
    if (this.mentions.handleKey(event)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.ask();
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      if (this.recall(event.key === "ArrowUp" ? 1 : -1)) event.preventDefault();
    }
  }

  /** Show an earlier question, unless the user has written something else; true if it did. */
  private recall(step: number): boolean {
    const shown = this.recalled ? (this.questions.at(-this.recalled) ?? "") : "";
    if (this.box.value !== shown) this.recalled = 0;
    if (this.box.value && !this.recalled) return false;
    const next = Math.min(Math.max(this.recalled + step, 0), this.questions.length);
    if (next === this.recalled) return false;
    this.setText(next ? (this.questions.at(-next) ?? "") : "");
    this.recalled = next;
    return true;
  }

  private setText(text: string): void {
    this.recalled = 0;
    this.box.value = text;
    this.box.setSelectionRange(text.length, text.length);
    this.mentions.hide();
    this.onTextChange();
  }

  private onInput(): void {
    this.onTextChange();
    this.mentions.onInput();
  }

  private onTextChange(): void {
    saveDraft(this.box.value);
    this.resize();
    this.enable();
  }

  private enable(): void {
    this.send.disabled = !this.box.value.trim();
  }

  /** Make the box as high as its text, up to the style's limit. */
  private resize(): void {
    this.box.rows = Math.max(1, this.box.value.split("\n").length);
    if (this.box.scrollHeight > this.box.clientHeight)
      this.box.rows += Math.ceil((this.box.scrollHeight - this.box.clientHeight) / 20);
  }
}

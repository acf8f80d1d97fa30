/** The page of the chat view: draws what the extension sends, and posts what the user does. */

import type { Destination, RenderedTurn, ToView, Trouble } from "../messages";
import { element } from "./element";
import { post, strings } from "./host";
import { QuestionBox } from "./question";
import { TurnView } from "./turn";

const NEAR_END_PX = 40;

const box = new QuestionBox();
const intro = element("p", { class: "intro", role: "status" });
const welcome = element(
  "section",
  { class: "welcome", hidden: true },
  element("h2", {}, strings.title),
  intro,
  ...strings.hints.map((hint) => element("p", { class: "hint" }, ...withCode(hint))),
);
const list = element("div", { class: "turns", role: "log", "aria-live": "polite" });
const scrolled = element("main", {}, welcome, list);
const trouble = element("div", { class: "trouble", role: "status", hidden: true });
const note = element("p", { class: "destination", role: "status", hidden: true });
const announced = element("div", { class: "unseen", role: "status" });
document.body.append(scrolled, trouble, note, box.root, announced);

let conversation = "";
let turns: RenderedTurn[] = [];
let views: TurnView[] = [];

window.addEventListener("message", ({ data }: MessageEvent<ToView>) => {
  if (data.kind === "conversation") showAll(data.id, data.turns);
  else if (data.kind === "turn") showOne(data.index, data.turn, data.id);
  else if (data.kind === "attachment") box.showAttachment(data.attachment);
  else if (data.kind === "trouble") showTrouble(data.trouble);
  else if (data.kind === "destination") showDestination(data.destination);
  else if (data.kind === "mentions") box.mentions.receive(data.request, data.mentions);
  else box.focus();
});
window.addEventListener("focus", () => {
  if (document.activeElement === document.body) box.focus();
});
window.addEventListener("keydown", (event) => {
  if (event.key === "Escape") box.stopAnswer();
});
post({ kind: "ready" });

function showAll(id: string, all: RenderedTurn[]): void {
  if (id !== conversation || all.length < views.length) {
    list.replaceChildren();
    [turns, views] = [[], []];
  }
  conversation = id;
  all.forEach((turn, index) => showOne(index, turn));
  welcome.hidden = turns.length > 0;
  box.show(
    turns.map((turn) => turn.question),
    turns.at(-1)?.answering ?? false,
  );
  scrolled.scrollTop = scrolled.scrollHeight;
}

function showOne(index: number, turn: RenderedTurn, id = conversation): void {
  if (id !== conversation) return; // another conversation is shown by now
  const atEnd = isAtEnd();
  const isNew = index >= views.length;
  if (isNew) {
    views[index] = new TurnView(index);
    list.append(views[index].root);
  }
  const wasAnswering = turns[index]?.answering ?? false;
  turns[index] = turn;
  views[index]?.show(turn);
  welcome.hidden = true;
  box.show(
    turns.map((each) => each.question),
    turns.at(-1)?.answering ?? false,
  );
  if (turn.answering && !wasAnswering) announced.textContent = turn.stage;
  else if (wasAnswering && !turn.answering)
    announced.textContent = turn.fault || (turn.stopped ? strings.stopped : strings.answered);
  if (atEnd || isNew) scrolled.scrollTop = scrolled.scrollHeight;
}

function isAtEnd(): boolean {
  return scrolled.scrollHeight - scrolled.scrollTop - scrolled.clientHeight < NEAR_END_PX;
}

function showTrouble(what: Trouble | undefined): void {
  const atEnd = isAtEnd();
  trouble.hidden = !what;
  const buttons = (what?.remedies ?? []).map(({ remedy, title }) =>
    element("button", { type: "button", click: () => post({ kind: "remedy", remedy }) }, title),
  );
  trouble.replaceChildren(element("p", {}, what?.text ?? ""), ...buttons);
  if (atEnd) scrolled.scrollTop = scrolled.scrollHeight;
}

function showDestination(destination: Destination): void {
  // Screen readers read a text again if it is set again.
  if (intro.textContent !== destination.intro) intro.textContent = destination.intro;
  if (note.textContent !== destination.note) note.textContent = destination.note;
  note.hidden = !destination.note;
}

/** Return a hint with its `names` as code. */
function withCode(text: string): (Node | string)[] {
  return text.split("`").map((part, i) => (i % 2 ? element("code", {}, part) : part));
}

/** The conversations of a workspace, kept over restarts: the newest first, so many and so long, and no more. */

import { randomUUID } from "node:crypto";
import type * as vscode from "vscode";
import type { AskParams, Source } from "../protocol";

const KEY = "chat.conversations";
const MAX_CONVERSATIONS = 50;
const MAX_TURNS = 100; // of one conversation
const MAX_TEXT_CHARS = 64_000; // of one question or answer
const MAX_CONVERSATION_CHARS = 250_000;
const MAX_CHARS = 1_000_000; // of all
const MAX_LISTED = 40; // sources or notices of an answer
const TITLE_CHARS = 80;

export interface Turn {
  question: string;
  about: string;
  text: string;
  sources: Source[];
  notices: string[];
  warnings: string[];
  converses: boolean;
  stopped: boolean;
  fault: string;
  model: string;
}

export interface Conversation {
  id: string;
  touched: number; // milliseconds since 1970
  turns: Turn[];
}

export function newTurn(question: string, about: string): Turn {
  const nothing = { text: "", sources: [], notices: [], warnings: [], fault: "", model: "" };
  // Until it has been answered: where the window is closed first, that is what will have become of it.
  return { question, about, stopped: true, converses: true, ...nothing };
}

export function titleOf(conversation: Conversation): string {
  const line = conversation.turns[0]?.question.trim().split("\n", 1)[0] ?? "";
  return line.length > TITLE_CHARS ? `${line.slice(0, TITLE_CHARS - 1)}…` : line;
}

/** What the model is told of the turns before: only what it has said itself. */
export function historyOf(turns: readonly Turn[]): NonNullable<AskParams["history"]> {
  return turns
    .filter((turn) => turn.converses && turn.text)
    .flatMap(({ question, text }) => [
      { role: "user" as const, text: question },
      { role: "assistant" as const, text },
    ]);
}

export class Conversations {
  private all: Conversation[];

  constructor(private readonly memory: vscode.Memento) {
    const kept = memory.get<unknown>(KEY);
    this.all = Array.isArray(kept) ? kept.filter(isConversation) : [];
  }

  /** Those with a question in them, the newest first. */
  get list(): readonly Conversation[] {
    return this.all;
  }

  begin(): Conversation {
    return { id: randomUUID(), touched: Date.now(), turns: [] };
  }

  /** Keeps a conversation as it is now, and as much of the others as there is room for. */
  async keep(conversation: Conversation): Promise<void> {
    conversation.touched = Date.now();
    this.all = bounded([conversation, ...this.all.filter((each) => each.id !== conversation.id)]);
    await this.memory.update(KEY, this.all);
  }

  async remove(id: string): Promise<void> {
    this.all = this.all.filter((each) => each.id !== id);
    await this.memory.update(KEY, this.all.length ? this.all : undefined);
  }
}

/** `conversations` without what is too much: of long texts the end, of each the oldest turns, of all the oldest. */
export function bounded(conversations: readonly Conversation[]): Conversation[] {
  let room = MAX_CHARS;
  const kept: Conversation[] = [];
  for (const { id, touched, turns } of conversations.slice(0, MAX_CONVERSATIONS)) {
    const fitting: Turn[] = [];
    let within = Math.min(MAX_CONVERSATION_CHARS, room);
    for (const turn of turns.slice(-MAX_TURNS).reverse()) {
      const short = shortened(turn);
      const size = JSON.stringify(short).length;
      if (size > within) break;
      [within, room] = [within - size, room - size];
      fitting.unshift(short);
    }
    if (fitting.length) kept.push({ id, touched, turns: fitting });
  }
  return kept;
}

function shortened(turn: Turn): Turn {
  return {
    ...turn,
    question: turn.question.slice(0, MAX_TEXT_CHARS),
    text: turn.text.slice(0, MAX_TEXT_CHARS),
    sources: turn.sources.slice(0, MAX_LISTED),
    notices: turn.notices.slice(0, MAX_LISTED),
    warnings: turn.warnings.slice(0, MAX_LISTED),
  };
}

/** Whether what was kept is of this version's shape; anything else is left out. */
function isConversation(value: unknown): value is Conversation {
  const { id, touched, turns } = Object(value) as Partial<Conversation>;
  const whole = (turn: Partial<Turn>): boolean =>
    [turn.question, turn.about, turn.text, turn.fault, turn.model].every((each) => typeof each === "string") &&
    [turn.sources, turn.notices, turn.warnings].every(Array.isArray);
  return (
    typeof id === "string" &&
    typeof touched === "number" &&
    Array.isArray(turns) &&
    turns.every((turn) => whole(Object(turn)))
  );
}

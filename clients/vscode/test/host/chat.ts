import assert from "node:assert/strict";
import type * as vscode from "vscode";
import { Conversations, bounded, historyOf, newTurn } from "../../src/chat/conversations";
import type { Conversation } from "../../src/chat/conversations";

/** A conversation of `turns` answers, each of `chars` characters. */
function conversation(id: string, turns: number, chars: number): Conversation {
  const text = "x".repeat(chars);
  return {
    id,
    touched: 0,
    turns: Array.from({ length: turns }, (_, i) => ({ ...newTurn(`question ${i}`, ""), text })),
  };
}

function memory(kept?: unknown): vscode.Memento & { kept: unknown } {
  return {
    kept,
    keys: () => [],
    get: () => kept as never,
    update(_key: string, value: unknown) {
      return Promise.resolve(void (this.kept = value));
    },
  };
}

suite("conversations", () => {
  test("what is kept does not grow without bound: the oldest goes first", () => {
    const many = bounded(Array.from({ length: 200 }, (_, i) => conversation(String(i), 3, 10)));
    assert.equal(many.length, 50);
    assert.equal(many[0]?.id, "0");
    const [long] = bounded([conversation("long", 1_000, 10)]);
    assert.equal(long?.turns.length, 100);
    assert.equal(long.turns.at(-1)?.question, "question 999");
    const large = bounded(Array.from({ length: 50 }, (_, i) => conversation(String(i), 10, 200_000)));
    assert.ok(JSON.stringify(large).length < 1_100_000);
    assert.equal(large[0]?.turns.at(-1)?.question, "question 9");
  });

  test("what was kept by another version, or damaged, is left out", () => {
    const good = conversation("good", 1, 5);
    const kept = [good, null, { id: 1 }, { id: "bad", touched: 0, turns: [{ question: "?" }] }, "text"];
    assert.deepEqual(new Conversations(memory(kept)).list, [good]);
    assert.deepEqual(new Conversations(memory("text")).list, []);
  });

  test("the one asked last stands first, and a removed one is gone", async () => {
    const stored = memory();
    const conversations = new Conversations(stored);
    for (const id of ["one", "two", "one"]) await conversations.keep(conversation(id, 1, 5));
    assert.deepEqual(
      conversations.list.map(({ id }) => id),
      ["one", "two"],
    );
    await conversations.remove("one");
    assert.deepEqual(
      (stored.kept as Conversation[]).map(({ id }) => id),
      ["two"],
    );
  });

  test("the model is told of its own answers only", () => {
    const { turns } = conversation("one", 1, 3);
    const places = { ...newTurn("where?", ""), text: "Look there.", converses: false };
    const failed = newTurn("why?", "");
    assert.deepEqual(historyOf([...turns, places, failed]), [
      { role: "user", text: "question 0" },
      { role: "assistant", text: "xxx" },
    ]);
  });
});

/** With the fixture model that converses: the language model that other extensions get, and the light bulb's fix. */

import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { Exports } from "../../src/extension";
import { until } from "./until";

const BROKEN = "def add(a, b):\n    return a + c\n";
const extension = vscode.extensions.getExtension<Exports>("codegeex-lsp.codegeex-lsp")!;
const { User, Assistant } = vscode.LanguageModelChatMessage;

async function answerTo(messages: vscode.LanguageModelChatMessage[]): Promise<string> {
  const [model] = await vscode.lm.selectChatModels({ vendor: "codegeex" });
  const answer = await model!.sendRequest(messages);
  let text = "";
  for await (const part of answer.text) text += part;
  return text;
}

suiteSetup(async () => {
  await extension.activate();
  await until("the model", () => extension.exports.daemon.status?.chat);
});

suite("language model", () => {
  test("is the daemon's, and its size is known", async () => {
    const [model] = await vscode.lm.selectChatModels({ vendor: "codegeex" });
    assert.equal(model!.name, "codegeex4-fixture");
    assert.equal(model!.maxInputTokens, 4096 - 1024);
    assert.equal(await model!.countTokens("abcdef 你好"), 2 + 3);
  });

  test("answers another extension", async () => {
    assert.equal(await answerTo([User("What is the capital of France?")]), "Paris.");
  });

  test("knows the conversation so far", async () => {
    const before = [User("What is the capital of France?"), Assistant("Paris.")];
    assert.equal(await answerTo([...before, User("你是谁？")]), "我是 CodeGeeX 形状的测试模型。");
  });

  test("is not offered if it only completes", async () => {
    await vscode.workspace.getConfiguration("codegeex").update("model", "", vscode.ConfigurationTarget.Global);
    await until("the embedded model", () => extension.exports.daemon.status?.model.includes("embedded"));
    await until("no model", async () => (await vscode.lm.selectChatModels({ vendor: "codegeex" })).length === 0);
    await vscode.workspace.getConfiguration("codegeex").update("model", undefined, vscode.ConfigurationTarget.Global);
  });
});

suite("light bulb", () => {
  test("fixes a diagnostic, once the change is accepted", async () => {
    await until("the model", () => extension.exports.daemon.status?.chat);
    const [file] = await vscode.workspace.findFiles("sample.py");
    const document = await vscode.workspace.openTextDocument(file!);
    await vscode.window.showTextDocument(document);
    const diagnostics = vscode.languages.createDiagnosticCollection("test");
    const at = new vscode.Range(1, 15, 1, 16);
    diagnostics.set(document.uri, [new vscode.Diagnostic(at, '"c" is not defined')]);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      "vscode.executeCodeActionProvider",
      document.uri,
      at,
      vscode.CodeActionKind.QuickFix.value,
    );
    const fix = actions.find((each) => each.title === 'CodeGeeX: Fix: "c" is not defined');
    assert.ok(fix?.command, actions.map((each) => each.title).join());
    await vscode.commands.executeCommand(fix.command.command, ...(fix.command.arguments as unknown[]));
    assert.equal(document.getText(), BROKEN);
    await vscode.commands.executeCommand("codegeex.accept");
    assert.equal(document.getText(), BROKEN.replace("+ c", "+ b"));
    await vscode.commands.executeCommand("undo");
    assert.equal(document.getText(), BROKEN);
    diagnostics.dispose();
  });
});

import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { answerDefinitions } from "../../src/definitions";
import type { Exports } from "../../src/extension";
import { forDaemon } from "../../src/settings";
import { until } from "./until";

const extension = vscode.extensions.getExtension<Exports>("codegeex-lsp.codegeex-lsp")!;
const section = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration("codegeex");

async function set(name: string, value: unknown): Promise<void> {
  await section().update(name, value, vscode.ConfigurationTarget.Global);
}

function shown(): string {
  const { icon, text } = extension.exports.status.content;
  return `${icon} ${text}`;
}

async function open(content: string, language = "python"): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument({ content, language });
  await vscode.window.showTextDocument(document);
  return document;
}

/** Return the daemon's suggestions at the end of a document, over the extension's own connection. */
async function suggested(document: vscode.TextDocument): Promise<string[]> {
  const answer = await extension.exports.daemon.client!.sendRequest<{ items: { insertText: string }[] }>(
    "textDocument/inlineCompletion",
    {
      textDocument: { uri: document.uri.toString() },
      position: document.positionAt(document.getText().length),
      context: { triggerKind: 2 },
    },
  );
  return answer.items.map((item) => item.insertText);
}

suiteSetup(async () => {
  await extension.activate();
  await until("the daemon", () => shown() === "sparkle scripted");
});

suite("commands", () => {
  test("each that package.json names is there", async () => {
    const named = (extension.packageJSON.contributes.commands as { command: string }[]).map((each) => each.command);
    const known = await vscode.commands.getCommands(true);
    assert.deepEqual(named.filter((each) => !known.includes(each)), []);
    assert.ok(named.length > 5);
  });

  test("restart starts another daemon", async () => {
    const before = extension.exports.daemon.client;
    await vscode.commands.executeCommand("codegeex.restart");
    await until("the new daemon", () => shown() === "sparkle scripted");
    assert.notEqual(extension.exports.daemon.client, before);
  });

  test("two restarts at once are two restarts one after the other", async () => {
    await Promise.all([1, 2].map(() => vscode.commands.executeCommand("codegeex.restart")));
    await until("the daemon", () => shown() === "sparkle scripted");
    assert.equal(extension.exports.daemon.state, "running");
  });

  test("toggle turns the daemon off, and on again", async () => {
    await vscode.commands.executeCommand("codegeex.toggle");
    await until("the end", () => extension.exports.daemon.client === undefined);
    assert.equal(shown(), "circle-slash CodeGeeX");
    await vscode.commands.executeCommand("codegeex.toggle");
    await until("the daemon", () => shown() === "sparkle scripted");
  });
});

suite("status", () => {
  test("shows that a language is turned off", async () => {
    await open("");
    await vscode.commands.executeCommand("codegeex.toggleLanguage");
    await until("the status", () => shown() === "circle-slash scripted");
    assert.deepEqual(section().get("disabledLanguages"), ["python"]);
    await open("", "typescript");
    await until("the status", () => shown() === "sparkle scripted");
    await set("disabledLanguages", undefined);
  });

  test("shows that suggestions are snoozed, and until when", async () => {
    extension.exports.snooze.start(5);
    assert.equal(shown(), "bell-slash scripted");
    assert.match(extension.exports.status.content.detail, /Snoozed until \d/);
    extension.exports.snooze.end();
    assert.equal(shown(), "sparkle scripted");
  });

  test("a path that is no command is an error with the reason, until it is corrected", async () => {
    const command = section().get("server.path");
    await set("server.path", "/nowhere/codegeex-lsp");
    await until("the error", () => shown() === "error CodeGeeX");
    assert.match(extension.exports.status.content.detail, /\/nowhere\/codegeex-lsp/);
    await set("server.path", command);
    await until("the daemon", () => shown() === "sparkle scripted");
  });
});

suite("settings", () => {
  test("package.json's defaults are what the daemon is sent, and receipts", () => {
    const sent = forDaemon() as { enable: boolean; completion: { mode: string }; context: { receipts: boolean } };
    assert.equal(sent.enable, true);
    assert.equal(sent.completion.mode, "auto");
    assert.equal(sent.context.receipts, true);
  });

  test("a change reaches the daemon", async () => {
    const document = await open("answer = ");
    assert.deepEqual(await suggested(document), ["compute_the_answer(42)"]);
    await set("disabledLanguages", ["python"]);
    await until("the change", () => shown() === "circle-slash scripted");
    assert.deepEqual(await suggested(document), []);
    await set("disabledLanguages", undefined);
    await until("the change", () => shown() === "sparkle scripted");
    assert.deepEqual(await suggested(document), ["compute_the_answer(42)"]);
  });
});

suite("documents", () => {
  test("an untitled file is completed", async () => {
    const document = await open("answer = ");
    assert.equal(document.uri.scheme, "untitled");
    assert.deepEqual(await suggested(document), ["compute_the_answer(42)"]);
  });

  test("in a pause the daemon requests the definitions of the names at the cursor", async () => {
    const asked: string[] = [];
    const note = (document: vscode.TextDocument, at: vscode.Position): undefined =>
      void asked.push(document.getText(document.getWordRangeAtPosition(at)));
    const providers = [
      vscode.languages.registerDefinitionProvider("python", { provideDefinition: note }),
      vscode.languages.registerTypeDefinitionProvider("python", { provideTypeDefinition: note }),
    ];
    const file = vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, "area.py");
    await vscode.workspace.fs.writeFile(file, Buffer.from("def area(): pass\nanswer = "));
    const document = await vscode.workspace.openTextDocument(file);
    await suggested(document);
    await until("the question", () => asked.length >= 4);
    assert.deepEqual(asked.toSorted(), ["answer", "answer", "area", "area"]);
    providers.forEach((each) => each.dispose());
  });

  test("definitions come from the language's own server", async () => {
    const document = await open("def area(): pass\narea()\n");
    const [whole, name] = [new vscode.Range(0, 0, 0, 16), new vscode.Range(0, 4, 0, 8)];
    const provider = vscode.languages.registerDefinitionProvider("python", {
      provideDefinition: (_document, { line }) =>
        line ? [{ targetUri: document.uri, targetRange: whole, targetSelectionRange: name }] : undefined,
    });
    const { client } = extension.exports.daemon;
    let answer: ((params: object) => Promise<unknown>) | undefined;
    answerDefinitions({
      onRequest: (_type: unknown, handler: typeof answer) => (answer = handler),
      code2ProtocolConverter: client!.code2ProtocolConverter,
      protocol2CodeConverter: client!.protocol2CodeConverter,
    } as unknown as LanguageClient);
    const uri = document.uri.toString();
    const positions = [
      { line: 1, character: 1 },
      { line: 0, character: 0 },
    ];
    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 16 } };
    assert.deepEqual(await answer!({ textDocument: { uri }, positions }), [[{ uri, range }], []]);
    provider.dispose();
  });
});

/** The view's page. Only its own script runs in it, and only its own style is loaded. */

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { viewStrings } from "./strings";

const NONCE_BYTES = 16;

export function renderPage(webview: vscode.Webview, media: vscode.Uri): string {
  const nonce = randomBytes(NONCE_BYTES).toString("base64");
  const address = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(media, name)).toString();
  const policy = [`default-src 'none'`, `script-src 'nonce-${nonce}'`, `style-src ${webview.cspSource}`].join("; ");
  const texts = escapeHtml(JSON.stringify(viewStrings()));
  return `<!doctype renderPage>
<renderPage lang="${escapeHtml(vscode.env.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${escapeHtml(address("style.css"))}">
<title>CodeGeeX</title>
</head>
<body data-strings="${texts}">
<script nonce="${nonce}" src="${escapeHtml(address("main.js"))}"></script>
</body>
</renderPage>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}

/** The list of conversations, to continue one or delete some. */

import * as vscode from "vscode";
import { conversationTitle } from "./conversations";
import type { Conversation, Conversations } from "./conversations";

interface Entry extends vscode.QuickPickItem {
  conversation: Conversation;
}

/** Return the conversation that the user picks; call `forget` with the id of each one to delete. */
export function chooseConversation(
  conversations: Conversations,
  forget: (id: string) => Promise<void>,
): Promise<Conversation | undefined> {
  const { t } = vscode.l10n;
  const remove: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon("trash"), tooltip: t("Delete") };
  const list = vscode.window.createQuickPick<Entry>();
  const fill = (): void => {
    list.items = conversations.list.map((conversation) => ({
      label: conversationTitle(conversation),
      description: new Date(conversation.touched).toLocaleString(vscode.env.language, {
        dateStyle: "medium",
        timeStyle: "short",
      }),
      buttons: [remove],
      conversation,
    }));
  };
  list.title = t("Conversations");
  list.placeholder = conversations.list.length ? t("Continue a conversation") : t("No conversations yet.");
  fill();
  return new Promise((resolve) => {
    list.onDidTriggerItemButton(({ item }) => void forget(item.conversation.id).then(fill));
    list.onDidAccept(() => {
      resolve(list.selectedItems[0]?.conversation);
      list.hide();
    });
    list.onDidHide(() => {
      resolve(undefined);
      list.dispose();
    });
    list.show();
  });
}

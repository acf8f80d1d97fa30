/** The chat view in a window, and what a user does in it. */

export class ChatView {
  constructor(window) {
    this.frame = window.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
    this.box = this.frame.locator("textarea");
    this.chip = this.frame.locator(".chip");
    this.turns = this.frame.locator(".turn");
  }

  /** Open the view and wait until it accepts a question. */
  static async open(window) {
    await window.page.locator('.activitybar .action-label[aria-label^="CodeGeeX"]').click();
    const chat = new ChatView(window);
    await chat.box.waitFor();
    return chat;
  }

  async ask(question) {
    await this.box.fill(question);
    await this.box.press("Enter");
  }

  /** Ask, and return the turn once its answer is complete. */
  async answer(question) {
    const index = await this.turns.count();
    await this.ask(question);
    return this.answered(index);
  }

  /** Return the turn at an index, once its answer is complete. */
  async answered(index) {
    await this.frame.locator(`.turn:nth-child(${index + 1})[aria-busy="false"]`).waitFor();
    return this.turns.nth(index);
  }

  /** Return a button of an answer's only code block. */
  tool(turn, name) {
    return turn.locator(".tools").getByRole("button", { name });
  }
}

import { Channel, Listener, Subscription } from "./channel";

/** A channel that replays the last messages of a topic to whoever comes late. */
export class ReplayChannel<T> extends Channel<T> {
  private readonly history = new Map<string, T[]>();

  constructor(private readonly limit: number) {
    super();
    if (limit < 1) {
      throw new RangeError("limit must be at least 1");
    }
  }

  override subscribe(topic: string, listener: Listener<T>): Subscription {
    for (const message of this.history.get(topic) ?? []) {
      listener(message);
    }
    return super.subscribe(topic, listener);
  }

  override publish(topic: string, message: T): number {
    const past = this.history.get(topic) ?? [];
    past.push(message);
    if (past.length > this.limit) {
      past.shift();
    }
    this.history.set(topic, past);
    return super.publish(topic, message);
  }
}

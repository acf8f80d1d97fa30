export type Listener<T> = (message: T) => void;

export interface Subscription {
  readonly topic: string;
  close(): void;
}

/** Delivers each message to whoever listens on its topic, in the order of subscription. */
export class Channel<T> {
  private readonly listeners = new Map<string, Set<Listener<T>>>();

  subscribe(topic: string, listener: Listener<T>): Subscription {
    let set = this.listeners.get(topic);
    if (set === undefined) {
      set = new Set();
      this.listeners.set(topic, set);
    }
    set.add(listener);
    return { topic, close: () => this.unsubscribe(topic, listener) };
  }

  unsubscribe(topic: string, listener: Listener<T>): void {
    const set = this.listeners.get(topic);
    if (set === undefined) {
      return;
    }
    set.delete(listener);
    if (set.size === 0) {
      this.listeners.delete(topic);
    }
  }

  publish(topic: string, message: T): number {
    const set = this.listeners.get(topic);
    if (set === undefined) {
      return 0;
    }
    for (const listener of set) {
      listener(message);
    }
    return set.size;
  }
}

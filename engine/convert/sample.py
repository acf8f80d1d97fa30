"""The text on which a converted model and its checkpoint are compared: several programming and natural languages."""

SAMPLE = '''\
# language: Python
from __future__ import annotations

import heapq


class Graph:
    """加权有向图。A weighted, directed graph."""

    def __init__(self) -> None:
        self._edges: dict[str, list[tuple[str, float]]] = {}

    def connect(self, start: str, end: str, weight: float = 1.0) -> None:
        if weight < 0:
            raise ValueError(f"negative weight: {weight!r}")
        self._edges.setdefault(start, []).append((end, weight))

    def shortest(self, start: str) -> dict[str, float]:
        # 最短路径 (Dijkstra): the queue holds (distance, node).
        distances = {start: 0.0}
        queue = [(0.0, start)]
        while queue:
            distance, node = heapq.heappop(queue)
            for neighbour, weight in self._edges.get(node, ()):
                found = distance + weight
                if found < distances.get(neighbour, float("inf")):
                    distances[neighbour] = found
                    heapq.heappush(queue, (found, neighbour))
        return distances

// language: Go
package cache

import "sync"

type Entry[V any] struct {
\tvalue V
\tused  int64
}

func (c *Cache[K, V]) Get(key K) (V, bool) {
\tc.mutex.Lock()
\tdefer c.mutex.Unlock()
\tentry, ok := c.entries[key]
\treturn entry.value, ok
}

// language: Rust
impl<T: Ord> Heap<T> {
    pub fn push(&mut self, item: T) {
        self.items.push(item);
        self.sift_up(self.items.len() - 1);
    }
}

// language: JavaScript
export const debounce = (run, wait = 250) => {
  let timer;
  return (...rest) => { clearTimeout(timer); timer = setTimeout(() => run(...rest), wait); };
};

// language: C++
template <typename Key> std::vector<Key> unique(std::vector<Key> keys) {
        std::sort(keys.begin(), keys.end());
        keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
        return keys;
}

-- language: SQL
SELECT customer, SUM(amount) AS total FROM orders WHERE placed >= '2024-01-01' GROUP BY customer HAVING total > 100;

写一个快速排序函数，并解释它的时间复杂度。 🙂
'''

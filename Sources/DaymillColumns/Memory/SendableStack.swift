import Synchronization

/// Things that one thread at a time uses, kept for whoever comes next.
// Unchecked because `items` is touched under `lock`, and a popped thing belongs to one thread until pushed.
package final class SendableStack<T>: @unchecked Sendable {
    private let lock = Mutex<Void>(())
    private var items: [T] = []

    package init() {}

    package var count: Int { lock.withLock { _ in items.count } }

    package func pop() -> T? { lock.withLock { _ in items.popLast() } }

    package func push(_ item: T) { lock.withLock { _ in items.append(item) } }
}

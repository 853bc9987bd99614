/// Tells which of k sorted inputs comes first.
///
///     first ◀─ node 1 ◀─┬─ node 2 ◀─┬─ input 0      every node keeps the loser of its match;
///                       │           └─ input 1      a step replays the matches from one input to the top
///                       └─ node 3 ◀─┬─ …            (Knuth, The Art of Computer Programming 3, 5.4.1)
///
/// An input stands there by a number that orders it; where two numbers are equal the caller decides.
final class LoserTree {
    private let count: Int
    private let numbers: Buffer<UInt64>
    private let done: Buffer<Bool>
    /// node[0] is the input that comes first.
    private let nodes: Buffer<Int32>

    /// - Parameter count: of inputs. Set each, then `play`.
    init(_ count: Int) {
        self.count = count
        numbers = Buffer(capacity: count)
        done = Buffer(capacity: count)
        nodes = Buffer(capacity: max(1, count))
    }

    /// The input that comes first; meaningless where there are none.
    @inline(__always)
    var first: Int { Int(nodes.pointer[0]) }

    /// Whether all inputs are done.
    @inline(__always)
    var isDone: Bool { count == 0 || done.pointer[first] }

    @inline(__always)
    func number(_ input: Int) -> UInt64 { numbers.pointer[input] }

    /// Says where an input stands now; nil when it is done.
    @inline(__always)
    func set(_ input: Int, _ number: UInt64?) {
        numbers.pointer[input] = number ?? .max
        if number == nil { done.pointer[input] = true }
    }

    /// The matches between all inputs. Call once, before anything is asked.
    func play(_ precedesAmongEquals: (Int, Int) -> Bool) {
        guard count > 1 else { return }
        var winners = (0..<2 * count).map { Int32($0 - count) }
        for node in (1..<count).reversed() {
            let (a, b) = (winners[2 * node], winners[2 * node + 1])
            let isFirst = precedes(a, b, precedesAmongEquals)
            winners[node] = isFirst ? a : b
            nodes.pointer[node] = isFirst ? b : a
        }
        nodes.pointer[0] = winners[1]
    }

    /// Replays the matches of an input, that which came first and has been set anew.
    @inline(__always)
    func replay(_ input: Int, _ precedesAmongEquals: (Int, Int) -> Bool) {
        var winner = Int32(truncatingIfNeeded: input)
        var node = (input &+ count) >> 1
        while node > 0 {
            if precedes(nodes.pointer[node], winner, precedesAmongEquals) { swap(&nodes.pointer[node], &winner) }
            node >>= 1
        }
        nodes.pointer[0] = winner
    }

    @inline(__always)
    private func precedes(_ a: Int32, _ b: Int32, _ precedesAmongEquals: (Int, Int) -> Bool) -> Bool {
        let x = numbers.pointer[Int(a)], y = numbers.pointer[Int(b)]
        if x != y { return x < y }
        if done.pointer[Int(a)] || done.pointer[Int(b)] { return !done.pointer[Int(a)] }
        return precedesAmongEquals(Int(a), Int(b))
    }
}

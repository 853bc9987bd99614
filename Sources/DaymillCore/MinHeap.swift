/// The least element first.
package struct MinHeap<Element: Comparable> {
    private var elements: [Element] = []

    package init() {}

    package var first: Element? { elements.first }
    package var isEmpty: Bool { elements.isEmpty }

    /// O(log n).
    package mutating func push(_ element: Element) {
        var place = elements.count
        elements.append(element)
        while place > 0, elements[place] < elements[(place - 1) / 2] {
            elements.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    /// O(log n).
    package mutating func pop() -> Element? {
        guard let first = elements.first, let last = elements.popLast() else { return nil }
        guard !elements.isEmpty else { return first }
        elements[0] = last
        var place = 0
        while true {
            let left = 2 * place + 1
            guard left < elements.count else { return first }
            let child = left + 1 < elements.count && elements[left + 1] < elements[left] ? left + 1 : left
            guard elements[child] < elements[place] else { return first }
            elements.swapAt(place, child)
            place = child
        }
    }
}

extension MinHeap: Sendable where Element: Sendable {}

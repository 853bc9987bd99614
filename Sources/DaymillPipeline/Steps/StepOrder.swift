import DaymillCore

/// An order of steps in which each stands after those it needs; among those that may stand next, the first of the file.
///
/// O((n + needs) log n). The algorithm is Kahn's (1962), with a heap for those that are ready.
struct StepOrder {
    /// Positions of steps in the file; those of cycles, and what needs them, are left out.
    private(set) var positions: [Int] = []
    /// Names of steps each of which needs the next one, and the last one the first; empty when there is no cycle.
    private(set) var cycle: [String] = []

    /// - Parameter steps: names, which are unique, and the names each needs; unknown ones are passed over.
    init(_ steps: [(name: String, needs: [String])]) {
        let places = Dictionary(steps.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        let needs = steps.map { step in Set(step.needs.compactMap { places[$0] }) }
        var dependents = Array(repeating: [Int](), count: steps.count)
        for (step, needs) in needs.enumerated() { for need in needs { dependents[need].append(step) } }
        var left = needs.map(\.count)
        var ready = MinHeap<Int>()
        for step in steps.indices where left[step] == 0 { ready.push(step) }
        while let step = ready.pop() {
            positions.append(step)
            for dependent in dependents[step] {
                left[dependent] -= 1
                if left[dependent] == 0 { ready.push(dependent) }
            }
        }
        if positions.count < steps.count { cycle = StepOrder.cycle(steps.map(\.name), needs, left) }
    }

    /// Every step that is left needs another one that is left, so following them comes back to where it was.
    private static func cycle(_ names: [String], _ needs: [Set<Int>], _ left: [Int]) -> [String] {
        guard var step = left.firstIndex(where: { $0 > 0 }) else { return [] }
        var path: [Int] = [], places: [Int: Int] = [:]
        while places[step] == nil {
            places[step] = path.count
            path.append(step)
            guard let next = needs[step].filter({ left[$0] > 0 }).min() else { return [] }
            step = next
        }
        return path[(places[step] ?? 0)...].map { names[$0] }
    }
}

import DaymillCore
import DaymillTestKit
import Testing

@testable import DaymillPipeline

/// The order of steps, against one that looks at all of them each time.
@Suite struct StepOrderTests {
    private typealias Steps = [(name: String, needs: [String])]

    /// Each time the first of the file that stands nowhere yet and whose needs all stand before.
    private func naive(_ steps: Steps) -> [Int] {
        let known = Set(steps.map(\.name))
        var order: [Int] = []
        while let next = steps.indices.first(where: { step in
            let before = Set(order.map { steps[$0].name })
            return !order.contains(step) && steps[step].needs.allSatisfy { !known.contains($0) || before.contains($0) }
        }) {
            order.append(next)
        }
        return order
    }

    private func isCycle(_ cycle: [String], _ steps: Steps) -> Bool {
        let needs = Dictionary(uniqueKeysWithValues: steps.map { ($0.name, $0.needs) })
        return Set(cycle).count == cycle.count
            && zip(cycle, cycle.dropFirst() + cycle.prefix(1)).allSatisfy { needs[$0]!.contains($1) }
    }

    @Test func ordersAsANaiveOne() {
        var random = SeededGenerator(seed: 11)
        var cycles = 0
        for round in 0..<3000 {
            let count = random.pick([0, 1, 2, 3, 5, 9, 20])
            let isForward = random.once(in: 2), most = random.number(0...3)
            let steps: Steps = (0..<count).map { step in
                let needs = (0..<random.number(0...most)).map { _ in
                    random.once(in: 10) ? "gone" : "s\(isForward ? random.below(step + 1) : random.below(count))"
                }
                return ("s\(step)", isForward ? needs.filter { $0 != "s\(step)" } : needs)
            }
            let order = StepOrder(steps)
            #expect(order.positions == naive(steps), "round \(round): \(steps)")
            #expect(order.cycle.isEmpty == (order.positions.count == count), "round \(round)")
            guard !order.cycle.isEmpty else { continue }
            cycles += 1
            #expect(isCycle(order.cycle, steps), "round \(round): \(order.cycle) in \(steps)")
        }
        #expect(cycles > 300, "\(cycles)")
    }

    @Test func stepsThatNeedNothingStayAsInTheFile() {
        #expect(StepOrder([("b", []), ("a", []), ("c", [])]).positions == [0, 1, 2])
    }

    @Test func aStepComesAsSoonAsItCan() {
        #expect(StepOrder([("a", ["d"]), ("b", []), ("c", []), ("d", [])]).positions == [1, 2, 3, 0])
        #expect(StepOrder([("a", ["b"]), ("b", []), ("c", [])]).positions == [1, 0, 2])
    }

    @Test func aNeedThatIsNamedTwiceCountsOnce() {
        #expect(StepOrder([("a", ["b", "b"]), ("b", [])]).positions == [1, 0])
    }

    @Test func theCycleLeavesOutWhatOnlyNeedsIt() {
        let order = StepOrder([("x", ["a"]), ("a", ["b"]), ("b", ["c", "y"]), ("c", ["a"]), ("y", [])])
        #expect(order.cycle == ["a", "b", "c"] && order.positions == [4])
    }

    @Test func aStepThatNeedsItselfIsACycle() {
        let order = StepOrder([("a", ["a"]), ("b", [])])
        #expect(order.cycle == ["a"] && order.positions == [1])
    }

    /// As many steps as a pipeline may have, the last of the file first.
    @Test(.timeLimit(.minutes(1))) func aLongChainIsOrdered() {
        let count = Limits.entriesPerPipelineMax
        let chain: Steps = (0..<count).map { ("s\($0)", $0 == count - 1 ? [] : ["s\($0 + 1)"]) }
        #expect(StepOrder(chain).positions == Array((0..<count).reversed()))
        let ring: Steps = (0..<count).map { ("s\($0)", ["s\(($0 + 1) % count)"]) }
        #expect(StepOrder(ring).cycle.count == count && StepOrder(ring).positions.isEmpty)
    }

    // MARK: The heap beneath

    @Test func aHeapGivesTheLeastFirst() {
        var random = SeededGenerator(seed: 12)
        for round in 0..<500 {
            var heap = MinHeap<Int>(), kept: [Int] = []
            for _ in 0..<random.pick([0, 1, 2, 3, 10, 100]) {
                // Many are equal, and some are taken between.
                if random.once(in: 3) {
                    kept.sort(by: >)
                    #expect(heap.pop() == kept.popLast(), "round \(round)")
                } else {
                    let value = random.below(20) - 10
                    heap.push(value)
                    kept.append(value)
                }
                #expect(heap.first == kept.min() && heap.isEmpty == kept.isEmpty, "round \(round)")
            }
            var rest: [Int] = []
            while let value = heap.pop() { rest.append(value) }
            #expect(rest == kept.sorted() && heap.isEmpty && heap.first == nil, "round \(round)")
        }
    }
}

import DaymillCore
import DaymillPipeline
import DaymillTestKit
import Testing

@testable import DaymillRunner

/// Graphs of as many steps as a pipeline may have: all that happens is decided, and soon. Whoever looks at all steps at
/// each event takes minutes here.
@Suite struct RunMachineLargeGraphTests {
    enum Shape: String, CaseIterable, Sendable { case chain, wide, fan, layers, random, items }

    private static let count = Limits.entriesPerPipelineMax

    /// Names of needs by position; all of lower positions.
    private func needs(_ shape: Shape) -> [[Int]] {
        var random = SeededGenerator(seed: 3)
        return (0..<Self.count).map { step in
            switch shape {
            case .chain: step == 0 ? [] : [step - 1]
            case .wide, .items: []
            // One that all need, and one that needs all.
            case .fan: step == 0 ? [] : step == Self.count - 1 ? Array(0..<step) : [0]
            case .layers: step < 100 ? [] : (0..<3).map { (step / 100 - 1) * 100 + (step + $0 * 31) % 100 }
            case .random: step == 0 ? [] : (0..<3).map { _ in random.below(step) }
            }
        }
    }

    private func pipeline(_ shape: Shape) throws -> Pipeline {
        var pipeline = try Pipeline.parse("steps: { a: { shell: a } }", file: "pipelines/job.yaml")
        let node = pipeline.nodes[0]
        pipeline.nodes = needs(shape).enumerated().map { place, needs in
            var node = node
            node.name = "s\(place)"
            node.needs = needs.map { "s\($0)" }
            if shape == .items, place == 0 {
                node.control.forEach = .items((0..<Limits.itemsPerStepMax).map { "i\($0)" })
            }
            node.control.retry.times = place % 7 == 0 ? 1 : 0
            return node
        }
        return pipeline
    }

    @Test(.timeLimit(.minutes(1)), arguments: Shape.allCases)
    func aGraphOfTheMostStepsIsDecided(_ shape: Shape) throws {
        var machine = RunMachine(
            try pipeline(shape), known: [:], cores: 4, chance: { _, _ in 0.5 }, holds: { _, _ in true })
        var now: Int64 = 0, starts = 0, ends = 0, wakes = MinHeap<Int64>()
        var atWork: [RunDecisions.Start] = []
        func take(_ decisions: RunDecisions) {
            starts += decisions.starts.count
            ends += decisions.changes.count { $0.state != .running }
            atWork += decisions.starts
            for wake in decisions.wakeAt { wakes.push(wake) }
        }
        take(machine.begin(now: now))
        while !machine.isOver {
            if let start = atWork.popLast() {
                let fails = start.unit.node % 7 == 0 && start.attempt == 1
                let result: AttemptResult =
                    fails
                    ? .failed(RunProblem(code: "step-failed", message: "it broke"), facts: [:]) : .succeeded(facts: [:])
                take(machine.handle(.ended(start.unit, result), now: now))
            } else {
                guard let wake = wakes.pop() else { break }
                now = wake
                take(machine.handle(.time, now: now))
            }
        }
        let items = shape == .items ? Limits.itemsPerStepMax - 1 : 0
        let retried = (Self.count + 6) / 7
        #expect(starts == Self.count + items + retried + items && ends == starts)
        #expect(machine.isOver && machine.result == .succeeded)
    }

    /// A failure at the start leaves out all of a long chain at once, and ending the run ends it.
    @Test(.timeLimit(.minutes(1)), arguments: [false, true])
    func theEndOfALongChainIsNoDeepCall(_ isEnded: Bool) throws {
        var machine = RunMachine(
            try pipeline(.chain), known: [:], cores: 4, chance: { _, _ in 0.5 }, holds: { _, _ in true })
        let start = try #require(machine.begin(now: 0).starts.first)
        if isEnded { #expect(machine.handle(.cancel("somebody stopped it"), now: 0).stops == [start.unit]) }
        let problem = RunProblem(code: "step-failed", message: "it broke")
        var decisions = machine.handle(.ended(start.unit, .failed(problem, facts: [:])), now: 0)
        if !isEnded {
            #expect(decisions.wakeAt.count == 1)
            let again = machine.handle(.time, now: decisions.wakeAt[0])
            decisions = machine.handle(.ended(again.starts[0].unit, .failed(problem, facts: [:])), now: 0)
        }
        #expect(decisions.changes.count == Self.count && decisions.starts.isEmpty && machine.isOver)
        let phases = Set(machine.states.dropFirst().map(\.phase))
        #expect(phases == [isEnded ? .cancelled : .skipped])
    }
}

import DaymillCore
import DaymillPipeline
import DaymillTestKit
import Testing

@testable import DaymillRunner

/// What a run decides, against a twin that looks at all steps again and again: graphs by chance, with every control
/// that there is.
@Suite struct RunMachineTests {
    /// A graph by chance, and how everything in it ends.
    private struct Case {
        var seed: UInt64
        var graph: TwinGraph
        var pipeline: Pipeline
        var outcomes: TwinOutcomes
        var trouble: RunMachineSimulation.Trouble

        init(seed: UInt64, hasChains: Bool = false) throws {
            self.seed = seed
            var random = SeededGenerator(seed: seed)
            graph = TwinGraph(&random, hasChains: hasChains)
            pipeline = try Pipeline.parse(graph.yaml, file: "pipelines/job.yaml")
            outcomes = TwinOutcomes(seed: random.next(), failing: random.pick([0, 1, 3, 5, 9]))
            trouble = .init()
        }

        /// Another course of the same graph.
        mutating func shuffle(_ random: inout SeededGenerator) {
            outcomes = TwinOutcomes(seed: random.next(), failing: random.pick([0, 1, 3, 5, 9]))
            trouble = .init()
            if random.once(in: 3) { settleSome(&random) }
            if random.once(in: 4) {
                for step in graph.steps.indices { trouble.earlierAttempts[step] = random.below(3) }
            }
            if random.once(in: 3) {
                for step in graph.steps.indices {
                    trouble.done[step] = Set((0..<5).filter { _ in random.once(in: 2) })
                }
            }
            if random.once(in: 3) { trouble.cancelsAfter = random.number(1...30) }
            trouble.isFailure = random.once(in: 3)
        }

        private mutating func settleSome(_ random: inout SeededGenerator) {
            for step in graph.steps.indices where random.once(in: 3) {
                let phase = random.pick([.succeeded, .succeeded, .failed, .skipped] as [RunMachine.NodeState.Phase])
                let facts = random.once(in: 2) ? ["n": "\(random.below(11))"] : [:]
                trouble.settled[step] = .init(phase: phase, reason: "an earlier run did it", facts: facts)
            }
        }

        func simulation(_ course: UInt64) -> RunMachineSimulation {
            RunMachineSimulation(graph, pipeline, outcomes, trouble, seed: seed &+ course &* 7919)
        }
    }

    /// What all of them came to, so that it shows that nothing was left out.
    private struct Tally {
        var ends: [TwinGraph.Why: Int] = [:]
        var retried = 0, cancelled = 0, items = 0

        mutating func add(_ simulation: RunMachineSimulation) {
            for state in simulation.machine.states {
                ends[TwinGraph.Why(state.reason), default: 0] += 1
                if state.items?.count ?? 0 > 1 { items += 1 }
            }
            if case .cancelled = simulation.machine.result { cancelled += 1 }
            retried += simulation.transcript.count { $0.hasSuffix(" 2 starts") }
        }
    }

    private func check(_ simulation: RunMachineSimulation, _ what: Case, course: UInt64) -> Bool {
        guard !simulation.problems.isEmpty else { return true }
        Issue.record(
            """
            seed \(what.seed), course \(course): \(simulation.problems.joined(separator: "\n"))
            \(what.graph.yaml)
            \(simulation.transcript.suffix(40).joined(separator: "\n"))
            """)
        return false
    }

    /// Each graph goes several ways: other outcomes, another order, another trouble.
    private func decideAsTheTwin(seeds: Range<UInt64>, courses: UInt64, hasChains: Bool) throws -> Tally {
        var tally = Tally()
        for seed in seeds {
            var graph = try Case(seed: seed, hasChains: hasChains)
            var random = SeededGenerator(seed: seed &* 31)
            for course in 0..<courses {
                if course > 0 { graph.shuffle(&random) }
                var simulation = graph.simulation(course)
                simulation.run()
                guard check(simulation, graph, course: course) else { return tally }
                tally.add(simulation)
            }
        }
        return tally
    }

    @Test func decidesAsATwinThatLooksAtAllSteps() throws {
        let tally = try decideAsTheTwin(seeds: 0..<500, courses: 8, hasChains: false)
        for why in [
            .nothing, .needFailed, .needLeftOut, .noneFailed, .notAllFailed, .noneSucceeded, .otherDidNotFail,
            .conditionIsFalse, .conditionIsUnanswered, .noItems, .itself, .runEnded, .earlier,
        ] as [TwinGraph.Why] {
            #expect(tally.ends[why] ?? 0 > 20, "\(why): \(tally.ends)")
        }
        #expect(tally.retried > 1000 && tally.cancelled > 100 && tally.items > 1000, "\(tally)")
    }

    /// The step that takes the place of another may have one that takes its own.
    @Test
    func decidesAsATwinWhereFallbacksHaveFallbacks() throws {
        _ = try decideAsTheTwin(seeds: 0..<300, courses: 6, hasChains: true)
    }

    @Test func theSameEventsGiveTheSameDecisions() throws {
        for seed in 1000..<1040 as Range<UInt64> {
            var graph = try Case(seed: seed)
            var random = SeededGenerator(seed: seed)
            graph.shuffle(&random)
            var first = graph.simulation(1), second = graph.simulation(1)
            first.run()
            second.run()
            #expect(first.transcript == second.transcript && first.problems.isEmpty, "seed \(seed)")
            #expect(first.machine.result == second.machine.result)
        }
    }

    /// In which order attempts end makes no difference to what they come to.
    @Test func theOrderOfEndsDoesNotMatter() throws {
        for seed in 2000..<2060 as Range<UInt64> {
            let graph = try Case(seed: seed)
            let ends = (0..<4 as Range<UInt64>).map { course in
                var simulation = graph.simulation(course)
                simulation.run()
                return (simulation.machine.states.map(\.phase), simulation.machine.facts, simulation.problems)
            }
            for end in ends {
                #expect(end.0 == ends[0].0 && end.1 == ends[0].1 && end.2.isEmpty, "seed \(seed)")
            }
        }
    }
}

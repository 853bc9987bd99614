import DaymillCore
import DaymillPipeline
import Testing

@testable import DaymillRunner

/// What a run decides, case by case.
@Suite struct RunMachineCaseTests {
    private func steps(_ text: String) -> String {
        "params: { one: { type: integer, default: 1 }, empty: { type: integer } }\nsteps:\n" + text
    }

    private func ends(_ yaml: String, _ outcomes: [String: String] = [:]) throws -> [String] {
        var script = try RunMachineScript(yaml, outcomes)
        script.run()
        #expect(script.machine.isOver)
        return script.ends
    }

    // MARK: run_if

    /// Two steps, and one that needs both: what becomes of it when they succeeded (+), failed (-) or were left out (0).
    struct TwoNeeds: Sendable, CustomTestStringConvertible {
        var runIf: RunIf
        /// The two, and why the third is left out; empty: it starts.
        var rows: [(String, String)]

        var testDescription: String { runIf.rawValue }
    }

    @Test(
        arguments: [
            TwoNeeds(
                runIf: .allSucceeded,
                rows: [
                    ("++", ""), ("+-", "b failed"), ("+0", "b was left out"), ("-+", "a failed"), ("--", "a, b failed"),
                    ("-0", "a failed"), ("0+", "a was left out"), ("0-", "b failed"), ("00", "a, b were left out"),
                ]),
            TwoNeeds(
                runIf: .allDone,
                rows: ["++", "+-", "+0", "-+", "--", "-0", "0+", "0-", "00"].map { ($0, "") }),
            TwoNeeds(
                runIf: .noneFailed,
                rows: [
                    ("++", ""), ("+-", "b failed"), ("+0", ""), ("-+", "a failed"), ("--", "a, b failed"),
                    ("-0", "a failed"), ("0+", ""), ("0-", "b failed"), ("00", ""),
                ]),
            TwoNeeds(
                runIf: .anyFailed,
                rows: ["+-", "-+", "--", "-0", "0-"].map { ($0, "") }
                    + ["++", "+0", "0+", "00"].map { ($0, "no step that it needs failed") }),
            TwoNeeds(
                runIf: .allFailed,
                rows: [("--", "")]
                    + ["++", "+-", "+0", "-+", "-0", "0+", "0-", "00"].map {
                        ($0, "not all steps that it needs failed")
                    }),
            TwoNeeds(
                runIf: .anySucceeded,
                rows: ["++", "+-", "+0", "-+", "0+"].map { ($0, "") }
                    + ["--", "-0", "0-", "00"].map { ($0, "no step that it needs succeeded") }),
        ])
    func aStepStartsAsRunIfSays(_ needs: TwoNeeds) throws {
        #expect(needs.rows.count == 9)
        for (row, reason) in needs.rows {
            let marks = Array(row)
            func when(_ mark: Character) -> String { mark == "0" ? ", when: one = 2" : "" }
            let yaml = steps(
                """
                  a: { shell: a\(when(marks[0])) }
                  b: { shell: b\(when(marks[1])) }
                  c: { shell: c, needs: [a, b], run_if: \(needs.runIf.rawValue) }
                """)
            let found = try ends(yaml, ["a": String(marks[0]), "b": String(marks[1])])[2]
            #expect(found == (reason.isEmpty ? "c succeeded" : "c skipped: \(reason)"), "\(row)")
        }
    }

    // MARK: Graphs

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var yaml: String
        var outcomes: [String: String] = [:]
        /// What the steps come to, and the run.
        var expected: [String]

        var testDescription: String { name }
    }

    private static let cases = [
        Case(
            name: "what was left out leaves out what needs it",
            yaml: "  a: { shell: a, when: one = 2 }\n"
                + "  b: { shell: b, needs: a }\n  c: { shell: c, needs: b }",
            expected: [
                "a skipped: when one = 2 does not hold: one is 1", "b skipped: a was left out",
                "c skipped: b was left out",
                "succeeded",
            ]),
        Case(
            name: "what is not known does not hold", yaml: "  a: { shell: a, when: empty = 1 }",
            expected: ["a skipped: when empty = 1 does not hold: empty is NULL", "succeeded"]),
        Case(
            name: "a condition without values", yaml: "  a: { shell: a, when: 1 = 2 }",
            expected: ["a skipped: when 1 = 2 does not hold", "succeeded"]),
        Case(
            name: "a condition over lines", yaml: "  a:\n    shell: a\n    when: |\n      one =\n        2\n",
            expected: ["a skipped: when one = 2 does not hold: one is 1", "succeeded"]),
        Case(
            name: "a condition that cannot be answered is a failure",
            yaml: "  a: { shell: a, when: 1 / (one - 1) > 0, retry: 2 }\n  b: { shell: b, needs: a }",
            expected: [
                "a failed: its 'when' cannot be answered: division by zero", "b skipped: a failed", "failed a",
            ]),
        Case(
            name: "run_if goes before when",
            yaml: "  a: { shell: a }\n  b: { shell: b, needs: a, when: 1 / (one - 1) > 0 }", outcomes: ["a": "-"],
            expected: ["a failed: it broke", "b skipped: a failed", "failed a"]),
        Case(
            name: "a fallback is left out when all goes well",
            yaml: "  a: { shell: a, on_failure: b }\n  b: { shell: b }\n  c: { shell: c, needs: a }",
            expected: ["a succeeded", "b skipped: a did not fail", "c succeeded", "succeeded"]),
        Case(
            name: "a fallback takes the place of a step that failed",
            yaml: "  a: { shell: a, on_failure: b }\n  b: { shell: b }\n  c: { shell: c, needs: a }",
            outcomes: ["a": "-"], expected: ["a failed: it broke", "b succeeded", "c succeeded", "succeeded"]),
        Case(
            name: "a fallback that fails helps nobody",
            yaml: "  a: { shell: a, on_failure: b }\n  b: { shell: b }\n  c: { shell: c, needs: a }",
            outcomes: ["a": "-", "b": "-"],
            expected: ["a failed: it broke", "b failed: it broke", "c skipped: a failed", "failed a b"]),
        Case(
            name: "a fallback that is left out by its condition helps nobody",
            yaml: "  a: { shell: a, on_failure: b }\n  b: { shell: b, when: one = 2 }\n  c: { shell: c, needs: a }",
            outcomes: ["a": "-"],
            expected: [
                "a failed: it broke", "b skipped: when one = 2 does not hold: one is 1", "c skipped: a failed",
                "failed a",
            ]),
        Case(
            name: "a fallback starts only after all attempts",
            yaml: "  a: { shell: a, on_failure: b, retry: 2 }\n  b: { shell: b }", outcomes: ["a": "--+"],
            expected: ["a succeeded", "b skipped: a did not fail", "succeeded"]),
        Case(
            name: "a fallback starts when a condition could not be answered",
            yaml: "  a: { shell: a, on_failure: b, when: 1 / (one - 1) > 0 }\n  b: { shell: b }",
            expected: ["a failed: its 'when' cannot be answered: division by zero", "b succeeded", "succeeded"]),
        Case(
            name: "a fallback is left out when its step was",
            yaml: "  a: { shell: a, on_failure: b, when: one = 2 }\n  b: { shell: b }\n  c: { shell: c, needs: a }",
            expected: [
                "a skipped: when one = 2 does not hold: one is 1", "b skipped: a did not fail",
                "c skipped: a was left out", "succeeded",
            ]),
        Case(
            name: "a fallback starts whatever became of what else it needs",
            yaml: "  z: { shell: z }\n  a: { shell: a, on_failure: b }\n  b: { shell: b, needs: z }",
            outcomes: ["a": "-", "z": "-"],
            expected: ["z failed: it broke", "a failed: it broke", "b succeeded", "failed z"]),
        Case(
            name: "whoever needs a fallback itself is left out with it",
            yaml: "  a: { shell: a, on_failure: b }\n  b: { shell: b }\n  c: { shell: c, needs: b }",
            expected: ["a succeeded", "b skipped: a did not fail", "c skipped: b was left out", "succeeded"]),
        Case(
            name: "a step that a fallback stands for has not failed",
            yaml:
                "  a: { shell: a, on_failure: b }\n  b: { shell: b }\n  c: { shell: c, needs: a, run_if: any_failed }",
            outcomes: ["a": "-"],
            expected: ["a failed: it broke", "b succeeded", "c skipped: no step that it needs failed", "succeeded"]),
        Case(
            name: "telling somebody does not mend it",
            yaml: "  a: { shell: a }\n  b: { shell: b, needs: a, run_if: any_failed }", outcomes: ["a": "-"],
            expected: ["a failed: it broke", "b succeeded", "failed a"]),
        Case(
            name: "branches come together",
            yaml: "  a: { shell: a, when: one = 1 }\n  b: { shell: b, when: one = 2 }\n"
                + "  c: { shell: c, needs: [a, b], run_if: none_failed }",
            expected: ["a succeeded", "b skipped: when one = 2 does not hold: one is 1", "c succeeded", "succeeded"]),
        Case(
            name: "one item that fails makes the step fail, and the others go on",
            yaml: "  a: { shell: a, for_each: [x, y, z] }\n  b: { shell: b, needs: a }", outcomes: ["a/y": "-"],
            expected: ["a failed: y: it broke", "b skipped: a failed", "failed a"]),
        Case(
            name: "the reason is that of the first item that failed",
            yaml: "max_parallel: 1\nsteps:\n  a: { shell: a, for_each: [x, y, z] }",
            outcomes: ["a/y": "-", "a/z": "-"], expected: ["a failed: y: it broke", "failed a"]),
        Case(
            name: "items are tried again each for itself",
            yaml: "  a: { shell: a, for_each: [x, y], retry: 1 }", outcomes: ["a/x": "-+", "a/y": "-+"],
            expected: ["a succeeded", "succeeded"]),
    ]

    @Test(arguments: cases)
    func stepsComeTo(_ testCase: Case) throws {
        let yaml = testCase.yaml.contains("steps:") ? testCase.yaml : steps(testCase.yaml)
        var script = try RunMachineScript(yaml, testCase.outcomes)
        script.run()
        let result =
            switch script.machine.result {
            case .succeeded: "succeeded"
            case .failed(let steps): "failed \(steps.joined(separator: " "))"
            case .cancelled(let reason): "cancelled \(reason)"
            }
        #expect(script.ends + [result] == testCase.expected)
        #expect(script.machine.isOver)
    }

    /// When the fallback of a fallback succeeds, the first step counts as a success: for those that need it, and for
    /// the run.
    @Test
    func aFallbackMayHaveAFallback() throws {
        let yaml = steps(
            """
              a: { shell: a, on_failure: b }
              b: { shell: b, on_failure: c }
              c: { shell: c }
              d: { shell: d, needs: a }
            """)
        var script = try RunMachineScript(yaml, ["a": "-", "b": "-"])
        script.run()
        #expect(script.ends == ["a failed: it broke", "b failed: it broke", "c succeeded", "d succeeded"])
        #expect(script.machine.result == .succeeded)
    }

    @Test func aFallbackThatNeedsWhatNeedsItsStepIsRefused() {
        let yaml = steps(
            """
              a: { shell: a, on_failure: b }
              c: { shell: c, needs: a }
              b: { shell: b, needs: c }
            """)
        #expect(throws: DaymillErrors.self) { try Pipeline.parse(yaml, file: "pipelines/job.yaml") }
    }

    // MARK: Places

    @Test func theFirstOfTheGraphGoFirst() throws {
        let yaml =
            "max_parallel: 2\npools: { slow: 1 }\n"
            + steps(
                """
                  a: { shell: a, pool: slow }
                  b: { shell: b, pool: slow }
                  c: { shell: c }
                  d: { shell: d, needs: a }
                """)
        var script = try RunMachineScript(yaml)
        #expect(script.working == ["a", "c"])
        script.endFirst()
        // The place of the pool is free again, and b stands before d.
        #expect(script.working == ["c", "b"])
        script.endFirst()
        #expect(script.working == ["b", "d"])
        script.run()
        #expect(script.machine.result == .succeeded)
    }

    @Test func aPauseTakesNoPlace() throws {
        let yaml = "max_parallel: 1\n" + steps("  a: { shell: a, retry: 1 }\n  b: { shell: b }")
        var script = try RunMachineScript(yaml, ["a": "-+"])
        script.endFirst()
        #expect(script.working == ["b"])
        script.pass(to: 10_000_000)
        #expect(script.working == ["b"])
        script.endFirst()
        #expect(script.working == ["a"])
    }

    @Test func itemsTakeAPlaceEach() throws {
        let yaml = "max_parallel: 2\n" + steps("  a: { shell: a, for_each: [x, y, z] }\n  b: { shell: b }")
        var script = try RunMachineScript(yaml)
        #expect(script.working == ["a/x", "a/y"])
        script.endFirst()
        #expect(script.working == ["a/y", "a/z"])
        script.endFirst()
        #expect(script.working == ["a/z", "b"])
    }

    @Test func rollupsComeOneAfterTheOther() throws {
        var yaml = "sources:\n  rows: { files: \"in/{date}.csv\", columns: { k: text } }\nsteps:\n  s: { shell: s }\n"
        for name in ["a", "b"] {
            yaml +=
                "  \(name): { rollup: \"SELECT k, count(*) AS n FROM rows GROUP BY k\", window: this day, "
                + "to: \"out/\(name)-{date}.csv\" }\n"
        }
        var script = try RunMachineScript(yaml)
        #expect(script.working == ["s", "a"])
        script.endFirst()
        #expect(script.working == ["a"])
        script.endFirst()
        #expect(script.working == ["b"])
    }

    @Test func aRollupTakesAPlaceOfItsPoolToo() throws {
        var yaml = "pools: { disk: 1 }\n"
        yaml += "sources:\n  rows: { files: \"in/{date}.csv\", columns: { k: text } }\nsteps:\n"
        yaml += "  s: { shell: s, pool: disk }\n"
        for (name, pool) in [("a", ", pool: disk"), ("b", "")] {
            yaml +=
                "  \(name): { rollup: \"SELECT k, count(*) AS n FROM rows GROUP BY k\", window: this day, "
                + "to: \"out/\(name)-{date}.csv\"\(pool) }\n"
        }
        var script = try RunMachineScript(yaml)
        // The pool is taken, and the other rollup needs no place of it.
        #expect(script.working == ["s", "b"])
        script.endFirst()
        // The pool is free, and the cores are not.
        #expect(script.working == ["b"])
        script.endFirst()
        #expect(script.working == ["a"])
        script.run()
        #expect(script.machine.result == .succeeded)
    }

    @Test(arguments: [(1, 4), (2, 4), (3, 6), (64, 128)])
    func asManyStepsWorkAsTheMachineHasCoresTwice(_ cores: Int, _ places: Int) throws {
        let yaml = steps("  a: { shell: a, for_each: [\((0..<200).map { "i\($0)" }.joined(separator: ", "))] }")
        var machine = RunMachine(
            try Pipeline.parse(yaml, file: "pipelines/job.yaml"), known: [:], cores: cores, chance: { _, _ in 0.5 },
            holds: { _, _ in true })
        #expect(machine.begin(now: 0).starts.count == places)
    }

    // MARK: Trying again

    @Test func aStepIsTriedAgainAfterPauses() throws {
        let yaml = steps("  a: { shell: a, retry: 3 }")
        var script = try RunMachineScript(yaml, ["a": "-"])
        script.run()
        #expect(
            script.lines == [
                "a 1 running", "a 1 failed: it broke", "wake at 10.0 s", "a 2 running", "a 2 failed: it broke",
                "wake at 30.0 s", "a 3 running", "a 3 failed: it broke", "wake at 70.0 s", "a 4 running",
                "a 4 failed: it broke",
            ])
        #expect(script.ends == ["a failed: it broke"])
    }

    @Test func nothingStartsBeforeItsPauseIsOver() throws {
        var script = try RunMachineScript(steps("  a: { shell: a, retry: 1 }"), ["a": "-+"])
        script.endFirst()
        script.pass(to: 9_999_999)
        #expect(script.working.isEmpty && script.lines.last == "wake at 10.0 s")
        script.pass(to: 10_000_000)
        #expect(script.working == ["a"])
    }

    @Test func whatWasLearntFromAFailedAttemptIsKept() throws {
        let yaml = steps(
            """
              a: { shell: a, facts: { n: integer } }
              b: { shell: b, needs: a, run_if: all_done, when: a.n = 7 }
              c: { shell: c, needs: a, run_if: all_done, when: a.n = 8 }
            """)
        var script = try RunMachineScript(yaml, ["a": "-"], facts: ["a": ["n": "7"]])
        script.run()
        #expect(
            script.ends == [
                "a failed: it broke", "b succeeded", "c skipped: when a.n = 8 does not hold: a.n is 7",
            ])
    }

    @Test func attemptsOfAnEarlierProcessAreCountedOn() throws {
        var earlier = RunMachine.EarlierUnit()
        earlier.attempts = 3
        var script = try RunMachineScript(
            steps("  a: { shell: a, retry: 1 }"), ["a": "-"], earlier: ["a": ["": earlier]])
        script.run()
        #expect(
            script.lines == [
                "a 4 running", "a 4 failed: it broke", "wake at 80.0 s", "a 5 running", "a 5 failed: it broke",
            ])
    }

    /// A pause goes on in another process where the one before left it: by how long ago, whatever the day's clock says, no
    /// longer than it was, and no shorter than nothing.
    @Test(arguments: [
        (since: 4, waits: 6.0), (since: 0, waits: 10), (since: -7200, waits: 10), (since: 10, waits: 0),
        (since: 7200, waits: 0),
    ])
    func aPauseGoesOnInAnotherProcess(_ pause: (since: Int, waits: Double)) throws {
        var earlier = RunMachine.EarlierUnit()
        (earlier.attempts, earlier.failures, earlier.sinceFailure) = (1, 1, Int64(pause.since) * 1_000_000)
        var script = try RunMachineScript(
            steps("  a: { shell: a, retry: 1 }"), ["a": "-"], earlier: ["a": ["": earlier]])
        script.run()
        let start = pause.waits > 0 ? ["wake at \(pause.waits) s"] : []
        #expect(script.lines == start + ["a 2 running", "a 2 failed: it broke"])
    }

    /// What has failed for good is done once more when a process goes on with the run, and not as often again.
    @Test func failuresOfAnEarlierProcessCount() throws {
        var earlier = RunMachine.EarlierUnit()
        (earlier.attempts, earlier.failures, earlier.sinceFailure) = (2, 2, 0)
        var script = try RunMachineScript(
            steps("  a: { shell: a, retry: 1 }"), ["a": "-"], earlier: ["a": ["": earlier]])
        script.run()
        #expect(script.lines == ["a 3 running", "a 3 failed: it broke"])
    }

    // MARK: Items

    private func done(_ attempts: Int) -> RunMachine.EarlierUnit {
        var unit = RunMachine.EarlierUnit()
        (unit.isDone, unit.attempts, unit.reason) = (true, attempts, "an earlier run did it")
        return unit
    }

    @Test func itemsThatAreDoneAreNotDoneAgain() throws {
        let yaml = steps("  a: { shell: a, for_each: [x, y, z] }\n  b: { shell: b, needs: a, when: a.items = 3 }")
        // Of another run, and of this one: what this run has noted it does not note again.
        var script = try RunMachineScript(yaml, earlier: ["a": ["x": done(0), "z": done(2), "gone": done(0)]])
        script.run()
        #expect(
            script.lines == [
                "a/x succeeded: an earlier run did it", "a/y 1 running", "a/y 1 succeeded", "b 1 running",
                "b 1 succeeded",
            ])
        #expect(script.ends == ["a succeeded", "b succeeded"])
    }

    @Test func aStepWhoseItemsAreAllDoneHasSucceeded() throws {
        let yaml = steps("  a: { shell: a, for_each: [x, y] }\n  b: { shell: b, needs: a }")
        var script = try RunMachineScript(yaml, earlier: ["a": ["x": done(1), "y": done(1)]])
        #expect(script.working == ["b"])
        script.run()
        #expect(script.ends == ["a succeeded", "b succeeded"])
    }

    private static let asking = """
        sources:
          rows: { files: "in/{date}.csv", columns: { k: text } }
        steps:
          daily: { rollup: "SELECT k, count(*) AS n FROM rows GROUP BY k", window: this day, to: "out/{date}.csv" }
          each: { shell: each, for_each: { query: SELECT k FROM daily GROUP BY k } }
          after: { shell: after, needs: each, when: each.items < 3 }
        """

    @Test func itemsAreAskedForWhenAStepStarts() throws {
        var script = try RunMachineScript(Self.asking, items: ["each": ["x", "y"]])
        script.run()
        #expect(
            script.lines == [
                "daily 1 running", "daily 1 succeeded", "each/x 1 running", "each/y 1 running", "each/x 1 succeeded",
                "each/y 1 succeeded", "after 1 running", "after 1 succeeded",
            ])
        #expect(script.machine.facts["each.items"] == "2")
    }

    @Test func aStepWithoutItemsHasSucceeded() throws {
        var script = try RunMachineScript(Self.asking, items: ["each": []])
        script.run()
        #expect(script.ends == ["daily succeeded", "each succeeded: it has no items", "after succeeded"])
        #expect(script.machine.facts["each.items"] == "0")
    }

    @Test func itemsThatNobodyKnowsAreAFailure() throws {
        var script = try RunMachineScript(Self.asking)
        script.run()
        #expect(
            script.ends == ["daily succeeded", "each failed: there is no output", "after skipped: each failed"])
        #expect(script.machine.result == .failed(["each"]))
    }

    @Test func itemsThatAreToldTooLateChangeNothing() throws {
        var script = try RunMachineScript(Self.asking, items: ["each": ["x"]])
        script.endFirst()
        script.happen(.cancel("somebody stopped it"))
        let before = script.lines
        script.happen(.expanded(1, .success(["x"])))
        #expect(script.lines == before)
        #expect(script.ends[1] == "each cancelled: somebody stopped it")
    }

    /// The step has ended already, and a second end would be noted over the first.
    @Test
    func aFailureToTellItemsThatComesTooLateChangesNothing() throws {
        var script = try RunMachineScript(Self.asking)
        script.endFirst()
        script.happen(.cancel("somebody stopped it"))
        let before = script.lines
        script.tellItems()
        #expect(script.lines == before)
    }

    // MARK: Ending a run

    private static let busy = """
        max_parallel: 2
        steps:
          a: { shell: a }
          b: { shell: b, retry: 1 }
          c: { shell: c }
          d: { shell: d, needs: a, run_if: all_done }
        """

    @Test func whatIsAtWorkEndsAndNothingMoreStarts() throws {
        var script = try RunMachineScript(Self.busy)
        script.happen(.cancel("somebody stopped it"))
        #expect(
            script.lines == [
                "a 1 running", "b 1 running", "c cancelled: somebody stopped it", "stop a", "stop b",
            ])
        script.stopFirst()
        script.stopFirst()
        #expect(script.machine.isOver)
        #expect(script.ends == ["a", "b", "c", "d"].map { "\($0) cancelled: somebody stopped it" })
        #expect(script.machine.result == .cancelled("somebody stopped it"))
    }

    @Test func whatFailsWhileTheRunEndsIsNotTriedAgain() throws {
        var script = try RunMachineScript(Self.busy, ["b": "-"])
        script.endFirst()
        script.happen(.cancel("somebody stopped it"))
        script.run()
        #expect(script.ends[1] == "b failed: it broke")
        #expect(!script.lines.contains { $0.hasPrefix("b 2") || $0.hasPrefix("wake") })
    }

    @Test func theFirstReasonToEndCounts() throws {
        var script = try RunMachineScript(Self.busy)
        script.happen(.cancel("somebody stopped it"))
        let before = script.lines
        script.happen(.cancel("it took longer than 3h", isFailure: true))
        #expect(script.lines == before)
        script.stopFirst()
        script.stopFirst()
        #expect(script.machine.result == .cancelled("somebody stopped it"))
    }

    @Test func aTimeLimitIsAFailure() throws {
        var script = try RunMachineScript(Self.busy)
        script.happen(.cancel("it took longer than 3h", isFailure: true))
        script.stopFirst()
        script.stopFirst()
        #expect(script.ends == ["a", "b", "c", "d"].map { "\($0) cancelled: it took longer than 3h" })
        #expect(script.machine.result == .failed([]))
    }

    @Test func aTimeLimitNamesTheStepsThatFailed() throws {
        var script = try RunMachineScript(Self.busy, ["a": "-"])
        script.endFirst()
        script.happen(.cancel("it took longer than 3h", isFailure: true))
        script.stopFirst()
        script.run()
        #expect(script.machine.result == .failed(["a"]))
    }

    @Test func anEndAfterTheEndChangesNothing() throws {
        var script = try RunMachineScript(steps("  a: { shell: a }"))
        script.run()
        script.happen(.cancel("somebody stopped it", isFailure: true))
        #expect(script.machine.result == .succeeded && script.ends == ["a succeeded"])
    }

    /// Each attempt has one end: that of the attempt before the pause was a failure, and stays it.
    @Test
    func anAttemptThatFailedStaysAFailureWhenTheRunEndsDuringItsPause() throws {
        var script = try RunMachineScript(steps("  a: { shell: a, retry: 1 }"), ["a": "-"])
        script.endFirst()
        script.happen(.cancel("somebody stopped it"))
        #expect(script.lines.filter { $0.hasPrefix("a 1") } == ["a 1 running", "a 1 failed: it broke"])
        #expect(script.machine.isOver)
    }

    /// What is noted of the attempt and what becomes of the step are the same.
    @Test
    func aStepThatSucceedsWhileTheRunEndsHasSucceeded() throws {
        var script = try RunMachineScript(steps("  a: { shell: a }"))
        script.happen(.cancel("somebody stopped it"))
        script.run()
        #expect(script.lines.last == "a 1 succeeded")
        #expect(script.ends == ["a succeeded"])
    }

    // MARK: Settled steps

    @Test func whatAnEarlierRunHasDoneIsNotDoneAgain() throws {
        let yaml = steps(
            """
              a: { shell: a, facts: { n: integer } }
              b: { shell: b, when: a.n = 7 }
              c: { shell: c, needs: b }
            """)
        let settled = RunMachine.SettledStep(phase: .succeeded, reason: "an earlier run did it", facts: ["n": "7"])
        var script = try RunMachineScript(yaml, settled: ["a": settled, "gone": settled])
        script.run()
        #expect(script.ends == ["a succeeded: an earlier run did it", "b succeeded", "c succeeded"])
        #expect(script.lines.first == "b 1 running" && !script.lines.contains { $0.hasPrefix("a") })
    }

    @Test func aRunOfNothingButSettledStepsIsOver() throws {
        let settled = RunMachine.SettledStep(phase: .succeeded, reason: "an earlier run did it", facts: [:])
        let script = try RunMachineScript(
            steps("  a: { shell: a }\n  b: { shell: b, needs: a }"), settled: ["a": settled, "b": settled])
        #expect(script.machine.isOver && script.machine.result == .succeeded && script.lines.isEmpty)
    }

    @Test func aSettledFallbackStandsForAStepThatFailsAgain() throws {
        let yaml = steps("  a: { shell: a, on_failure: b }\n  b: { shell: b }\n  c: { shell: c, needs: a }")
        let settled = RunMachine.SettledStep(phase: .succeeded, reason: "an earlier run did it", facts: [:])
        var script = try RunMachineScript(yaml, ["a": "-"], settled: ["b": settled])
        script.run()
        #expect(script.ends == ["a failed: it broke", "b succeeded: an earlier run did it", "c succeeded"])
        #expect(script.machine.result == .succeeded)
    }
}

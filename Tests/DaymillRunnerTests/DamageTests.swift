import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillRunner
import Foundation
import Testing

/// What is damaged in the store is made anew from its source, and the output is right.
@Suite struct DamageTests {
    /// How a stored file may be spoilt.
    enum Damage: String, CaseIterable, Sendable {
        case flippedAtTheStart, flippedInTheMiddle, flippedAtTheEnd, cut, emptied, replacedByAnother, deleted

        func apply(to name: String, in project: TestProject, other: String) throws {
            if self == .deleted { return try project.remove(name) }
            var bytes = try project.bytes(name)
            switch self {
            case .flippedAtTheStart: bytes[3] ^= 0x10
            case .flippedInTheMiddle: bytes[bytes.count / 2] ^= 1
            case .flippedAtTheEnd: bytes[bytes.count - 20] ^= 0x80
            case .cut: bytes.removeLast(bytes.count / 3)
            case .emptied: bytes = []
            case .replacedByAnother: bytes = try project.bytes(other)
            case .deleted: break
            }
            try project.write(name, bytes)
        }
    }

    private func expected(_ date: String) throws -> [String: String] {
        let project = try TestProject(TestLogs.yaml)
        try TestLogs.fill(project)
        try project.run(date)
        return project.contents(of: "output")
    }

    private func computed() throws -> TestProject {
        let project = try TestProject(TestLogs.yaml)
        try TestLogs.fill(project)
        try project.run("2024-09-12")
        return project
    }

    @Test(arguments: Damage.allCases)
    func aDamagedSegmentIsMadeAnewForTheNextDate(_ damage: Damage) throws {
        let expected = try expected("2024-09-13")
        let segments = try computed().files(in: ".daymill/segments")
        #expect(segments.count > 10)
        // Each segment has its turn with one flipped bit, every third with the others.
        for index in stride(from: 0, to: segments.count, by: damage == .flippedInTheMiddle ? 1 : 3) {
            let project = try computed()
            let names = project.files(in: ".daymill/segments")
            let other = try #require(names.first { $0 != names[index] })
            try damage.apply(to: names[index], in: project, other: other)
            let outcomes = try project.run("2024-09-13", threads: 1 + index % 2)
            let outputs = project.contents(of: "output").filter { $0.key.contains("2024-09-13") }
            #expect(outputs == expected, "\(names[index])")
            try check(project, outcomes)
        }
    }

    @Test func allSegmentsAtOnceMayBeDamaged() throws {
        let project = try computed()
        for name in project.files(in: ".daymill/segments") {
            try Damage.flippedInTheMiddle.apply(to: name, in: project, other: name)
        }
        let outcomes = try project.run("2024-09-13")
        #expect(outcomes[0].rebuilt > 0)
        let outputs = project.contents(of: "output").filter { $0.key.contains("2024-09-13") }
        #expect(try outputs == expected("2024-09-13"))
    }

    private func check(_ project: TestProject, _ outcomes: [StepOutcome]) throws {
        #expect(project.temporaryFiles.isEmpty)
        for outcome in outcomes {
            #expect(outcome.filesRead + outcome.filesReused == outcome.files, "every file is told once")
        }
    }

    @Test(arguments: ["", "{", "F\tx\n", "\u{0}\u{1}", "F\ta\tb\t0123456789abcdef\n"])
    func aDamagedCatalogCostsTimeOnly(_ text: String) throws {
        for name in try computed().files(in: ".daymill/catalog").map({ $0.split(separator: "/").last! }) {
            let project = try computed()
            try project.write(".daymill/catalog/\(name)", text)
            try project.run("2024-09-13")
            let outputs = project.contents(of: "output").filter { $0.key.contains("2024-09-13") }
            #expect(try outputs == expected("2024-09-13"), "\(name)")
        }
    }

    /// Any flipped bit of a catalog file makes its line unknown, and the others stay: outputs come out right.
    @Test func aFlippedBitInTheCatalogChangesNoOutput() throws {
        for name in try computed().files(in: ".daymill/catalog") {
            let size = try computed().bytes(name).count
            for step in 0..<8 {
                let project = try computed()
                var bytes = try project.bytes(name)
                bytes[size * step / 8 + step] ^= 1 << UInt8(step)
                try project.write(name, bytes)
                try project.run("2024-09-13")
                let outputs = project.contents(of: "output").filter { $0.key.contains("2024-09-13") }
                #expect(try outputs == expected("2024-09-13"), "\(name) \(step)")
            }
        }
    }

    @Test(arguments: ["", "{", "null", "{\"version\": 1}"])
    func aDamagedReceiptExplainsNothingAndMakesNothingStale(_ text: String) throws {
        let project = try computed()
        let before = project.contents(of: "output")
        let key = OutputRecord.Key(date: "2024-09-12", output: "output/2024-09-12-users.csv")
        #expect(try project.store().receipt("job", "users", key) != nil)
        let receipts = project.files(in: ".daymill/receipts/job/users").filter { $0.contains("2024-09-12") }
        for path in receipts { try project.write(path, text) }
        #expect(try project.run("2024-09-12").map(\.status) == [.upToDate, .upToDate])
        #expect(try project.store().receipt("job", "users", key) == nil)
        #expect(project.contents(of: "output") == before)
    }

    @Test(arguments: ["email,n\n", ""])
    func anOutputThatSomebodyChangedIsPublishedAgain(_ text: String) throws {
        let project = try computed()
        let before = project.contents(of: "output")
        try project.write("output/2024-09-12-users.csv", text)
        #expect(try project.run("2024-09-12").map(\.status) == [.made, .upToDate])
        #expect(project.contents(of: "output") == before)
    }

    @Test func aDamagedSegmentWhoseSourceIsGoneIsAClearError() throws {
        let project = try computed()
        for name in project.files(in: ".daymill/segments") {
            try Damage.flippedInTheMiddle.apply(to: name, in: project, other: name)
        }
        try project.remove("input/2024-09-11-0.csv")
        try project.remove("input/2024-09-11-1.csv")
        try project.remove("input/2024-09-11-empty.csv")
        let error = #expect(throws: DaymillError.self) { try project.run("2024-09-13") }
        #expect(error?.code == .inputMissing)
        #expect(error?.message.contains("2024-09-11") == true)
        #expect(project.files(in: "output").filter { $0.contains("2024-09-13") }.isEmpty)
    }
}

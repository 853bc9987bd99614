import DaymillCore
import DaymillTestKit
import Foundation
import Testing

@testable import DaymillState

/// Another one has the file locked for writing.
@Suite struct LockedFileTests {
    private let path = FileManager.default.temporaryDirectory.appending(path: "daymill-\(UUID().uuidString).db").path

    private func open() throws -> StateDatabase {
        try StateDatabase(path, clock: .system, patience: .milliseconds(200))
    }

    @Test func waitingInVainIsAnErrorThatMayPass() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let first = try open()
        try first.write { _ in
            // It can be opened and read all the same.
            let second = try open()
            #expect(try second.runs(limit: 1).isEmpty)
            let error = #expect(throws: DaymillError.self) {
                try second.begin("job", command: "run", dates: "", params: [:])
            }
            #expect(error?.code == .io && error?.isRetryable == true)
            #expect(error?.message == "another process has kept \(path) locked for too long")
        }
        #expect(throws: Never.self) { try first.begin("job", command: "run", dates: "", params: [:]) }
    }
}

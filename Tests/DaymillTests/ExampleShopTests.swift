import Foundation
import Testing

/// The example with a database, a branch, a step that is tried again, and mails, against a real mail server.
@Suite struct ExampleShopTests {
    private static let root = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL.path

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "\(root)/.venv-test/bin/python")))
    func itsMailsTellWhatHappened() throws {
        let ending = try Program.shell("scripts/example-shop \(Program.path)", in: Self.root)
        #expect(ending.status == 0, "\(ending.output)\(ending.complaints)")
        let found = ending.output.split(separator: "\n").map(String.init)
        for line in [
            "team: delivered, 250 2.0.0 kept", "Subject: shop succeeded for 2026-11-18",
            "Subject: shop, step complain succeeded for 2026-11-18", "Subject: shop succeeded for 2026-11-19",
            "Subject: shop succeeded for 2026-11-20", "Subject: shop FAILED for 2026-11-20",
            "Subject: shop works again for 2026-11-20",
            "extract: it ended with exit code 1; it said: there is no database shop.db",
        ] { #expect(found.contains(line), "missing: \(line)\n\(ending.output)") }
        #expect(found.count { $0.hasPrefix("Subject: ") } == 9, "\(ending.output)")
        // The step was tried again and then succeeded.
        #expect(ending.output.contains("  extract: failed, took"))
        #expect(ending.output.contains("  extract: succeeded, attempt "))
        #expect(!ending.output.contains("s3cret") && !ending.complaints.contains("s3cret"))
    }
}

import DaymillCore
import Foundation
import Testing

/// `docs/spec/errors.md` and the program know the same codes.
struct ErrorDocsTests {
    @Test(arguments: ErrorCode.allCases)
    func everyCodeIsExplained(_ code: ErrorCode) throws {
        #expect(try headings().contains(code.rawValue), "docs/spec/errors.md has no heading '## `\(code.rawValue)`'")
    }

    @Test func everyExplainedCodeExists() throws {
        let unknown = try headings().filter { ErrorCode(rawValue: $0) == nil }
        #expect(unknown.isEmpty)
    }

    /// The codes in headings such as ``## `bad-row` ``.
    private func headings() throws -> [String] {
        let file = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/spec/errors.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        return text.matches(of: #/(?m)^## `([a-z-]+)`$/#).map { String($0.1) }
    }
}

import Foundation
import Testing

@testable import DaymillSQL

/// `docs/spec/sql.md` and the program say the same.
struct SpecTests {
    @Test(arguments: FunctionTable.allNames)
    func everyFunctionIsInTheSpecification(_ name: String) throws {
        let file = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/spec/sql.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(
            text.contains("`\(name)`") || text.contains("`\(name)(") || text.contains(" \(name)(") || name == "cast")
    }

    @Test func namesOfTypesHaveOneMeaning() {
        for name in SQLType.names.keys { #expect(SQLType.parse(name) == SQLType.names[name]) }
    }

    /// A function has one way to be resolved, and no substitute.
    @Test func functionTablesDoNotOverlap() {
        let known = Set(FunctionTable.allNames)
        #expect(known.count == FunctionTable.allNames.count)
        #expect(known.isDisjoint(with: FunctionTable.substitutes.keys))
        #expect(known.isDisjoint(with: FunctionTable.clocks))
    }
}

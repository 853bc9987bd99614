import Testing

/// The rules of STYLE.md that a machine can check, on the whole tree. `TidyRuleTests` shows that each can fail.
@Suite struct TidyTests {
    let tree = SourceTree.project

    @Test func theTreeIsFound() throws {
        _ = try tree.file("Package.swift")
        _ = try tree.file("Tests/TidyTests/TidyTests.swift")
        #expect(tree.sources.count > 10)
    }

    @Test func eachLibraryHasOneDoor() { expectNone(CodeRules.doubleDoors(tree.sources)) }

    @Test func unsafeCodeStandsBehindDoors() { expectNone(tree.sources.flatMap(CodeRules.unsafeOutsideDoors)) }

    @Test func onlyTheClockAsksForTheTime() { expectNone(tree.sources.flatMap(CodeRules.timeOutsideClock)) }

    @Test func uncheckedCodeSaysWhy() { expectNone(tree.swiftFiles.flatMap(CodeRules.unexplainedUnchecked)) }

    @Test func looseTasksSayWhy() { expectNone(tree.sources.flatMap(CodeRules.unexplainedTasks)) }

    @Test func importsKeepTheTable() { expectNone(tree.sources.flatMap(ImportTable.forbiddenImports)) }

    @Test func manifestKeepsTheImportTable() throws {
        expectNone(ImportTable.forbiddenDependencies(try tree.file("Package.swift")))
    }

    @Test func nothingIsLeftForLater() { expectNone(tree.files.flatMap(TextRules.leftOvers)) }

    @Test func noMachinePaths() { expectNone(tree.files.flatMap(TextRules.machinePaths)) }

    @Test func noFileIsTooLong() { expectNone(tree.files.flatMap(TextRules.longFile)) }

    @Test func linksLeadSomewhere() {
        expectNone(tree.files.flatMap { TextRules.brokenLinks($0, exists: tree.contains) })
    }

    @Test(arguments: ["README.md", "docs/HACKING.md", "Benchmarks/README.md"])
    func documentedCommandsExist(path: String) throws {
        let page = try tree.file(path)
        let makefile = try tree.file("Makefile").text
        #expect(!DocumentedCommands.commands(in: page).isEmpty)
        expectNone(DocumentedCommands.unknownCommands(in: page, makefile: makefile, exists: tree.contains))
    }

    @Test func hackingNamesEveryMakeTarget() throws {
        let page = try tree.file("docs/HACKING.md")
        let targets = DocumentedCommands.targets(of: try tree.file("Makefile").text)
        let named = Set(DocumentedCommands.commands(in: page).filter { $0.program == "make" }.flatMap(\.words))
        #expect(targets.subtracting(named).subtracting(["help"]).isEmpty)
    }
}

import Foundation
import Testing

@testable import daymill

/// What `daymill init` writes is what the examples show.
@Suite struct InitTemplateTests {
    @Test(arguments: ["ads", "backlog"])
    func templatesAreTheExamples(_ name: String) throws {
        let example = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Examples/\(name)/pipelines/\(name).yaml")
        #expect(InitTemplate(name).text == (try String(contentsOf: example, encoding: .utf8)))
    }

    @Test func anyOtherNameStandsInTheUsualPipeline() {
        #expect(InitTemplate("mine").text.contains("daymill run mine 2024-09-16"))
    }
}

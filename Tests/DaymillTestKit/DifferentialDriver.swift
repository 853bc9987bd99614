package import DaymillSQL

/// Something that computes a rollup over files and gives the bytes of the published CSV file.
package protocol EngineUnderTest {
    /// All the files belong to the window.
    func run(files: [TestFile], dialect: TestDialect, rollup: Rollup) throws -> [UInt8]
}

/// Makes cases from seeds, runs an engine and the naive engine on them, and compares the bytes.
package struct DifferentialDriver<Engine: EngineUnderTest> {
    /// What two engines made of a case that was cut down as far as they still differ.
    package struct Difference: CustomStringConvertible {
        package var smallest: DifferentialCase
        package var expected: String
        package var got: String

        package var description: String {
            "\(smallest)\n--- naive ---\n\(expected)\n--- engine ---\n\(got)"
        }
    }

    private enum Outcome: Equatable {
        case bytes([UInt8])
        /// Any failure equals any other: which row fails first is nobody's promise.
        case failure(String)

        static func == (a: Outcome, b: Outcome) -> Bool {
            switch (a, b) {
            case (.bytes(let a), .bytes(let b)): a == b
            case (.failure, .failure): true
            default: false
            }
        }

        var text: String {
            switch self {
            case .bytes(let bytes): String(decoding: bytes, as: UTF8.self).debugDescription
            case .failure(let what): "failed: \(what)"
            }
        }
    }

    private let engine: Engine

    package init(_ engine: Engine) {
        self.engine = engine
    }

    /// nil when the engines agree on the case of this seed.
    ///
    /// - Throws: `UnparsedCase`.
    package func difference(
        seed: UInt64, _ family: GeneratedQuery.Family, size: GeneratedTable.Size = .small
    ) throws -> Difference? {
        difference(on: try DifferentialCase(seed: seed, family, size: size))
    }

    /// nil when the engines agree.
    package func difference(on example: DifferentialCase) -> Difference? {
        guard differs(example) else { return nil }
        let smallest = DifferentialShrinker(isInteresting: differs).smallest(of: example)
        return Difference(smallest: smallest, expected: naive(smallest).text, got: native(smallest).text)
    }

    private func differs(_ example: DifferentialCase) -> Bool { naive(example) != native(example) }

    private func naive(_ example: DifferentialCase) -> Outcome {
        outcome { try example.naiveResult().csv }
    }

    private func native(_ example: DifferentialCase) -> Outcome {
        outcome { try engine.run(files: example.files, dialect: example.dialect, rollup: example.rollup) }
    }

    private func outcome(_ compute: () throws -> [UInt8]) -> Outcome {
        do { return .bytes(try compute()) } catch { return .failure("\(error)") }
    }
}

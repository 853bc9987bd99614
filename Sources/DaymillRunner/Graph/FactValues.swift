import DaymillCore
import DaymillNaive
import DaymillPipeline
import DaymillSQL

/// What is known in a run, asked by conditions.
struct FactValues {
    private let facts: [String: String]

    init(_ facts: [String: String]) { self.facts = facts }

    /// Whether a text is a value of a fact.
    static func isValue(_ text: String, of fact: Fact) -> Bool { ValueText.value(text, as: fact.type) != nil }

    /// For sentences: without a fraction that says nothing.
    static func plain(_ number: Double) -> String { ValueText.text(ofDouble: number) }

    /// Whether a condition is true. What is not known is NULL, and a condition that is NULL is not true.
    ///
    /// - Throws: `.evaluation`: a division by zero, an overflow, a cast.
    func holds(_ condition: Condition) throws -> Bool {
        var columns = Array(repeating: Value.null, count: condition.names.count)
        for place in condition.used {
            let name = condition.names[place]
            columns[place] = facts[name.name].flatMap { ValueText.value($0, as: name.type) } ?? .null
        }
        do { return try NaiveEvaluator(columns: columns).isTrue(condition.expression) } catch {
            var words = "\(error)"
            while words.last == " " || words.last == ":" { words.removeLast() }
            throw DaymillError(.evaluation, words)
        }
    }
}

package import DaymillSQL

/// Short words for expressions, so that tables of cases stay readable.
extension Expression {
    package static func int(_ number: Int64) -> Expression { .literal(.integer(number), .integer) }
    package static func double(_ number: Double) -> Expression { .literal(.double(number), .double) }
    package static func text(_ text: String) -> Expression { .literal(.text(text), .text) }
    package static func bool(_ truth: Bool) -> Expression { .literal(.boolean(truth), .boolean) }
    package static func null(_ type: SQLType) -> Expression { .literal(.null, type) }
    package static func decimal(_ unscaled: Int128, _ scale: Int) -> Expression {
        .literal(.decimal(unscaled, scale: scale), .decimal(scale: scale))
    }
    package static func date(_ text: String) -> Expression { .cast(.text(text), .date) }
    package static func time(_ text: String) -> Expression { .cast(.text(text), .timestamp) }
    package static func span(seconds: Int64) -> Expression { .literal(.interval(seconds * 1_000_000), .interval) }
    package static func call(
        _ function: ScalarFunction, _ arguments: Expression..., type: SQLType = .integer
    ) -> Expression {
        .call(function, arguments, type)
    }
}

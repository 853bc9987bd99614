import DaymillCore
import Foundation

/// Standard output, for results. Unlike `print` it notices when they did not arrive.
enum Output {
    /// A value as programs read it: keys in order, a line for each, no newline at the end.
    ///
    /// - Parameter isPretty: false: all in one line.
    static func json(_ value: some Encodable, isPretty: Bool = true) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Writes a text and ends its line.
    ///
    /// - Throws: `.io`, for example when the disk that takes the output is full.
    static func line(_ text: String) throws { try write(text + "\n") }

    /// Writes a text as it is.
    ///
    /// - Throws: `.io`.
    static func write(_ text: String) throws {
        do { try FileHandle.standardOutput.write(contentsOf: Data(text.utf8)) } catch {
            throw DaymillError(
                .io, "cannot write to standard output: \(reason(error))", hint: "send it to where it can be written",
                cause: error)
        }
    }

    /// Writes to standard error what people should know. Where nobody reads it any more, work goes on all the same.
    static func complain(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }

    private static func reason(_ error: any Error) -> String {
        let beneath = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
        return beneath.localizedFailureReason ?? beneath.localizedDescription
    }
}

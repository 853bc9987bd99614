import DaymillColumns
import DaymillCore

/// Makes logs of ad impressions to try things on: CSV files with a header line under `DIR/2024/09/15/`, in which some
/// impressions stand several times, in one file or in several.
///
/// Equal arguments give equal bytes, on every machine. A file appears complete or not at all.
struct AdImpressionsGenerator: Sendable {
    /// The folder of folders by year; made when it is not there.
    var directory: String
    var day: Day
    var rows: Int
    /// How many different impressions there are. Each appears at least once.
    var distinct: Int
    var files = 4
    var campaigns = 3000
    /// Another seed gives other impressions.
    var seed: UInt64 = 1

    /// Writes all files, one thread for each core, and blocks meanwhile.
    ///
    /// - Returns: What was written.
    /// - Throws: `usage` for an argument out of bounds, `io` when a file cannot be written.
    func run() throws -> GeneratedFile.Progress {
        try check(argument: "ROWS", rows, isIn: 1...2_000_000_000)
        try check(argument: "DISTINCT", distinct, isIn: 1...rows)
        try check(argument: "--files", files, isIn: 1...min(rows, 10_000))
        try check(argument: "--campaigns", campaigns, isIn: 1...900_000)
        let date = day.civil
        let folder = "\(directory)/\(zeroPadded(date.year, 4))/\(zeroPadded(date.month, 2))/\(zeroPadded(date.day, 2))"
        try FileDoor.makeDirectory(folder)
        let maker = AdImpressionsDay(self)
        let digits = String(files).utf8.count
        return try GeneratedFile.write(count: files) { file in
            GeneratedFile(
                path: "\(folder)/impressions-\(zeroPadded(file + 1, digits)).csv", header: AdImpressionsDay.header,
                rows: rows * file / files..<rows * (file + 1) / files, maker: maker)
        }
    }
}

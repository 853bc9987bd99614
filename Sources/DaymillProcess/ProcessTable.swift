import DaymillCore
import Foundation

/// The processes of this machine, as far as the system shows them to us.
package enum ProcessTable {
    /// Those that were started with a variable of the environment, such as `DAYMILL_RUN=20261121-220213-317`, and all that they
    /// started without taking it away. O(processes).
    package static func started(with variable: String) -> [Int32] {
        let own = ProcessInfo.processInfo.processIdentifier
        let wanted = Array(variable.utf8)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap(Int32.init).filter { number in
            guard number != own, let data = FileManager.default.contents(atPath: "/proc/\(number)/environ") else {
                return false
            }
            return data.split(separator: 0).contains { $0.elementsEqual(wanted) }
        }
    }

    /// Kills what a run that nobody owns any more has left at work.
    ///
    /// - Returns: how many there were.
    @discardableResult
    package static func killAll(startedWith variable: String) -> Int {
        var count = 0
        // What is killed may just have started another one.
        for _ in 0..<10 {
            let found = started(with: variable)
            for number in found { kill(number, SIGKILL) }
            count += found.count
            if found.isEmpty { return count }
            Thread.sleep(forTimeInterval: 0.002)
        }
        return count
    }
}

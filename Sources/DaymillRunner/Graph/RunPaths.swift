package import DaymillPipeline
package import DaymillState
import Foundation

extension Project {
    /// Where the attempts of a run write what they say.
    package func logFolder(ofRun id: String) -> String { "\(storeFolder)/logs/\(id)" }

    /// Forgets what is older than history is kept, with its logs.
    package func prune(_ state: StateDatabase) throws {
        for run in try state.prune() { try? FileManager.default.removeItem(atPath: logFolder(ofRun: run)) }
    }
}

extension String {
    /// This path, from the root of the file system: for those who have another current folder.
    var fromRoot: String { hasPrefix("/") ? self : "\(FileManager.default.currentDirectoryPath)/\(self)" }
}

package import DaymillPipeline
import Foundation

extension Project {
    /// Where the attempts of a run write what they say.
    package func logFolder(ofRun id: String) -> String { "\(storeFolder)/logs/\(id)" }
}

extension String {
    /// This path, from the root of the file system: for those who have another current folder.
    var fromRoot: String { hasPrefix("/") ? self : "\(FileManager.default.currentDirectoryPath)/\(self)" }
}

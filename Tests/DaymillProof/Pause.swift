import Foundation

enum Pause {
    /// Lets other threads work while this one waits for a lock.
    static func aMoment() { Thread.sleep(forTimeInterval: 0.0001) }
}

import CKernels

/// Settings of the system's allocator, for the whole program.
package enum Heap {
    /// Keeps freed blocks of up to 16 MiB for the next use. The allocator's habit is to give each back to the system and
    /// to ask anew, zeroed page by page, which costs more than most of the work done in such a block.
    package static func keepLargeBlocks() { dm_keep_large_blocks() }
}

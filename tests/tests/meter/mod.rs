//! Counts memory with the allocator of the test program. It counts for the thread that asks, and in no other program.

use grid_tests::sim::Allocated;

/// Calls something, and says what it did to memory.
pub(crate) fn meter(call: &mut dyn FnMut()) -> Allocated {
    let counted = allocation_counter::measure(call);
    Allocated { kept: counted.bytes_current, at_once: counted.bytes_max }
}

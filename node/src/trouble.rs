//! What is wrong on this machine, told to its people.

/// Something that is wrong on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub hint: String,
}

//! Bytes read as choices, so that any bytes say what is to be done.

/// Choices that are left.
pub(super) struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte; zero where none is left.
    pub(super) fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    /// A number below `bound`; zero where nothing is below it.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::from(self.byte()) % bound.max(1)
    }

    /// One of a list; none where it is empty.
    pub(super) fn one<'b, T>(&mut self, list: &'b [T]) -> Option<&'b T> {
        list.get(self.below(list.len()))
    }

    /// Whether something happens that happens `times` times in 256.
    pub(super) fn happens(&mut self, times: u8) -> bool {
        self.byte() >= 0_u8.wrapping_sub(times)
    }
}

//! Columns in the one form that Automerge itself writes.

use super::{Item, write_signed, write_unsigned};

/// Writes a run-length column in the form that Automerge writes.
pub(crate) struct RunLengthOut<T> {
    out: Vec<u8>,
    literal: Vec<u8>,
    literals: i64,
    last: Option<T>,
    repeats: i64,
    nulls: u64,
}

impl<'a, T: Item<'a>> RunLengthOut<T> {
    pub(crate) const fn new() -> Self {
        Self { out: Vec::new(), literal: Vec::new(), literals: 0, last: None, repeats: 0, nulls: 0 }
    }

    pub(crate) fn push(&mut self, item: Option<T>) {
        match item {
            Some(value) if self.last.is_some_and(|last| last.is(value)) => self.repeats += 1,
            Some(value) => {
                self.end_nulls();
                self.end_repeats();
                (self.last, self.repeats) = (Some(value), 1);
            }
            None => {
                self.end_repeats();
                self.end_literals();
                self.nulls += 1;
            }
        }
    }

    /// The column; empty when it held nulls alone.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.end_repeats();
        self.end_literals();
        if !self.out.is_empty() {
            self.end_nulls();
        }
        self.out
    }

    fn end_repeats(&mut self) {
        let Some(value) = self.last.take() else { return };
        if self.repeats == 1 {
            value.write(&mut self.literal);
            self.literals += 1;
        } else {
            self.end_literals();
            write_signed(&mut self.out, self.repeats);
            value.write(&mut self.out);
        }
    }

    fn end_literals(&mut self) {
        if self.literals > 0 {
            write_signed(&mut self.out, -self.literals);
            self.out.append(&mut self.literal);
            self.literals = 0;
        }
    }

    fn end_nulls(&mut self) {
        if self.nulls > 0 {
            write_signed(&mut self.out, 0);
            write_unsigned(&mut self.out, self.nulls);
            self.nulls = 0;
        }
    }
}

/// Writes a column of numbers as differences.
pub(crate) struct DeltaOut {
    differences: RunLengthOut<i64>,
    last: i64,
}

impl DeltaOut {
    pub(crate) const fn new() -> Self {
        Self { differences: RunLengthOut::new(), last: 0 }
    }

    pub(crate) fn push(&mut self, value: Option<u64>) {
        self.differences.push(value.map(|value| {
            let value = value.cast_signed();
            let difference = value.wrapping_sub(self.last);
            self.last = value;
            difference
        }));
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.differences.finish()
    }
}

/// Writes a column of booleans.
pub(crate) struct BooleansOut {
    out: Vec<u8>,
    last: bool,
    run: u64,
}

impl BooleansOut {
    pub(crate) const fn new() -> Self {
        Self { out: Vec::new(), last: false, run: 0 }
    }

    pub(crate) fn push(&mut self, value: bool) {
        if value != self.last {
            write_unsigned(&mut self.out, self.run);
            (self.last, self.run) = (value, 0);
        }
        self.run += 1;
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        if self.run > 0 {
            write_unsigned(&mut self.out, self.run);
        }
        self.out
    }
}

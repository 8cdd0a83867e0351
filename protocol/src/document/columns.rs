//! The column encodings of Automerge's binary format: numbers, run-length, delta and boolean columns.
//!
//! Readers take shortest-form numbers only and never allocate more than the bytes before them justify.
//! Writers give the one form that Automerge itself writes, so that what was read can be written again
//! and compared. Source: the Automerge binary format specification, sections on column encodings.

mod written;

pub(crate) use written::{BooleansOut, DeltaOut, RunLengthOut};

/// Bytes that do not read as what should stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found bytes that do not read as that")]
pub struct Malformed {
    /// What should have stood there.
    pub expected: &'static str,
}

const fn malformed<T>(expected: &'static str) -> Result<T, Malformed> {
    Err(Malformed { expected })
}

/// Bytes yet to be read.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn take(&mut self, len: u64, expected: &'static str) -> Result<&'a [u8], Malformed> {
        match usize::try_from(len).ok().and_then(|len| self.rest.split_at_checked(len)) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => malformed(expected),
        }
    }

    pub(crate) fn array<const N: usize>(&mut self, expected: &'static str) -> Result<&'a [u8; N], Malformed> {
        match self.rest.split_first_chunk() {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => malformed(expected),
        }
    }

    /// An unsigned LEB128 number in its shortest form.
    pub(crate) fn unsigned(&mut self, expected: &'static str) -> Result<u64, Malformed> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = *self.array(expected)?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let too_large = shift == 63 && byte > 1;
                let overlong = shift > 0 && byte == 0;
                return if too_large || overlong { malformed(expected) } else { Ok(value) };
            }
        }
        malformed(expected)
    }

    /// A signed LEB128 number in its shortest form.
    pub(crate) fn signed(&mut self, expected: &'static str) -> Result<i64, Malformed> {
        let (mut value, mut before) = (0_i64, 0);
        for shift in (0..64).step_by(7) {
            let [byte] = *self.array(expected)?;
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let too_large = shift == 63 && byte != 0 && byte != 0x7f;
                let overlong = shift > 0 && ((byte == 0 && before & 0x40 == 0) || (byte == 0x7f && before & 0x40 != 0));
                if shift < 57 && byte & 0x40 != 0 {
                    value |= -1 << (shift + 7);
                }
                return if too_large || overlong { malformed(expected) } else { Ok(value) };
            }
            before = byte;
        }
        malformed(expected)
    }

    pub(crate) fn text(&mut self, expected: &'static str) -> Result<&'a str, Malformed> {
        let len = self.unsigned(expected)?;
        let bytes = self.take(len, expected)?;
        std::str::from_utf8(bytes).map_err(|_| Malformed { expected })
    }
}

pub(crate) fn write_unsigned(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(crate) fn write_signed(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            return out.push(byte);
        }
        out.push(byte | 0x80);
    }
}

/// What a run-length column holds.
pub(crate) trait Item<'a>: Copy + PartialEq {
    fn read(from: &mut Reader<'a>) -> Result<Self, Malformed>;
    fn write(self, out: &mut Vec<u8>);
    /// Whether it is the same one, told without reading it where one run holds both.
    fn is(self, other: Self) -> bool {
        self == other
    }
}

impl Item<'_> for u64 {
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        from.unsigned("a number in a column")
    }
    fn write(self, out: &mut Vec<u8>) {
        write_unsigned(out, self);
    }
}

impl Item<'_> for i64 {
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        from.signed("a difference in a column")
    }
    fn write(self, out: &mut Vec<u8>) {
        write_signed(out, self);
    }
}

impl<'a> Item<'a> for &'a str {
    fn read(from: &mut Reader<'a>) -> Result<Self, Malformed> {
        from.text("a text in a column")
    }
    fn write(self, out: &mut Vec<u8>) {
        write_unsigned(out, self.len() as u64);
        out.extend_from_slice(self.as_bytes());
    }
    fn is(self, other: Self) -> bool {
        std::ptr::eq(self, other) || self == other
    }
}

enum Run<T> {
    Nulls,
    Repeat(T),
    Literal,
}

/// Reads a run-length column item by item. After its end come nulls, as in Automerge.
pub(crate) struct RunLength<'a, T> {
    reader: Reader<'a>,
    run: Run<T>,
    left: u64,
}

impl<'a, T: Item<'a>> RunLength<'a, T> {
    pub(crate) const fn new(column: &'a [u8]) -> Self {
        Self { reader: Reader::new(column), run: Run::Nulls, left: 0 }
    }

    /// Begins the next run; false at the end of the column.
    fn begin_run(&mut self) -> Result<bool, Malformed> {
        while self.left == 0 {
            if self.reader.rest().is_empty() {
                return Ok(false);
            }
            let length = self.reader.signed("the length of a run")?;
            self.left = length.unsigned_abs();
            self.run = match length {
                0 => {
                    self.left = self.reader.unsigned("the length of a run of nulls")?;
                    Run::Nulls
                }
                1.. => Run::Repeat(T::read(&mut self.reader)?),
                _ => Run::Literal,
            };
        }
        Ok(true)
    }

    pub(crate) fn next(&mut self) -> Result<Option<T>, Malformed> {
        if !self.begin_run()? {
            return Ok(None);
        }
        self.left -= 1;
        match self.run {
            Run::Nulls => Ok(None),
            Run::Repeat(value) => Ok(Some(value)),
            Run::Literal => T::read(&mut self.reader).map(Some),
        }
    }

    /// How many items the column claims; the sum stops growing beyond `most`.
    pub(crate) fn count(mut self, most: u64) -> Result<u64, Malformed> {
        let mut items = 0_u64;
        while items <= most && self.begin_run()? {
            items = items.saturating_add(self.left);
            if matches!(self.run, Run::Literal) && items <= most {
                for _ in 0..self.left {
                    T::read(&mut self.reader)?;
                }
            }
            self.left = 0;
        }
        Ok(items)
    }

    pub(crate) const fn at_end(&self) -> bool {
        self.left == 0 && self.reader.rest().is_empty()
    }
}

/// Reads a column of differences as the numbers they add up to.
pub(crate) struct Delta<'a> {
    differences: RunLength<'a, i64>,
    sum: i64,
}

impl<'a> Delta<'a> {
    pub(crate) const fn new(column: &'a [u8]) -> Self {
        Self { differences: RunLength::new(column), sum: 0 }
    }

    pub(crate) fn next(&mut self) -> Result<Option<u64>, Malformed> {
        let Some(difference) = self.differences.next()? else { return Ok(None) };
        match self.sum.checked_add(difference).map(|sum| (sum, u64::try_from(sum))) {
            Some((sum, Ok(value))) => {
                self.sum = sum;
                Ok(Some(value))
            }
            _ => malformed("a sum of differences that is not negative"),
        }
    }

    pub(crate) const fn at_end(&self) -> bool {
        self.differences.at_end()
    }
}

/// Reads a column of booleans: lengths of runs, false first. After its end comes false.
pub(crate) struct Booleans<'a> {
    reader: Reader<'a>,
    value: bool,
    left: u64,
}

impl<'a> Booleans<'a> {
    pub(crate) const fn new(column: &'a [u8]) -> Self {
        Self { reader: Reader::new(column), value: true, left: 0 }
    }

    pub(crate) fn next(&mut self) -> Result<bool, Malformed> {
        while self.left == 0 {
            if self.reader.rest().is_empty() {
                return Ok(false);
            }
            self.left = self.reader.unsigned("the length of a run of booleans")?;
            self.value = !self.value;
        }
        self.left -= 1;
        Ok(self.value)
    }

    /// How many booleans the column claims; the sum stops growing beyond `most`.
    pub(crate) fn count(mut self, most: u64) -> Result<u64, Malformed> {
        let mut items = 0_u64;
        while items <= most && !self.reader.rest().is_empty() {
            items = items.saturating_add(self.reader.unsigned("the length of a run of booleans")?);
        }
        Ok(items)
    }

    pub(crate) const fn at_end(&self) -> bool {
        self.left == 0 && self.reader.rest().is_empty()
    }
}

//! Rows and columns that fit a terminal.

use crate::escape;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// A table: headings and rows of the same length.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
    long: Long,
    /// Columns that give way last.
    kept: Vec<usize>,
}

/// What becomes of a cell that does not fit its column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Long {
    /// It is cut: a list has a line for each row.
    #[default]
    Cut,
    /// It goes on below: an answer is read whole.
    Wrap,
}

/// Columns stand this far apart.
const GAP: usize = 2;
/// No column is made narrower than this, even if the table is then too wide.
const NARROWEST: usize = 6;
/// A cell takes at most so many lines.
const LINES: usize = 6;

impl Table {
    /// A table without rows.
    pub(crate) fn new<T: AsRef<str>>(headings: impl IntoIterator<Item = T>) -> Self {
        Self { headings: headings.into_iter().map(|text| escape::line(text.as_ref())).collect(), ..Self::default() }
    }

    /// A table without rows, in which a long cell goes on below.
    pub(crate) fn wrapping<T: AsRef<str>>(headings: impl IntoIterator<Item = T>) -> Self {
        Self { long: Long::Wrap, ..Self::new(headings) }
    }

    /// The same, with columns that are made narrower only when all the others are as narrow as can be.
    pub(crate) fn keeping(mut self, columns: Vec<usize>) -> Self {
        self.kept = columns;
        self
    }

    /// Adds a row; cells beyond the headings are not shown.
    pub(crate) fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(|text| escape::line(text.as_ref())).collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The lines of the table, the headings first, at most `width` columns wide where that is possible.
    pub(crate) fn lines(&self, width: Option<usize>) -> Vec<String> {
        let widths = self.widths(width);
        let lines = |row: &Vec<String>| match self.long {
            Long::Cut => vec![line(row, &widths)],
            Long::Wrap => wrapped(row, &widths),
        };
        std::iter::once(line(&self.headings, &widths)).chain(self.rows.iter().flat_map(lines)).collect()
    }

    fn widths(&self, width: Option<usize>) -> Vec<usize> {
        let widest = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.chain(self.headings.get(column)).map(|cell| cell.width()).max().unwrap_or_default()
        };
        let mut widths: Vec<usize> = (0..self.headings.len()).map(widest).collect();
        let Some(width) = width else { return widths };
        let room = width.saturating_sub(GAP * widths.len().saturating_sub(1));
        // The widest column gives way first: names are cut before dates.
        while widths.iter().sum::<usize>() > room {
            let mut wide: Vec<(bool, &mut usize)> = widths
                .iter_mut()
                .enumerate()
                .filter(|(_, width)| **width > NARROWEST)
                .map(|(column, width)| (!self.kept.contains(&column), width))
                .collect();
            let Some((_, widest)) = wide.iter_mut().max() else { break };
            **widest -= 1;
        }
        widths
    }
}

/// The lines of a row whose cells go on below.
fn wrapped(cells: &[String], widths: &[usize]) -> Vec<String> {
    let cells: Vec<Vec<String>> = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| wrap_line(cell, *width).into_iter().take(LINES).collect())
        .collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or_default();
    let part = |number: usize| -> Vec<String> {
        cells.iter().map(|lines| lines.get(number).cloned().unwrap_or_default()).collect()
    };
    (0..height).map(|number| line(&part(number), widths)).collect()
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let mut out = String::new();
    for (column, width) in widths.iter().enumerate() {
        let cell = cut(cells.get(column).map_or("", String::as_str), *width);
        let missing = (width + GAP).saturating_sub(cell.width());
        out.push_str(&cell);
        out.extend(std::iter::repeat_n(' ', missing));
    }
    out.truncate(out.trim_end().len());
    out
}

/// The text in at most `width` columns, with `…` where something is missing.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for letter in text.chars() {
        used += letter.width().unwrap_or_default();
        if used > width {
            break;
        }
        out.push(letter);
    }
    out.push('…');
    out
}

/// Breaks text into lines of at most `width` columns, at spaces where there are any; lines stay lines.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    text.split('\n').flat_map(|line| wrap_line(line, width.max(20))).collect()
}

fn wrap_line(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_inclusive(' ') {
        let current = lines.last().map_or(0, |line| line.width());
        if current > 0 && current + word.trim_end().width() > width {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(word);
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(["Name", "Seen"]);
        table.row(["Friends of the Upper Weir", "2 minutes ago"]);
        table.row(["川の会", "now"]);
        table
    }

    #[test]
    fn columns_line_up_by_what_a_terminal_shows() {
        let lines = table().lines(None);
        assert_eq!(lines[0], "Name                       Seen");
        assert_eq!(lines[1], "Friends of the Upper Weir  2 minutes ago");
        assert_eq!(lines[2], "川の会                     now");
    }

    #[test]
    fn a_table_fits_a_narrow_terminal_by_cutting_its_widest_column() {
        let lines = table().lines(Some(30));
        assert!(lines.iter().all(|line| line.width() <= 30), "{lines:?}");
        assert!(lines[1].starts_with("Friends of the…"), "{lines:?}");
        assert!(lines[1].ends_with("2 minutes ago"));
    }

    #[test]
    fn what_is_kept_gives_way_last() {
        let mut table = Table::new(["Id", "Title", "Starts"]).keeping(vec![0, 2]);
        table.row(["bxpnitsj4k", "A vigil at the weir with many candles", "24 Nov 2026 10:00"]);
        let lines = table.lines(Some(45));
        assert!(lines[1].starts_with("bxpnitsj4k") && lines[1].ends_with("24 Nov 2026 10:00"), "{lines:?}");
        assert!(lines[1].width() <= 45, "{lines:?}");
    }

    #[test]
    fn an_answer_is_shown_whole_in_the_lines_below() {
        let mut table = Table::wrapping(["Question", "Answer"]);
        table.row(["Who are they?", "Anglers, swimmers and two retired lock keepers."]);
        let lines = table.lines(Some(40));
        assert!(lines.iter().all(|line| line.width() <= 40), "{lines:?}");
        let second: Vec<&str> = lines.iter().skip(1).map(|line| line.split_at(15).1.trim()).collect();
        assert_eq!(second.join(" "), "Anglers, swimmers and two retired lock keepers.");
        assert_eq!(table.lines(None).len(), 2, "where there is room, a row is a line");
    }

    #[test]
    fn a_line_break_in_a_name_does_not_make_a_row() {
        let mut table = Table::new(["Name"]);
        table.row(["a\nb"]);
        assert_eq!(table.lines(None).len(), 2);
    }

    #[test]
    fn long_text_is_broken_at_spaces_and_keeps_its_own_lines() {
        let lines = wrap("a river that nobody may drink from any more\n\nend", 24);
        assert_eq!(lines, ["a river that nobody may", "drink from any more", "", "end"]);
    }
}

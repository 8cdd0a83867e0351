//! Rows and columns that fit a terminal.

use crate::escape;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// A table: headings and rows of the same length.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
    long: Long,
    /// Columns of times, numbers and ids, of which a part says something else than the whole.
    whole: Vec<usize>,
    /// Columns that are left out where there is no room, the least telling first.
    spare: Vec<usize>,
    /// What shows them all the same.
    elsewhere: String,
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

/// A table as it is printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Printed {
    /// The lines of the headings.
    pub(crate) headings: Vec<String>,
    /// The lines of the rows.
    pub(crate) rows: Vec<String>,
    /// What there is no room for, and where it is.
    pub(crate) note: Option<String>,
}

/// Columns stand this far apart.
const GAP: usize = 2;
/// No column is made narrower than this, even if the table is then too wide.
const NARROWEST: usize = 6;
/// A column that may be left out is, before it gets narrower than this.
const READABLE: usize = 12;
/// A column that stays is made narrower than this only when nothing more can be left out.
const TELLING: usize = 20;
/// A cell takes at most so many lines.
const LINES: usize = 12;

impl Table {
    /// A table without rows.
    pub(crate) fn new<T: AsRef<str>>(headings: impl IntoIterator<Item = T>) -> Self {
        Self { headings: headings.into_iter().map(|text| escape::line(text.as_ref())).collect(), ..Self::default() }
    }

    /// A table without rows, in which a long cell goes on below.
    pub(crate) fn wrapping<T: AsRef<str>>(headings: impl IntoIterator<Item = T>) -> Self {
        Self { long: Long::Wrap, ..Self::new(headings) }
    }

    /// The same, with columns that are never cut, and broken only when nothing else gives way.
    pub(crate) fn keeping(mut self, columns: impl IntoIterator<Item = usize>) -> Self {
        self.whole.extend(columns);
        self
    }

    /// The same, with columns that are left out where there is no room for them, the first one first, and the command
    /// that shows them.
    pub(crate) fn sparing(mut self, columns: impl IntoIterator<Item = usize>, elsewhere: impl Into<String>) -> Self {
        self.spare.extend(columns);
        self.elsewhere = elsewhere.into();
        self
    }

    /// Adds a row; cells beyond the headings are not shown.
    pub(crate) fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(|text| escape::line(text.as_ref())).collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table, at most `width` columns wide where that is possible.
    pub(crate) fn printed(&self, width: Option<usize>) -> Printed {
        let widths = self.widths(width);
        let lines = |row: &Vec<String>| match self.long {
            Long::Cut => vec![line(row, &widths)],
            Long::Wrap => wrapped(row, &widths),
        };
        let is_shown = |column| widths.iter().any(|(shown, _)| *shown == column);
        let left_out = self.headings.iter().enumerate().filter(|(column, _)| !is_shown(*column));
        let left_out: Vec<&str> = left_out.map(|(_, heading)| heading.as_str()).collect();
        let note = || format!("No room here for {}. All of it: {}", left_out.join(", "), self.elsewhere);
        Printed {
            headings: lines(&self.headings),
            rows: self.rows.iter().flat_map(lines).collect(),
            note: (!left_out.is_empty()).then(note),
        }
    }

    /// The columns that are shown, each with its width.
    fn widths(&self, width: Option<usize>) -> Vec<(usize, usize)> {
        let widest = |column| self.cells(column).map(|cell| cell.width()).max().unwrap_or_default();
        let mut shown: Vec<(usize, usize)> = (0..self.headings.len()).map(|column| (column, widest(column))).collect();
        let Some(width) = width else { return shown };
        let mut spare = self.spare.iter();
        loop {
            let squeezed = squeezed(&shown, width, |column, natural| match self.long {
                _ if self.whole.contains(&column) => natural,
                Long::Wrap => self.longest_word(column).clamp(NARROWEST, TELLING),
                Long::Cut if self.spare.contains(&column) => READABLE,
                Long::Cut => TELLING,
            });
            if fits(&squeezed, width) {
                return squeezed;
            }
            let Some(column) = spare.next() else { break };
            shown.retain(|(it, _)| it != column);
        }
        // Where there is no room even so, times are broken between their words, then words; nothing whole is cut.
        if self.long == Long::Cut {
            return squeezed(&shown, width, |column, natural| match self.whole.contains(&column) {
                true => natural,
                false => NARROWEST,
            });
        }
        let between_words = squeezed(&shown, width, |column, _| match self.whole.contains(&column) {
            true => self.longest_word(column),
            false => self.longest_word(column).clamp(NARROWEST, TELLING),
        });
        squeezed(&between_words, width, |column, _| match self.whole.contains(&column) {
            true => self.longest_word(column),
            false => NARROWEST,
        })
    }

    /// A column, its heading first.
    fn cells(&self, column: usize) -> impl Iterator<Item = &String> {
        self.headings.get(column).into_iter().chain(self.rows.iter().filter_map(move |row| row.get(column)))
    }

    fn longest_word(&self, column: usize) -> usize {
        self.cells(column).flat_map(|cell| cell.split(' ')).map(|word| word.width()).max().unwrap_or_default()
    }
}

fn fits(widths: &[(usize, usize)], width: usize) -> bool {
    widths.iter().map(|(_, width)| width + GAP).sum::<usize>() <= width + GAP
}

/// Columns made narrower until they fit, the widest first, none below what `least` says of it.
fn squeezed(columns: &[(usize, usize)], width: usize, least: impl Fn(usize, usize) -> usize) -> Vec<(usize, usize)> {
    let least: Vec<usize> = columns.iter().map(|(column, natural)| least(*column, *natural)).collect();
    let mut columns = columns.to_vec();
    while !fits(&columns, width) {
        let wide = columns.iter_mut().zip(&least).filter(|((_, width), least)| width > *least);
        let Some(((_, widest), _)) = wide.max_by_key(|((_, width), _)| *width) else { break };
        *widest -= 1;
    }
    columns
}

/// The lines of a row whose cells go on below.
fn wrapped(cells: &[String], widths: &[(usize, usize)]) -> Vec<String> {
    let columns = widths.iter().map(|(column, width)| {
        let mut lines = broken(cells.get(*column).map_or("", String::as_str), *width);
        if lines.len() > LINES {
            lines.truncate(LINES);
            if let Some(last) = lines.last_mut() {
                *last = cut(&format!("{last} …"), *width);
            }
        }
        lines
    });
    let columns: Vec<Vec<String>> = columns.collect();
    let height = columns.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<(usize, usize)> = widths.iter().map(|(_, width)| *width).enumerate().collect();
    let part = |number: usize| -> Vec<String> {
        columns.iter().map(|lines| lines.get(number).cloned().unwrap_or_default()).collect()
    };
    (0..height).map(|number| line(&part(number), &widths)).collect()
}

fn line(cells: &[String], widths: &[(usize, usize)]) -> String {
    let mut out = String::new();
    for (column, width) in widths {
        let cell = cut(cells.get(*column).map_or("", String::as_str), *width);
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

/// The lines of a cell; unlike in prose, a word that is longer than a line goes on in the next.
fn broken(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in wrap_line(text, width) {
        let mut part = String::new();
        for letter in line.chars() {
            if !part.is_empty() && part.width() + letter.width().unwrap_or_default() > width {
                lines.push(std::mem::take(&mut part));
            }
            part.push(letter);
        }
        lines.push(part);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(table: &Table, width: Option<usize>) -> Vec<String> {
        let printed = table.printed(width);
        printed.headings.into_iter().chain(printed.rows).collect()
    }

    fn table() -> Table {
        let mut table = Table::new(["Name", "Seen"]);
        table.row(["Friends of the Upper Weir", "2 minutes ago"]);
        table.row(["川の会", "now"]);
        table
    }

    #[test]
    fn columns_line_up_by_what_a_terminal_shows() {
        let lines = lines(&table(), None);
        assert_eq!(lines[0], "Name                       Seen");
        assert_eq!(lines[1], "Friends of the Upper Weir  2 minutes ago");
        assert_eq!(lines[2], "川の会                     now");
    }

    #[test]
    fn a_table_fits_a_narrow_terminal_by_cutting_its_widest_column() {
        let lines = lines(&table(), Some(30));
        assert!(lines.iter().all(|line| line.width() <= 30), "{lines:?}");
        assert!(lines[1].starts_with("Friends of the…"), "{lines:?}");
        assert!(lines[1].ends_with("2 minutes ago"));
    }

    #[test]
    fn what_says_least_is_left_out_before_an_id_a_title_or_a_time_is_cut() {
        let mut table = Table::new(["Id", "Title", "Sort", "Starts", "Body", "Group", "Changed"]);
        table = table.keeping([0, 3, 6]).sparing([6, 2, 4, 5], "grid event show ID");
        let cells = ["bxpnitsj4k", "A vigil at the weir with many candles", "representatives", "24 Nov 2026 10:00"];
        table.row(cells.into_iter().chain(["Round of the valleys", "Bramlin Choir", "20 days ago"]));
        for (width, left_out) in [
            (140, ""),
            (100, "Changed"),
            (80, "Sort, Changed"),
            (60, "Sort, Body, Group, Changed"),
            (40, "Sort, Body, Group, Changed"),
        ] {
            let printed = table.printed(Some(width));
            let note = format!("No room here for {left_out}. All of it: grid event show ID");
            assert_eq!(printed.note.unwrap_or_default(), if left_out.is_empty() { "" } else { &note }, "{width}");
            let row = &printed.rows[0];
            assert!(row.width() <= width && row.starts_with("bxpnitsj4k  A vi"), "{width}: {row}");
            assert!(row.contains("24 Nov 2026 10:00"), "{width}: {row}");
            assert!(width < 60 || row.contains("A vigil at the weir"), "{width}: {row}");
        }
        assert!(table.printed(Some(20)).rows[0].contains("24 Nov 2026 10:00"), "rather too wide than wrong");
    }

    #[test]
    fn an_answer_is_shown_whole_in_the_lines_below() {
        let mut table = Table::wrapping(["Question", "Answer"]);
        table.row(["Who are they?", "Anglers, swimmers and two retired lock keepers."]);
        let shown = lines(&table, Some(40));
        assert!(shown.iter().all(|line| line.width() <= 40), "{shown:?}");
        let second: Vec<&str> = shown.iter().skip(1).map(|line| line.split_at(15).1.trim()).collect();
        assert_eq!(second.join(" "), "Anglers, swimmers and two retired lock keepers.");
        assert_eq!(lines(&table, None).len(), 2, "where there is room, a row is a line");
    }

    #[test]
    fn an_answer_breaks_texts_before_times_times_before_words_and_cuts_nothing() {
        let mut table = Table::wrapping(["When", "Interests of the group", "Why"]).keeping([0]);
        table.row(["Thu 7 Jan 2027, 23:00", "facilitation", "representatives"]);
        for (width, whole) in
            [(56, &["Thu 7 Jan 2027, 23:00", "facilitation"][..]), (40, &["facilitation"]), (24, &["2027,"])]
        {
            let shown = lines(&table, Some(width));
            assert!(shown.iter().all(|line| line.width() <= width && !line.contains('…')), "{width}: {shown:?}");
            for part in whole {
                assert!(shown.iter().any(|line| line.contains(part)), "{width}: {part}: {shown:?}");
            }
        }
    }

    #[test]
    fn an_answer_that_goes_on_for_long_shows_that_it_does() {
        let mut table = Table::wrapping(["Text"]);
        table.row(["word ".repeat(60)]);
        let shown = lines(&table, Some(10));
        assert_eq!(shown.len(), 1 + LINES);
        assert!(shown.last().is_some_and(|line| line.ends_with('…')), "{shown:?}");
    }

    #[test]
    fn a_line_break_in_a_name_does_not_make_a_row() {
        let mut table = Table::new(["Name"]);
        table.row(["a\nb"]);
        assert_eq!(lines(&table, None).len(), 2);
    }

    #[test]
    fn long_text_is_broken_at_spaces_and_keeps_its_own_lines() {
        let lines = wrap("a river that nobody may drink from any more\n\nend", 24);
        assert_eq!(lines, ["a river that nobody may", "drink from any more", "", "end"]);
        let link = "https://example.org/a/very/long/path";
        assert_eq!(wrap(link, 20), [link], "what somebody copies stays whole");
    }
}

//! Tables as spreadsheets write them: what separates the cells, where each row begins, and what a quotation mark swallows.

use super::row::{Cell, read_row};
use super::{BadRow, ImportError, ImportOptions, ImportPlan, Seen};
use crate::limits::MAX_IMPORT_ROWS;
use crate::record::heading::map_headings;
use crate::record::quotes::open_quote;
use crate::record::spreadsheet::{Order, Times};
use crate::record::table::undo_defuse;
use crate::record::{FieldType, Kind, Mapped, Mapping};
use std::borrow::Cow;

pub(super) fn read_csv(kind: &Kind, text: &str, options: &ImportOptions) -> Result<ImportPlan, ImportError> {
    // Some spreadsheets say the separator in a first line of their own.
    let (said, text, skipped) = match text.strip_prefix("sep=").and_then(|rest| rest.split_once('\n')) {
        Some((said, rest)) => (said.bytes().next(), rest, 1),
        None => (None, text, 0),
    };
    let delimiter = options.delimiter.or(said).unwrap_or_else(|| guess_delimiter(text));
    // Rows that a quotation mark swallows are not read at all, and named.
    let broken = open_quote(text, delimiter);
    let line_of = |line: usize| u64::try_from(line).unwrap_or(u64::MAX).saturating_add(skipped);
    let text = match &broken {
        Some(quote) if text.get(..quote.row).is_none_or(|before| before.trim().is_empty()) => {
            return Err(ImportError::OpenQuote { line: quote.line.saturating_add(usize::from(skipped > 0)) });
        }
        Some(quote) => text.get(..quote.row).unwrap_or_default(),
        None => text,
    };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let headings = reader.headers().map_err(ImportError::Csv)?.clone();
    let headings: Vec<Cow<'_, str>> = headings.iter().map(undo_defuse).collect();
    let headings = headings.iter().map(|heading| &**heading);
    let mut plan = ImportPlan::new(kind, map_headings(kind, headings, &options.mapping)?)?;
    let mapping = plan.mapping.clone();
    let records = numbered(&mut reader, text)?;
    let is_moment = |mapping: &Mapping| match &mapping.mapped {
        Mapped::Field(name) => kind.field(name).is_some_and(|field| field.field_type == FieldType::DateTime),
        _ => false,
    };
    let moments = records.iter().flat_map(|(line, record)| {
        let cells = mapping.iter().zip(record.iter()).filter(|(mapping, _)| is_moment(mapping));
        cells.map(move |(_, text)| (skipped + line, text))
    });
    let order = Order::shown_by(moments);
    if let Some((line, order)) = order {
        let reason =
            format!("this date shows that {order} in this file: those that could be read in two ways are read like it");
        plan.notes.push(BadRow { line, reason });
    }
    let times = Times::new(options.zone.as_deref(), order.map(|(_, order)| order));
    let mut seen = Seen::default();
    for (line, record) in &records {
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let line = skipped + line;
        let row = if record.len() > mapping.len() {
            Err(format!("expected {} cells, found {}", mapping.len(), record.len()))
        } else {
            let texts = mapping.iter().zip(record.iter().map(undo_defuse));
            let texts = texts.map(|(mapping, text)| options.meant.in_cell(kind, mapping, text));
            texts.collect::<Result<Vec<Cow<'_, str>>, String>>().and_then(|texts| {
                let cells = mapping.iter().zip(&texts).map(|(mapping, text)| (&mapping.mapped, Cell::Text(text)));
                read_row(kind, line, cells, &times)
            })
        };
        plan.push(line, row, &mut seen);
    }
    plan.notes.extend(times.note().map(|(line, reason)| BadRow { line, reason }));
    if let Some(quote) = broken {
        let rest = match quote.lines_after {
            0 => "it".to_owned(),
            1 => "it and the line after it".to_owned(),
            lines => format!("it and the {lines} lines after it"),
        };
        let reason = format!("a quotation mark opens here and is not closed, so {rest} can't be read: close it");
        plan.bad.push(BadRow { line: line_of(quote.line), reason });
    }
    Ok(plan)
}

/// The rows, each with the line of the file where it begins. The reader counts lines by where it stopped, which in files
/// with two signs at the end of a line is one too few.
fn numbered(reader: &mut csv::Reader<&[u8]>, text: &str) -> Result<Vec<(u64, csv::StringRecord)>, ImportError> {
    let mut rows = Vec::new();
    let (mut line, mut counted) = (1, 0);
    for record in reader.records() {
        if rows.len() >= MAX_IMPORT_ROWS {
            return Err(ImportError::TooManyRows);
        }
        let record = record.map_err(ImportError::Csv)?;
        let stopped = record.position().and_then(|at| usize::try_from(at.byte()).ok()).unwrap_or(counted);
        let ends = text.as_bytes().iter().skip(stopped).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let begins = stopped.saturating_add(ends);
        let passed = text.as_bytes().get(counted..begins).unwrap_or_default();
        line += u64::try_from(passed.iter().filter(|byte| **byte == b'\n').count()).unwrap_or_default();
        counted = begins;
        rows.push((line, record));
    }
    Ok(rows)
}

/// What separates the cells of the first line, quoted ones aside.
fn guess_delimiter(text: &str) -> u8 {
    let (mut quoted, mut counts) = (false, [0_usize; 3]);
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            b',' if !quoted => counts[0] += 1,
            b';' if !quoted => counts[1] += 1,
            b'\t' if !quoted => counts[2] += 1,
            _ => {}
        }
    }
    match counts {
        [commas, semicolons, tabs] if semicolons > commas && semicolons >= tabs => b';',
        [commas, _, tabs] if tabs > commas => b'\t',
        _ => b',',
    }
}

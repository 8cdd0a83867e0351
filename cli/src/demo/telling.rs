//! Telling a chapter: its steps are carried out on the running nodes, its commands are shown as one can type them, and
//! every answer is checked before it is shown.

use super::{
    observe,
    process::Attempt,
    scene::{Ask, Chapter, Edit, File, Ids, Refused, Show, Step, Write},
    story::{Story, WIDTH, write},
};
use crate::{
    client::path,
    command::ask,
    context,
    failure::{Exit, Failure},
    file,
    output::Page,
    words::quoted,
};
use serde_json::{Value, json};

/// Where commands stand.
const MARGIN: &str = "  ";
/// Where answers stand.
const ANSWER: &str = "    ";

impl Story<'_> {
    /// Tells a chapter.
    pub(super) fn chapter(&mut self, chapter: &Chapter) -> Result<(), Failure> {
        self.heading(&chapter.title);
        self.say(&chapter.told);
        for step in &chapter.steps {
            match step {
                Step::Write(write) => self.write(write)?,
                Step::Edit(edit) => self.edit(edit)?,
                Step::Run(ask) => self.ask(ask, ask.by)?,
                Step::Refused(refused) => self.refused(refused)?,
                Step::Say(text) => self.say(text),
                Step::File(file) => self.lay(file)?,
            }
        }
        Ok(())
    }

    fn write(&mut self, step: &Write) -> Result<(), Failure> {
        let fields = self.names.fields(&step.fields);
        // What it refers to has to be on the computer where it is written.
        if fields != step.fields {
            self.settle()?;
        }
        let id = write(&self.client(step.by)?, &step.kind, &fields)?;
        if step.by == self.sample.away {
            self.away_wrote = Some(context::now());
        }
        if let Some(name) = &step.named {
            self.names.note(name, &id);
        }
        Ok(())
    }

    /// Lays a file where commands are typed, and shows it.
    fn lay(&mut self, step: &File) -> Result<(), Failure> {
        let mut text = step.lines.join("\n");
        text.push('\n');
        file::write(&self.dir.join(&step.name), text.as_bytes())?;
        self.out.page(|page| {
            page.whole(&format!("{MARGIN}$ cat {}", step.name));
            step.lines.iter().for_each(|line| page.whole(&format!("{ANSWER}{line}")));
        });
        Ok(())
    }

    fn edit(&mut self, step: &Edit) -> Result<(), Failure> {
        let id = self.names.text(&step.id, Ids::Whole);
        let fields = self.names.fields(&step.fields);
        self.settle()?;
        self.client(step.by)?.patch(&path(["records", &step.kind, &id]), &json!({"fields": fields})).map(drop)
    }

    /// Runs a command once everything has arrived everywhere; shows it, and what of its answer is to be shown.
    pub(super) fn ask(&mut self, ask: &Ask, by: Option<usize>) -> Result<(), Failure> {
        self.settle()?;
        let line = self.command(by, &ask.words);
        let answer = self.run(by, &ask.words)?.done(&line.join(" "))?;
        ask.observe.iter().try_for_each(|observation| observation.check(&line.join(" "), &answer))?;
        if let Some(name) = &ask.named {
            self.names.note(name, answer.pointer(&ask.at).and_then(Value::as_str).unwrap_or_default());
        }
        self.seen(&line, json!(ask.observe.len()));
        self.out.page(|page| {
            command(page, &line);
            ask.show.iter().for_each(|part| show(page, part, &answer));
        });
        Ok(())
    }

    fn refused(&mut self, step: &Refused) -> Result<(), Failure> {
        self.settle()?;
        let line = self.command(Some(step.by), &step.words);
        let (message, hint) = match self.run(Some(step.by), &step.words)? {
            Attempt::Refused { message, hint } if message.contains(&step.because) => (message, hint),
            other => {
                let found = other.told();
                let line = line.join(" ");
                return Err(Failure::new(
                    Exit::Failed,
                    format!(
                        "the story does not hold at `{line}`: expected a refusal because of {:?}, found {found}",
                        step.because
                    ),
                )
                .code("not_observed"));
            }
        };
        self.seen(&line, json!(1));
        self.out.page(|page| {
            command(page, &line);
            page.indented(ANSWER, &format!("Error: {message}"));
            if let Some(hint) = &hint {
                page.indented(ANSWER, &format!("Hint: {hint}"));
            }
        });
        Ok(())
    }

    /// A command as one types it in the directory of the demo.
    fn command(&self, by: Option<usize>, words: &[String]) -> Vec<String> {
        let home = by.and_then(|by| self.sample.groups.get(by)).map(|group| ["--home".to_owned(), group.slug.clone()]);
        let words = self.names.words(words, Ids::Short);
        std::iter::once("grid".to_owned())
            .chain(home.into_iter().flatten())
            .chain(words)
            .map(|word| quoted(&word))
            .collect()
    }

    /// Runs a command just as it is shown.
    fn run(&self, by: Option<usize>, words: &[String]) -> Result<Attempt, Failure> {
        let words = self.names.words(words, Ids::Short);
        match by {
            Some(by) => self.station(by)?.attempt(words),
            None => super::process::attempt_alone(&self.dir, words),
        }
    }
}

/// Shows a command, over several lines where it is long, so that all of it can be copied.
fn command(page: &mut Page, words: &[String]) {
    let mut lines = vec![format!("{MARGIN}$")];
    for word in words {
        let room = WIDTH.saturating_sub(2);
        match lines.last_mut() {
            Some(last) if last.chars().count() + word.chars().count() < room => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(format!("{ANSWER}  {word}")),
        }
    }
    let last = lines.len().saturating_sub(1);
    for (number, line) in lines.iter().enumerate() {
        page.whole(&if number == last { line.clone() } else { format!("{line} \\") });
    }
}

fn show(page: &mut Page, part: &Show, answer: &Value) {
    match part {
        Show::Rows { section, columns, most } => {
            let Some(section) = observe::named(answer, section) else { return };
            match ask::table(section, columns, *most) {
                Some(table) => page.table_within(ANSWER, &table),
                None => page.indented(ANSWER, section["empty"].as_str().unwrap_or_default()),
            }
            let more = section["rows"].as_array().map_or(0, Vec::len).saturating_sub(*most);
            if more > 0 {
                page.indented(ANSWER, &format!("... and {more} more"));
            }
        }
        Show::List { at, columns, most } => {
            let headings = columns.iter().map(|(key, heading)| json!({"key": key, "heading": heading}));
            let section = json!({"rows": answer.pointer(at), "columns": headings.collect::<Vec<_>>()});
            match ask::table(&section, &[], *most) {
                Some(table) => page.table_within(ANSWER, &table),
                None => page.indented(ANSWER, "none"),
            }
        }
        Show::Fields(fields) => {
            for (label, at) in fields {
                let value = match answer.pointer(at) {
                    None | Some(Value::Null) => "-".to_owned(),
                    Some(Value::String(text)) => text.clone(),
                    Some(Value::Array(items)) if items.is_empty() => "none".to_owned(),
                    Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
                    Some(other) => other.to_string(),
                };
                page.indented(ANSWER, &format!("{label}: {value}"));
            }
        }
    }
}

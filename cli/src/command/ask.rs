//! `grid ask`: questions to everything that is here. They describe themselves: no question is named here.

use crate::{
    client::{path, with_query},
    context::{self, Context},
    failure::Failure,
    output::Page,
    saved,
    table::Table,
    when, words,
};
use clap::{Arg, ArgAction, ArgMatches, Command};
use grid_node::question::{self, Given, Question};
use serde_json::Value;

/// `grid ask`, with a command for every question.
pub(crate) fn command() -> Command {
    let ask = Command::new("ask")
        .about("Ask a question of everything that is here: who is silent, what adds up, who should meet")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true);
    question::ALL.iter().fold(ask, |ask, question| ask.subcommand(with_words(Command::new(question.name), question)))
}

/// The questions that have a command of their own, and no kind beside them.
pub(crate) fn own_commands() -> impl Iterator<Item = Command> {
    let own = question::ALL.iter().filter(|question| question.place == question::Place::Command);
    own.filter(|question| !is_kind(question.name)).map(|question| with_words(Command::new(question.name), question))
}

/// The command with the words of a question.
pub(crate) fn with_words(command: Command, question: &Question) -> Command {
    let word = |word: &question::Word| {
        if word.many == Given::Bare {
            let about = word.about.trim_end_matches('.');
            return Arg::new(word.name).value_name("WORDS").num_args(0..).help(about);
        }
        let action = if word.many == Given::Often { ArgAction::Append } else { ArgAction::Set };
        let about = word.about.trim_end_matches('.');
        Arg::new(word.name).long(word.name).value_name("TEXT").action(action).help(about).allow_hyphen_values(true)
    };
    let command =
        if command.get_about().is_some() { command } else { command.about(question.about.trim_end_matches('.')) };
    command.args(question.all_words().map(word)).arg(saved::argument())
}

/// Whether a kind of records is called like that.
fn is_kind(name: &str) -> bool {
    grid_protocol::record::Registry::standard().kind(name).is_some()
}

/// Asks what stands behind `grid ask`.
pub(crate) fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    match matches.subcommand().and_then(|(name, matches)| Some((question::named(name)?, matches))) {
        Some((question, matches)) => answer(question, matches, context),
        None => Err(Failure::usage("say what to ask").hint("`grid ask --help` lists the questions")),
    }
}

/// Asks a question with the words that were given.
pub(crate) fn answer(question: &Question, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let given = question.all_words().flat_map(|word| {
        let values = matches.try_get_many::<String>(word.name).ok().flatten().into_iter().flatten();
        values.map(|value| (word.name, value.as_str()))
    });
    let given: Vec<(&str, &str)> = given.collect();
    let reply = context.client()?.get(&with_query(&path(["questions", question.name]), given.iter().copied()))?;
    tell(&reply, context);
    saved::keep(matches, ("question", question.name), &given, context)
}

/// Tells an answer.
pub(crate) fn tell(reply: &Value, context: &mut Context<'_>) {
    context.out.answer(reply, |page| show(page, reply));
    if tells_hours(reply) {
        context.out.note(&format!("Hours are by the clock of this computer ({}).", when::zone_here(context::now())));
    }
}

/// Whether an answer names hours of what lies ahead.
fn tells_hours(shown: &Value) -> bool {
    match shown {
        Value::String(text) => {
            text.len() >= 20 && text.parse().is_ok_and(|time: jiff::Timestamp| time > context::now())
        }
        Value::Array(values) => values.iter().any(tells_hours),
        Value::Object(fields) => fields.values().any(tells_hours),
        _ => false,
    }
}

fn show(page: &mut Page, reply: &Value) {
    let sections = reply["sections"].as_array().map_or(&[][..], Vec::as_slice);
    for (index, section) in sections.iter().enumerate() {
        if index > 0 {
            page.line("");
        }
        if sections.len() > 1 {
            page.heading(section["heading"].as_str().unwrap_or_default());
        }
        match table(section, &[], usize::MAX) {
            Some(table) => page.table(&table),
            None => page.line(section["empty"].as_str().unwrap_or_default()),
        }
        if let Some(note) = section["note"].as_str() {
            page.line(note);
        }
    }
}

/// The first rows of a section; none where there are none. Without columns it shows those of the section.
pub(crate) fn table(section: &Value, columns: &[String], most: usize) -> Option<Table> {
    let rows = section["rows"].as_array().filter(|rows| !rows.is_empty())?;
    let known = || {
        let of = |column: &Value, key: &str| column[key].as_str().unwrap_or_default().to_owned();
        section["columns"]
            .as_array()
            .into_iter()
            .flatten()
            .map(move |column| (of(column, "key"), of(column, "heading")))
    };
    let columns: Vec<(String, String)> = match columns {
        [] => known().collect(),
        // Programs find more in the rows than the columns show.
        columns => columns
            .iter()
            .map(|key| known().find(|(name, _)| name == key).unwrap_or_else(|| (key.clone(), words::capital(key))))
            .collect(),
    };
    let shown: Vec<&Value> = rows.iter().take(most).collect();
    let is_figure = |key: &str| shown.iter().any(|row| is_figure(&row[key]));
    let whole = columns.iter().enumerate().filter(|(_, (key, _))| is_figure(key)).map(|(column, _)| column);
    let mut table = Table::wrapping(columns.iter().map(|(_, heading)| heading)).keeping(whole);
    for row in shown {
        table.row(columns.iter().map(|(key, _)| cell(&row[key])));
    }
    Some(table)
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Value::String(text) if is_moment(text) => when::ahead_or_ago(text, context::now()),
        Value::String(text) if is_day(text) => when::day(text, context::now()),
        Value::String(text) if is_id(text) => text.chars().take(8).collect(),
        Value::String(text) => text.clone(),
        Value::Array(values) if values.is_empty() => "-".to_owned(),
        Value::Array(values) => values.iter().map(cell).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    }
}

/// Whether it is a time, a number or an id, which reads badly in parts.
fn is_figure(value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::String(text) => is_moment(text) || is_day(text) || is_id(text),
        _ => false,
    }
}

/// Whether it is a whole id, of which tables show the beginning.
fn is_id(text: &str) -> bool {
    text.len() == 52 && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
}

/// Whether it is a day as the API writes them.
fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

/// Whether it is a moment as the API writes them.
fn is_moment(text: &str) -> bool {
    text.len() >= 20 && text.parse::<jiff::Timestamp>().is_ok()
}

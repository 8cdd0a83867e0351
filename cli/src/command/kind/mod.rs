//! The commands of every kind of record. They come out of its description: no kind is named here.

mod base;
mod beside;
mod deliver;
mod duplicates;
mod edit;
mod editor;
mod export;
mod fields;
mod freeze;
mod history;
mod import;
mod list;
mod listed;
mod merge;
pub(crate) mod new;
mod remove;
mod run;
mod schema;
mod short;
mod show;
mod start;
mod total;
mod turned;
mod undo;

pub(crate) use deliver::wait_argument;
pub(crate) use fields::flags;
pub(crate) use list::hidden_note;

use crate::{
    client::{Client, path, with_query},
    command::{ask, recover},
    context::Context,
    failure::{Exit, Failure},
    words::{capital, uncapital},
};
use clap::{Arg, ArgMatches, Command};
use grid_node::question::{self, Place, Question};
use grid_protocol::record::{Kind, KindRole, Registry, Singleton};

/// The command of a kind; what is below is built when it is used.
pub(crate) fn command(kind: &Kind) -> Command {
    let command = Command::new(kind.name.clone())
        .about(format!("{}: {}", capital(&kind.plural), uncapital(first_sentence(&kind.about))))
        .disable_help_subcommand(true)
        // There are many: the help names them section by section.
        .hide(true)
        .defer(with_verbs);
    match question(kind) {
        Some(question) => ask::with_words(command, question).args_conflicts_with_subcommands(true),
        None => command.subcommand_required(true).arg_required_else_help(true),
    }
}

fn with_verbs(command: Command) -> Command {
    match Registry::standard().kind(command.get_name()) {
        // The group itself can be brought back, not only what it says of itself.
        Some(kind) if kind.role == Some(KindRole::Profile) => command.subcommands(verbs(kind)).subcommands([
            recover::command(),
            recover::approve::command(),
            recover::contacts::command(),
        ]),
        Some(kind) => command.subcommands(verbs(kind)),
        None => command,
    }
}

/// The question that the command of a kind asks where no more is said.
fn question(kind: &Kind) -> Option<&'static Question> {
    question::named(&kind.name).filter(|question| question.place == Place::Command)
}

/// What can be done with records of a kind.
fn verbs(kind: &Kind) -> Vec<Command> {
    let mut verbs = vec![
        new::command(kind),
        list::command(kind),
        show::command(kind),
        edit::command(kind),
        remove::command(kind),
        history::command(kind),
        undo::command(kind),
        import::command(kind),
        export::command(kind),
        schema::command(kind),
    ];
    if kind.singleton == Singleton::Many {
        verbs.extend([duplicates::command(kind), merge::command(kind)]);
    }
    verbs.extend(short::commands(kind));
    if kind.verbs.iter().any(|verb| verb == run::NAME) {
        verbs.push(run::command(kind));
    }
    if kind.verbs.iter().any(|verb| verb == freeze::NAME) {
        verbs.push(freeze::command(kind));
    }
    if kind.verbs.iter().any(|verb| verb == start::NAME) {
        verbs.push(start::command(kind));
    }
    if kind.verbs.iter().any(|verb| verb == total::NAME) {
        verbs.push(total::command(kind));
    }
    verbs
}

/// Carries out a command of a kind.
pub(crate) fn run(kind: &Kind, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    match matches.subcommand() {
        Some(("new", matches)) => new::run(kind, matches, context),
        Some(("list", matches)) => list::run(kind, matches, context),
        Some(("show", matches)) => show::run(kind, matches, context),
        Some(("edit", matches)) => edit::run(kind, matches, context),
        Some(("remove", matches)) => remove::run(kind, matches, context),
        Some(("history", matches)) => history::run(kind, matches, context),
        Some(("undo", matches)) => undo::run(kind, matches, context),
        Some(("duplicates", matches)) => duplicates::run(kind, matches, context),
        Some(("merge", matches)) => merge::run(kind, matches, context),
        Some((freeze::NAME, matches)) => freeze::run(kind, matches, context),
        Some((run::NAME, matches)) => run::run(kind, matches, context),
        Some((start::NAME, matches)) => start::run(kind, matches, context),
        Some((total::NAME, matches)) => total::run(kind, matches, context),
        Some(("import", matches)) => import::run(kind, matches, context),
        Some(("export", matches)) => export::run(kind, matches, context),
        Some(("schema", matches)) => schema::run(kind, matches, context),
        Some((verb, matches)) if short::is_one(kind, verb) => short::run(kind, verb, matches, context),
        Some(("recover", matches)) => recover::run(matches, context),
        Some(("approve", matches)) => recover::approve::run(matches, context),
        Some(("contacts", matches)) => recover::contacts::run(matches, context),
        _ => match question(kind) {
            Some(question) => ask::answer(question, matches, context),
            None => Err(Failure::usage(format!("grid {} takes a command", kind.name))),
        },
    }
}

/// The id of a record, or the beginning of one. A kind that exists once per group needs none for one's own.
fn id_argument(kind: &Kind) -> Arg {
    let id = Arg::new("id").value_name("ID");
    match kind.singleton {
        Singleton::OncePerGroup => id.help("The id of the record, its first letters, or its name; without it your own"),
        Singleton::Many => id.help("The id of the record, its first letters, or its whole title").required(true),
    }
}

/// The path of the record that was named, or of one's own.
fn record_path(kind: &Kind, matches: &ArgMatches, client: &Client) -> Result<String, Failure> {
    match matches.get_one::<String>("id") {
        Some(id) => Ok(path(["records", &kind.name, &meant(id)?])),
        None => Ok(path(["records", &kind.name, &own(kind, client)?])),
    }
}

/// An id, the beginning of one, or a title: the node knows which.
pub(crate) fn meant(id: &str) -> Result<String, Failure> {
    match id.trim() {
        // A path would swallow them.
        "" | "." | ".." => Err(Failure::usage(format!("expected an id or a title, found {id:?}"))
            .hint("ids stand in the first column of lists")),
        id if id.bytes().all(|byte| byte.is_ascii_alphanumeric()) => Ok(id.to_lowercase()),
        title => Ok(title.to_owned()),
    }
}

/// An id that a node would look for at all.
pub(crate) fn checked(id: &str) -> Result<String, Failure> {
    const SHORTEST: usize = 6;
    let id = id.trim();
    if id.len() < SHORTEST || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Failure::usage(format!(
            "expected an id, or at least its first {SHORTEST} letters and digits, found {id:?}"
        ))
        .hint("ids stand in the first column of lists"));
    }
    Ok(id.to_lowercase())
}

fn own(kind: &Kind, client: &Client) -> Result<String, Failure> {
    let status = client.get("/api/status")?;
    let group = status["group"]["id"].as_str().unwrap_or_default();
    let list = client.get(&with_query(&path(["records", &kind.name]), [("group", group), ("limit", "2")]))?;
    let items = list["items"].as_array().map_or(&[][..], Vec::as_slice);
    let own =
        items.iter().find(|item| item["mine"] == serde_json::Value::Bool(true)).and_then(|item| item["id"].as_str());
    own.map(str::to_owned).ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("your group has no {} yet", kind.name))
            .hint(format!("write it with `grid {} new`", kind.name))
    })
}

fn first_sentence(text: &str) -> &str {
    text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use grid_protocol::record::{DateTime, Record};
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use std::collections::BTreeSet;

    /// A boat that others may borrow. A kind of this test alone.
    #[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
    #[serde(default)]
    #[schemars(extend("x-grid" = {"name": "boat", "plural": "boats", "title": "name", "rule": "owner", "section": "own"}))]
    struct Boat {
        /// What is painted on it.
        #[schemars(extend("x-grid" = {"audience": "public"}))]
        name: String,
        /// When it may first be borrowed.
        #[schemars(extend("x-grid" = {"audience": "public"}))]
        free_from: Option<DateTime>,
        /// What is on board.
        #[schemars(extend("x-grid" = {"audience": "public"}))]
        gear: BTreeSet<String>,
    }

    impl Record for Boat {}

    #[test]
    fn a_made_up_kind_has_every_verb_and_a_flag_for_each_field() {
        let registry = Registry::standard().with(Kind::compile::<Boat>().unwrap());
        let kind = registry.kind("boat").unwrap();
        assert_eq!(command(kind).get_about().unwrap().to_string(), "Boats: a boat that others may borrow");
        let mut boats = Command::new("boat").subcommands(verbs(kind));
        boats.build();
        boats.clone().debug_assert();
        let names: Vec<&str> = boats.get_subcommands().map(Command::get_name).collect();
        let all = [
            "new",
            "list",
            "show",
            "edit",
            "remove",
            "history",
            "undo",
            "import",
            "export",
            "schema",
            "duplicates",
            "merge",
        ];
        assert!(all.iter().all(|verb| names.contains(verb)), "{names:?}");
        for verb in ["new", "edit"] {
            let verb = boats.find_subcommand(verb).unwrap();
            let flags: Vec<&str> = verb.get_arguments().filter_map(Arg::get_long).collect();
            assert!(["name", "free-from", "gear"].iter().all(|flag| flags.contains(flag)), "{flags:?}");
        }
        let words = ["boat", "new", "--name", "Heron", "--gear", "oars", "--gear", "rope"];
        let matches = boats.try_get_matches_from(words).unwrap();
        let (_, matches) = matches.subcommand().unwrap();
        assert_eq!(matches.get_many::<String>("gear").unwrap().count(), 2);
    }

    #[test]
    fn what_a_path_would_swallow_is_no_title() {
        assert_eq!(meant(" River walk ").unwrap(), "River walk");
        assert_eq!(meant("ABCDEF").unwrap(), "abcdef");
        for id in ["", " ", ".", ".."] {
            assert_eq!(meant(id).unwrap_err().exit, Exit::Usage, "{id}");
        }
    }

    #[test]
    fn what_is_no_id_is_refused_before_the_node_is_asked() {
        assert_eq!(checked(" ABCDEF ").unwrap(), "abcdef");
        for id in ["", "abc", "../status", "abc def", "abcdé7"] {
            assert_eq!(checked(id).unwrap_err().exit, Exit::Usage, "{id}");
        }
    }
}

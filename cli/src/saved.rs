//! Saved searches: what a command asked, kept to be asked again.

use crate::{client::path, context::Context, failure::Failure};
use clap::{Arg, ArgMatches};
use grid_protocol::letters;
use serde_json::json;

/// The flag of commands whose question can be kept.
pub(crate) fn argument() -> Arg {
    Arg::new("save")
        .long("save")
        .value_name("NAME")
        .value_parser(name)
        .help("Keep this search under a name: `grid search run NAME` asks it again")
}

/// A name that can be read, and so asked for.
fn name(text: &str) -> Result<String, String> {
    let name = text.trim();
    match letters::is_seen(name) {
        true => Ok(name.to_owned()),
        false => Err("expected a name by which you ask again".to_owned()),
    }
}

/// Keeps what was asked, if that was wished for: a listing of a kind (`of_kind`) or a `question`.
pub(crate) fn keep(
    matches: &ArgMatches,
    (field, of): (&str, &str),
    words: &[(&str, &str)],
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let Some(name) = matches.try_get_one::<String>("save").ok().flatten() else { return Ok(()) };
    let fields = json!({"name": name, field: of, "filter": filter(words)});
    let made = context.client()?.post(&path(["records", "search"]), &json!({"fields": fields}))?;
    let id = made["id"].as_str().unwrap_or_default();
    let short = id.get(..10).unwrap_or(id);
    let again = context.line(&format!("search run {short}"));
    context.out.note(&format!("Saved as {name}. Ask again: {again}; only what is new: {again} --new"));
    Ok(())
}

/// Words as they stand in a search, for people to read: only what parts them is escaped.
fn filter(words: &[(&str, &str)]) -> String {
    let escaped = |text: &str| text.replace('%', "%25").replace('&', "%26");
    let pairs: Vec<String> = words.iter().map(|(name, word)| format!("{name}={}", escaped(word))).collect();
    pairs.join("&")
}

/// The words of a search, as somebody wrote them or as they were kept.
pub(crate) fn words(filter: &str) -> Vec<(&str, String)> {
    let parts = filter.trim_start_matches('?').split('&').filter(|part| !part.trim().is_empty());
    let pair = |part| str::split_once(part, '=').unwrap_or((part, ""));
    parts.map(pair).map(|(name, word)| (name.trim(), word.replace("%26", "&").replace("%25", "%"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_asked_again_word_for_word() {
        let asked = [("interest", "100% water & air"), ("near", "-28.81,153.28"), ("text", "a=b+c %26")];
        let kept = filter(&asked);
        let again = words(&kept);
        assert_eq!(again, asked.map(|(name, word)| (name, word.to_owned())));
        assert_eq!(
            words("?place=North Lismore&status=open&"),
            [("place", "North Lismore".to_owned()), ("status", "open".to_owned())]
        );
    }
}

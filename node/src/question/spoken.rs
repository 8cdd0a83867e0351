//! Spoken: what was said for the network, by whom, and under which mandate.
//!
//! Anybody can write the word; a mandate that holds makes it true. Without one a record carries the name of its group
//! alone.

use super::shown::{at, line};
use super::told::among;
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use crate::view::MandateRow;
use grid_protocol::replica::Row;
use serde_json::json;
use std::cmp::Reverse;
use std::sync::Arc;

/// What was said for all.
pub(super) const QUESTION: Question = Question {
    name: "spoken",
    about: "What was said for the network, by whom, under which mandate, and whether it holds.",
    place: Place::Ask,
    words: &[Word { name: "kind", about: "Only this kind, such as action or message.", many: Given::Often }],
    answer,
};

/// The mandate under which a record speaks for the network now; else why it does not.
pub(super) fn standing<'a>(asked: &Asked<'a>, row: &Row) -> Result<&'a MandateRow, String> {
    asked.views.speaks(row, asked.now).unwrap_or_else(|| Err("it does not say so".to_owned()))
}

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let known: Vec<&str> =
        asked.views.registry.kinds().filter(|kind| kind.speaks.is_some()).map(|kind| &*kind.name).collect();
    let kinds = among(asked, "kind", &known)?;
    let speaking = asked.views.registry.kinds().filter(|kind| kinds.is_empty() || kinds.contains(&&*kind.name));
    let speaking = speaking.filter_map(|kind| Some((kind, kind.speaks.as_deref()?)));
    let mut rows: Vec<&Arc<Row>> = speaking
        .flat_map(|(kind, speaks)| asked.records(&kind.name).filter(move |row| row.values.text(speaks) == "network"))
        .collect();
    rows.sort_by_key(|row| (Reverse(row.created), row.document));
    let (mut valid, mut refused) = (Vec::new(), Vec::new());
    for row in rows {
        match standing(asked, row) {
            Ok(mandate) => valid.push(line(
                asked,
                row,
                json!({
                    "on": at(row.created),
                    "as": mandate.role.name(),
                    "scope": mandate.scope,
                    "mandate": mandate.id.to_string(),
                    "speaker": "the network",
                }),
            )),
            Err(why) => {
                let more = json!({"on": at(row.created), "speaker": asked.group_name(row), "why": why});
                refused.push(line(asked, row, more));
            }
        }
    }
    let columns = [("title", "What"), ("kind", "Kind"), ("by", "By"), ("as", "As"), ("scope", "For"), ("on", "When")];
    let valid =
        Section::new("spoken", "Said for the network", &columns, "Nothing is said for the network.").rows(valid);
    let columns = [("title", "What"), ("kind", "Kind"), ("by", "Speaks for itself"), ("why", "Why"), ("on", "When")];
    let heading = "Not for the network, though it says so";
    let empty = "Nobody speaks for the network without a mandate.";
    let refused = Section::new("refused", heading, &columns, empty).rows(refused);
    Ok(Reply::default().with(valid).with(refused))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Coalition, NOW};
    use crate::view::MandateRow;
    use grid_protocol::control::{Role, Term};
    use grid_protocol::id::{GroupId, RecordId, VersionId};
    use grid_protocol::time::Timestamp;
    use serde_json::json;

    fn mandate(id: u8, group: u8, role: Role, to: u64) -> MandateRow {
        let term = Term { from: Timestamp(0), to: Timestamp(to) };
        MandateRow {
            id: RecordId([id; 32]),
            version: VersionId([1; 32]),
            group: GroupId([group; 32]),
            role,
            scope: "the press".to_owned(),
            term,
            needed: 1,
            endorsers: Vec::new(),
            intervals: vec![term],
        }
    }

    #[test]
    fn only_a_mandate_of_ones_own_that_holds_and_speaks_makes_a_word_that_of_the_network() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let later = NOW.0 + 1;
        for (id, group, role, to) in
            [(1, 1, Role::Speaker, later), (2, 1, Role::FiscalSponsor, later), (3, 1, Role::Steward, NOW.0)]
        {
            coalition.views.mandates.push(mandate(id, group, role, to));
        }
        let id = |id: u8| RecordId([id; 32]).to_string();
        let mut say = |by: usize, title: &str, mandate: &str| {
            let said = json!({"title": title, "voice": "network", "mandate": mandate});
            coalition.record(by, "action", said);
        };
        say(0, "Valid", &id(1)[..8]);
        say(1, "Another's", &id(1));
        say(0, "No speaker", &id(2));
        say(0, "Over", &id(3));
        say(1, "Bare", "");
        say(0, "Short", &id(1)[..2]);
        coalition.record(0, "action", json!({"title": "Own", "voice": "group"}));
        let reply = coalition.ask("spoken", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "spoken", "title"), ["Valid"]);
        let refused = reply.section("refused").unwrap();
        let why = |title: &str| {
            let row = refused.rows.iter().find(|row| row["title"] == title).unwrap();
            row["why"].as_str().unwrap().to_owned()
        };
        assert_eq!(refused.rows.len(), 5);
        for (title, part) in [
            ("Another's", "holds no mandate"),
            ("No speaker", "speaking takes"),
            ("Over", "ended"),
            ("Bare", "holds no mandate"),
            ("Short", "holds no mandate"),
        ] {
            assert!(why(title).contains(part), "{title}: {}", why(title));
        }
        assert!(coalition.ask("spoken", &[("kind", "message")]).unwrap().section("spoken").unwrap().rows.is_empty());
    }

    #[test]
    fn a_mandate_that_came_later_makes_nothing_said_before_it_the_networks() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let mut given = mandate(1, 1, Role::Speaker, NOW.0 + 1);
        given.intervals = vec![Term { from: Timestamp(NOW.0 - 86_400_000), to: Timestamp(NOW.0 + 1) }];
        coalition.views.mandates.push(given);
        let said = |title: &str| json!({"title": title, "voice": "network"});
        let early = coalition.days_ago(2).record(0, "action", said("Early"));
        let since = coalition.days_ago(0).record(0, "action", said("Since"));
        let reply = coalition.ask("spoken", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "spoken", "title"), ["Since"]);
        let why = Coalition::column(&reply, "refused", "why");
        assert!(why[0].as_str().unwrap().contains("did not hold yet"), "{why:?}");
        // Whoever can't look the mandate up is told what the node found.
        let voice = |id: &str| {
            let row = coalition.views.records.row(&id.parse().unwrap()).unwrap();
            coalition.views.judged(row, row.values.clone(), NOW).text("voice").to_owned()
        };
        assert_eq!((voice(&early), voice(&since)), ("group".to_owned(), "network".to_owned()));
    }

    #[test]
    fn what_names_a_mandate_that_nobody_can_read_speaks_under_no_other() {
        let mut coalition = Coalition::new(&["Clean River"]);
        coalition.views.mandates.push(mandate(1, 1, Role::Speaker, NOW.0 + 1));
        let said = coalition.record(0, "action", json!({"title": "Spoilt", "voice": "network"}));
        let mut row = (**coalition.views.records.row(&said.parse().unwrap()).unwrap()).clone();
        assert!(coalition.views.speaks(&row, NOW).unwrap().is_ok());
        row.damaged = vec!["mandate".to_owned()];
        let why = coalition.views.speaks(&row, NOW).unwrap().unwrap_err();
        assert!(why.contains("nobody can read"), "{why}");
        assert_eq!(coalition.views.judged(&row, row.values.clone(), NOW).text("voice"), "group");
    }

    #[test]
    fn the_mode_in_force_is_that_of_a_mandate_and_of_its_days() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let mode = |title: &str, setting: &str, until: &str, mandate: &str| json!({"title": title, "setting": setting, "until": until, "voice": "network", "mandate": mandate});
        let id = RecordId([1; 32]).to_string();
        coalition.record(0, "mode", mode("Together", "coordinated", "2026-12-01T10:00:00Z", &id));
        coalition.record(0, "mode", mode("Past", "balanced", "2026-11-01T10:00:00Z", &id));
        coalition.record(1, "mode", json!({"title": "Let us", "setting": "balanced", "until": "2026-12-01T10:00:00Z"}));
        let setting = |coalition: &Coalition| {
            Coalition::column(&coalition.ask("mode", &[]).unwrap(), "now", "setting")[0].clone()
        };
        assert_eq!(setting(&coalition), "autonomy");
        coalition.views.mandates.push(mandate(1, 1, Role::Steward, NOW.0 + 1));
        assert_eq!(setting(&coalition), "coordinated");
        let reply = coalition.ask("mode", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "now", "until"), ["2026-12-01T10:00:00Z"]);
        assert_eq!(Coalition::column(&reply, "suggested", "title"), ["Let us"]);
    }
}

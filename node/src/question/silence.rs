//! Silence: which members have not been heard from for a while, and who could ask them.

use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use grid_protocol::id::GroupId;
use grid_protocol::time::Timestamp;
use serde_json::json;

/// Days after which a group counts as silent, where nothing is said.
const DAYS: f64 = 30.0;

/// Who has not been heard from.
pub(super) const QUESTION: Question = Question {
    name: "silence",
    about: "Which member groups have written nothing for a while.",
    place: Place::Ask,
    words: &[Word {
        name: "days",
        about: "After how many days a group counts as silent; 30 if nothing is said.",
        many: Given::Once,
    }],
    answer,
};

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let days = asked.amount("days")?.unwrap_or(DAYS);
    let rows = silent(asked, days).into_iter().map(|(last, group)| {
        json!({
            "group": group.to_string(),
            "name": asked.views.name_of(&group),
            "last": last.map(|last| last.to_string()),
            "why": match last {
                Some(_) => format!("nothing for more than {days} days"),
                None => "nothing yet".to_owned(),
            },
        })
    });
    let columns = [("name", "Group"), ("last", "Last heard from"), ("why", "Why")];
    let section = Section::new("silent", "Silent groups", &columns, "Every member has been heard from.");
    Ok(Reply::default().with(section.rows(rows)))
}

/// The members that were not heard from for so many days, those that were silent longest first.
pub(super) fn silent(asked: &Asked<'_>, days: f64) -> Vec<(Option<Timestamp>, GroupId)> {
    let (since, heard) = (asked.days_ago(days), asked.views.heard(asked.now));
    let last = asked.members().map(|group| (heard.get(&group).copied(), group));
    let mut silent: Vec<_> = last.filter(|(last, _)| last.is_none_or(|last| last < since)).collect();
    silent.sort_unstable();
    silent
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn who_wrote_nothing_for_thirty_days_is_silent() {
        let mut coalition = Coalition::quiet_since(40, &["Clean River", "Hollin Choir", "Ferry Friends"]);
        coalition.days_ago(10).record(1, "action", json!({"title": "Vigil"}));
        coalition.days_ago(31).record(2, "action", json!({"title": "Letters"}));
        let silent = |days: &str| {
            let reply = coalition.ask("silence", &[("days", days)]).unwrap();
            Coalition::column(&reply, "silent", "name")
        };
        assert_eq!(silent("30"), ["Clean River", "Ferry Friends"]);
        assert_eq!(silent("35"), ["Clean River"]);
        assert!(silent("41").is_empty());
        assert!(coalition.ask("silence", &[("days", "soon")]).unwrap_err().message.contains("soon"));
        assert!(coalition.ask("silence", &[("weeks", "2")]).unwrap_err().hint.contains("days"));
    }

    #[test]
    fn what_stays_on_this_computer_is_no_sign_of_life_that_others_could_hear() {
        let mut coalition = Coalition::quiet_since(40, &["Clean River"]);
        coalition.record(0, "hiding", json!({"what": "vigil"}));
        let reply = coalition.ask("silence", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "silent", "name"), ["Clean River"]);
    }
}

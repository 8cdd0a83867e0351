//! Help: who asks for hands, who helps, and how it ended.

use super::shown::{by_name, day_or_moment, or_nothing, place, short};
use super::told::{has, is_of_either};
use super::{Asked, Place, Question, Reply, Section, Unanswerable};
use grid_protocol::id::GroupId;
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Who asks for help, and who helps.
pub(super) const QUESTION: Question = Question {
    name: "help",
    about: "Requests for help on the spot: who asks, who helps, and how those that are closed ended.",
    place: Place::Ask,
    words: &[],
    answer,
};

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let (mut open, mut closed) = (Vec::new(), Vec::new());
    for row in asked.current("need").filter(|row| row.values.text("sort") == "help") {
        let helpers = helpers(asked, row);
        if row.values.text("status") == "open" { open.push((row, helpers)) } else { closed.push((row, helpers)) }
    }
    // Those whom nobody helps come first, and among them those who have waited longest.
    open.sort_by_cached_key(|(row, helpers)| {
        (!helpers.is_empty(), row.created, by_name(&asked.title(row), row.document))
    });
    let columns = [
        ("name", "Request"),
        ("by", "Asked by"),
        ("place", "Where"),
        ("helpers", "Who helps"),
        ("until", "Until"),
        ("why", "How far"),
    ];
    let open = open.into_iter().map(|(row, helpers)| request(asked, row, &helpers));
    let open = Section::new("open", "Open requests", &columns, "Nobody is asking for help.").rows(open);
    let columns = [
        ("name", "Request"),
        ("by", "Asked by"),
        ("helpers", "Who helped"),
        ("status", "How it ended"),
        ("note", "Note"),
    ];
    let closed = closed.into_iter().map(|(row, helpers)| request(asked, row, &helpers));
    let closed = Section::new("closed", "Closed requests", &columns, "No request was closed yet.").rows(closed);
    Ok(Reply::default().with(open).with(closed))
}

fn request(asked: &Asked<'_>, row: &Row, helpers: &BTreeSet<GroupId>) -> Json {
    let names: BTreeSet<String> = helpers.iter().map(|group| asked.name(group)).collect();
    let why = match (row.values.text("status"), helpers.is_empty(), row.values.text("closing_note").is_empty()) {
        ("open", true, _) => "nobody helps yet",
        ("open", false, _) => "somebody helps",
        (_, _, true) => "closed without a note",
        _ => "closed",
    };
    json!({
        "id": row.document.to_string(),
        "name": asked.title(row),
        "group": row.owner().map(|group| group.to_string()),
        "by": asked.group_name(row),
        "place": or_nothing(place(row)),
        "until": day_or_moment(asked, row, "until"),
        "helpers": names,
        "helping": helpers.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "status": row.values.text("status"),
        "note": or_nothing(&short(row.values.text("closing_note"), 120)),
        "why": why,
    })
}

/// The groups that offer help, said yes, or were matched and want it.
fn helpers(asked: &Asked<'_>, request: &Row) -> BTreeSet<GroupId> {
    let by = |row: &Arc<Row>| row.owner().filter(|group| Some(*group) != request.owner());
    let offers =
        asked.current_referring(request, "support").filter(|row| row.values.text("sort") != "boost").filter_map(by);
    let replies =
        asked.current_referring(request, "reply").filter(|row| row.values.text("says") == "yes").filter_map(by);
    let agreed =
        |row: &&Arc<Row>| matches!(row.values.text("status"), "agreed" | "done") && is_of_either(asked, request, row);
    let matches = asked.referring(request, "match").filter(agreed);
    let matched = matches.filter_map(|row| has(asked, row.values.text("with")));
    offers.chain(replies).chain(matched.filter(|group| Some(*group) != request.owner())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::{Value as Json, json};

    #[test]
    fn a_request_gets_a_helper_and_a_closing_note() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let helped = coalition.record(0, "need", json!({"title": "Sound desk", "sort": "help"}));
        coalition.record(0, "need", json!({"title": "Web page", "sort": "help"}));
        coalition.record(0, "need", json!({"title": "A van", "sort": "vehicle"}));
        coalition.record(
            2,
            "need",
            json!({"title": "Marshals", "sort": "help", "status": "met", "closing_note": "Twelve came"}),
        );
        coalition.record(1, "support", json!({"of": helped, "sort": "offer"}));
        coalition.record(2, "support", json!({"of": helped, "sort": "boost"}));
        coalition.record(0, "reply", json!({"to": helped, "says": "yes"}));
        coalition.record(2, "reply", json!({"to": helped, "says": "no"}));
        let reply = coalition.ask("help", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "open", "name"), ["Web page", "Sound desk"]);
        assert_eq!(Coalition::column(&reply, "open", "helpers"), [json!([]), json!(["Hollin Choir"])]);
        assert_eq!(Coalition::column(&reply, "closed", "note"), ["Twelve came"]);
        let person = coalition.record(2, "person", json!({"name": "Ann", "agreed": true}));
        coalition.record(2, "match", json!({"need": helped, "with": person, "status": "agreed"}));
        let reply = coalition.ask("help", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "open", "helpers")[1], json!(["Ferry Friends", "Hollin Choir"]));
        assert_eq!(Coalition::column(&reply, "open", "why"), ["nobody helps yet", "somebody helps"].map(Json::from));
    }
}

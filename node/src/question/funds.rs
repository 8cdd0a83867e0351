//! Funds: what is looked for, promised, given, spent and left, and whether funders have the rights of any member.

use super::bodies::groups_in;
use super::purse::Purse;
use super::shown::{brief, by_name, by_title, line};
use super::told::{group_behind, record};
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use crate::view::MandateState;
use grid_protocol::id::GroupId;
use grid_protocol::replica::Row;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// What is in the funds.
pub(super) const QUESTION: Question = Question {
    name: "funds",
    about: "What each fund looks for, was promised and given, spent and has left; and what rights funders have.",
    place: Place::Ask,
    words: &[Word { name: "of", about: "Only this fund: its id or its title.", many: Given::Once }],
    answer,
};

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let of = record(asked, "of", &["fund"])?;
    let mut funds: Vec<&Arc<Row>> =
        asked.records("fund").filter(|fund| of.is_none_or(|of| of.document == fund.document)).collect();
    by_title(asked, &mut funds);
    let rows: Vec<_> = funds.iter().map(|fund| one(asked, fund)).collect();
    let columns = [
        ("title", "Fund"),
        ("goal", "Looked for"),
        ("promised", "Promised"),
        ("given", "Given"),
        ("spent", "Spent"),
        ("rest", "Left"),
    ];
    let empty = "There is no fund yet: `grid fund new --title TITLE` makes one.";
    let section = Section::new("funds", "Funds", &columns, empty).rows(rows);
    Ok(Reply::default().with(section).with(entries(asked, &funds)).with(rights(asked)))
}

fn one(asked: &Asked<'_>, fund: &Row) -> serde_json::Value {
    let [mut goal, mut promised, mut given, mut in_kind, mut spent] = [const { Purse::new() }; 5];
    goal.put(fund, "goal");
    for pledge in asked.referring(fund, "pledge") {
        match pledge.values.text("status") {
            "withdrawn" => {}
            // What is given in kind can't be spent: its worth stands apart.
            "given" if is_in_kind(pledge) => in_kind.put(pledge, "amount"),
            "given" => given.put(pledge, "amount"),
            // Nobody waits for what a group promised that has left.
            _ if asked.views.holds(pledge) => promised.put(pledge, "amount"),
            _ => {}
        }
    }
    let own = asked.referring(fund, "spending").filter(|spending| may_spend(asked, fund, spending));
    own.for_each(|spending| spent.put(spending, "amount"));
    let rest = given.clone().without(&spent);
    let holder = group_behind(asked, fund.values.text("holder")).map(|group| asked.views.name_of(&group));
    let more = json!({
        "goal": goal.shown(),
        "promised": promised.shown(),
        "given": given.shown(),
        "in_kind": in_kind.shown(),
        "spent": spent.shown(),
        "rest": rest.shown(),
        "why": if rest.is_overdrawn() { "more was spent than was given" } else { "" },
        "holder": holder,
        "status": fund.values.text("status"),
        "amounts": {
            "goal": goal.amounts(),
            "promised": promised.amounts(),
            "given": given.amounts(),
            "in_kind": in_kind.amounts(),
            "spent": spent.amounts(),
            "rest": rest.amounts(),
        },
    });
    line(asked, fund, more)
}

/// Whether a pledge gives something else than money: its amount is what that is worth.
fn is_in_kind(pledge: &Row) -> bool {
    !pledge.values.text("what").trim().is_empty()
}

/// Whether a spending is told by a group that can spend from a fund: its holder, or whoever made it.
fn may_spend(asked: &Asked<'_>, fund: &Row, spending: &Row) -> bool {
    let holder = group_behind(asked, fund.values.text("holder"));
    spending.owner().is_some_and(|by| fund.owner() == Some(by) || holder == Some(by))
}

/// Every pledge and every spending: what the totals are made of.
fn entries(asked: &Asked<'_>, funds: &[&Arc<Row>]) -> Section {
    let rows = funds.iter().flat_map(|fund| {
        let pledges =
            asked.referring(fund, "pledge").map(|pledge| match (pledge.values.text("status"), is_in_kind(pledge)) {
                ("given", true) => (pledge, "given in kind"),
                (status @ ("given" | "withdrawn"), _) => (pledge, status),
                (status, _) if asked.views.holds(pledge) => (pledge, status),
                _ => (pledge, "promised by a group that has left, not counted"),
            });
        let spendings = asked.referring(fund, "spending").map(|spending| match may_spend(asked, fund, spending) {
            true => (spending, "spent"),
            false => (spending, "told by another group, not counted"),
        });
        let mut entries: Vec<_> = pledges.chain(spendings).collect();
        entries.sort_by_key(|(row, _)| (super::period::day_or_written(row, "on"), row.document));
        entries.into_iter().map(|(row, how)| {
            let more = json!({
                "how": how,
                "amount": row.values.get("amount").map(ToString::to_string),
                "what": brief(row.values.text("what")),
                "on": super::shown::at_or_written(asked, row, "on"),
            });
            line(asked, row, more)
        })
    });
    let columns =
        [("title", "Fund"), ("by", "Group"), ("how", "How"), ("amount", "How much"), ("what", "What"), ("on", "When")];
    Section::new("entries", "What they are made of", &columns, "Nobody promised or spent anything.").rows(rows)
}

/// Funders, and whether they may do more, or less, than any other member.
fn rights(asked: &Asked<'_>) -> Section {
    let members: BTreeSet<GroupId> = asked.members().collect();
    let mut given: BTreeMap<GroupId, Purse> = BTreeMap::new();
    for pledge in asked.records("pledge").filter(|pledge| pledge.values.text("status") == "given") {
        if let Some(group) = pledge.owner().filter(|_| !is_in_kind(pledge)) {
            given.entry(group).or_default().put(pledge, "amount");
        }
    }
    let mut funders: Vec<(String, GroupId)> =
        groups_in(asked, "funders").into_iter().map(|group| (asked.views.name_of(&group), group)).collect();
    funders.sort_by_cached_key(|(name, group)| by_name(name, *group));
    let electors = electors(asked);
    let mut votes: HashMap<GroupId, usize> = HashMap::new();
    electors.iter().for_each(|elector| *votes.entry(*elector).or_default() += 1);
    let mut held: HashMap<GroupId, Vec<&str>> = HashMap::new();
    for row in asked.views.mandates.iter().filter(|row| matches!(row.state(asked.now), MandateState::Valid { .. })) {
        held.entry(row.group).or_default().push(row.role.name());
    }
    let rows = funders.into_iter().map(|(name, group)| {
        let mandates = held.remove(&group).unwrap_or_default();
        let is_member = members.contains(&group);
        let votes = votes.get(&group).copied().unwrap_or_default();
        let mut more = Vec::new();
        if votes > 0 {
            more.push(format!("{votes} of {} votes on the statement", electors.len()));
        }
        if !mandates.is_empty() {
            more.push(format!("a mandate as {}", mandates.join(", ")));
        }
        let rights = match (is_member, more.as_slice()) {
            (false, _) => "none: it is no member".to_owned(),
            (true, []) => "those of any member".to_owned(),
            (true, more) => format!("those of any member, and {}", more.join(" and ")),
        };
        json!({
            "group": group.to_string(),
            "name": name,
            "member": is_member,
            "votes": votes,
            "mandates": mandates,
            "given": given.get(&group).map(Purse::shown),
            "rights": rights,
        })
    });
    let columns =
        [("name", "Funder"), ("member", "Member"), ("votes", "Votes"), ("given", "Gave"), ("rights", "Rights")];
    let heading = "Funders and their rights: a funder should have those of any member, and no more";
    Section::new("rights", heading, &columns, "No group sits in a body of funders.").rows(rows)
}

/// Those who vote on what follows the version of the statement that is in force.
fn electors<'a>(asked: &Asked<'a>) -> &'a [GroupId] {
    let views = asked.views;
    let in_force = views.statement.as_ref().map(|statement| statement.version);
    let version = views.versions.iter().find(|row| Some(row.version) == in_force);
    version.map_or(&[], |row| &row.electors)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn totals_match_the_entries_in_each_currency() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let fund = coalition.record(0, "fund", json!({"title": "Bail", "goal": "100 AUD"}));
        for (status, amount) in
            [("promised", "20 AUD"), ("given", "30.50 AUD"), ("given", "5 EUR"), ("withdrawn", "90 AUD")]
        {
            coalition.record(1, "pledge", json!({"fund": fund, "amount": amount, "status": status}));
        }
        coalition.record(1, "pledge", json!({"fund": fund, "what": "two days of work", "status": "given"}));
        coalition.record(0, "spending", json!({"fund": fund, "amount": "31.00 AUD", "what": "a lawyer"}));
        let reply = coalition.ask("funds", &[]).unwrap();
        let shown = |key| Coalition::column(&reply, "funds", key)[0].clone();
        assert_eq!(shown("promised"), "20.00 AUD");
        assert_eq!(shown("given"), "30.50 AUD, 5.00 EUR");
        assert_eq!(shown("rest"), "-0.50 AUD, 5.00 EUR");
        assert_eq!(shown("why"), "more was spent than was given");
        let sum: i64 =
            shown("amounts")["given"].as_array().unwrap().iter().map(|of| of["amount"].as_i64().unwrap()).sum();
        assert_eq!(sum, 3550);
        assert_eq!(reply.section("entries").unwrap().rows.len(), 6);
    }

    #[test]
    fn what_a_group_promised_that_has_left_is_among_the_entries_as_that_and_in_no_total() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let fund = coalition.record(0, "fund", json!({"title": "Bail"}));
        for (status, amount) in [("promised", "20 AUD"), ("given", "30 AUD"), ("withdrawn", "90 AUD")] {
            coalition.record(1, "pledge", json!({"fund": fund, "amount": amount, "status": status}));
        }
        coalition.record(0, "pledge", json!({"fund": fund, "amount": "5 AUD"}));
        let how = |coalition: &Coalition, amount: &str| {
            let reply = coalition.ask("funds", &[]).unwrap();
            let rows = &reply.section("entries").unwrap().rows;
            rows.iter().find(|row| row["amount"] == amount).unwrap()["how"].clone()
        };
        assert_eq!(how(&coalition, "20.00 AUD"), "promised");
        coalition.leaves(1);
        let reply = coalition.ask("funds", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "funds", "promised"), ["5.00 AUD"]);
        assert_eq!(how(&coalition, "20.00 AUD"), "promised by a group that has left, not counted");
        let others = ["30.00 AUD", "90.00 AUD", "5.00 AUD"].map(|amount| how(&coalition, amount));
        assert_eq!(others, ["given", "withdrawn", "promised"], "what was given was given");
    }

    #[test]
    fn a_funder_has_the_rights_of_any_member_and_none_where_it_is_no_member() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Rich Friends"]);
        let body = coalition.record(0, "body", json!({"name": "Funders", "sort": "funders"}));
        coalition.record(1, "seat", json!({"body": body}));
        coalition.record(2, "seat", json!({"body": body}));
        coalition.views.members.pop();
        let reply = coalition.ask("funds", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "rights", "votes"), [0, 0], "no statement is here that gives votes");
        let rights = Coalition::column(&reply, "rights", "rights");
        assert_eq!(rights, ["those of any member", "none: it is no member"]);
    }

    #[test]
    fn what_was_given_in_kind_is_not_left_and_nobody_spends_from_the_fund_of_another() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let holder = Coalition::group(1);
        let fund = coalition.record(0, "fund", json!({"title": "Bail", "holder": holder}));
        coalition.record(2, "pledge", json!({"fund": fund, "amount": "100.00 AUD", "status": "given"}));
        let van = json!({"fund": fund, "amount": "900.00 AUD", "what": "a van for a week", "status": "given"});
        coalition.record(2, "pledge", van);
        coalition.record(1, "spending", json!({"fund": fund, "amount": "10.00 AUD"}));
        coalition.record(2, "spending", json!({"fund": fund, "amount": "500.00 AUD"}));
        let reply = coalition.ask("funds", &[]).unwrap();
        let shown = |key| Coalition::column(&reply, "funds", key)[0].clone();
        assert_eq!((shown("given"), shown("in_kind")), ("100.00 AUD".into(), "900.00 AUD".into()));
        assert_eq!((shown("spent"), shown("rest")), ("10.00 AUD".into(), "90.00 AUD".into()));
        let how = Coalition::column(&reply, "entries", "how");
        assert!(how.contains(&"told by another group, not counted".into()), "{how:?}");
    }
}

//! Flows: what each group gave to others and got from them. Who gets nothing back goes away.

use super::backing::last_words;
use super::narrow::{self, Strictness};
use super::shown::by_name;
use super::told::{group_behind, has, is_of_either};
use super::whose::{self, Whose};
use super::{Asked, Place, Question, Reply, Section, Unanswerable};
use grid_protocol::id::GroupId;
use serde_json::json;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Who gave and who got.
pub(super) const QUESTION: Question = Question {
    name: "flows",
    about: "What each group gave to others and got back, and who got nothing.",
    place: Place::Ask,
    words: &[whose::GROUP, narrow::PLACE, narrow::NEAR, narrow::WITHIN],
    answer,
};

/// What passes from a group to another. Where one thing is told of in several ways, the first of these counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Gift {
    Match,
    Pledge,
    Support,
    Reply,
}

/// Something that one group gave and another got: who, to whom, and for which thing.
type Exchange<'a> = (GroupId, GroupId, &'a str);

/// What one group gave and got.
#[derive(Clone, Debug, Default)]
pub(super) struct Flow {
    given: BTreeMap<Gift, usize>,
    got: BTreeMap<Gift, usize>,
    given_to: BTreeSet<GroupId>,
    got_from: BTreeSet<GroupId>,
}

impl Flow {
    /// How much it gave.
    pub(super) fn given(&self) -> usize {
        self.given.values().sum()
    }

    /// How much it got.
    pub(super) fn got(&self) -> usize {
        self.got.values().sum()
    }
}

/// What each member gave and got.
pub(super) fn of_members(asked: &Asked<'_>) -> BTreeMap<GroupId, Flow> {
    let mut flows: BTreeMap<GroupId, Flow> = asked.members().map(|group| (group, Flow::default())).collect();
    for ((giver, taker, _), gift) in exchanges(asked) {
        if let Some(flow) = flows.get_mut(&giver) {
            *flow.given.entry(gift).or_default() += 1;
            flow.given_to.insert(taker);
        }
        if let Some(flow) = flows.get_mut(&taker) {
            *flow.got.entry(gift).or_default() += 1;
            flow.got_from.insert(giver);
        }
    }
    flows
}

/// What was given: a need that is met is one gift, whether it was offered, promised in a reply, matched, or all three.
fn exchanges<'a>(asked: &Asked<'a>) -> BTreeMap<Exchange<'a>, Gift> {
    let mut found: BTreeMap<Exchange<'a>, Gift> = BTreeMap::new();
    let mut note = |giver: Option<GroupId>, taker: Option<GroupId>, gift: Gift, thing: &'a str| {
        if let (Some(giver), Some(taker)) = (giver, taker)
            && giver != taker
        {
            let known = found.entry((giver, taker, thing)).or_insert(gift);
            *known = gift.min(*known);
        }
    };
    for support in last_words(asked.records("support")) {
        let of = support.values.text("of");
        note(support.owner(), group_behind(asked, of), Gift::Support, of);
    }
    for row in asked.records("match").filter(|row| matches!(row.values.text("status"), "agreed" | "done")) {
        let (id, with) = (row.values.text("need"), row.values.text("with"));
        let Some(need) = asked.referred(id).filter(|need| is_of_either(asked, need, row)) else { continue };
        note(has(asked, with), need.owner(), Gift::Match, id);
    }
    for pledge in asked.records("pledge").filter(|row| row.values.text("status") != "withdrawn") {
        let fund = pledge.values.text("fund");
        let held = asked.referred(fund).map(|fund| fund.values.text("holder")).unwrap_or_default();
        let holder = group_behind(asked, held).or_else(|| group_behind(asked, fund));
        note(pledge.owner(), holder, Gift::Pledge, fund);
    }
    for reply in asked.records("reply").filter(|row| row.values.text("says") == "yes") {
        let to = reply.values.text("to");
        note(reply.owner(), group_behind(asked, to), Gift::Reply, to);
    }
    found
}

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    narrow::exact_or_forgiving(|strictness| flows(asked, strictness))
}

fn flows(asked: &Asked<'_>, strictness: Strictness) -> Result<Reply, Unanswerable> {
    let whose = Whose::read(asked, strictness)?;
    let flows = of_members(asked).into_iter().filter(|(group, _)| whose.holds_group(group));
    let mut flows: Vec<(String, GroupId, Flow)> =
        flows.map(|(group, flow)| (asked.views.name_of(&group), group, flow)).collect();
    flows.sort_by_cached_key(|(name, group, _)| by_name(name, *group));
    let rows = flows.iter().map(|(name, group, flow)| {
        let of = |gifts: &BTreeMap<Gift, usize>, gift| gifts.get(&gift).copied().unwrap_or_default();
        json!({
            "group": group.to_string(),
            "name": name,
            "given": flow.given(),
            "given_to": flow.given_to.len(),
            "got": flow.got(),
            "got_from": flow.got_from.len(),
            "why": if flow.got() == 0 { "got nothing yet" } else { "" },
            "supports": {"given": of(&flow.given, Gift::Support), "got": of(&flow.got, Gift::Support)},
            "matches": {"given": of(&flow.given, Gift::Match), "got": of(&flow.got, Gift::Match)},
            "pledges": {"given": of(&flow.given, Gift::Pledge), "got": of(&flow.got, Gift::Pledge)},
            "replies": {"given": of(&flow.given, Gift::Reply), "got": of(&flow.got, Gift::Reply)},
        })
    });
    let columns = [
        ("name", "Group"),
        ("given", "Gave"),
        ("given_to", "To groups"),
        ("got", "Got"),
        ("got_from", "From groups"),
        ("why", "Note"),
    ];
    let none = if whose.is_everybody() { "There are no members yet." } else { "No member is what you asked for." };
    let groups = Section::new("groups", "Given and got", &columns, none).rows(rows);
    Ok(Reply::default().with(nothing(&flows)).with(groups))
}

fn nothing(flows: &[(String, GroupId, Flow)]) -> Section {
    let mut without: Vec<_> = flows.iter().filter(|(_, _, flow)| flow.got() == 0).collect();
    without.sort_by_key(|(_, _, flow)| Reverse(flow.given()));
    let rows = without.into_iter().map(|(name, group, flow)| {
        let given = flow.given();
        json!({
            "group": group.to_string(),
            "name": name,
            "given": given,
            "why": if given == 0 { "gave nothing, got nothing" } else { "gave, and got nothing" },
        })
    });
    let columns = [("name", "Group"), ("given", "Gave"), ("why", "Why")];
    Section::new("nothing", "Groups that got nothing", &columns, "Every group got something.").rows(rows)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn groups_that_gave_and_got_nothing_come_first() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends", "Anglers"]);
        let vigil = coalition.record(0, "action", json!({"title": "Vigil"}));
        coalition.record(1, "support", json!({"of": vigil}));
        coalition.record(1, "support", json!({"of": vigil}));
        coalition.record(0, "support", json!({"of": vigil}));
        let van = coalition.record(2, "asset", json!({"name": "Van"}));
        let need = coalition.record(0, "need", json!({"title": "A van"}));
        // One need, met once: told of in an offer, a reply and a match.
        coalition.record(2, "match", json!({"need": need, "with": van, "status": "done"}));
        coalition.record(2, "support", json!({"of": need, "sort": "offer"}));
        coalition.record(2, "reply", json!({"to": need, "says": "yes"}));
        // What a third group calls agreed was given by nobody.
        let boat = coalition.record(3, "asset", json!({"name": "Boat"}));
        coalition.record(1, "match", json!({"need": need, "with": boat, "status": "agreed"}));
        let fund = coalition.record(3, "fund", json!({"title": "Bail", "holder": Coalition::group(0)}));
        coalition.record(2, "pledge", json!({"fund": fund, "what": "hours"}));
        coalition.record(2, "reply", json!({"to": vigil, "says": "no"}));
        coalition.record(2, "reply", json!({"to": Coalition::group(1), "says": "yes"}));
        let reply = coalition.ask("flows", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "nothing", "name"), ["Ferry Friends", "Anglers"]);
        assert_eq!(Coalition::column(&reply, "nothing", "given"), [3, 0]);
        assert_eq!(
            Coalition::column(&reply, "groups", "name"),
            ["Anglers", "Clean River", "Ferry Friends", "Hollin Choir"]
        );
        assert_eq!(Coalition::column(&reply, "groups", "got"), [0, 3, 0, 1]);
        assert_eq!(Coalition::column(&reply, "groups", "given"), [0, 0, 3, 1]);
    }
}

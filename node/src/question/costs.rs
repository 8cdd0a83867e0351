//! Costs: who paid for an event, who owes whom. Every table sums to zero, to the cent.
//!
//! A cost is shared evenly by the groups that it names, else by those that were there: the host, unless it says that it
//! was not, and whoever came; of what comes back to any time that was held. Before an event is over nobody was there yet:
//! what is told then is planned, and nobody pays anything. What does not divide goes out a cent each, to the groups in the
//! order of their ids, beginning at a place that the record's own id gives: so no group bears it always, and every computer
//! works out the same.

use super::asked::tags;
use super::came::Answers;
use super::period::{comes_back, end_of, held, next};
use super::purse::{shown, whole};
use super::shown::{by_name, line};
use super::told::record;
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use crate::view::fold::folded;
use grid_protocol::record::Value;
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Who owes whom.
pub(super) const QUESTION: Question = Question {
    name: "costs",
    about: "What each event cost, who paid, and who owes whom so that all come out even.",
    place: Place::Ask,
    words: &[Word { name: "of", about: "Only this event: its id or its title.", many: Given::Once }],
    answer,
};

/// A group, by its id; one that is not here yet, by what names it.
type Party = String;

/// What a party paid and what it bears.
#[derive(Clone, Copy, Debug, Default)]
struct Account {
    paid: i128,
    bears: i128,
}

/// The accounts of an event in a currency.
type Accounts = BTreeMap<Party, Account>;

/// The party that a reference names: two references to one group are one party.
fn party(asked: &Asked<'_>, id: &str) -> Party {
    asked.views.group_named(id).map_or_else(|| id.to_owned(), |group| group.to_string())
}

/// The parties that share a cost.
fn sharers(asked: &Asked<'_>, cost: &Row, payer: &str, there: &mut There) -> BTreeSet<Party> {
    let named: BTreeSet<Party> = tags(cost, "shared_by").map(|id| party(asked, id)).collect();
    if !named.is_empty() {
        return named;
    }
    let event = cost.values.text("event");
    // An event may have many costs: who was there is worked out once.
    let came = there.entry(event.to_owned()).or_insert_with(|| were_there(asked, event));
    if came.is_empty() { BTreeSet::from([payer.to_owned()]) } else { came.clone() }
}

/// The parties that were at each event.
type There = HashMap<String, BTreeSet<Party>>;

fn were_there(asked: &Asked<'_>, event: &str) -> BTreeSet<Party> {
    #[cfg(test)]
    tests::LOOKED.with(|looked| looked.set(looked.get() + 1));
    let Some(event) = asked.referred(event) else { return BTreeSet::new() };
    // Before anything was held, whoever means to come to the first time that is ahead.
    let times = Some(held(event, asked.now)).filter(|times| !times.is_empty());
    let times = times.unwrap_or_else(|| vec![next(event, asked.now).filter(|_| comes_back(event))]);
    let answers = Answers::to(asked, event, times);
    let of_each = answers.each().flat_map(|(_, answers)| {
        let host = event.owner().filter(|host| !answers.contains_key(host));
        answers.into_iter().filter(|(_, answer)| answer.is_there(&["going"])).map(|(group, _)| group).chain(host)
    });
    of_each.map(|group| group.to_string()).collect()
}

/// Whether an event is still to come, so that what its costs say is a plan.
fn is_planned(asked: &Asked<'_>, event: &str) -> bool {
    let ahead =
        |event: &Row| event.values.text("status") == "planned" && end_of(event).is_some_and(|end| asked.now <= end);
    asked.referred(event).is_some_and(|event| ahead(event))
}

/// What each of so many bears of an amount, the cents that do not divide given out from `first` on.
fn shares(amount: i128, among: usize, first: usize) -> Vec<i128> {
    let Some(parties) = i128::try_from(among).ok().filter(|among| *among > 0) else { return Vec::new() };
    let (each, rest) = (amount / parties, usize::try_from(amount % parties).unwrap_or_default());
    (0..among).map(|index| each + i128::from((index + among - first % among) % among < rest)).collect()
}

fn take(asked: &Asked<'_>, cost: &Row, there: &mut There, accounts: &mut BTreeMap<(String, String), Accounts>) {
    let (Some(Value::Money(money)), Some(payer)) = (cost.values.get("amount"), cost.owner()) else { return };
    let amount = i128::from(money.amount());
    if amount <= 0 {
        return;
    }
    let payer = payer.to_string();
    let sharers = sharers(asked, cost, &payer, there);
    let key = (cost.values.text("event").to_owned(), money.currency().to_owned());
    let accounts = accounts.entry(key).or_default();
    accounts.entry(payer).or_default().paid += amount;
    let first = usize::from(cost.document.0[0]);
    for (share, sharer) in shares(amount, sharers.len(), first).into_iter().zip(sharers) {
        accounts.entry(sharer).or_default().bears += share;
    }
}

/// Payments after which all are even: whoever owes most pays whoever is owed most.
fn payments(accounts: &Accounts) -> Vec<(Party, Party, i128)> {
    let mut owing: BTreeSet<(i128, &str)> = BTreeSet::new();
    let mut owed: BTreeSet<(i128, &str)> = BTreeSet::new();
    for (party, account) in accounts {
        match account.paid - account.bears {
            0 => {}
            balance if balance < 0 => drop(owing.insert((-balance, party))),
            balance => drop(owed.insert((balance, party))),
        }
    }
    let mut payments = Vec::new();
    while let (Some((owes, from)), Some((due, to))) = (owing.pop_last(), owed.pop_last()) {
        let amount = owes.min(due);
        payments.push((from.to_owned(), to.to_owned(), amount));
        if owes > amount {
            owing.insert((owes - amount, from));
        }
        if due > amount {
            owed.insert((due - amount, to));
        }
    }
    payments
}

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let of = record(asked, "of", &["event"])?.map(|event| event.document.to_string());
    let mut costs: Vec<&Arc<Row>> =
        asked.records("cost").filter(|cost| of.as_deref().is_none_or(|of| cost.values.text("event") == of)).collect();
    costs.sort_by_cached_key(|cost| by_name(&asked.title(cost), cost.document));
    let mut accounts: BTreeMap<(String, String), Accounts> = BTreeMap::new();
    let mut there = There::new();
    costs.iter().for_each(|cost| take(asked, cost, &mut there, &mut accounts));
    let title = |event: &str| asked.views.title_of_id(event).unwrap_or_else(|| "an event that is not here".to_owned());
    let mut accounts: Vec<_> =
        accounts.into_iter().map(|((event, currency), accounts)| (title(&event), event, currency, accounts)).collect();
    accounts.sort_by_cached_key(|(title, event, currency, _)| (folded(title), event.clone(), currency.clone()));
    let reply = Reply::default().with(balances(asked, &accounts)).with(transfers(asked, &accounts));
    Ok(reply.with(paid(asked, &costs)))
}

fn name(asked: &Asked<'_>, party: &str) -> String {
    let named = asked.views.group_named(party).map(|group| asked.views.name_of(&group));
    named.unwrap_or_else(|| format!("{} (not here yet)", party.get(..8).unwrap_or(party)))
}

fn balances(asked: &Asked<'_>, events: &[(String, String, String, Accounts)]) -> Section {
    let rows = events.iter().flat_map(|(title, event, currency, accounts)| {
        let mut parties: Vec<_> =
            accounts.iter().map(|(party, account)| (name(asked, party), party, account)).collect();
        parties.sort_by_cached_key(|(name, party, _)| (folded(name), (*party).clone()));
        let planned = is_planned(asked, event);
        let rows = parties.into_iter().map(|(name, party, account)| {
            let balance = account.paid - account.bears;
            json!({
                "id": event,
                "title": title,
                "group": party,
                "name": name,
                "currency": currency,
                "paid": whole(account.paid),
                "bears": whole(account.bears),
                "balance": whole(balance),
                "paid_shown": shown(account.paid, currency),
                "bears_shown": shown(account.bears, currency),
                "balance_shown": shown(balance, currency),
                "state": if planned { "planned" } else { "" },
            })
        });
        rows.collect::<Vec<Json>>()
    });
    let columns = [
        ("title", "Event"),
        ("name", "Group"),
        ("paid_shown", "Paid"),
        ("bears_shown", "Its share"),
        ("balance_shown", "Gets (or owes)"),
        ("state", "State"),
    ];
    let empty = "Nobody wrote down a cost: `grid cost new --event ID --what TEXT --amount \"12.50 AUD\"` does.";
    Section::new("balances", "Who paid, and who bears what", &columns, empty).account().rows(rows)
}

fn transfers(asked: &Asked<'_>, events: &[(String, String, String, Accounts)]) -> Section {
    let due = events.iter().filter(|(_, event, ..)| !is_planned(asked, event));
    let rows = due.flat_map(|(title, event, currency, accounts)| {
        payments(accounts).into_iter().map(move |(from, to, amount)| {
            json!({
                "id": event,
                "title": title,
                "from": name(asked, &from),
                "from_group": from,
                "to": name(asked, &to),
                "to_group": to,
                "currency": currency,
                "amount": whole(amount),
                "amount_shown": shown(amount, currency),
            })
        })
    });
    let columns = [("title", "Event"), ("from", "Who pays"), ("to", "To whom"), ("amount_shown", "How much")];
    Section::new("payments", "Payments after which all are even", &columns, "All are even.").account().rows(rows)
}

fn paid(asked: &Asked<'_>, costs: &[&Arc<Row>]) -> Section {
    let rows = costs.iter().map(|cost| {
        let amount = cost.values.get("amount").map(ToString::to_string);
        line(asked, cost, json!({"what": cost.values.text("what"), "amount": amount}))
    });
    let columns = [("title", "Event"), ("what", "What for"), ("by", "Paid by"), ("amount", "How much")];
    Section::new("costs", "What was paid", &columns, "Nothing.").rows(rows)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use super::shares;
    use serde_json::json;
    use std::cell::Cell;

    thread_local! {
        /// How often it was worked out who was at an event.
        pub(super) static LOOKED: Cell<usize> = const { Cell::new(0) };
    }

    #[test]
    fn who_was_at_an_event_is_worked_out_once_for_all_its_costs() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let camp = coalition.record(0, "event", json!({"title": "Camp"}));
        coalition.record(1, "attendance", json!({"event": camp, "came": 1}));
        (0..10).for_each(|_| drop(coalition.record(0, "cost", json!({"event": camp, "amount": "5 AUD"}))));
        let reply = coalition.ask("costs", &[]).unwrap();
        assert_eq!(reply.section("costs").unwrap().rows.len(), 10);
        assert_eq!(LOOKED.with(Cell::get), 1);
    }

    #[test]
    fn cents_that_do_not_divide_are_given_out_and_none_is_lost() {
        assert_eq!(shares(1000, 3, 0), [334, 333, 333]);
        assert_eq!(shares(1000, 3, 2), [333, 333, 334]);
        assert_eq!(shares(2, 3, 2), [1, 0, 1]);
        for (amount, among, first) in [(1, 7, 255), (100, 6, 13), (999_999_999_999, 1300, 200), (0, 4, 1)] {
            assert_eq!(shares(amount, among, first).iter().sum::<i128>(), amount);
        }
        assert!(shares(5, 0, 3).is_empty());
    }

    #[test]
    fn the_table_of_an_event_sums_to_zero_in_every_currency() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends", "Anglers"]);
        let camp = coalition.record(0, "event", json!({"title": "Camp"}));
        for (group, came) in [(0, 3), (1, 2), (2, 1), (3, 0)] {
            coalition.record(group, "attendance", json!({"event": camp, "came": came}));
        }
        let cost = |amount: i64, currency: &str| json!({"event": camp, "what": "food", "amount": {"amount": amount, "currency": currency}});
        coalition.record(0, "cost", cost(10_000, "AUD"));
        coalition.record(1, "cost", cost(1, "EUR"));
        let mut hall = cost(701, "AUD");
        hall["shared_by"] = json!([Coalition::group(1), Coalition::group(3), Coalition::group(40)]);
        coalition.record(3, "cost", hall);
        let reply = coalition.ask("costs", &[("of", "Camp")]).unwrap();
        for currency in ["AUD", "EUR"] {
            let rows = &reply.section("balances").unwrap().rows;
            let of = rows.iter().filter(|row| row["currency"] == currency);
            assert_eq!(of.map(|row| row["balance"].as_i64().unwrap()).sum::<i64>(), 0);
        }
        let settled = |group: &str| -> i64 {
            let amount = |key: &str| -> i64 {
                let rows = &reply.section("payments").unwrap().rows;
                let of = rows.iter().filter(|row| row[key] == group && row["currency"] == "AUD");
                of.map(|row| row["amount"].as_i64().unwrap()).sum()
            };
            amount("from_group") - amount("to_group")
        };
        for row in reply.section("balances").unwrap().rows.iter().filter(|row| row["currency"] == "AUD") {
            assert_eq!(row["balance"].as_i64().unwrap() + settled(row["group"].as_str().unwrap()), 0, "{row:?}");
        }
    }

    #[test]
    fn whoever_paid_alone_for_an_event_that_is_not_here_bears_it() {
        let mut coalition = Coalition::new(&["Clean River"]);
        coalition.record(0, "cost", json!({"event": Coalition::group(40), "amount": "5 AUD"}));
        let reply = coalition.ask("costs", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "balances", "balance"), [0]);
        assert!(reply.section("payments").unwrap().rows.is_empty());
    }

    #[test]
    fn before_an_event_is_over_nobody_owes_anything_and_its_host_shares_what_it_costs() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let mut event = |title: &str, starts: &str| {
            let event = coalition.record(0, "event", json!({"title": title, "starts": starts}));
            coalition.record(1, "attendance", json!({"event": event, "says": "going"}));
            coalition.record(0, "cost", json!({"event": event, "what": "hall", "amount": "71.00 AUD"}));
        };
        event("Call", "2026-11-24T10:00:00Z");
        event("Camp", "2026-11-01T10:00:00Z");
        let reply = coalition.ask("costs", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "balances", "bears_shown"), ["35.50 AUD"; 4], "the host bears its part");
        assert_eq!(Coalition::column(&reply, "balances", "state"), ["planned", "planned", "", ""]);
        assert_eq!(Coalition::column(&reply, "payments", "title"), ["Camp"]);
    }

    #[test]
    fn what_comes_back_is_paid_for_by_whoever_came_to_any_time_of_it() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let call = json!({"title": "Supper", "starts": "2026-11-02T10:00:00Z", "repeats": "weekly"});
        let call = coalition.record(0, "event", call);
        coalition.record(1, "attendance", json!({"event": call, "on": "2026-11-09", "came": 2}));
        coalition.record(1, "attendance", json!({"event": call, "on": "2026-11-16", "came": 0}));
        coalition.record(2, "attendance", json!({"event": call, "on": "2026-11-23", "says": "going"}));
        coalition.record(0, "cost", json!({"event": call, "amount": "10.00 AUD"}));
        let reply = coalition.ask("costs", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "balances", "name"), ["Clean River", "Hollin Choir"]);
        assert_eq!(Coalition::column(&reply, "balances", "bears_shown"), ["5.00 AUD", "5.00 AUD"]);
    }

    #[test]
    fn hiding_a_group_changes_nobodys_share() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let camp = coalition.record(1, "event", json!({"title": "Camp"}));
        coalition.record(0, "attendance", json!({"event": camp, "says": "going", "came": 2}));
        coalition.record(0, "cost", json!({"event": camp, "what": "food", "amount": "10.00 AUD"}));
        let asked = |coalition: &Coalition, key: &str| {
            Coalition::column(&coalition.ask("costs", &[]).unwrap(), "balances", key)
        };
        assert_eq!(asked(&coalition, "bears"), [500, 500]);
        coalition.hides(1);
        assert_eq!(asked(&coalition, "bears"), [500, 500]);
    }
}

//! A coalition that is parted in two: both sides write, and afterwards all hold everything.

use super::home::{Home, Place, Process, breathe, until_equal};
use super::ledger::{Ledger, Wrote};
use super::room::NoRoom;
use super::street::{Form, Street};
use super::{Outcome, Run, shuffled};
use crate::proxy::Carries;
use crate::sim::Random;
use serde_json::json;
use std::time::Duration;

/// Records that every node writes on its side, in one round.
const WRITES: usize = 10;

/// A coalition whose nodes run and know each other.
pub(super) struct Coalition {
    pub(super) homes: Vec<Home>,
    pub(super) nodes: Vec<Process>,
}

/// Founds a coalition on these homes and starts all nodes; `started` is told of each.
pub(super) fn gather(place: &Place, homes: Vec<Home>, mut started: impl FnMut(usize, &Home)) -> Coalition {
    let (founder, guests) = homes.split_first().expect("a coalition has a founder");
    place.found(founder);
    let mut nodes = vec![founder.start()];
    started(0, founder);
    for (number, guest) in (1..).zip(guests) {
        guest.join(&founder.invite(1));
        nodes.push(guest.start());
        started(number, guest);
        founder.until("the guest is a member", |status| status["members"] == number + 1);
    }
    until_equal(&homes.iter().collect::<Vec<_>>(), homes.len());
    Coalition { homes, nodes }
}

/// Names of groups.
pub(super) fn names(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("Group {number}")).collect()
}

/// Parts a coalition as often as was asked for.
///
/// # Errors
///
/// [`NoRoom`] where this machine does not offer the form.
pub fn run(run: &Run, form: Form, cut: Duration) -> Result<Outcome, NoRoom> {
    let mut random = Random::new(run.seed);
    let place = Place::new(&run.program);
    let mut street = Street::open(form, run.nodes, random.number())?;
    let homes = street.homes(&place, &names(run.nodes));
    let Coalition { homes, nodes } = gather(&place, homes, |number, home| street.started(number, home));
    street.settle(&homes);
    let all: Vec<&Home> = homes.iter().collect();
    let ledger = Ledger::default();
    let page = homes[0].api().create("page", json!({"title": "Common", "text": "All of us:\n"}));
    let page = page.expect("a running node answers").expect("a page is written");
    let mut lines = Vec::new();
    let mut slowest = until_equal(&all, run.nodes);
    for round in 1..=run.rounds {
        let numbers: Vec<usize> = (0..run.nodes).collect();
        let right = shuffled(&numbers, &mut random).split_off(1 + random.below(run.nodes - 1));
        street.part(&right);
        std::thread::scope(|scope| {
            for home in &homes {
                scope.spawn(|| {
                    for number in 1..=WRITES {
                        let title = format!("{} writes {number} in round {round}", home.name);
                        assert_eq!(ledger.write(home, &title), Wrote::Acknowledged, "{title}");
                    }
                });
            }
        });
        // One on each side adds to the same text.
        let left = numbers.iter().find(|number| !right.contains(number)).copied();
        for side in [left, right.first().copied()].into_iter().flatten() {
            let line = format!("{} was here in round {round}.\n", homes[side].name);
            add_line(&homes[side], &page, &line);
            lines.push(line);
        }
        let (here, there) = (left.unwrap_or_default(), right.first().copied().unwrap_or_default());
        breathe(random.between(cut / 2, cut));
        let apart = format!("{} writes 1 in round {round}", homes[here].name);
        let known = homes[there].api().all("action").expect("a running node answers");
        assert!(known.iter().all(|item| item["title"] != apart), "the cut of round {round} lets something through");
        street.heal();
        slowest = slowest.max(until_equal(&all, run.nodes));
    }
    let mut lost = ledger.lost_at(&all);
    for home in &homes {
        let shown = home.api().ask("GET", &format!("/api/records/page/{page}"), None);
        let shown = shown.expect("a running node answers").expect("the page is there");
        let text = shown["text"].as_str().unwrap_or_default();
        lost += lines.iter().filter(|line| !text.contains(*line)).count();
    }
    drop(nodes);
    let form = match form {
        Form::Namespaces => "network namespaces, TCP and QUIC",
        Form::Loopback(Carries::Tcp) => "loopback, TCP through proxies",
        Form::Loopback(Carries::Udp) => "loopback, QUIC through proxies that lose 1 % of the datagrams",
    };
    Ok(Outcome {
        fault: "partition",
        form: format!("{} nodes, {form}", run.nodes),
        tried: run.rounds,
        acknowledged: ledger.acknowledged() + lines.len(),
        lost,
        equal_again: slowest,
        notes: vec![format!("each cut lasted up to {:.0} s", cut.as_secs_f64())],
    })
}

fn add_line(home: &Home, page: &str, line: &str) {
    let path = format!("/api/records/page/{page}");
    let shown = home.api().ask("GET", &path, None).expect("a running node answers").expect("the page is there");
    let text = format!("{}{line}", shown["text"].as_str().unwrap_or_default());
    let body = json!({"fields": {"text": text}, "based_on": shown["heads"]});
    home.api().ask("PATCH", &path, Some(&body)).expect("a running node answers").expect("the edit is saved");
}

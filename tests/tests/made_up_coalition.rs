//! The made-up coalition in a home: what lies in it is what groups would have written, and others believe it.

use grid_node::node::{Node, NodeConfig};
use grid_node::question;
use grid_node::sample::{DAYS, Sample, Size};
use grid_node::setup::{self, Signing};
use grid_protocol::record::Registry;
use grid_protocol::time::Timestamp;
use grid_tests::grid::Member;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const LISTEN: &str = "/ip4/127.0.0.1/tcp/0";
const GROUPS: usize = 5;
/// Milliseconds of a day.
const DAY: u64 = 24 * 3_600_000;
const NOW: Timestamp = Timestamp(1_795_000_000_000);
/// The first day of the sample: 2026-01-01.
const BEGUN: Timestamp = Timestamp(1_767_225_600_000);

fn sample() -> Sample {
    Sample::new(11, Size::of_groups(GROUPS).expect("a coalition of this size"))
}

fn make(home: &Path, sample: &Sample) -> setup::Sampled {
    setup::sampled(home, sample, NOW, &mut |_| ControlFlow::Continue(())).expect("a home is filled")
}

async fn start(home: &Path) -> Node {
    let config = NodeConfig::new(vec![LISTEN.to_owned()], Arc::new(Registry::standard().clone()));
    Node::start(home, config).await.expect("the node starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_record_of_a_made_up_coalition_is_there_whole_and_by_its_group() {
    let place = tempfile::tempdir().unwrap();
    let (home, sample) = (place.path().join("home"), sample());
    let made = make(&home, &sample);
    let node = start(&home).await;
    assert!(node.report().is_empty(), "{:?}", node.report());
    assert_eq!(node.handle().status().await.unwrap().members, GROUPS);
    node.handle().look(|views| {
        let names: BTreeSet<String> = views.members.iter().map(|group| views.name_of(group)).collect();
        assert_eq!(names, sample.groups.iter().cloned().collect());
        assert_eq!(made.ids.len(), sample.records.len());
        for (drafted, id) in sample.records.iter().zip(&made.ids) {
            let row = views.records.row(&id.parse().unwrap()).unwrap_or_else(|| panic!("{drafted:?} is not here"));
            assert!(row.damaged.is_empty() && row.quarantine.is_none(), "{drafted:?}");
            assert_eq!(row.kind(), Some(drafted.kind));
            assert_eq!(views.name_of(&row.owner().unwrap()), sample.groups[drafted.by]);
            let begun = NOW.0 - DAYS as u64 * DAY;
            assert!((begun..=NOW.0).contains(&row.changed.0), "{drafted:?}");
        }
        let kept: BTreeSet<&str> = sample.here.iter().map(|record| record.kind).collect();
        for kind in kept {
            let count = sample.here.iter().filter(|record| record.kind == kind).count();
            assert_eq!(views.shown(kind).count(), count, "{kind}");
        }
    });
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_joins_a_made_up_coalition_believes_all_of_it() {
    let place = tempfile::tempdir().unwrap();
    let (home, sample) = (place.path().join("home"), sample());
    make(&home, &sample);
    let node = start(&home).await;
    let invite = node.handle().invite(1, Duration::from_secs(3_600)).await.unwrap().text;
    let guest = Member::join("Newcomers", &invite, Signing::Sign, &[LISTEN]).await;
    guest.until_members(GROUPS + 1).await;
    let handle = node.handle();
    guest
        .until("the newcomer holds what the founder holds", async |guest| {
            let (here, there) = (guest.status().await, handle.status().await.ok()?);
            (here.state_root == there.state_root && here.records > sample.records.len()).then_some(())
        })
        .await;
    node.stop().await;
}

/// Parts of answers that may rightly be empty, and why.
const EMPTY: &[(&str, &str, &str)] = &[
    ("introduce", "isolated", "each of sixty groups has given or got something in a year"),
    ("introduce", "uncovered", "among so many people somebody fills each of the five roles"),
    ("units", "unplaced", "each group says in which district it is"),
    ("health", "unspoken", "no program of the grid writes for the network without a mandate"),
    ("spoken", "refused", "no program of the grid writes for the network without a mandate"),
    ("trust", "left_out", "what is published is whole, and mostly published once"),
    ("backbone", "left_out", "those who hold the backbone do not rate it"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_question_has_an_answer_in_a_made_up_coalition_of_sixty_groups() {
    let place = tempfile::tempdir().unwrap();
    let home = place.path().join("home");
    let sample = Sample::new(7, Size::of_groups(60).unwrap());
    // The days of which it tells end now.
    let now = Timestamp(BEGUN.0 + DAYS as u64 * DAY);
    setup::sampled(&home, &sample, now, &mut |_| ControlFlow::Continue(())).unwrap();
    let node = start(&home).await;
    node.handle().look(|views| {
        let mut empty = Vec::new();
        for question in question::ALL {
            let words = match question.name {
                "find" => Some(("text", "water")),
                "who" => Some(("group", sample.groups[1].as_str())),
                _ => None,
            };
            let words = words.map(|(word, text)| (word.to_owned(), vec![text.to_owned()])).into_iter().collect();
            let reply = question.ask(views, now, words).unwrap_or_else(|error| panic!("{}: {error}", question.name));
            assert!(!reply.sections.is_empty(), "{}", question.name);
            let may_be = |part: &str| EMPTY.iter().any(|(of, known, _)| (*of, *known) == (question.name, part));
            let parts = reply.sections.iter().filter(|part| part.rows.is_empty() && !may_be(part.name));
            empty.extend(parts.map(|part| (question.name, part.name)));
        }
        assert!(empty.is_empty(), "nothing is said of {empty:?}");
        let asked = |words: &[(&str, &str)]| {
            let words = words.iter().map(|(word, text)| ((*word).to_owned(), vec![(*text).to_owned()])).collect();
            question::ALL.iter().find(|it| it.name == "success").unwrap().ask(views, now, words).unwrap()
        };
        let year = asked(&[("since", "2026-01-01"), ("until", "2026-12-31")]);
        for name in ["introductions", "outcomes"] {
            let figures = &year.section("relationships").unwrap().rows;
            let figure = figures.iter().find(|row| row["name"] == name).unwrap()["figure"].as_u64();
            assert!(figure > Some(2), "{name}: {figure:?}");
        }
        for (since, until) in [
            ("2026-01-01", "2026-03-31"),
            ("2026-04-01", "2026-06-30"),
            ("2026-07-01", "2026-09-30"),
            ("2026-10-01", "2026-12-31"),
        ] {
            let quarter = asked(&[("since", since), ("until", until)]);
            let mut climate = quarter.section("climate").unwrap().rows.iter();
            let is_asked = climate.any(|row| row["question"] == "Do they listen to us?");
            assert!(is_asked, "nobody was asked from {since} on");
        }
    });
    node.stop().await;
}

#[test]
fn whoever_ends_it_before_it_is_whole_finds_no_home() {
    let place = tempfile::tempdir().unwrap();
    let home = place.path().join("home");
    let ended = setup::sampled(&home, &sample(), NOW, &mut |_| ControlFlow::Break(()));
    assert!(matches!(ended, Err(setup::SetupError::Stopped)), "{ended:?}");
    assert!(!home.exists());
}

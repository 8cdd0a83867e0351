//! How fast news reaches everybody, in the small; the figures of 1,300 nodes come from
//! `cargo run --release -p grid-tests --bin simulate -- all`. A run also fails where anything is lost, shown that nobody
//! may show, or not equal in the end.

use grid_tests::sim::{Broadcast, Churn, Conduct};
use std::time::Duration;

/// A coalition that a debug build simulates in seconds.
const SMALL: Broadcast = Broadcast { writes: 20, ..Broadcast::of(80) };

#[test]
fn news_reaches_everybody_within_half_a_second() {
    let spread = SMALL.run(1).expect("nothing is broken");
    println!("{spread}");
    assert_eq!((spread.took.len(), spread.missed), (20 * 79, 0));
    assert!(spread.forged >= 2, "{} forgeries were told", spread.forged);
    assert!(spread.within(990).is_some_and(|took| took <= Duration::from_millis(400)), "{spread}");
}

#[test]
fn news_goes_around_members_that_say_nothing_and_nodes_that_come_and_go() {
    let spread = Broadcast { faulty: 30, conduct: Conduct::Silent, churn: Churn::Usual, ..SMALL }.run(2);
    let spread = spread.expect("nothing is broken");
    println!("{spread}");
    assert!(spread.in_a_second() >= 995_000, "{spread}");
}

#[test]
fn news_goes_around_members_that_lie() {
    let spread = Broadcast { faulty: 30, conduct: Conduct::Lying, ..SMALL }.run(3).expect("nothing is broken");
    println!("{spread}");
    assert!(spread.in_a_second() >= 995_000, "{spread}");
}

#[test]
fn the_same_seed_spreads_the_same_way() {
    let run = || Broadcast { faulty: 30, conduct: Conduct::Lying, churn: Churn::Usual, ..Broadcast::of(20) }.run(4);
    assert_eq!(run(), run());
}

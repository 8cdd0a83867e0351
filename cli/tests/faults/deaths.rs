//! Sudden deaths in the middle of writing.

use crate::api::{ids, until_equal, write};
use crate::running::Place;
use serde_json::json;
use std::{collections::BTreeSet, sync::mpsc};

/// How often the node is killed, unless `GRID_KILLS` says otherwise.
const KILLS: usize = 20;
/// A node is killed once this many writes at most were acknowledged in its life.
const MOST: u64 = 30;

/// A number of the environment, or the one that stands in for it.
fn number<T: std::str::FromStr>(name: &str, otherwise: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// The next number of a sequence that a seed names.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed ^ (mixed >> 27)
}

#[test]
fn no_acknowledged_write_is_lost_however_often_the_node_is_killed() {
    let (kills, seed) = (number("GRID_KILLS", KILLS), number("GRID_SEED", 1_u64));
    println!("GRID_SEED={seed} GRID_KILLS={kills}");
    let mut random = seed;
    let place = Place::new();
    let (weir, mut node) = place.running_founder();
    let (mill, _mill_node) = place.member("Mill", &weir);

    let mut acknowledged = BTreeSet::new();
    for life in 1..=kills {
        let enough = 1 + next(&mut random) % MOST;
        let (saved, told) = mpsc::channel();
        std::thread::scope(|scope| {
            let weir = &weir;
            scope.spawn(move || {
                // Writes until nobody answers any more.
                while let Ok(answer) = write(weir, "action", json!({"title": format!("Vigil {life}")})) {
                    let id = answer.unwrap_or_else(|refused| panic!("life {life}: {refused:?}"));
                    saved.send(id).unwrap();
                }
            });
            for _ in 0..enough {
                acknowledged.insert(told.recv().unwrap());
            }
            node.signal("KILL");
        });
        assert_eq!(node.ended().0, None, "life {life}");
        acknowledged.extend(told);
        node = weir.start();
        let here = ids(&weir, "action");
        let lost: Vec<_> = acknowledged.difference(&here).collect();
        assert!(lost.is_empty(), "life {life}: {lost:?} of {} are lost", acknowledged.len());
    }
    println!("{} writes were acknowledged in {kills} lives", acknowledged.len());
    until_equal(&[&weir, &mill]);
    assert!(acknowledged.is_subset(&ids(&mill, "action")));
}

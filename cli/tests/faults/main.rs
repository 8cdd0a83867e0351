//! Real nodes under what goes wrong: sudden deaths, torn stores, full disks, strangers, bad input.

mod api;
mod coalition;
mod contacts;
mod copies;
mod deaths;
mod devices;
mod disk;
mod ending;
mod invites;
mod places;
mod recover;
mod strangers;
mod tables;

#[path = "../command/running.rs"]
mod running;
#[expect(dead_code, reason = "the fake node is for the specifications of single commands")]
#[path = "../command/support.rs"]
mod support;

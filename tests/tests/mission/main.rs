//! The mission: for each capability the observation that shows it, on data that travelled between two nodes. The name
//! of a test begins with the id of its capability in `docs/mission.md`.

mod a;
mod b;
mod bad_input;
mod c;
mod d;
mod e;
mod f;
mod g;
mod h;
mod met;
mod peers;

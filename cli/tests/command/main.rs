//! The program as scripts and people use it: words in; stdout, stderr and exit code out.

mod asking;
mod before;
mod beside;
mod contract;
mod demo;
mod formats;
mod governing;
mod lists;
mod mandates;
mod mission;
mod node;
mod node_away;
mod node_there;
mod passphrase;
mod reports;
mod running;
mod sheet;
mod speaking;
mod support;
mod texts;
mod vouching;
mod words;

//! The kinds of the grid, each a plain struct in a file of its own.
//!
//! They compose: whatever one group says of what another wrote is a record of its own that refers to it ([`Support`],
//! [`Reply`], [`Voice`], [`Attendance`], [`Match`], [`Booking`]), since nobody writes in another's name.

mod action;
mod alert;
mod answer;
mod asset;
mod attendance;
mod body;
mod booking;
mod case;
mod completion;
mod cost;
mod course;
mod decision;
mod draft;
mod event;
mod factor;
mod frame;
mod fund;
mod group;
mod hiding;
mod influence;
mod introduction;
mod lesson;
mod link;
mod r#match;
mod message;
mod mode;
mod moment;
mod need;
mod objective;
mod official;
mod page;
mod person;
mod place;
mod plan;
mod pledge;
mod prospect;
mod reply;
mod report;
mod resource;
mod review;
mod revision;
mod score;
mod search;
mod seat;
mod spending;
mod support;
mod supporter;
mod survey;
mod tally;
mod task;
mod thread;
mod tie;
mod unit;
mod voice;
mod win;

pub use action::{Action, ActionStatus};
pub use alert::{Alert, AlertStatus};
pub use answer::Answer;
pub use asset::{Asset, AssetSort, AssetStatus};
pub use attendance::{Attendance, Coming};
pub use body::{Body, BodySort};
pub use booking::{Booking, BookingStatus};
pub use case::{Case, CaseStatus};
pub use completion::Completion;
pub use cost::Cost;
pub use course::{Course, CourseLevel};
pub use decision::{Decision, DecisionStatus};
pub use draft::{Draft, DraftStatus};
pub use event::{Event, EventSort, EventStatus, Readers};
pub use factor::Factor;
pub use frame::Frame;
pub use fund::{Fund, FundStatus};
pub use group::{Group, Role, Stage};
pub use hiding::{HiddenSort, Hiding};
pub use influence::{Effect, Influence};
pub use introduction::{Introduction, IntroductionStatus};
pub use lesson::Lesson;
pub use link::{Link, LinkFeed, LinkReaders};
pub use r#match::{Match, MatchStatus};
pub use message::Message;
pub use mode::{Mode, Setting};
pub use moment::Moment;
pub use need::{Need, NeedSort, NeedStatus};
pub use objective::{Objective, ObjectiveStatus};
pub use official::Official;
pub use page::{Page, PagePurpose};
pub use person::Person;
pub use place::{Place, PlaceSort};
pub use plan::Plan;
pub use pledge::{Pledge, PledgeStatus};
pub use prospect::{Contact, Prospect};
pub use reply::{Reply, Says};
pub use report::Report;
pub use resource::{Resource, ResourceKind};
pub use review::Review;
pub use revision::Revision;
pub use score::Score;
pub use search::Search;
pub use seat::Seat;
pub use spending::Spending;
pub use support::{Support, SupportSort};
pub use supporter::Supporter;
pub use survey::{Survey, SurveySort};
pub use tally::Tally;
pub use task::{Task, TaskStatus};
pub use thread::Thread;
pub use tie::Tie;
pub use unit::{Level, Unit};
pub use voice::{Stance, Voice};
pub use win::{Win, WinSize};

use super::{CompileError, Kind};

/// All kinds, in the order in which interfaces show them: one line each.
pub(super) fn all() -> impl IntoIterator<Item = Result<Kind, CompileError>> {
    [
        Kind::compile::<Group>(),
        Kind::compile::<Person>(),
        Kind::compile::<Prospect>(),
        Kind::compile::<Tie>(),
        Kind::compile::<Introduction>(),
        Kind::compile::<Place>(),
        Kind::compile::<Unit>(),
        Kind::compile::<Body>(),
        Kind::compile::<Seat>(),
        Kind::compile::<Decision>(),
        Kind::compile::<Voice>(),
        Kind::compile::<Task>(),
        Kind::compile::<Factor>(),
        Kind::compile::<Influence>(),
        Kind::compile::<Mode>(),
        Kind::compile::<Page>(),
        Kind::compile::<Draft>(),
        Kind::compile::<Frame>(),
        Kind::compile::<Objective>(),
        Kind::compile::<Plan>(),
        Kind::compile::<Revision>(),
        Kind::compile::<Review>(),
        Kind::compile::<Thread>(),
        Kind::compile::<Message>(),
        Kind::compile::<Reply>(),
        Kind::compile::<Event>(),
        Kind::compile::<Attendance>(),
        Kind::compile::<Cost>(),
        Kind::compile::<Case>(),
        Kind::compile::<Action>(),
        Kind::compile::<Moment>(),
        Kind::compile::<Support>(),
        Kind::compile::<Alert>(),
        Kind::compile::<Tally>(),
        Kind::compile::<Official>(),
        Kind::compile::<Supporter>(),
        Kind::compile::<Resource>(),
        Kind::compile::<Asset>(),
        Kind::compile::<Need>(),
        Kind::compile::<Match>(),
        Kind::compile::<Booking>(),
        Kind::compile::<Course>(),
        Kind::compile::<Completion>(),
        Kind::compile::<Fund>(),
        Kind::compile::<Pledge>(),
        Kind::compile::<Spending>(),
        Kind::compile::<Report>(),
        Kind::compile::<Lesson>(),
        Kind::compile::<Win>(),
        Kind::compile::<Survey>(),
        Kind::compile::<Answer>(),
        Kind::compile::<Score>(),
        Kind::compile::<Hiding>(),
        Kind::compile::<Search>(),
        Kind::compile::<Link>(),
    ]
}

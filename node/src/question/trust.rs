//! Trust: what groups published of how much their people trust each other, added up, nobody named.

use super::scores::{Published, mean};
use super::shown::by_title;
use super::told::{names, record};
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use grid_protocol::id::GroupId;
use grid_protocol::replica::Row;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// How much people trust each other.
pub(super) const QUESTION: Question = Question {
    name: "trust",
    about: "How much people trust each other, by survey, question and period; answers stay where they were given.",
    place: Place::Ask,
    words: &[
        Word { name: "of", about: "Only this survey: its id or its title.", many: Given::Once },
        Word { name: "period", about: "Only this period, such as 2026-Q4.", many: Given::Once },
    ],
    answer,
};

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let of = record(asked, "of", &["survey"])?;
    let period = asked.word("period");
    let published = Published::of(asked, &["trust", "ties"]);
    let mut rows = mean(asked, published.scores.iter());
    rows.retain(|row| of.is_none_or(|of| row["id"] == of.document.to_string()));
    rows.retain(|row| period.is_none_or(|period| row["period"] == period.to_uppercase()));
    let columns = [
        ("survey", "Survey"),
        ("period", "Period"),
        ("question", "Question"),
        ("mean", "Mean of 1 to 5"),
        ("answers", "Answers"),
        ("groups", "Groups"),
    ];
    let empty = match (of, period) {
        (None, None) => "No group published answers yet: `grid survey total ID` adds up your own.",
        _ => "No group published answers to that: `grid ask trust` alone shows all.",
    };
    let scores = Section::new("scores", "Trust", &columns, empty).rows(rows);
    let columns = [("by", "Group"), ("question", "Question"), ("period", "Period"), ("why", "Why")];
    let left_out = Section::new("left_out", "Not counted", &columns, "Everything that was published counts.");
    Ok(Reply::default()
        .with(scores)
        .with(who(asked, &published, of))
        .with(left_out.rows(published.left_out_rows(asked))))
}

fn who(asked: &Asked<'_>, published: &Published<'_>, of: Option<&Arc<Row>>) -> Section {
    let mut surveys: Vec<&Arc<Row>> = asked
        .records("survey")
        .filter(|survey| matches!(survey.values.text("sort"), "trust" | "ties"))
        .filter(|survey| of.is_none_or(|of| of.document == survey.document))
        .collect();
    by_title(asked, &mut surveys);
    let members: BTreeSet<GroupId> = asked.members().collect();
    let mut told: HashMap<&str, BTreeSet<GroupId>> = HashMap::new();
    for score in &published.scores {
        told.entry(score.row.values.text("survey")).or_default().insert(score.group);
    }
    let rows = surveys.into_iter().map(|survey| {
        let told = told.remove(&*survey.document.to_string()).unwrap_or_default();
        let out = members.len() - told.iter().filter(|group| members.contains(group)).count();
        super::shown::line(asked, survey, json!({"published": told.len(), "who": names(asked, &told), "out": out}))
    });
    let columns =
        [("title", "Survey"), ("published", "Groups that published"), ("who", "Who"), ("out", "Groups to come")];
    Section::new("published", "Who published", &columns, "There is no survey of trust yet.").rows(rows)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use crate::survey::{self, Standing, Sum};
    use grid_protocol::record::Patch;
    use serde_json::json;

    #[test]
    fn a_total_of_too_few_people_is_no_figure_whoever_published_it() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let survey = coalition.record(0, "survey", json!({"title": "Trust", "least": 8}));
        for (by, answers) in [(1, 7), (2, 8)] {
            let score = json!({"survey": survey, "question": "Us?", "answers": answers, "total": answers * 4});
            coalition.record(by, "score", score);
        }
        let reply = coalition.ask("trust", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "scores", "answers"), [8]);
        assert_eq!(Coalition::column(&reply, "left_out", "by"), ["Hollin Choir"]);
        assert!(Coalition::column(&reply, "left_out", "why")[0].as_str().unwrap().contains("too few"));
        assert_eq!(Coalition::column(&reply, "published", "published"), [1]);
    }

    #[test]
    fn answers_are_told_in_blocks_and_each_of_them_once() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let asked = json!({"title": "Trust", "period": "2026-Q4", "questions": "Us?\nThem?"});
        let survey = coalition.record(0, "survey", asked);
        let answer = |coalition: &mut Coalition, score: u8, who: &str| {
            coalition.record(0, "answer", json!({"survey": survey, "question": " us ", "score": score, "who": who}))
        };
        for score in 1..=4 {
            answer(&mut coalition, score, "");
        }
        coalition.record(0, "answer", json!({"survey": survey, "question": "Us?", "text": "In words."}));
        coalition.record(0, "answer", json!({"survey": survey, "question": "Us?", "score": 1, "period": "2026-Q3"}));
        let row = |coalition: &Coalition, id: &str| coalition.views.records.row(&id.parse().unwrap()).unwrap().clone();
        let told = |coalition: &Coalition| {
            survey::totals(&coalition.views, Coalition::device(0, 0), &row(coalition, &survey), None)
        };
        let few = told(&coalition);
        assert_eq!(few.iter().map(|total| total.question.as_str()).collect::<Vec<_>>(), ["Us?", "Them?"]);
        assert_eq!((few[0].standing, few[1].standing), (Standing::Waiting { missing: 1 }, Standing::Unchanged));
        coalition.days_ago(1);
        answer(&mut coalition, 5, "Ana");
        coalition.days_ago(0);
        answer(&mut coalition, 2, "ana");
        let enough = told(&coalition).remove(0);
        assert_eq!((enough.standing, enough.after()), (Standing::Ready, Sum { answers: 5.0, total: 12.0 }));
        let kind = coalition.views.registry.kind("score").unwrap().clone();
        let published = enough.patch(&kind).unwrap().over(&kind, kind.defaults());
        let score = coalition.raw(0, "score", published.clone());
        assert!(survey::may_tell(&coalition.views, &kind, None, || published.clone()).is_ok());
        // Whoever is in it is not counted again, and nothing is new.
        answer(&mut coalition, 5, "Ana");
        assert_eq!(told(&coalition)[0].standing, Standing::Unchanged);
        for _ in 0..4 {
            answer(&mut coalition, 1, "");
        }
        assert_eq!(told(&coalition)[0].standing, Standing::Waiting { missing: 1 });
        answer(&mut coalition, 1, "");
        let more = told(&coalition).remove(0);
        assert_eq!((more.score, more.after()), (Some(score.parse().unwrap()), Sum { answers: 10.0, total: 17.0 }));
        let after = more.patch(&kind).unwrap().over(&kind, published.clone());
        assert!(survey::may_tell(&coalition.views, &kind, Some(&published), || after).is_ok());
        // By hand nobody tells what one more person said, either.
        for (answers, total) in [(6, 13), (5, 13), (4, 11)] {
            let by_hand = Patch::from_json(&kind, &json!({"answers": answers, "total": total})).unwrap();
            let by_hand = by_hand.over(&kind, published.clone());
            assert!(survey::may_tell(&coalition.views, &kind, Some(&published), || by_hand).is_err(), "{answers}");
        }
        // A group that counted a person once does not count them for another period.
        let other =
            survey::totals(&coalition.views, Coalition::device(0, 0), &row(&coalition, &survey), Some("2026-Q3"))
                .remove(0);
        assert_eq!(other.standing, Standing::Waiting { missing: 4 });
    }

    #[test]
    fn a_question_that_the_survey_does_not_ask_is_not_told_as_part_of_it() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let survey = coalition.record(0, "survey", json!({"title": "Trust", "questions": "Us?"}));
        for question in ["Us?", "Is the treasurer a thief?"] {
            for _ in 0..5 {
                coalition.record(0, "answer", json!({"survey": survey, "question": question, "score": 1}));
            }
        }
        let row = coalition.views.records.row(&survey.parse().unwrap()).unwrap().clone();
        let told = survey::totals(&coalition.views, Coalition::device(0, 0), &row, None);
        let standings: Vec<Standing> = told.iter().map(|total| total.standing).collect();
        assert_eq!(standings, [Standing::Ready, Standing::NotAsked]);
        assert_eq!(told[1].after(), Sum::default());
    }

    #[test]
    fn two_computers_of_a_group_that_tell_totals_at_once_lose_none_and_count_none_twice() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let survey = coalition.record(0, "survey", json!({"title": "Trust", "questions": "Us?"}));
        let kind = coalition.views.registry.kind("score").unwrap().clone();
        let row = |coalition: &Coalition, id: &str| coalition.views.records.row(&id.parse().unwrap()).unwrap().clone();
        let told = |coalition: &Coalition, computer: u8| {
            survey::totals(&coalition.views, Coalition::device(0, computer), &row(coalition, &survey), None).remove(0)
        };
        // The other computer has told of six people, whose answers are not here.
        coalition.at_computer(1);
        coalition.record(0, "score", json!({"survey": survey, "question": "Us?", "answers": 6, "total": 30}));
        coalition.at_computer(0);
        for _ in 0..4 {
            coalition.record(0, "answer", json!({"survey": survey, "question": "Us?", "score": 1}));
        }
        // Its block fills none of this computer's: four are too few, whatever others told.
        assert_eq!(told(&coalition, 0).standing, Standing::Waiting { missing: 1 });
        coalition.record(0, "answer", json!({"survey": survey, "question": "Us?", "score": 1}));
        let total = told(&coalition, 0);
        assert_eq!((total.score, total.standing), (None, Standing::Ready), "it writes a score of its own");
        assert_eq!(total.after(), Sum { answers: 5.0, total: 5.0 });
        assert_eq!(total.told(), Sum { answers: 11.0, total: 35.0 });
        coalition.raw(0, "score", total.patch(&kind).unwrap().over(&kind, kind.defaults()));
        let reply = coalition.ask("trust", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "scores", "answers"), [11]);
        assert_eq!(Coalition::column(&reply, "scores", "groups"), [1]);
        assert!(Coalition::column(&reply, "left_out", "by").is_empty());
        assert_eq!(told(&coalition, 0).standing, Standing::Unchanged, "nobody is counted twice");
        assert!(told(&coalition, 0).score.is_some() && told(&coalition, 1).score.is_some());
        assert_ne!(told(&coalition, 0).score, told(&coalition, 1).score);
    }

    #[test]
    fn scores_are_added_up_by_period_and_each_group_counts_once() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let survey = coalition.record(0, "survey", json!({"title": "Trust", "period": "2026-Q4"}));
        let score = |answers: f64, total: f64, period: &str| json!({"survey": survey, "question": "Do you trust us?", "answers": answers, "total": total, "period": period});
        coalition.days_ago(2).record(0, "score", score(15.0, 15.0, ""));
        coalition.days_ago(1).record(0, "score", score(15.0, 60.0, ""));
        coalition.record(1, "score", score(5.0, 25.0, "2026-Q4"));
        coalition.record(1, "score", score(10.0, 20.0, "2026-Q3"));
        coalition.record(2, "score", json!({"survey": survey, "question": "Do you trust us?"}));
        let reply = coalition.ask("trust", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "scores", "period"), ["2026-Q4", "2026-Q3"]);
        assert_eq!(Coalition::column(&reply, "scores", "mean"), [json!(4.25), json!(2)]);
        assert_eq!(Coalition::column(&reply, "scores", "answers"), [20, 10]);
        assert_eq!(Coalition::column(&reply, "left_out", "by"), ["Clean River", "Ferry Friends"]);
        assert_eq!(Coalition::column(&reply, "published", "published"), [2]);
        assert_eq!(Coalition::column(&reply, "published", "out"), [1]);
        let last = coalition.ask("trust", &[("period", "2026-Q3"), ("of", "Trust")]).unwrap();
        assert_eq!(Coalition::column(&last, "scores", "groups"), [1]);
    }

    #[test]
    fn of_a_total_or_a_least_number_that_nobody_can_read_no_more_is_shown_than_of_a_sound_one() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let shown = |coalition: &Coalition, id: &str| {
            let row = coalition.views.records.row(&id.parse().unwrap()).unwrap();
            survey::withheld(&coalition.views, row).is_none()
        };
        let trust = coalition.record(0, "survey", json!({"title": "Trust"}));
        let score = |survey: &str, fields: serde_json::Value| {
            let mut all = json!({"survey": survey, "question": "Us?"});
            all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            all
        };
        let nobody = coalition.record(0, "score", score(&trust, json!({})));
        let total = coalition.record(0, "score", score(&trust, json!({"total": 3})));
        assert_eq!((shown(&coalition, &nobody), shown(&coalition, &total)), (true, false), "nobody knows of how many");
        // Partners speak for themselves, unless the survey says that more have to.
        let backbone = coalition.record(0, "survey", json!({"title": "Backbone", "sort": "backbone"}));
        let one = coalition.record(0, "score", score(&backbone, json!({"answers": 1, "total": 3})));
        assert!(shown(&coalition, &one));
        let mut row = (**coalition.views.records.row(&backbone.parse().unwrap()).unwrap()).clone();
        row.damaged = vec!["least".to_owned()];
        coalition.views.take_rows([std::sync::Arc::new(row)]);
        assert!(!shown(&coalition, &one), "it said so, and nobody can read how many");
    }
}

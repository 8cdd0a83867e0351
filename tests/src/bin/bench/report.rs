//! What a measurement found: figures, most of them ratios to something measured in the same run.

use serde_json::json;

/// A bound that a figure should keep.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
    /// None: it explains another figure.
    None,
}

/// One figure.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    measure: &'static str,
    name: String,
    value: f64,
    unit: &'static str,
    goal: Goal,
}

/// The figures of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    figures: Vec<Figure>,
}

impl Report {
    /// Notes a ratio.
    pub(crate) fn ratio(&mut self, measure: &'static str, name: &str, value: f64, goal: Goal) {
        self.note(measure, name, value, "x", goal);
    }

    /// Notes a figure in a unit.
    pub(crate) fn note(&mut self, measure: &'static str, name: &str, value: f64, unit: &'static str, goal: Goal) {
        self.figures.push(Figure { measure, name: name.to_owned(), value, unit, goal });
    }

    /// A table, ratios first, then one JSON object per figure.
    pub(crate) fn print(mut self) {
        self.figures.sort_by_key(|figure| figure.unit != "x");
        let width = self.figures.iter().map(|figure| figure.name.len()).max().unwrap_or(0);
        for figure in &self.figures {
            let value = format!("{:.3} {}", figure.value, figure.unit);
            println!("{:<4} {:<width$} {value:>16}  {}", figure.measure, figure.name, figure.goal_text());
        }
        println!();
        for figure in &self.figures {
            println!("{}", figure.json());
        }
    }
}

impl Figure {
    fn is_met(&self) -> Option<bool> {
        match self.goal {
            Goal::AtMost(bound) => Some(self.value <= bound),
            Goal::AtLeast(bound) => Some(self.value >= bound),
            Goal::None => None,
        }
    }

    fn goal_text(&self) -> String {
        let word = if self.is_met() == Some(true) { "met" } else { "MISSED" };
        match self.goal {
            Goal::AtMost(bound) => format!("goal <= {bound}: {word}"),
            Goal::AtLeast(bound) => format!("goal >= {bound}: {word}"),
            Goal::None => String::new(),
        }
    }

    fn json(&self) -> serde_json::Value {
        let goal = match self.goal {
            Goal::AtMost(bound) => json!({"at_most": bound}),
            Goal::AtLeast(bound) => json!({"at_least": bound}),
            Goal::None => json!(null),
        };
        json!({
            "measure": self.measure, "figure": self.name, "value": self.value, "unit": self.unit,
            "goal": goal, "met": self.is_met(),
        })
    }
}

/// The value below which this share of the values lies.
pub(crate) fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let index = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(index.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// The value in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    percentile(values, 0.5)
}

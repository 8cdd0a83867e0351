//! Purses: sums of money, exact, each currency for itself.

use grid_protocol::record::{Money, Value};
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Sums by currency, in the smallest unit of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Purse(BTreeMap<String, i128>);

impl Purse {
    /// A purse with nothing in it.
    pub(super) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Puts the amount of a field in; nothing where it holds none, or one below zero.
    pub(super) fn put(&mut self, row: &Row, field: &str) {
        if let Some(Value::Money(money)) = row.values.get(field) {
            self.add(money.currency(), i128::from(money.amount().max(0)));
        }
    }

    /// Adds an amount, which may be below zero.
    pub(super) fn add(&mut self, currency: &str, amount: i128) {
        match self.0.get_mut(currency) {
            Some(sum) => *sum = sum.saturating_add(amount),
            None => drop(self.0.insert(currency.to_owned(), amount)),
        }
    }

    /// What is left when another is taken out.
    pub(super) fn without(mut self, other: &Self) -> Self {
        other.0.iter().for_each(|(currency, amount)| self.add(currency, -amount));
        self
    }

    /// Whether some sum is below zero.
    pub(super) fn is_overdrawn(&self) -> bool {
        self.0.values().any(|amount| *amount < 0)
    }

    /// As people read it: `12.50 AUD`; nothing where there is nothing.
    pub(super) fn shown(&self) -> Json {
        match self.0.is_empty() {
            true => Json::Null,
            false => {
                self.0.iter().map(|(currency, amount)| shown(*amount, currency)).collect::<Vec<_>>().join(", ").into()
            }
        }
    }

    /// As programs read it: an amount in the smallest unit for each currency.
    pub(super) fn amounts(&self) -> Json {
        self.0.iter().map(|(currency, amount)| json!({"amount": whole(*amount), "currency": currency})).collect()
    }
}

/// An amount as people read it.
pub(super) fn shown(amount: i128, currency: &str) -> String {
    let money = i64::try_from(amount).ok().and_then(|amount| Money::new(amount, currency).ok());
    money.map_or_else(|| format!("{amount} {currency}, in its smallest unit"), |money| money.to_string())
}

/// An amount as JSON; what JSON has no number for is text.
pub(super) fn whole(amount: i128) -> Json {
    i64::try_from(amount).map_or_else(|_| amount.to_string().into(), Json::from)
}

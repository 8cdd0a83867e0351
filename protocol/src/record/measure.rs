//! Coordinates and money: the two measures that are more than a number.

use super::Unfit;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt};

/// A point on the earth in degrees (WGS 84).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawCoordinates")]
pub struct Coordinates {
    latitude: f64,
    longitude: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCoordinates {
    latitude: f64,
    longitude: f64,
}

/// What coordinates look like, for messages.
pub(super) const COORDINATES: &str = "latitude (-90 to 90) and longitude (-180 to 180) in degrees, like -28.81,153.28";

impl Coordinates {
    /// A point, where it lies on the earth.
    ///
    /// # Errors
    ///
    /// [`Unfit`] when a number is not finite or outside its range.
    pub fn new(latitude: f64, longitude: f64) -> Result<Self, Unfit> {
        let sound = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        // Adding zero turns -0 into 0, so that one point has one form.
        let point = Self { latitude: latitude + 0.0, longitude: longitude + 0.0 };
        if sound { Ok(point) } else { Err(Unfit::new(COORDINATES, &format!("{latitude},{longitude}"))) }
    }

    /// The same to two decimals: about a kilometre, so that a map shows a place and no house.
    #[must_use]
    pub fn blurred(self) -> Self {
        let rounded = |degrees: f64| (degrees * 100.0).round() / 100.0 + 0.0;
        Self { latitude: rounded(self.latitude), longitude: rounded(self.longitude) }
    }

    /// Degrees north.
    pub fn latitude(self) -> f64 {
        self.latitude
    }

    /// Degrees east.
    pub fn longitude(self) -> f64 {
        self.longitude
    }

    /// Reads `latitude,longitude`.
    ///
    /// # Errors
    ///
    /// [`Unfit`] when it is not two numbers in range.
    pub fn parse(text: &str) -> Result<Self, Unfit> {
        let unfit = || Unfit::new(COORDINATES, text);
        let (latitude, longitude) = text.split_once([',', ';', ' ']).ok_or_else(unfit)?;
        let number = |text: &str| text.trim().parse::<f64>().map_err(|_| unfit());
        Self::new(number(latitude)?, number(longitude)?).map_err(|_| unfit())
    }
}

impl TryFrom<RawCoordinates> for Coordinates {
    type Error = Unfit;

    fn try_from(raw: RawCoordinates) -> Result<Self, Unfit> {
        Self::new(raw.latitude, raw.longitude)
    }
}

impl fmt::Display for Coordinates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.latitude, self.longitude)
    }
}

impl JsonSchema for Coordinates {
    fn schema_name() -> Cow<'static, str> {
        "Coordinates".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "x-grid-type": "coordinates",
            "properties": {
                "latitude": {"type": "number", "minimum": -90, "maximum": 90},
                "longitude": {"type": "number", "minimum": -180, "maximum": 180},
            },
            "required": ["latitude", "longitude"],
            "additionalProperties": false,
        })
    }
}

/// An amount of money in the smallest unit of its currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawMoney")]
pub struct Money {
    amount: i64,
    currency: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMoney {
    amount: i64,
    currency: String,
}

/// What money looks like, for messages.
pub(super) const MONEY: &str = "an amount and a currency of three letters, like 12.50 AUD";

/// ISO 4217 currencies without a smaller unit.
const WITHOUT_CENTS: &[&str] =
    &["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"];
/// ISO 4217 currencies with a thousandth as smaller unit.
const WITH_THOUSANDTHS: &[&str] = &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

impl Money {
    /// An amount in the smallest unit of a currency of three capital letters.
    ///
    /// # Errors
    ///
    /// [`Unfit`] when the currency is none, or the amount too large for JSON numbers (2^53).
    pub fn new(amount: i64, currency: &str) -> Result<Self, Unfit> {
        let sound = currency.len() == 3
            && currency.bytes().all(|byte| byte.is_ascii_uppercase())
            && amount.unsigned_abs() < 1 << 53;
        let currency = currency.to_owned();
        if sound { Ok(Self { amount, currency }) } else { Err(Unfit::new(MONEY, &format!("{amount} {currency}"))) }
    }

    /// The amount in the smallest unit.
    pub fn amount(&self) -> i64 {
        self.amount
    }

    /// The ISO 4217 currency.
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// As a document holds it: `1250 AUD`, in the smallest unit.
    pub(super) fn stored(&self) -> String {
        format!("{} {}", self.amount, self.currency)
    }

    /// Reads what [`Money::stored`] wrote.
    pub(super) fn parse_stored(text: &str) -> Option<Self> {
        let (amount, currency) = text.split_once(' ')?;
        Self::new(amount.parse().ok()?, currency).ok()
    }

    /// Reads `12.50 AUD` or `AUD 12.50`.
    ///
    /// # Errors
    ///
    /// [`Unfit`] when it is something else, or finer than the smallest unit.
    pub fn parse(text: &str) -> Result<Self, Unfit> {
        let unfit = || Unfit::new(MONEY, text);
        let (first, second) = text.trim().split_once(char::is_whitespace).ok_or_else(unfit)?;
        let letters = first.bytes().all(|byte| byte.is_ascii_alphabetic());
        let (number, currency) = if letters { (second.trim(), first) } else { (first, second.trim()) };
        let currency = currency.to_ascii_uppercase();
        let (sign, digits) = number.strip_prefix('-').map_or((1, number), |digits| (-1, digits));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let places = decimals(&currency);
        if part.len() > places
            || whole.is_empty()
            || !whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit())
        {
            return Err(unfit());
        }
        let amount: i64 = format!("{whole}{part:0<places$}").parse().map_err(|_| unfit())?;
        Self::new(sign * amount, &currency).map_err(|_| unfit())
    }
}

fn decimals(currency: &str) -> usize {
    match currency {
        _ if WITHOUT_CENTS.contains(&currency) => 0,
        _ if WITH_THOUSANDTHS.contains(&currency) => 3,
        _ => 2,
    }
}

impl TryFrom<RawMoney> for Money {
    type Error = Unfit;

    fn try_from(raw: RawMoney) -> Result<Self, Unfit> {
        Self::new(raw.amount, &raw.currency)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = decimals(&self.currency);
        let sign = if self.amount < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.amount.unsigned_abs(), width = places + 1);
        let (whole, part) = digits.split_at(digits.len() - places);
        let point = if places == 0 { "" } else { "." };
        write!(f, "{sign}{whole}{point}{part} {}", self.currency)
    }
}

impl JsonSchema for Money {
    fn schema_name() -> Cow<'static, str> {
        "Money".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "x-grid-type": "money",
            "properties": {
                "amount": {"type": "integer", "description": "In the smallest unit of the currency."},
                "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
            },
            "required": ["amount", "currency"],
            "additionalProperties": false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_off_the_earth_is_refused() {
        assert_eq!(Coordinates::parse("-28.81, 153.28").unwrap().to_string(), "-28.81,153.28");
        for text in ["91,0", "0,181", "NaN,0", "inf,0", "12", "a,b", ""] {
            assert!(Coordinates::parse(text).is_err(), "{text}");
        }
        assert!(serde_json::from_str::<Coordinates>(r#"{"latitude":-91,"longitude":0}"#).is_err());
    }

    #[test]
    fn money_reads_back_from_its_text() {
        for (text, amount) in [("12.50 AUD", 1250), ("-0.05 EUR", -5), ("900 JPY", 900), ("1.234 KWD", 1234)] {
            let money = Money::parse(text).unwrap();
            assert_eq!((money.amount(), money.to_string()), (amount, text.to_owned()));
        }
        assert_eq!(Money::parse("aud 3").unwrap(), Money::new(300, "AUD").unwrap());
        for text in ["12", "1.234 AUD", "1.5 JPY", "x AUD", "1 AU", "99999999999999999999 AUD", "é 12"] {
            assert!(Money::parse(text).is_err(), "{text}");
        }
    }
}

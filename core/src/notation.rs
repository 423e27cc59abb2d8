//! How sizes, crops and frames are written in JSON.
//!
//! One reader serves all of them, because a derived reader of each would take kilobytes of wasm.

use std::fmt::{Formatter, Result as FmtResult};
use std::result::Result as StdResult;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

/// A name, a number or a list of numbers.
pub(crate) enum Notation {
    Name(String),
    Number(f64),
    List(Vec<f64>),
}

impl Notation {
    /// The numbers, if there are exactly `N` in a list.
    pub(crate) fn list<const N: usize>(&self) -> Option<[f64; N]> {
        match self {
            Self::List(numbers) => numbers.as_slice().try_into().ok(),
            _ => None,
        }
    }
}

/// `number`, if it is a whole number from 0 that fits.
pub(crate) fn whole(number: f64) -> Option<u32> {
    // The conversion saturates.
    let found = number as u32;
    (f64::from(found) == number).then_some(found)
}

impl<'de> Deserialize<'de> for Notation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> StdResult<Self, D::Error> {
        deserializer.deserialize_any(NotationVisitor)
    }
}

/// Reads a value that has several forms.
pub(crate) fn read<'de, T, D>(deserializer: D) -> StdResult<T, D::Error>
where
    T: TryFrom<Notation, Error = &'static str>,
    D: Deserializer<'de>,
{
    let notation = Notation::deserialize(deserializer)?;
    notation.try_into().map_err(D::Error::custom)
}

/// Implements `Deserialize` for a type that is made from a [`Notation`].
macro_rules! read_by_notation {
    ($kind:ident) => {
        impl<'de> serde::Deserialize<'de> for $kind {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> std::result::Result<Self, D::Error> {
                crate::notation::read(deserializer)
            }
        }
    };
}

pub(crate) use read_by_notation;

struct NotationVisitor;

impl<'de> Visitor<'de> for NotationVisitor {
    type Value = Notation;

    fn expecting(&self, f: &mut Formatter<'_>) -> FmtResult {
        f.write_str("a name, a number or a list of numbers")
    }

    fn visit_str<E: Error>(self, name: &str) -> StdResult<Notation, E> {
        Ok(Notation::Name(name.to_owned()))
    }

    fn visit_f64<E>(self, number: f64) -> StdResult<Notation, E> {
        Ok(Notation::Number(number))
    }

    fn visit_u64<E>(self, number: u64) -> StdResult<Notation, E> {
        Ok(Notation::Number(number as f64))
    }

    fn visit_i64<E>(self, number: i64) -> StdResult<Notation, E> {
        Ok(Notation::Number(number as f64))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> StdResult<Notation, A::Error> {
        let mut numbers = Vec::new();
        while let Some(number) = list.next_element()? {
            numbers.push(number);
        }
        Ok(Notation::List(numbers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_numbers_that_fit_are_whole() {
        assert_eq!(whole(0.0), Some(0));
        assert_eq!(whole(4_294_967_295.0), Some(u32::MAX));
        for number in [-1.0, 0.5, 4_294_967_296.0, f64::NAN, f64::INFINITY] {
            assert_eq!(whole(number), None, "{number}");
        }
    }
}

//! Values of options that are one of several names.
//!
//! Serde would derive a reader for each type, which takes 2 kB of wasm. These share one.

use serde::de::{Deserialize, Deserializer, Error};

/// The index in `names` of the name that follows.
fn index<'de, D: Deserializer<'de>>(deserializer: D, names: &[&str]) -> Result<usize, D::Error> {
    let name = String::deserialize(deserializer)?;
    let index = names.iter().position(|known| *known == name);
    index.ok_or_else(|| {
        let names = names.join("`, `");
        D::Error::custom(format_args!(
            "unknown variant `{name}`, expected one of `{names}`"
        ))
    })
}

/// Reads one of the values by its name.
pub(crate) fn read<'de, T: Copy, D: Deserializer<'de>>(
    deserializer: D,
    names: &[&str],
    values: &[T],
) -> Result<T, D::Error> {
    let index = index(deserializer, names)?;
    let value = values.get(index).copied();
    value.ok_or_else(|| D::Error::custom("a name without a value"))
}

/// Implements `Deserialize` for an enum without fields, with the names that `Serialize` writes.
macro_rules! read_by_name {
    ($kind:ident { $($name:literal => $value:ident),+ $(,)? }) => {
        impl<'de> serde::Deserialize<'de> for $kind {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> std::result::Result<Self, D::Error> {
                crate::names::read(deserializer, &[$($name),+], &[$(Self::$value),+])
            }
        }
    };
}

pub(crate) use read_by_name;

//! The configuration before it has types: the file's tables with the environment and the flags laid over them.

use std::collections::BTreeMap;

use serde::de::value::{Error, MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

/// A value, or a table or list of them.
#[derive(Clone)]
pub(super) enum Node {
    Table(BTreeMap<String, Node>),
    List(Vec<Node>),
    /// From an environment variable or a flag: has no type yet, and becomes what the field asks for.
    Text(String),
    String(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
}

impl Node {
    pub(super) fn empty() -> Self {
        Self::Table(BTreeMap::new())
    }

    /// Puts `text` where `path` leads, and makes the tables on the way. A number in the path is a place in a list.
    pub(super) fn overlay(&mut self, path: &[String], text: String) -> Result<(), Error> {
        let Some((first, rest)) = path.split_first() else {
            *self = Self::Text(text);
            return Ok(());
        };
        if let Ok(index) = first.parse::<usize>() {
            if !matches!(self, Self::List(_)) {
                *self = Self::List(Vec::new());
            }
            let Self::List(items) = self else {
                return Ok(());
            };
            if index > items.len() {
                return Err(Error::custom(format_args!(
                    "there is no entry {index} here, and the next new one is {}",
                    items.len()
                )));
            }
            if index == items.len() {
                items.push(Self::empty());
            }
            return items[index].overlay(rest, text);
        }
        if !matches!(self, Self::Table(_)) {
            *self = Self::empty();
        }
        let Self::Table(table) = self else {
            return Ok(());
        };
        table
            .entry(first.clone())
            .or_insert_with(Self::empty)
            .overlay(rest, text)
    }

    fn from_toml_text(text: &str) -> Result<Self, Error> {
        let mut table: toml::Table = toml::from_str(&format!("value = {text}")).map_err(|_| {
            Error::custom("expected a TOML list or table, such as `[\"a\", \"b\"]`")
        })?;
        Ok(table.remove("value").map_or_else(Self::empty, Self::from))
    }
}

impl From<toml::Value> for Node {
    fn from(value: toml::Value) -> Self {
        match value {
            toml::Value::Table(table) => Self::from(table),
            toml::Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            toml::Value::String(string) => Self::String(string),
            toml::Value::Integer(integer) => Self::Integer(integer),
            toml::Value::Float(float) => Self::Float(float),
            toml::Value::Boolean(boolean) => Self::Bool(boolean),
            toml::Value::Datetime(datetime) => Self::String(datetime.to_string()),
        }
    }
}

impl From<toml::Table> for Node {
    fn from(table: toml::Table) -> Self {
        Self::Table(
            table
                .into_iter()
                .map(|(key, value)| (key, Self::from(value)))
                .collect(),
        )
    }
}

impl IntoDeserializer<'_, Error> for Node {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

/// Deserialises a number or a boolean from text if that is what it is, and says what was expected if not.
macro_rules! from_text {
    ($($method:ident $visit:ident $type:ty),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self {
                Self::Text(text) => match text.trim().parse::<$type>() {
                    Ok(value) => visitor.$visit(value),
                    Err(_) => Err(Error::invalid_value(Unexpected::Str(&text), &visitor)),
                },
                other => other.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Node {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Table(table) => visitor.visit_map(MapDeserializer::new(table.into_iter())),
            Self::List(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter())),
            Self::Text(text) if text.trim_start().starts_with(['[', '{']) => {
                Self::from_toml_text(&text)?.deserialize_any(visitor)
            }
            Self::Text(string) | Self::String(string) => visitor.visit_string(string),
            Self::Integer(integer) => visitor.visit_i64(integer),
            Self::Float(float) => visitor.visit_f64(float),
            Self::Bool(boolean) => visitor.visit_bool(boolean),
        }
    }

    from_text! {
        deserialize_bool visit_bool bool,
        deserialize_i8 visit_i64 i64, deserialize_i16 visit_i64 i64,
        deserialize_i32 visit_i64 i64, deserialize_i64 visit_i64 i64,
        deserialize_u8 visit_i64 i64, deserialize_u16 visit_i64 i64,
        deserialize_u32 visit_i64 i64, deserialize_u64 visit_i64 i64,
        deserialize_f32 visit_f64 f64, deserialize_f64 visit_f64 f64,
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Text(text) => visitor.visit_string(text),
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Text(text) if !text.trim_start().starts_with('[') => {
                let items: Vec<_> = text
                    .split([',', ' ', '\n'])
                    .map(str::trim)
                    .filter(|item| !item.is_empty())
                    .map(|item| Self::Text(item.to_owned()))
                    .collect();
                visitor.visit_seq(SeqDeserializer::new(items.into_iter()))
            }
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Self::Text(string) | Self::String(string) => {
                IntoDeserializer::<Error>::into_deserializer(string)
                    .deserialize_enum(name, variants, visitor)
            }
            Self::Table(table) => visitor.visit_enum(MapAccessDeserializer::new(
                MapDeserializer::new(table.into_iter()),
            )),
            other => other.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier ignored_any
    }
}

//! As much of an `OpenAPI` document as the page shows, in the order in which it stands there.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// The members of an object, in their order.
#[derive(Debug)]
pub(super) struct Ordered<T>(Vec<(String, T)>);

impl<T> Ordered<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    pub(super) fn get(&self, name: &str) -> Option<&T> {
        self.iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }
}

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Ordered(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members(PhantomData))
    }
}

struct Members<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
    type Value = Ordered<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Ordered(members))
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Document<'a> {
    pub(super) info: Info,
    pub(super) tags: Vec<Tag>,
    #[serde(borrow)]
    pub(super) paths: Ordered<Ordered<Operation<'a>>>,
    #[serde(borrow)]
    pub(super) components: Components<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Info {
    pub(super) title: String,
    pub(super) version: String,
    pub(super) summary: String,
    pub(super) description: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) description: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Components<'a> {
    pub(super) parameters: Ordered<Parameter>,
    #[serde(borrow)]
    pub(super) responses: Ordered<Answer<'a>>,
    pub(super) schemas: Ordered<Schema>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Operation<'a> {
    #[serde(rename = "operationId")]
    pub(super) id: String,
    pub(super) tags: Vec<String>,
    pub(super) summary: String,
    pub(super) description: Option<String>,
    /// Only where the key is needed.
    pub(super) security: Option<Value>,
    #[serde(default)]
    pub(super) parameters: Vec<Parameter>,
    #[serde(borrow)]
    pub(super) request_body: Option<Answer<'a>>,
    #[serde(borrow)]
    pub(super) responses: Ordered<Answer<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Parameter {
    #[serde(rename = "$ref")]
    pub(super) reference: Option<String>,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default, rename = "in")]
    pub(super) place: String,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) schema: Schema,
}

/// An answer, or the body of a request, which looks the same.
#[derive(Debug, Deserialize)]
pub(super) struct Answer<'a> {
    #[serde(rename = "$ref")]
    pub(super) reference: Option<String>,
    #[serde(default)]
    pub(super) description: String,
    #[serde(borrow, default)]
    pub(super) content: Ordered<Media<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Media<'a> {
    pub(super) schema: Schema,
    #[serde(borrow)]
    pub(super) example: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Schema {
    #[serde(rename = "$ref")]
    pub(super) reference: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<OneOrMany>,
    pub(super) description: Option<String>,
    #[serde(rename = "enum", default)]
    pub(super) words: Vec<String>,
    #[serde(rename = "const")]
    pub(super) word: Option<String>,
    #[serde(rename = "default")]
    pub(super) fallback: Option<Value>,
    #[serde(default)]
    pub(super) any_of: Vec<Schema>,
    pub(super) items: Option<Box<Schema>>,
    #[serde(default)]
    pub(super) properties: Ordered<Schema>,
    #[serde(default)]
    pub(super) required: Vec<String>,
    pub(super) additional_properties: Option<Additional>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Additional {
    Allowed(bool),
    Each(Box<Schema>),
}

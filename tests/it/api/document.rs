//! The served `OpenAPI` document, and a checker for as much of JSON Schema as it uses.

use regex::Regex;
use serde_json::Value;

use super::stage::{Answer, Stage};

/// Keywords that only explain.
const NOTES: [&str; 3] = ["description", "default", "format"];

/// The document that a stage serves.
pub(super) struct Document(pub(super) Value);

impl Document {
    pub(super) fn of(stage: &Stage) -> Document {
        Document(stage.read("/openapi.json"))
    }

    /// A part of the document behind references.
    pub(super) fn resolve<'a>(&'a self, mut part: &'a Value) -> &'a Value {
        while let Some(reference) = part["$ref"].as_str() {
            let pointer = reference.strip_prefix('#').unwrap();
            part = self
                .0
                .pointer(pointer)
                .unwrap_or_else(|| panic!("{reference} leads nowhere"));
        }
        part
    }

    /// Holds a value against a schema; knows the keywords that the document uses, and no others.
    pub(super) fn check(&self, schema: &Value, value: &Value) -> Result<(), String> {
        // Notes may stand beside a reference.
        let schema = self.resolve(schema);
        for (keyword, rule) in schema.as_object().unwrap() {
            let holds = match keyword.as_str() {
                "type" => fits_type(rule, value),
                "anyOf" => self.fitting(rule, value) > 0,
                "oneOf" => self.fitting(rule, value) == 1,
                "allOf" => self.fitting(rule, value) == rule.as_array().unwrap().len(),
                "pattern" => value
                    .as_str()
                    .is_none_or(|text| Regex::new(rule.as_str().unwrap()).unwrap().is_match(text)),
                "enum" => rule.as_array().unwrap().contains(value),
                "const" => rule == value,
                "minimum" => value
                    .as_f64()
                    .is_none_or(|number| number >= rule.as_f64().unwrap()),
                "maximum" => value
                    .as_f64()
                    .is_none_or(|number| number <= rule.as_f64().unwrap()),
                "exclusiveMinimum" => value
                    .as_f64()
                    .is_none_or(|number| number > rule.as_f64().unwrap()),
                "required" => {
                    let names = rule.as_array().unwrap().iter();
                    names
                        .into_iter()
                        .all(|name| value.get(name.as_str().unwrap()).is_some())
                }
                "items" => {
                    for item in value
                        .as_array()
                        .ok_or_else(|| format!("{value} is no list"))?
                    {
                        self.check(rule, item)?;
                    }
                    true
                }
                "properties" | "additionalProperties" => {
                    self.check_members(schema, value)?;
                    true
                }
                note if NOTES.contains(&note) => true,
                other => panic!("the checker does not know {other}"),
            };
            if !holds {
                return Err(format!("{value} breaks {keyword} {rule}"));
            }
        }
        Ok(())
    }

    /// How many of some schemas a value fits.
    fn fitting(&self, schemas: &Value, value: &Value) -> usize {
        let schemas = schemas.as_array().unwrap().iter();
        schemas
            .filter(|schema| self.check(schema, value).is_ok())
            .count()
    }

    fn check_members(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let members = value
            .as_object()
            .ok_or_else(|| format!("{value} is no object"))?;
        for (name, member) in members {
            let known = schema["properties"].get(name);
            let rule = known.unwrap_or(&schema["additionalProperties"]);
            if *rule == Value::Bool(false) {
                return Err(format!("{name} is not in the schema"));
            }
            if rule.is_object() {
                self.check(rule, member)
                    .map_err(|why| format!("{name}: {why}"))?;
            }
        }
        Ok(())
    }

    pub(super) fn operation(&self, method: &str, path: &str) -> &Value {
        &self.0["paths"][path][method.to_lowercase()]
    }

    /// Holds an answer against what the document says of the call.
    pub(super) fn check_answer(&self, operation: &Value, answer: &Answer) {
        let id = operation["operationId"].as_str().unwrap();
        let response = &operation["responses"][answer.status.to_string()];
        assert!(
            response.is_object(),
            "{id} has no {}: {}",
            answer.status,
            answer.text
        );
        let content = &self.resolve(response)["content"];
        let kind = answer
            .header("content-type")
            .unwrap()
            .split(';')
            .next()
            .unwrap();
        let media = &content[kind];
        assert!(media.is_object(), "{id} has no {kind}");
        if kind.ends_with("json") {
            let checked = self.check(&media["schema"], &answer.json());
            assert_eq!(checked, Ok(()), "{id}: {}", answer.text);
        }
    }
}

fn fits_type(rule: &Value, value: &Value) -> bool {
    let one = |name: &Value| match name.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    };
    rule.as_array()
        .map_or_else(|| one(rule), |names| names.iter().any(one))
}

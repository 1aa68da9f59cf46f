//! Turns the document into a page.

use std::fmt::Write as _;

use super::document::{
    Additional, Answer, Document, Media, OneOrMany, Operation, Parameter, Schema,
};

/// Begins and ends every reference to a part of the document.
const COMPONENTS: &str = "#/components/";

/// The page; `{nonce}` stands where its style is allowed.
pub(super) fn render(document: &Document<'_>) -> String {
    let mut page = Page {
        document,
        html: String::with_capacity(96 * 1024),
    };
    page.head();
    page.contents();
    page.put("<main>");
    page.introduction();
    for tag in &document.tags {
        page.section(&tag.name, &tag.description);
    }
    page.schemas();
    page.put("</main></body></html>\n");
    page.html
}

struct Page<'a> {
    document: &'a Document<'a>,
    html: String,
}

impl<'a> Page<'a> {
    fn put(&mut self, html: &str) {
        self.html.push_str(html);
    }

    fn format(&mut self, html: std::fmt::Arguments<'_>) {
        // Writing to memory has no way to fail.
        if self.html.write_fmt(html).is_err() {
            self.html.clear();
        }
    }

    fn head(&mut self) {
        let info = &self.document.info;
        self.format(format_args!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{} {}</title>\n\
             <style nonce=\"{}\">\n{}</style></head><body>\n",
            escaped(&info.title),
            escaped(&info.version),
            super::NONCE,
            include_str!("page.css"),
        ));
    }

    /// The calls of a tag with method and path.
    fn calls(&self, tag: &str) -> Vec<(&'a str, &'a str, &'a Operation<'a>)> {
        let document = self.document;
        let mut calls = Vec::new();
        for (path, operations) in document.paths.iter() {
            for (method, operation) in operations.iter() {
                if operation.tags.iter().any(|name| name == tag) {
                    calls.push((method, path, operation));
                }
            }
        }
        calls
    }

    fn contents(&mut self) {
        self.put("<nav><a class=\"top\" href=\"#top\">mockx</a>\n");
        for tag in &self.document.tags {
            self.format(format_args!("<h2>{}</h2><ul>\n", escaped(&tag.name)));
            for (method, path, operation) in self.calls(&tag.name) {
                self.format(format_args!(
                    "<li><a href=\"#{}\" title=\"{}\"><b class=\"{method}\">{method}</b> {}</a></li>\n",
                    escaped(&operation.id),
                    escaped(&operation.summary),
                    escaped(path),
                ));
            }
            self.put("</ul>\n");
        }
        self.put("<h2><a href=\"#schemas\">Shapes</a></h2></nav>\n");
    }

    fn introduction(&mut self) {
        let info = &self.document.info;
        self.format(format_args!(
            "<header id=\"top\"><h1>{} <small>{}</small></h1><p class=\"lead\">{}</p>",
            escaped(&info.title),
            escaped(&info.version),
            escaped(&info.summary),
        ));
        for paragraph in info.description.split("\n\n") {
            self.format(format_args!("<p>{}</p>", prose(paragraph)));
        }
        self.put("<p><a href=\"/openapi.json\">The same as OpenAPI 3.1</a></p></header>\n");
    }

    fn section(&mut self, name: &str, description: &str) {
        self.format(format_args!(
            "<section><h2>{}</h2><p>{}</p>\n",
            escaped(name),
            prose(description)
        ));
        for (method, path, operation) in self.calls(name) {
            self.call(method, path, operation);
        }
        self.put("</section>\n");
    }

    fn call(&mut self, method: &str, path: &str, operation: &Operation<'_>) {
        let lock = if operation.security.is_some() {
            "<span class=\"lock\" title=\"needs the header x-api-key\">key</span>"
        } else {
            ""
        };
        self.format(format_args!(
            "<article id=\"{}\"><h3><b class=\"{method}\">{method}</b> <code>{}</code>{lock}</h3>\
             <p><strong>{}.</strong> {}</p>\n",
            escaped(&operation.id),
            escaped(path),
            escaped(operation.summary.trim_end_matches(['.'])),
            prose(operation.description.as_deref().unwrap_or("")),
        ));
        self.parameters(&operation.parameters);
        if let Some(body) = &operation.request_body {
            self.put("<h4>Body</h4>");
            for (_, media) in body.content.iter() {
                self.media(media);
            }
        }
        self.answers(operation);
        self.put("</article>\n");
    }

    fn parameters(&mut self, parameters: &[Parameter]) {
        if parameters.is_empty() {
            return;
        }
        self.put("<table><tbody>");
        for parameter in parameters {
            let shared = component(parameter.reference.as_deref(), "parameters/")
                .and_then(|name| self.document.components.parameters.get(name));
            self.parameter(shared.unwrap_or(parameter));
        }
        self.put("</tbody></table>\n");
    }

    fn parameter(&mut self, parameter: &Parameter) {
        let fallback = parameter
            .schema
            .fallback
            .as_ref()
            .map_or_else(String::new, |value| {
                format!(" Default <code>{}</code>.", escaped(&value.to_string()))
            });
        self.format(format_args!(
            "<tr><th><code>{}</code></th><td>{}, in the {}</td><td>{}{fallback}</td></tr>",
            escaped(&parameter.name),
            kind(&parameter.schema),
            escaped(&parameter.place),
            prose(&parameter.description),
        ));
    }

    fn answers(&mut self, operation: &Operation<'_>) {
        for (status, answer) in operation.responses.iter() {
            if answer.reference.is_none() {
                let text = prose(&answer.description);
                self.format(format_args!("<h4>{}</h4><p>{text}</p>", escaped(status)));
                for (_, media) in answer.content.iter() {
                    self.media(media);
                }
            }
        }
        self.put("<ul class=\"problems\">");
        for (status, answer) in operation.responses.iter() {
            if let Some(shared) = self.shared_answer(answer) {
                self.format(format_args!(
                    "<li><b>{}</b> {}</li>",
                    escaped(status),
                    prose(&shared.description)
                ));
            }
        }
        self.put("</ul>");
    }

    fn shared_answer(&self, answer: &Answer<'_>) -> Option<&'a Answer<'a>> {
        let name = component(answer.reference.as_deref(), "responses/")?;
        self.document.components.responses.get(name)
    }

    fn media(&mut self, media: &Media<'_>) {
        self.format(format_args!(
            "<p class=\"shape\">{}</p>",
            kind(&media.schema)
        ));
        if media.schema.properties.is_empty() && media.example.is_none() {
            return;
        }
        self.properties(&media.schema);
        if let Some(example) = media.example {
            let text = outdented(example.get());
            self.format(format_args!("<pre>{}</pre>\n", escaped(&text)));
        }
    }

    fn properties(&mut self, schema: &Schema) {
        if schema.properties.is_empty() {
            return;
        }
        self.put("<table><tbody>");
        for (name, property) in schema.properties.iter() {
            let optional = if schema.required.iter().any(|known| known == name) {
                ""
            } else {
                ", optional"
            };
            self.format(format_args!(
                "<tr><th><code>{}</code></th><td>{}{optional}</td><td>{}</td></tr>",
                escaped(name),
                kind(property),
                prose(property.description.as_deref().unwrap_or("")),
            ));
        }
        self.put("</tbody></table>\n");
    }

    fn schemas(&mut self) {
        self.put("<section id=\"schemas\"><h2>Shapes</h2>\n");
        for (name, schema) in self.document.components.schemas.iter() {
            self.format(format_args!(
                "<article id=\"schema-{0}\"><h3>{0}</h3><p>{1}</p>",
                escaped(name),
                prose(schema.description.as_deref().unwrap_or(""))
            ));
            if schema.properties.is_empty() {
                self.format(format_args!("<p class=\"shape\">{}</p>", kind(schema)));
            } else {
                self.properties(schema);
            }
            self.put("</article>\n");
        }
        self.put("</section>");
    }
}

/// The name at the end of a reference to a shared part.
fn component<'r>(reference: Option<&'r str>, folder: &str) -> Option<&'r str> {
    reference?.strip_prefix(COMPONENTS)?.strip_prefix(folder)
}

/// What values a schema allows, in a few words.
fn kind(schema: &Schema) -> String {
    if let Some(name) = component(schema.reference.as_deref(), "schemas/") {
        return format!("<a href=\"#schema-{0}\">{0}</a>", escaped(name));
    }
    if !schema.any_of.is_empty() {
        return schema
            .any_of
            .iter()
            .map(kind)
            .collect::<Vec<_>>()
            .join(" or ");
    }
    if let Some(items) = &schema.items {
        return format!("list of {}", kind(items));
    }
    if let Some(Additional::Each(each)) = &schema.additional_properties {
        return format!("object of {}", kind(each));
    }
    if let Some(word) = &schema.word {
        return format!("<code>{}</code>", escaped(word));
    }
    if !schema.words.is_empty() {
        let words = schema.words.iter();
        let words: Vec<String> = words
            .map(|word| format!("<code>{}</code>", escaped(word)))
            .collect();
        return words.join(" ");
    }
    let empty = matches!(
        schema.additional_properties,
        Some(Additional::Allowed(false))
    ) && schema.properties.is_empty();
    match &schema.kind {
        _ if empty => "empty object".to_owned(),
        Some(OneOrMany::One(kind)) => escaped(kind),
        Some(OneOrMany::Many(kinds)) => escaped(&kinds.join(" or ")),
        None => "anything".to_owned(),
    }
}

/// Text with `code` and **bold** in it.
fn prose(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for (at, part) in text.split('`').enumerate() {
        if at % 2 == 1 {
            html.push_str("<code>");
            html.push_str(&escaped(part));
            html.push_str("</code>");
            continue;
        }
        for (at, part) in part.split("**").enumerate() {
            let part = escaped(part);
            if at % 2 == 1 {
                html.push_str("<strong>");
                html.push_str(&part);
                html.push_str("</strong>");
            } else {
                html.push_str(&part);
            }
        }
    }
    html
}

/// Lines without the indentation that the last of them has.
fn outdented(text: &str) -> String {
    let last = text.lines().last().unwrap_or("");
    let indent = last.len() - last.trim_start().len();
    let lines = text.lines().map(|line| {
        let leading = line.len() - line.trim_start().len();
        line.get(indent.min(leading)..).unwrap_or(line)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

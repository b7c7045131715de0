//! XML as 8.2 writes it: tabs before fields, CDATA around every text, links as attributes.

use super::query::text;
use super::resources::{Association, Kind, Resource};
use serde_json::Value;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                    <prestashop xmlns:xlink=\"http://www.w3.org/1999/xlink\">\n";
const TAIL: &str = "</prestashop>\n";

fn cdata(text: &str) -> String {
    // "]]>" cannot stand inside; PrestaShop splits it.
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}

/// `<errors>` of code and text.
pub(super) fn errors(list: &[(u32, String)]) -> String {
    let errors: Vec<String> = list
        .iter()
        .map(|(code, text)| {
            let (code, text) = (cdata(&code.to_string()), cdata(text));
            format!("<error>\n<code>{code}</code>\n<message>{text}</message>\n</error>\n")
        })
        .collect();
    format!("{HEAD}<errors>\n{}</errors>\n{TAIL}", errors.concat())
}

/// A list: of ids with links, or of rows with the chosen fields.
pub(super) fn list(
    base: &str,
    resource: &Resource,
    rows: &[Value],
    display: Option<&[&str]>,
    associations: bool,
) -> String {
    let entries: Vec<String> = rows
        .iter()
        .map(|row| match display {
            Some(fields) => entry(base, resource, row, fields, associations),
            None => {
                let id = text(row, "id");
                let link = format!("{base}/api/{}/{id}", resource.path);
                format!("<{} id=\"{id}\" xlink:href=\"{link}\"/>\n", resource.node)
            }
        })
        .collect();
    format!("{HEAD}<{0}>\n{1}</{0}>\n{TAIL}", resource.list, entries.concat())
}

/// One resource, in full.
pub(super) fn single(base: &str, resource: &Resource, row: &Value) -> String {
    let mut fields = vec!["id"];
    fields.extend(resource.fields.iter().map(|(name, _)| *name));
    format!("{HEAD}{}{TAIL}", entry(base, resource, row, &fields, true))
}

fn entry(
    base: &str,
    resource: &Resource,
    row: &Value,
    fields: &[&str],
    associations: bool,
) -> String {
    let mut out = format!("<{}>\n", resource.node);
    for name in fields {
        let kind =
            resource.fields.iter().find(|(field, _)| field == name).map_or(Kind::Plain, |f| f.1);
        out.push_str(&field(base, name, kind, &text(row, name)));
    }
    if let (true, Some(association)) = (associations, resource.associations) {
        out.push_str(&associated(base, association, row));
    }
    out.push_str(&format!("</{}>\n", resource.node));
    out
}

fn field(base: &str, name: &str, kind: Kind, value: &str) -> String {
    let body = match kind {
        Kind::Plain | Kind::Computed | Kind::Link(_) => cdata(value),
        Kind::Languages => format!(
            "<language id=\"1\" xlink:href=\"{base}/api/languages/1\">{}</language>",
            cdata(value)
        ),
    };
    let attributes = match kind {
        Kind::Plain | Kind::Languages => String::new(),
        Kind::Computed => " notFilterable=\"true\"".to_owned(),
        Kind::Link(_) if value.is_empty() || value == "0" => String::new(),
        Kind::Link(to) => format!(" xlink:href=\"{base}/api/{to}/{value}\""),
    };
    format!("\t<{name}{attributes}>{body}</{name}>\n")
}

fn associated(base: &str, association: Association, row: &Value) -> String {
    let Association { list, node, api, fields } = association;
    let kind = match api {
        Some(api) => format!("api=\"{api}\""),
        None => "virtualEntity=\"true\"".to_owned(),
    };
    let entries = row["associations"].as_array().into_iter().flatten().map(|entry| {
        let id = text(entry, "id");
        let link =
            api.map(|api| format!(" xlink:href=\"{base}/api/{api}/{id}\"")).unwrap_or_default();
        let rest: Vec<String> = fields
            .iter()
            .map(|(name, kind)| field(base, name, *kind, &text(entry, name)))
            .collect();
        format!("\t<{node}{link}>\n\t<id>{}</id>\n{}\t</{node}>\n", cdata(&id), rest.concat())
    });
    let entries: String = entries.collect();
    format!(
        "<associations>\n<{list} nodeType=\"{node}\" {kind}>\n{entries}</{list}>\n</associations>\n"
    )
}

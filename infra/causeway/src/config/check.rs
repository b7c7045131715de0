//! `causeway config check`.

use crate::report::{Answer, Failure, Outcome, Show, json};
use causeway_flows::config::{Environment, SCHEMA, problems};
use serde::Serialize;
use serde_json::Value;
use std::path::Path;

/// One thing wrong with a file.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// Where: `stores.acme-eu.taxes[0].rate`, or a line and column if the file is not TOML.
    pub path: String,
    /// What, and what would be right.
    pub text: String,
}

/// Checks a file and prints what it found.
pub fn check(file: &Path, show: Show) -> Outcome {
    let found = match findings(&read(file)?)? {
        Ok(environment) => {
            let (stores, accounts) = (environment.stores.len(), environment.accounts.len());
            match show {
                Show::Json => json(
                    &serde_json::json!({ "ok": true, "stores": stores, "accounts": accounts }),
                )?,
                Show::Text => println!(
                    "{}: no problems (stores: {stores}, accounts: {accounts})",
                    file.display()
                ),
            }
            return Ok(Answer::Yes);
        }
        Err(found) => found,
    };
    match show {
        Show::Json => json(&serde_json::json!({ "ok": false, "problems": found }))?,
        Show::Text => print(file, &found),
    }
    Ok(Answer::No)
}

fn print(file: &Path, found: &[Finding]) {
    for finding in found {
        println!("{}: {}", finding.path, finding.text);
    }
    println!("{}: {} problems", file.display(), found.len());
}

/// The environment of a file, for verbs that need a right one.
pub fn environment(file: &Path) -> Result<Environment, Failure> {
    findings(&read(file)?)?.map_err(|found| {
        let list: String =
            found.iter().map(|finding| format!("\n  {}: {}", finding.path, finding.text)).collect();
        Failure::new(format!("{} has {} problems:{list}", file.display(), found.len()))
    })
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file)
        .map_err(|error| Failure::new(format!("{}: {error}", file.display())))
}

/// The environment, or everything wrong with it. Fails only if our own schema cannot be used.
fn findings(text: &str) -> Result<Result<Environment, Vec<Finding>>, Failure> {
    let value = match toml::from_str::<toml::Table>(text) {
        Ok(table) => serde_json::to_value(table).map_err(Failure::new)?,
        Err(error) => return Ok(Err(vec![not_toml(text, &error)])),
    };
    let form = form_problems(&value)?;
    if !form.is_empty() {
        return Ok(Err(form));
    }
    let environment = match Environment::parse(text) {
        Ok(environment) => environment,
        Err(error) => return Ok(Err(vec![not_toml(text, &error)])),
    };
    let found: Vec<Finding> = problems(&environment)
        .into_iter()
        .map(|problem| Finding { path: problem.path, text: problem.text })
        .collect();
    Ok(if found.is_empty() { Ok(environment) } else { Err(found) })
}

fn form_problems(value: &Value) -> Result<Vec<Finding>, Failure> {
    let schema: Value = serde_json::from_str(SCHEMA).map_err(Failure::new)?;
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .map_err(|error| Failure::new(format!("the built-in schema: {error}")))?;
    Ok(validator
        .iter_errors(value)
        .map(|error| Finding {
            path: setting(error.instance_path().as_str(), value),
            text: error.to_string(),
        })
        .collect())
}

/// A JSON pointer as a person writes a setting: `/stores/a/taxes/0/rate` -> `stores.a.taxes[0].rate`.
fn setting(pointer: &str, root: &Value) -> String {
    let mut path = String::new();
    let mut at = Some(root);
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        match at {
            Some(Value::Array(items)) => {
                path.push_str(&format!("[{part}]"));
                at = part.parse::<usize>().ok().and_then(|index| items.get(index));
            }
            Some(other) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&part);
                at = other.get(&part);
            }
            None => path.push_str(&format!(".{part}")),
        }
    }
    if path.is_empty() { "the file".to_owned() } else { path }
}

fn not_toml(text: &str, error: &toml::de::Error) -> Finding {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    Finding {
        path: format!("line {line}, column {column}"),
        text: error.message().trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use causeway_flows::config::DEFAULT;

    fn found(text: &str) -> Vec<String> {
        match findings(text).unwrap() {
            Ok(_) => Vec::new(),
            Err(found) => found.into_iter().map(|f| f.path).collect(),
        }
    }

    #[test]
    fn the_commented_default_has_no_problems() {
        assert_eq!(found(DEFAULT), Vec::<String>::new());
    }

    #[test]
    fn form_problems_are_named_all_at_once_with_their_paths() {
        let broken = DEFAULT
            .replace("company = 1", "company = \"one\"")
            .replace("warehouse = 1", "warehose = 1")
            .replace("rate = 21", "rate = true");
        let paths = found(&broken);
        for path in ["stores.acme-eu.company", "stores.acme-eu.order", "stores.acme-eu.taxes[0]"] {
            assert!(paths.iter().any(|p| p.starts_with(path)), "{path} is missing in {paths:?}");
        }
    }

    #[test]
    fn problems_of_meaning_are_named_all_at_once() {
        let broken = DEFAULT
            .replace("odoo = \"main\"", "odoo = \"mian\"")
            .replace("https://shop.example.com", "http://shop.example.com");
        let paths = found(&broken);
        assert!(paths.contains(&"stores.acme-eu.odoo".to_owned()), "{paths:?}");
        assert!(paths.contains(&"stores.acme-eu.base_url".to_owned()), "{paths:?}");
    }

    /// R205: accounts are checked like stores, everything at once.
    #[test]
    fn problems_of_accounts_are_named_all_at_once() {
        let broken = DEFAULT
            .replace("[accounts.stripe-eu", "[accounts.acme-eu")
            .replace("processor = \"stripe\"", "processor = \"stripes\"")
            .replace("# disputes = \"credit_note\"", "disputes = \"bad_debt\"");
        let paths = found(&broken);
        let expected =
            ["accounts.acme-eu", "accounts.acme-eu.books.bad_debt", "accounts.acme-eu.processor"];
        assert_eq!(paths, expected);
        let other = DEFAULT
            .replace(
                "processor = \"stripe\"\nodoo = \"main\"",
                "processor = \"shopify\"\nodoo = \"x\"",
            )
            .replace(
                "[accounts.stripe-eu.options]",
                "[accounts.stripe-eu.options]\nversoin = \"1\"",
            );
        let paths = found(&other);
        assert_eq!(paths, ["accounts.stripe-eu.odoo", "accounts.stripe-eu.base_url"]);
        let option = DEFAULT.replace(
            "[accounts.stripe-eu.options]",
            "[accounts.stripe-eu.options]\nversoin = \"1\"",
        );
        assert_eq!(found(&option).len(), 1);
        let form = DEFAULT.replace("clearing = 41\n", "");
        assert_eq!(found(&form), ["accounts.stripe-eu.books"]);
    }

    /// The settings of a point of sale: form and meaning.
    #[test]
    fn a_store_that_posts_to_a_journal_needs_its_table() {
        let posting = DEFAULT.replace("# posting = \"order\"", "posting = \"journal\"");
        assert_eq!(found(&posting), ["stores.acme-eu.journal"]);
        // The commented table, switched on.
        let start = posting.find("# [stores.acme-eu.journal]").unwrap();
        let (before, table) = posting.split_at(start);
        let end = table.find("\n\n").unwrap();
        let (table, after) = table.split_at(end);
        let lines = table.lines().filter(|line| !line.starts_with("# What becomes"));
        let on: Vec<&str> = lines.map(|line| line.trim_start_matches("# ")).collect();
        let whole = format!("{before}{}{after}", on.join("\n"));
        assert_eq!(found(&whole), Vec::<String>::new());
        let broken = whole
            .replace("Europe/Brussels", "Brussels")
            .replace("# invoices = \"none\"", "invoices = \"at_order\"");
        assert_eq!(
            found(&broken),
            ["stores.acme-eu.after_sales", "stores.acme-eu.journal.time_zone"]
        );
        let paths =
            found(&whole.replace("fees = 363", "fee = 363").replace("from = 5", "from = 0"));
        for path in ["stores.acme-eu.journal", "stores.acme-eu.journal.delivery.from"] {
            assert!(paths.iter().any(|p| p.starts_with(path)), "{path} is missing in {paths:?}");
        }
    }

    #[test]
    fn a_file_that_is_not_toml_names_line_and_column() {
        assert_eq!(found("[odoo.main]\nurl = \n"), ["line 2, column 7"]);
    }
}
